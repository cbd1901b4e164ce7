package chaos

import (
	"pushloss/extract"
	"pushloss/internal/sandbox"
)

const sqlPushes = `
	SELECT sdk_app_id, day::text, '', 'all', 0, 0, coalesce(total_count, -1), coalesce(sent_count, -1), coalesce(delivered_count, -1), coalesce(click_count, -1) FROM analytics.app_push_daily
	UNION ALL
	SELECT sdk_app_id, day::text, '', 'platform', event_type, platform_id, coalesce(total_count, -1), coalesce(sent_count, -1), coalesce(delivered_count, -1), coalesce(click_count, -1)
	FROM analytics.app_push_platform_daily
	UNION ALL
	SELECT sdk_app_id, day::text, task_id, 'all', 0, 0, coalesce(total_count, -1), coalesce(sent_count, -1), coalesce(delivered_count, -1), coalesce(click_count, -1) FROM analytics.task_push_daily
	UNION ALL
	SELECT sdk_app_id, day::text, task_id, 'platform', event_type, platform_id, coalesce(total_count, -1), coalesce(sent_count, -1), coalesce(delivered_count, -1), coalesce(click_count, -1)
	FROM analytics.task_push_platform_daily
	UNION ALL
	SELECT sdk_app_id, day::text, 'chat', 'all', 0, 0, coalesce(total_count, -1), coalesce(sent_count, -1), coalesce(delivered_count, -1), coalesce(click_count, -1) FROM analytics.chat_push_daily
	UNION ALL
	SELECT sdk_app_id, day::text, 'chat', 'platform', coalesce(event_type, 0), platform_id, coalesce(total_count, -1), coalesce(sent_count, -1), coalesce(delivered_count, -1), coalesce(click_count, -1)
	FROM analytics.chat_push_platform_daily
	UNION ALL
	SELECT sdk_app_id, day::text, 'chat', 'losses by stage', 0, 0, sum(err_count)::bigint, count(*), 0, 0 FROM analytics.chat_stage_loss GROUP BY 1, 2
	UNION ALL
	SELECT sdk_app_id, day::text, 'chat', 'losses by platform', 0, 0, sum(err_count)::bigint, count(*), 0, 0 FROM analytics.chat_platform_loss GROUP BY 1, 2`

// strayPlatform is that of the row which the fault missing-count adds.
const strayPlatform = 77

// quiet reports whether there were no pushes at all.
func (w *world) quiet(app int64, day, task string) bool {
	parsed, err := extract.ParseDay(day)
	if err != nil {
		w.t.Fatal(err)
	}
	span := parsed.Window(w.zone)
	if task == "chat" {
		return w.api.ChatStatistics(app, span.Start, span.End).Counts == sandbox.Counts{}
	}
	return w.api.Statistics(app, task, span.Start, span.End).Counts == sandbox.Counts{}
}

// truePushes compares the streams beside the loss with the sandbox's truth: every
// counter, and of the chats' losses the number and the sum of their rows. The model
// knows the losses alone.
func (w *world) truePushes() (problems differences) {
	w.t.Helper()
	type row struct {
		App                            int64
		Day, Task, Grain               string
		Event, Platform                int
		Total, Sent, Delivered, Clicks int64
	}
	stored := make(map[row]bool)
	for _, r := range query[row](w, sqlPushes) {
		stored[r] = true
	}
	want := func(r row) {
		if r.Total+r.Sent+r.Delivered+r.Clicks == 0 {
			return
		}
		if !stored[r] {
			problems.add("the pushes lack %+v", r)
		}
		delete(stored, r)
	}
	for _, app := range apps() {
		for day := w.firstDay(); day <= w.lastDay(); day++ {
			span := day.Window(w.zone)
			counted := func(task string, told sandbox.Statistics) {
				want(row{app, day.String(), task, "all", 0, 0, told.Total, told.Sent, told.Delivered, told.Click})
				for _, p := range told.Platform {
					want(row{app, day.String(), task, "platform", p.EventType, p.PushPlatform, p.Total, p.Sent, p.Delivered, p.Click})
				}
			}
			for _, task := range append([]string{""}, tasks...) {
				counted(task, w.api.Statistics(app, task, span.Start, span.End))
			}
			counted("chat", w.api.ChatStatistics(app, span.Start, span.End))
			losses := w.api.ChatTruth(app, span.Start, span.End)
			byStage, byPlatform := row{App: app, Day: day.String(), Task: "chat", Grain: "losses by stage"}, row{App: app, Day: day.String(), Task: "chat", Grain: "losses by platform"}
			for _, r := range losses.Stage {
				byStage.Total += r.ErrCount
				byStage.Sent++
			}
			for _, r := range losses.Platform {
				byPlatform.Total += r.ErrCount
				byPlatform.Sent++
			}
			want(byStage)
			want(byPlatform)
		}
	}
	for r := range stored {
		// Of a day beyond memory without any pushes nobody can prove a stray row wrong,
		// nor the zeros that came beside it.
		stray := r.Platform == strayPlatform || max(r.Total, r.Sent, r.Delivered, r.Clicks) <= 0
		if stray && w.quiet(r.App, r.Day, r.Task) {
			continue
		}
		problems.add("the pushes tell too much: %+v", r)
	}
	return problems
}

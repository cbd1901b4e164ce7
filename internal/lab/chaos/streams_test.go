package chaos

import (
	"pushloss/internal/lab/sandbox"
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

// truePushes compares the other streams with the sandbox's truth: every counter, and the
// number and the sum of the rows of chat losses. Figures of days that were not requested
// in time may exceed it. The model has only the losses.
func (w *world) truePushes() (problems differences) {
	w.t.Helper()
	type counters struct{ Total, Sent, Delivered, Clicks int64 }
	type of struct {
		App              int64
		Day, Task, Grain string
		Event, Platform  int
	}
	type row struct {
		of
		counters
	}
	stored := make(map[of]counters)
	for _, r := range query[row](w, sqlPushes) {
		if _, again := stored[r.of]; again {
			problems.add("the pushes have %+v twice", r)
		}
		stored[r.of] = r.counters
	}
	want := func(r row) {
		if r.counters == (counters{}) {
			return
		}
		found, known := stored[r.of]
		same := found == r.counters
		if w.isForgotten(r.Day) {
			same = found.Total >= r.Total && found.Sent >= r.Sent && found.Delivered >= r.Delivered && found.Clicks >= r.Clicks
		}
		if !known || !same {
			problems.add("the pushes lack %+v, and have %+v", r, found)
		}
		delete(stored, r.of)
	}
	for _, app := range apps() {
		for day := w.firstDay(); day <= w.lastDay(); day++ {
			span := day.Window(w.zone)
			counted := func(task string, found sandbox.Statistics) {
				want(row{of{app, day.String(), task, "all", 0, 0}, counters{found.Total, found.Sent, found.Delivered, found.Click}})
				for _, p := range found.Platform {
					want(row{of{app, day.String(), task, "platform", p.EventType, p.PushPlatform}, counters{p.Total, p.Sent, p.Delivered, p.Click}})
				}
			}
			for _, task := range append([]string{""}, w.tasks...) {
				counted(task, w.api.Statistics(app, task, span.Start, span.End))
			}
			counted("chat", w.api.ChatStatistics(app, span.Start, span.End))
			losses := w.api.ChatTruth(app, span.Start, span.End)
			byStage := row{of: of{App: app, Day: day.String(), Task: "chat", Grain: "losses by stage"}}
			byPlatform := row{of: of{App: app, Day: day.String(), Task: "chat", Grain: "losses by platform"}}
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
	for at, found := range stored {
		if !w.isForgotten(at.Day) {
			problems.add("the pushes have too much: %+v %+v", at, found)
		}
	}
	return problems
}

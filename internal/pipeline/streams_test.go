package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/internal/stream"
	"pushloss/load"
)

func withStreams(w *fixture, streams ...stream.Stream) *fixture {
	w.Settings.Streams = streams
	return w
}

// pushes is a row of one of the views of counters; "by all" is all channels
// together, the task "chat" the pushes of chat messages.
type pushes struct {
	Grain, Day, Task               string
	Event, Platform                int
	Total, Sent, Delivered, Clicks int64
}

const sqlPushes = `
	SELECT 'by all', day::text, '', 0, 0, total_count, sent_count, delivered_count, click_count
	FROM analytics.app_push_daily WHERE sdk_app_id = $1
	UNION ALL
	SELECT 'by platform', day::text, '', event_type, platform_id, total_count, sent_count, delivered_count, click_count
	FROM analytics.app_push_platform_daily WHERE sdk_app_id = $1
	UNION ALL
	SELECT 'by all', day::text, task_id, 0, 0, total_count, sent_count, delivered_count, click_count
	FROM analytics.task_push_daily WHERE sdk_app_id = $1
	UNION ALL
	SELECT 'by platform', day::text, task_id, event_type, platform_id, total_count, sent_count, delivered_count, click_count
	FROM analytics.task_push_platform_daily WHERE sdk_app_id = $1
	UNION ALL
	SELECT 'by all', day::text, 'chat', 0, 0, total_count, sent_count, delivered_count, click_count
	FROM analytics.chat_push_daily WHERE sdk_app_id = $1
	UNION ALL
	SELECT 'by platform', day::text, 'chat', coalesce(event_type, 0), platform_id, total_count, sent_count, delivered_count, click_count
	FROM analytics.chat_push_platform_daily WHERE sdk_app_id = $1`

const sqlChatLosses = `
	SELECT 'stage', day::text, '', stage, 0, 0, err_code, err_info, err_count
	FROM analytics.chat_stage_loss WHERE sdk_app_id = $1
	UNION ALL
	SELECT 'platform', day::text, '', stage, coalesce(event_type, 0), platform_id, err_code, err_info, err_count
	FROM analytics.chat_platform_loss WHERE sdk_app_id = $1`

// equalsPushes compares the whole of the views of counters with the days and tasks.
func (w *fixture) equalsPushes(from, to calendar.Day, chat bool, tasks ...string) {
	w.t.Helper()
	var want []pushes
	for day := from; day <= to; day++ {
		window := day.Window(time.UTC)
		add := func(task string, truth sandbox.Statistics) {
			if truth.Counts == (sandbox.Counts{}) && len(truth.Platform) == 0 {
				return // a day without pushes has no rows
			}
			row := func(grain string, event, platform int, c sandbox.Counts) {
				want = append(want, pushes{grain, day.String(), task, event, platform, c.Total, c.Sent, c.Delivered, c.Click})
			}
			row("by all", 0, 0, truth.Counts)
			for _, p := range truth.Platform {
				row("by platform", p.EventType, p.PushPlatform, p.Counts)
			}
		}
		for _, task := range append([]string{""}, tasks...) {
			add(task, w.API.Statistics(testApp, task, window.Start, window.End))
		}
		if chat {
			add("chat", w.API.ChatStatistics(testApp, window.Start, window.End))
		}
	}
	sorted := func(rows []pushes) []string {
		var lines []string
		for _, row := range rows {
			lines = append(lines, fmt.Sprintf("%+v", row))
		}
		slices.Sort(lines)
		return lines
	}
	if diff := gocmp.Diff(sorted(want), sorted(world.Rows[pushes](w.t, w.Pool, sqlPushes, testApp))); diff != "" {
		w.t.Errorf("pushes (-truth +stored):\n%s", diff)
	}
}

// One request for statistics covers four weeks, and one for losses a single one.
func TestASpanOfStatisticsCoversFourWeeks(t *testing.T) {
	t.Parallel()
	const days = 12 * 7
	requests := make(map[stream.Stream]int64)
	for _, of := range []stream.Stream{stream.Loss, stream.Statistics} {
		w, ids := sparse(t, 40, days, false)
		withStreams(w, of)
		w.Adjust = func(opts pipeline.Options) pipeline.Options {
			opts.Pick = func(int) int { return 0 } // which spans are checked decides what the checks cost
			return opts
		}
		report := w.backfill(today-days, today-1, load.RunDone)
		requests[of] = report.Requests - days
		if of == stream.Loss {
			w.EqualsTruth(today-days, today-1, ids...)
		} else {
			w.equalsPushes(today-days, today-1, false, ids...)
		}
		widest := w.Number(`SELECT max(day - first_day) + 1 FROM pushloss.pull`)
		if want := map[stream.Stream]int64{stream.Loss: 7, stream.Statistics: 28}[of]; int64(widest) != want {
			t.Errorf("%s: the widest span has %d days, want %d", of, widest, want)
		}
		w.verifies()
	}
	if requests[stream.Statistics]*5 > requests[stream.Loss]*4 {
		t.Errorf("%d requests for statistics, %d for losses", requests[stream.Statistics], requests[stream.Loss])
	}
}

// A task may have several runs of days without figures between days with figures. A request has
// only one of them: new figures in one run must not close the others without a proof.
func TestASpanHasOneRunOfATask(t *testing.T) {
	t.Parallel()
	w := newSparse(t, 0.7)
	withStreams(w, stream.Statistics)
	w.Settings.LookbackDays = 30
	ids := append(w.addSparse(20, 4000, false), w.addDense(1)...)
	const first, last = today - 28, today - 1
	figures := func(day calendar.Day) bool {
		window := day.Window(time.UTC)
		return w.API.Statistics(testApp, "dense-0000", window.Start, window.End).Total > 0
	}
	late := last
	for !figures(late) || figures(late-1) {
		late--
	}
	w.Settings.Spans = false
	w.API.Faults("empty:task=dense-0000,day=" + late.String())
	w.backfill(first, last, load.RunDone) // no day is final yet

	w.API.Faults()
	w.Settings.Spans, w.spansAlways = true, true
	w.Now = w.Now.AddDate(0, 0, 40)
	w.backfill(first, last, load.RunDone)
	w.equalsPushes(first, last, false, ids...)
	if n := w.Number(`SELECT count(*) FROM analytics.stream_coverage WHERE day BETWEEN $1 AND $2 AND NOT settled`, first.UTC(), last.UTC()); n > 0 {
		t.Errorf("%d windows are not final", n)
	}
	if n := w.Number(`SELECT count(*) FROM pushloss.pull p
		WHERE (SELECT count(DISTINCT id) FROM unnest(p.task_ids) AS id) < cardinality(p.task_ids)`); n > 0 {
		t.Errorf("%d requests name a task twice", n)
	}
	w.verifies()
}

func TestEveryStreamEqualsItsTruth(t *testing.T) {
	t.Parallel()
	for _, faults := range [][]string{nil, {"chat-nested", "count-string", "unknown-fields", "shuffled", "trailing-comma"}} {
		t.Run(strings.Join(faults, " "), func(t *testing.T) {
			t.Parallel()
			w := withStreams(setup(t, world.WithFaults(t, faults...)), stream.All()...)
			w.Tasks(sevenTasks...)
			report := w.backfill(today-9, today-5, load.RunDone)
			w.EqualsTruth(today-9, today-5, sevenTasks...)
			w.equalsPushes(today-9, today-5, true, sevenTasks...)
			world.EqualFacts(t, w.API.ChatFacts(testApp, time.UTC, today-9, today-5), world.Rows[world.Fact](w.t, w.Pool, sqlChatLosses, testApp))
			// Of a day three requests for losses, three for statistics, two for chats.
			if report.Requests != 5*8 || report.Windows != 5*(8+8+2) || report.Rejects != 0 || report.RowsIgnored != 0 {
				t.Errorf("the report is %+v", report.Totals)
			}
			if again := w.backfill(today-9, today-5, load.RunDone); again.Requests != 0 {
				t.Errorf("settled windows were asked for %d times", again.Requests)
			}
			w.verifies()
		})
	}
}

func TestRatesAreTheLossesAgainstThePushesOfTheTruth(t *testing.T) {
	t.Parallel()
	w := withStreams(setup(t), stream.Loss, stream.Statistics)
	w.Tasks("t1", "t2")
	w.backfill(today-6, today-5, load.RunDone)
	type rate struct {
		Day, Grain, Task, Stage string
		Event, Platform         int
		Coded, Denominator      int64
		Rate                    float64
		Gap, Unexplained        int64
	}
	var want []rate
	for day := today - 6; day <= today-5; day++ {
		window := day.Window(time.UTC)
		for _, task := range []string{"", "t1", "t2"} {
			losses, counts := w.API.Truth(testApp, task, window.Start, window.End), w.API.Statistics(testApp, task, window.Start, window.End)
			level := "task_"
			if task == "" {
				level = "app_"
			}
			add := func(grain, stage string, event, platform int, coded, denominator, arrived int64) {
				r := rate{day.String(), level + grain, task, stage, event, platform, coded, denominator, 0, denominator - arrived, denominator - arrived - coded}
				if denominator > 0 {
					r.Rate = float64(coded) / float64(denominator)
				}
				want = append(want, r)
			}
			coded := make(map[string]int64)
			for _, row := range losses.Stage {
				coded[row.Stage] += row.ErrCount
			}
			add("stage", "ready_to_send", 0, 0, coded["ready_to_send"], counts.Total, counts.Sent)
			add("stage", "post_send_delivered", 0, 0, coded["post_send_delivered"], counts.Sent, counts.Delivered)
			type channel struct {
				stage           string
				event, platform int
			}
			of := make(map[channel]int64)
			for _, row := range losses.Platform {
				of[channel{row.Stage, row.EventType, row.PushPlatform}] += row.ErrCount
			}
			for _, p := range counts.Platform {
				first, second := channel{"ready_to_send", p.EventType, p.PushPlatform}, channel{"post_send_delivered", p.EventType, p.PushPlatform}
				add("platform", first.stage, p.EventType, p.PushPlatform, of[first], p.Total, p.Sent)
				add("platform", second.stage, p.EventType, p.PushPlatform, of[second], p.Sent, p.Delivered)
				delete(of, first)
				delete(of, second)
			}
			if len(of) > 0 {
				t.Fatalf("the sandbox has losses of channels without pushes: %v", of)
			}
		}
	}
	const sql = `SELECT day::text, grain, task_id, stage, coalesce(event_type, 0), coalesce(platform_id, 0),
			coded_loss, denominator, coalesce(loss_rate, 0), gap, unexplained
		FROM analytics.loss_rates WHERE sdk_app_id = $1`
	byKey := func(rows []rate) map[rate]bool {
		set := make(map[rate]bool)
		for _, row := range rows {
			set[row] = true
		}
		return set
	}
	if diff := gocmp.Diff(byKey(want), byKey(world.Rows[rate](w.t, w.Pool, sql, testApp))); diff != "" {
		t.Errorf("rates (-truth +view):\n%s", diff)
	}

	// Without losses loaded a rate is not known, without pushes it is not made up.
	if _, err := w.Pool.Exec(t.Context(), `DELETE FROM pushloss.push_count WHERE counter_id = 3 AND task_key = 0`); err != nil {
		t.Fatal(err)
	}
	if n := w.Number(`SELECT count(*) FROM analytics.loss_rates WHERE grain = 'app_stage' AND stage = 'ready_to_send'
		AND coded_loss IS NOT NULL AND denominator IS NULL AND loss_rate IS NULL AND gap IS NULL AND unexplained IS NULL`); n != 2 {
		t.Errorf("%d of 2 days say that the denominator is not known", n)
	}
	if _, err := w.Pool.Exec(t.Context(), `DELETE FROM pushloss.ledger WHERE stream_id = 0; DELETE FROM pushloss.stage_loss`); err != nil {
		t.Fatal(err)
	}
	if n := w.Number(`SELECT count(*) FROM analytics.loss_rates WHERE grain LIKE '%\_stage' AND coded_loss IS NOT NULL`); n != 0 {
		t.Errorf("%d rates claim losses that were never loaded", n)
	}
}

func TestRestatedPushesAreReportedAndReplayed(t *testing.T) {
	t.Parallel()
	w := withStreams(setup(t), stream.Loss, stream.Statistics)
	w.Tasks("t1")
	w.Run(load.RunDone)
	w.API.Faults("restated:day=" + (today - 2).String())
	w.Run(load.RunPartial)
	w.equalsPushes(today-3, today-1, false, "t1")
	if n := w.Number(`SELECT count(*) FROM analytics.push_changes WHERE old_count IS DISTINCT FROM new_count AND day = $1`, (today - 2).UTC()); n == 0 {
		t.Error("no change of a counter is recorded")
	}
	if n := w.Number(`SELECT count(*) FROM analytics.loss_changes WHERE err_code = ''`); n != 0 {
		t.Error("changes of counters are among those of losses")
	}
	w.verifies()
	if _, err := w.Pool.Exec(t.Context(), `UPDATE pushloss.push_count SET push_count = push_count + 1;
		DELETE FROM pushloss.platform_push_count WHERE platform_id = 1; DELETE FROM pushloss.loss_change WHERE stream_id = 1`); err != nil {
		t.Fatal(err)
	}
	restored, err := w.DB.Archive.Replay(t.Context(), load.Selection{}, "the test", func() time.Time { return w.Now }, load.Observer{})
	if err != nil {
		t.Fatal(err)
	}
	if restored.Rows.Updated == 0 || restored.Rows.Inserted == 0 || restored.ChangesWritten == 0 {
		t.Errorf("the replay wrote %+v", restored)
	}
	w.equalsPushes(today-3, today-1, false, "t1")
	w.verifies()
}

func TestACounterThatAnAnswerLeavesOutStays(t *testing.T) {
	t.Parallel()
	w := withStreams(setup(t), stream.All()...)
	w.Tasks("t1")
	w.Run(load.RunDone)
	w.API.Faults("missing-counter")
	// 3 days of the whole app, of a task and of chats.
	if report := w.Run(load.RunDone); report.RowsKept != 9 || report.RowsDeleted != 0 {
		t.Errorf("the report is %+v", report.Totals)
	}
	w.equalsPushes(today-3, today-1, true, "t1")
	w.API.Faults("negative-counter")
	if report := w.Run(load.RunPartial); report.RowsKept != 9 || report.Rejects != 9 || report.RowsDeleted != 0 {
		t.Errorf("the report is %+v", report.Totals)
	}
	w.equalsPushes(today-3, today-1, true, "t1")
	w.verifies()
}

// Nobody knows whether the service forgets by leaving figures out or by zeros.
func TestZerosOfADayBeyondMemoryRemoveNothing(t *testing.T) {
	t.Parallel()
	w := withStreams(setup(t), stream.Statistics)
	w.backfill(today-9, today-9, load.RunDone)
	w.Settings.APIMemoryDays = 7
	w.API.Faults("forget-after=7d")
	w.Backfill(pipeline.BackfillRequest{From: today - 9, To: today - 9, Reprocess: pipeline.All}, load.RunDone)
	w.API.Faults()
	w.equalsPushes(today-9, today-9, false)
	if n := w.Number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'statistics' AND state = 'loaded' AND pulls = 2`); n != 1 {
		t.Errorf("%d windows are loaded, and were asked for twice", n)
	}
}

func TestAStreamThatIsChosenLaterBeginsThen(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first := today - 20
	w.Settings.FirstDay = &first
	w.Run(load.RunDone)
	withStreams(w, stream.Loss, stream.Statistics)
	report := w.Run(load.RunDone)
	// Three days of the lookback of either stream.
	if report.Requests != 6 {
		t.Errorf("%d requests", report.Requests)
	}
	if n := w.Number(`SELECT count(*) FROM analytics.stream_coverage WHERE state = 'open' AND day < $1`, today.UTC()); n != 0 {
		t.Errorf("%d windows of the days before are expected", n)
	}
	w.equalsPushes(today-3, today-1, false)

	// One that is left out is not waited for.
	withStreams(w, stream.Loss)
	w.Now = w.Now.AddDate(0, 0, 10)
	w.Run(load.RunDone)
	statuses, err := w.DB.Status(t.Context(), w.Now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if len(statuses) != 1 || statuses[0].Late+statuses[0].Missing+statuses[0].Failed != 0 {
		t.Errorf("status: %+v", statuses)
	}
	withStreams(w, stream.Loss, stream.Statistics)
	if again := w.Run(load.RunDone); again.Requests != 6 {
		t.Errorf("chosen again: %d requests", again.Requests)
	}
}

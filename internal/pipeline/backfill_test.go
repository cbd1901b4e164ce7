package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/internal/problem"
	"pushloss/load"
)

// mixed leaves the ledger of ten days with settled, open, failed and missing
// windows of the app and of seven tasks.
func mixed(t testing.TB) *fixture {
	w := setup(t)
	w.Tasks(sevenTasks...)
	w.API.Faults("code=90102:from="+(today-6).String()+",to="+(today-5).String()+",task=overall", "code=90102:day="+(today-2).String()+",task=t2")
	w.backfill(today-8, today-1, load.RunPartial)
	w.API.Faults()
	return w
}

func TestR1ThePlanIsWhatIsExecuted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		request pipeline.BackfillRequest
	}{
		{"what is missing", pipeline.BackfillRequest{Reprocess: pipeline.Missing}},
		{"what failed", pipeline.BackfillRequest{Reprocess: pipeline.Failed}},
		{"everything", pipeline.BackfillRequest{Reprocess: pipeline.All}},
		{"two tasks", pipeline.BackfillRequest{Reprocess: pipeline.Missing, Tasks: []string{"t7", "t2"}}},
		{"all of one task", pipeline.BackfillRequest{Reprocess: pipeline.All, Tasks: []string{"t3"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := mixed(t)
			request := test.request
			request.From, request.To = today-10, today-1
			before := len(w.API.Calls())
			var windows []pipeline.PlannedWindow
			planned, err := w.Jobs(pipeline.Options{}).PlanBackfill(t.Context(), request, listing(&windows))
			if err != nil {
				t.Fatal(err)
			}
			if len(w.API.Calls()) != before {
				t.Fatal("planning called the API")
			}
			w.Backfill(request, load.RunDone)

			type window struct{ start, task string }
			want, got := make(map[window]int), make(map[window]int)
			for _, p := range windows {
				if p.Due {
					want[window{p.Day.UTC().Format(time.RFC3339), p.TaskID}]++
				}
			}
			calls := askedOf(w.API.Calls()[before:])
			for _, call := range calls {
				for _, task := range strings.Split(call.Tasks, " ") {
					got[window{call.Start, task}]++
				}
			}
			if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(window{})); diff != "" || len(want) == 0 {
				t.Errorf("windows (-planned +executed), %d planned:\n%s", len(want), diff)
			}
			if planned.Requests != len(calls) {
				t.Errorf("%d requests planned, %d made", planned.Requests, len(calls))
			}
		})
	}
}

func TestR2EachKindOfReprocessingPullsItsWindows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		kind  pipeline.Reprocess
		calls int // over ten days; the first two are missing
	}{
		// Two missing days of three requests, two failed windows of the app, two or
		// three requests each of the three open days, and one for what failed of tasks.
		{"missing", pipeline.Missing, 2*3 + 2 + 3*3 + 1},
		{"failed", pipeline.Failed, 2 + 1},
		{"all", pipeline.All, 10*3 + 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := mixed(t)
			before := len(w.API.Calls())
			w.Backfill(pipeline.BackfillRequest{From: today - 10, To: today - 1, Reprocess: test.kind}, load.RunDone)
			if got := len(w.API.Calls()) - before; got != test.calls {
				t.Errorf("%d calls, want %d", got, test.calls)
			}
			from := today - 10
			if test.kind == pipeline.Failed {
				from = today - 8
			}
			w.EqualsTruth(from, today-1, sevenTasks...)
			if n := w.Number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND (state = 'failed' OR last_error IS NOT NULL)`); n != 0 {
				t.Errorf("%d windows are still reported as failed", n)
			}
		})
	}
}

// R3, S6: after an interruption at any request, the same backfill does the rest and nothing else.
func TestR3AnInterruptedBackfillGoesOnWithTheRest(t *testing.T) {
	t.Parallel()
	for _, after := range []int{1, 4, 10, 13} {
		t.Run(fmt.Sprint("after ", after), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.Tasks(sevenTasks...)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			request := pipeline.BackfillRequest{From: today - 20, To: today - 5, Reprocess: pipeline.Missing}
			var last pipeline.Progress
			report, err := w.Jobs(pipeline.Options{OnProgress: func(p pipeline.Progress) {
				if last = p; p.Done == after {
					cancel()
				}
			}}).Backfill(ctx, request, nil)
			w.Ended(report, err, load.RunInterrupted)
			app := report.Apps[0]
			if app.State != pipeline.AppInterrupted || app.Hint == "" || !errors.Is(app.Err(), context.Canceled) {
				t.Errorf("the app's report is %+v", app)
			}
			done := len(w.API.Calls())
			if done >= 48 || done < after || last.Done != done || last.Total != 48 {
				t.Errorf("%d calls were made, progress is %+v", done, last)
			}
			if n := w.Number(`SELECT count(*) FROM pushloss.pull`); n != int64(done) {
				t.Errorf("%d answers are loaded of %d", n, done)
			}

			w.Backfill(request, load.RunDone)
			if all := w.calls(); len(all) != 48 || len(twice(all)) > 0 {
				t.Errorf("%d calls in all, made twice: %v", len(all), twice(all))
			}
			w.EqualsTruth(today-20, today-5, sevenTasks...)
		})
	}
}

func TestR4ABackfillDoesNotMoveTheRunsFirstDay(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.backfill(today-30, today-28, load.RunDone)
	if n := w.Number(`SELECT count(*) FROM analytics.apps WHERE first_day IS NOT NULL`); n != 0 {
		t.Error("the backfill set a first day")
	}
	w.Run(load.RunDone)
	w.backfill(today-40, today-38, load.RunDone)
	before := len(w.API.Calls())
	w.Run(load.RunDone)
	for _, call := range w.API.Calls()[before:] {
		if day := calendar.DayOf(time.Unix(call.Start, 0), time.UTC); day < today-3 {
			t.Errorf("the run pulls %s, before its first day", day)
		}
	}
	var want []world.Fact
	for _, days := range [][2]calendar.Day{{today - 40, today - 38}, {today - 30, today - 28}, {today - 3, today - 1}} {
		want = append(want, w.API.Facts(testApp, time.UTC, days[0], days[1])...)
	}
	world.EqualFacts(t, want, w.Facts(testApp))
}

func TestABackfillThatMakesNoSenseIsRefusedBeforeAnythingIsDone(t *testing.T) {
	t.Parallel()
	apia, err := time.LoadLocation("Pacific/Apia")
	if err != nil {
		t.Fatal(err)
	}
	leftOut := calendar.DayOf(time.Date(2011, 12, 30, 0, 0, 0, 0, time.UTC), time.UTC)
	for _, test := range []struct {
		name    string
		request pipeline.BackfillRequest
		says    string
	}{
		{"reversed", pipeline.BackfillRequest{From: today - 3, To: today - 5}, "before it begins"},
		{"today", pipeline.BackfillRequest{From: today - 3, To: today}, "not over yet"},
		{"future", pipeline.BackfillRequest{From: today + 3, To: today + 5}, "not over yet"},
		{"another app", pipeline.BackfillRequest{From: today - 3, To: today - 2, SDKAppID: 7}, "app 7 is not configured"},
		{"unknown tasks", pipeline.BackfillRequest{From: today - 3, To: today - 2, Tasks: []string{"t1", "t8", "t9"}}, "t8, t9"},
		{"a date that the zone left out", pipeline.BackfillRequest{From: leftOut, To: leftOut}, "there was no 2011-12-30 in Pacific/Apia"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.Tasks("t1")
			if test.request.From == leftOut {
				w.Apps[0].Location = apia
			}
			jobs := w.Jobs(pipeline.Options{})
			_, planErr := jobs.PlanBackfill(t.Context(), test.request, listing(nil))
			report, err := jobs.Backfill(t.Context(), test.request, nil)
			for _, err := range []error{err, planErr} {
				var usage *problem.UsageError
				if !errors.As(err, &usage) || !strings.Contains(usage.Problem, test.says) || usage.Hint() == "" {
					t.Errorf("the error is %v", err)
				}
			}
			if report.RunID != 0 || len(w.API.Calls()) != 0 || w.Number(`SELECT count(*) FROM pushloss.run`) != 0 {
				t.Error("something was done")
			}
		})
	}
}

func TestTheTimeZoneOfAnAppIsKeptInPlanAndBackfill(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.backfill(today-5, today-5, load.RunDone)
	w.Apps[0].Location = time.FixedZone("Elsewhere", 3600)
	request := pipeline.BackfillRequest{From: today - 6, To: today - 5, Reprocess: pipeline.Missing}
	before := len(w.API.Calls())
	report, err := w.Jobs(pipeline.Options{}).Backfill(t.Context(), request, nil)
	w.Ended(report, err, load.RunFailed)
	_, planErr := w.Jobs(pipeline.Options{}).PlanBackfill(t.Context(), request, listing(nil))
	for _, err := range []error{report.Apps[0].Err(), planErr} {
		var timezone *load.TimezoneError
		if !errors.As(err, &timezone) || timezone.Stored != "UTC" {
			t.Errorf("the error is %v", err)
		}
	}
	if len(w.API.Calls()) != before {
		t.Error("the API was called")
	}
}

func TestTasksAreFollowedForTheirDaysOnly(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Settings.TaskDays = 3
	sent := noonOf(today - 8)
	_, err := w.DB.Tasks.Save(t.Context(), []load.Task{
		{SDKAppID: testApp, TaskID: "sent", SentAt: &sent},
		{SDKAppID: testApp, TaskID: "registered"},
		{SDKAppID: testApp, TaskID: "retired"},
	}, noonOf(today-2))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.DB.Tasks.Retire(t.Context(), testApp, []string{"retired"}, noonOf(today-2)); err != nil {
		t.Fatal(err)
	}
	firstDay := today - 10
	w.Settings.FirstDay = &firstDay
	w.Run(load.RunDone)
	type window struct{ Day, Task string }
	tasks := func() []window {
		return world.Rows[window](w.t, w.Pool, `SELECT day::text, task_id FROM analytics.task_coverage
			WHERE pulls > 0 ORDER BY day, task_id COLLATE "C"`)
	}
	want := []window{
		{"2025-03-12", "sent"}, {"2025-03-13", "sent"}, {"2025-03-14", "sent"},
		// from a lookback before the registration
		{"2025-03-15", "registered"}, {"2025-03-16", "registered"}, {"2025-03-17", "registered"}, {"2025-03-18", "registered"}, {"2025-03-19", "registered"},
	}
	if diff := gocmp.Diff(want, tasks()); diff != "" {
		t.Errorf("windows of tasks after the run (-want +got):\n%s", diff)
	}

	// A backfill pulls every day of a task whose sending is not known, and the
	// retired one if it is named.
	w.backfill(today-9, today-8, load.RunDone)
	w.Backfill(pipeline.BackfillRequest{From: today - 9, To: today - 9, Tasks: []string{"retired"}, Reprocess: pipeline.Missing}, load.RunDone)
	want = append([]window{{"2025-03-11", "registered"}, {"2025-03-11", "retired"}, {"2025-03-12", "registered"}}, want...)
	if diff := gocmp.Diff(want, tasks()); diff != "" {
		t.Errorf("windows of tasks after the backfills (-want +got):\n%s", diff)
	}
}

func TestARetiredAppIsBackfilledOnlyByName(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.backfill(today-9, today-9, load.RunDone)
	if _, err := w.DB.Apps.Retire(t.Context(), testApp, w.Now); err != nil {
		t.Fatal(err)
	}
	calls := len(w.API.Calls())
	report := w.backfill(today-8, today-8, load.RunDone)
	if len(report.Apps) != 0 || len(w.API.Calls()) != calls {
		t.Errorf("%d calls, and the report is %+v", len(w.API.Calls())-calls, report.Apps)
	}
	report = w.Backfill(pipeline.BackfillRequest{From: today - 8, To: today - 8, SDKAppID: testApp}, load.RunDone)
	if len(report.Apps) != 1 || report.Windows != 1 {
		t.Errorf("the report is %+v", report.Apps)
	}
}

// A backfill of unchanged days reports the same as one that reads their answers, but reads none: a
// row that was altered stays as it is.
func TestTheSameAnswersAgainAreNotRead(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Tasks(sevenTasks...)
	all := pipeline.BackfillRequest{From: today - 8, To: today - 4, Reprocess: pipeline.All}
	w.Backfill(all, load.RunDone)
	read := w.backfillAfter(`UPDATE pushloss.pull SET rules = NULL`, all)
	again := w.backfillAfter(`UPDATE pushloss.stage_loss SET err_info_key = err_info_key + 1000`, all)
	if read.RowsUnchanged == 0 || again.Totals != read.Totals {
		t.Errorf("the same answers again: %+v, want %+v", again.Totals, read.Totals)
	}
	if n := w.Number(`SELECT count(*) FROM pushloss.stage_loss WHERE err_info_key < 1000`); n != 0 {
		t.Errorf("%d rows were written again", n)
	}
	w.backfillAfter(`UPDATE pushloss.pull SET rules = rules + 1`, all)
	w.EqualsTruth(today-8, today-4, sevenTasks...)
}

func (w *fixture) backfillAfter(sql string, request pipeline.BackfillRequest) pipeline.Report {
	w.t.Helper()
	w.Exec(sql)
	return w.Backfill(request, load.RunDone)
}

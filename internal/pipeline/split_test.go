package pipeline_test

import (
	"slices"
	"strings"
	"testing"

	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/internal/stream"
	"pushloss/load"
)

// statesOf are the states of an app's windows of the task, by day.
func (w *fixture) statesOf(task string) map[string]string {
	states := make(map[string]string)
	for _, window := range w.ledger(testApp) {
		if window.Task == task {
			states[window.Day] = window.State
		}
	}
	return states
}

func TestATaskThatTheAPIRefusesFailsByNameAndAlone(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"code=90100:task=t3", "code=60003:task=t3", "code=70402:task=t3", "code=91000:task=t3", "code=90999:task=t3"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			w := setup(t, world.WithFaults(t, fault))
			w.Tasks(sevenTasks...)
			report := w.backfill(today-10, today-1, load.RunPartial)
			app := report.Apps[0]
			if app.State != pipeline.AppPartial || !strings.Contains(app.Problem, "t3") || !strings.Contains(app.Problem, "8 further windows") ||
				!strings.Contains(app.Hint, "tasks retire t3") || strings.Contains(app.Problem+app.Hint, "fault of pushloss") {
				t.Errorf("the app's report is %+v", app)
			}
			w.EqualsTruth(today-10, today-1, slices.DeleteFunc(slices.Clone(sevenTasks), func(id string) bool { return id == "t3" })...)
			if got := w.statesOf("t3"); len(got) != 2 || got[(today-1).String()] != "failed" {
				t.Errorf("the windows of the task are %v", got)
			}
			if n := w.Number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND last_error LIKE '%t3%' AND task_id = 't3'`); n != 2 {
				t.Errorf("%d windows name their task", n)
			}
			// Of 10 days one request is split, by 6 at most; those under way meanwhile are
			// made once more without the task, whose last day is asked for alone.
			if calls := int(report.Requests - report.Retries); calls > 10*3+6+3+1 {
				t.Errorf("%d requests were made", calls)
			}

			w.API.Faults()
			w.backfill(today-10, today-1, load.RunDone)
			w.EqualsTruth(today-10, today-1, sevenTasks...)
		})
	}
}

// If nothing was answered yet, the whole app's figures show whether the app is refused.
func TestATaskThatIsRefusedIsNamedWhereNothingElseIsDue(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"code=90009", "http-500"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			w := setup(t, world.WithFaults(t, fault+":task=t3"))
			w.Tasks("t3")
			w.backfill(today-6, today-1, load.RunPartial)
			report := w.Backfill(pipeline.BackfillRequest{From: today - 6, To: today - 1, Reprocess: pipeline.Failed}, load.RunPartial)
			if app := report.Apps[0]; app.State != pipeline.AppPartial || !strings.Contains(app.Hint, "tasks retire t3") {
				t.Errorf("the app's report is %+v", app)
			}
			w.API.Faults(fault)
			report = w.Backfill(pipeline.BackfillRequest{From: today - 6, To: today - 1, Reprocess: pipeline.Failed}, load.RunFailed)
			if app := report.Apps[0]; app.State == pipeline.AppPartial || app.Requests > 20 {
				t.Errorf("the report of a refused app is %+v", app)
			}
		})
	}
}

func TestATaskThatIsRefusedOnSomeDaysIsLoadedOnTheOthers(t *testing.T) {
	t.Parallel()
	w := setup(t, world.WithFaults(t, "code=90100:task=t2,from="+(today-20).String()+",to="+(today-12).String()))
	w.Tasks(sevenTasks...)
	report := w.backfill(today-20, today-1, load.RunPartial)
	if report.WindowsFailed != 9 {
		t.Errorf("the report is %+v", report.Totals)
	}
	w.API.Faults()
	w.Backfill(pipeline.BackfillRequest{From: today - 20, To: today - 1, Reprocess: pipeline.Failed}, load.RunDone)
	w.EqualsTruth(today-20, today-1, sevenTasks...)
}

func TestManyBadTasksDoNotDelayGoodOnes(t *testing.T) {
	t.Parallel()
	var ids, faults []string
	for _, id := range []string{"b1", "b2", "b3", "b4", "b5", "b6"} {
		ids, faults = append(ids, id), append(faults, "code=90100:task="+id)
	}
	w := setup(t, world.WithFaults(t, faults...))
	w.Tasks(append(ids, "good")...)
	w.Run(load.RunPartial)
	w.EqualsTruth(today-3, today-1, "good")
	first := w.API.Calls()[0]
	if len(first.Tasks) != 0 {
		t.Errorf("the first request asks for %v", first.Tasks)
	}
}

func TestABatchBeyondTheMemoryIsNarrowedUnlessTheDayIsRefused(t *testing.T) {
	t.Parallel()
	w := setup(t, world.WithFaults(t, "code=90100:task=t3", "code=90100:day="+(today-19).String()))
	w.Settings.APIMemoryDays = 3
	w.Tasks(sevenTasks[:5]...)
	w.backfill(today-20, today-19, load.RunPartial)
	for id, want := range map[string]string{"": "unproven", "t1": "unproven", "t3": "unavailable"} {
		if got := w.statesOf(id)[(today - 20).String()]; got != want {
			t.Errorf("the window of %q is %s, want %s", id, got, want)
		}
		if got := w.statesOf(id)[(today - 19).String()]; got != "unavailable" {
			t.Errorf("the window of %q on the refused day is %s", id, got)
		}
	}
	asked := 0
	for _, call := range w.calls() {
		if strings.HasPrefix(call.Start, (today - 19).String()) {
			asked++
		}
	}
	if asked != 2 {
		t.Errorf("the refused day was asked for %d times", asked)
	}
}

// K5: days without figures, because the API fails for them, delay no other day.
func TestDaysThatFailAtEveryRunComeLast(t *testing.T) {
	t.Parallel()
	firstDay := today - 12
	w := setup(t, world.WithFaults(t, "code=90102:from="+firstDay.String()+",to="+(firstDay+4).String()))
	w.Settings.FirstDay = &firstDay
	w.Tasks(sevenTasks[:1]...)
	for range 2 {
		before := len(w.API.Calls())
		report := w.Run(load.RunPartial)
		if app := report.Apps[0]; app.State != pipeline.AppPartial || app.WindowsFailed != 10 {
			t.Fatalf("the app's report is %+v", app)
		}
		w.EqualsTruth(firstDay+5, today-1, sevenTasks[:1]...)
		calls := w.API.Calls()[before:]
		failing := slices.IndexFunc(calls, func(call sandbox.Call) bool { return call.Start < (firstDay + 5).UTC().Unix() })
		if before > 0 && failing < 3*2 { // the three days of the lookback come first
			t.Errorf("call %d is for a day that failed at the run before", failing)
		}
	}
	w.API.Faults()
	w.Run(load.RunDone)
	w.EqualsTruth(firstDay, today-1, sevenTasks[:1]...)
}

func TestAnAPIThatAnswersOnlyErrorsIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := setup(t, world.WithFaults(t, "code=90102"))
	firstDay := today - 300
	w.Settings.FirstDay = &firstDay
	w.Tasks(sevenTasks...)
	report := w.Run(load.RunFailed)
	app := report.Apps[0]
	if app.State != pipeline.AppUnreachable || app.WindowsFailed < 60 || app.WindowsFailed > 64 || app.Requests > 100 {
		t.Errorf("the app's report is %+v", app)
	}
}

// Whole-app figures of all days come before any task's.
func TestWholeAppRequestsGoFirst(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Tasks(sevenTasks...)
	w.Settings.Streams = []stream.Stream{stream.Loss, stream.Statistics}
	w.backfill(today-10, today-1, load.RunDone)
	tasks := false
	for i, call := range w.API.Calls() {
		if len(call.Tasks) == 0 && tasks && i > 2*10+3 {
			t.Fatalf("call %d is for the whole app, after one for tasks", i)
		}
		tasks = tasks || len(call.Tasks) > 0
	}
	if !tasks {
		t.Error("no call is for a task")
	}
}

func TestAReconciliationLeavesOutATaskThatIsRefused(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Tasks(sevenTasks...)
	w.backfill(today-5, today-1, load.RunDone)
	w.API.Faults("code=90100:task=t3")
	report, err := w.Jobs(pipeline.Options{}).Reconcile(t.Context(), pipeline.ReconcileRequest{})
	w.Ended(report, err, load.RunPartial)
	app := report.Apps[0]
	if !strings.Contains(app.Problem, "t3") || strings.Contains(app.Problem+app.Hint, "fault of pushloss") {
		t.Errorf("the app's report is %+v", app)
	}
	left := slices.DeleteFunc(app.Reconciliation.LeftOut, func(l pipeline.LeftOut) bool { return !strings.Contains(l.Why, "90100") })
	if len(left) != 1 || left[0].TaskID != "t3" {
		t.Errorf("left out are %+v", left)
	}
	if n := w.Number(`SELECT count(*) FROM pushloss.reconciliation WHERE state = 'agreed'`); n != 7 {
		t.Errorf("%d checks agreed", n)
	}
}

// K6: a list without sent_at, imported the morning after the push.
func TestATaskImportedAfterItsPushIsPulledFromItsDayOn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Run(load.RunDone) // so that the first day kept is not the import's
	if _, err := w.DB.Tasks.Save(t.Context(), []load.Task{{SDKAppID: testApp, TaskID: "t1"}}, w.Now); err != nil {
		t.Fatal(err)
	}
	w.Run(load.RunDone)
	w.EqualsTruth(today-3, today-1, "t1")
}

// Days before a registration of long ago are a guess, and no answer for them could be
// trusted any more.
func TestATaskOfLongAgoIsNotAskedForBeforeItsRegistration(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Settings.APIMemoryDays = 7
	firstDay := today - 30
	w.Settings.FirstDay = &firstDay
	if _, err := w.DB.Tasks.Save(t.Context(), []load.Task{{SDKAppID: testApp, TaskID: "t1"}}, noonOf(today-20)); err != nil {
		t.Fatal(err)
	}
	w.Run(load.RunDone)
	if got := w.statesOf("t1"); len(got) != 20 || got[(today-20).String()] == "" {
		t.Errorf("the windows of the task are %v", got)
	}
}

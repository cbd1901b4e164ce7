package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

// without returns the tasks that are not among the bad ones.
func without(tasks []string, bad ...string) []string {
	return slices.DeleteFunc(slices.Clone(tasks), func(id string) bool { return slices.Contains(bad, id) })
}

// K6: whichever two tasks of a request the API refuses like the whole app, the others are loaded,
// and each of the two fails by name.
func TestTwoTasksThatAreRefusedFailAloneInEachPosition(t *testing.T) {
	t.Parallel()
	batch := sevenTasks[:5]
	w := setup(t)
	w.Tasks(batch...)
	codes := []int{90009, 90045, 90103, 60020, 60027}
	day := today - 11
	for i := range batch {
		for j := range i {
			bad := []string{batch[j], batch[i]}
			w.API.Faults(fmt.Sprintf("code=%d:task=%s", codes[i], bad[0]), fmt.Sprintf("code=%d:task=%s", codes[j], bad[1]))
			report := w.backfill(day, day, load.RunPartial)
			world.EqualFacts(t, w.API.Facts(testApp, time.UTC, day, day, without(batch, bad...)...),
				slices.DeleteFunc(w.Facts(testApp), func(f world.Fact) bool { return f.Day != day.String() }))
			for k, id := range bad {
				code := codes[[]int{i, j}[k]]
				if w.statesOf(id)[day.String()] != "failed" {
					t.Errorf("%v: the window of %s is %s", bad, id, w.statesOf(id)[day.String()])
				}
				if n := w.Number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND day = $1::text::date AND task_id = $2 AND last_error LIKE $3`,
					day.String(), id, fmt.Sprintf("task %s: %%code %d%%", id, code)); n != 1 {
					t.Errorf("%v: the window of %s does not name it and its code", bad, id)
				}
			}
			app := report.Apps[0]
			if app.State != pipeline.AppPartial || app.WindowsFailed != 2 || !strings.Contains(app.Hint, "tasks retire "+bad[0]+" "+bad[1]) || !strings.Contains(app.Hint, "settings are right") {
				t.Errorf("%v: the app's report is %+v", bad, app)
			}
			// The whole app, the batch, whether others are answered, each task, and the two again with that question.
			if app.Requests > 1+1+1+5+2*2 {
				t.Errorf("%v: %d calls were made", bad, app.Requests)
			}
			day++
		}
	}
}

// Where the API refuses every task and answers the whole app, few calls find that out.
func TestManyRefusedTasksShareTheQuestionWhetherOthersAreAnswered(t *testing.T) {
	t.Parallel()
	const tasks, batches = 40, 8
	var ids, faults []string
	for i := range tasks {
		ids = append(ids, fmt.Sprintf("t%02d", i))
		faults = append(faults, "code=60020:task="+ids[i])
	}
	w := setup(t)
	w.filled(3, ids...)
	w.API.Faults(faults...)
	report := w.reconcile(load.RunPartial)
	// The whole app; the batches and their parts, down to each task.
	if questions := report.Requests - (1 + 2*tasks - batches); questions > 10 {
		t.Errorf("%d further calls were made to compare", questions)
	}
	report = w.Backfill(pipeline.BackfillRequest{From: today - 1, To: today - 1, Reprocess: pipeline.All}, load.RunPartial)
	if app := report.Apps[0]; app.State != pipeline.AppPartial || app.WindowsFailed != tasks {
		t.Errorf("the app's report is %+v", app)
	}
	// The whole app; each batch, whether others are answered, and each of its tasks; each task again.
	if questions := report.Requests - (1 + batches*(1+1+5) + tasks); questions > 8 {
		t.Errorf("%d further calls were made", questions)
	}
}

func TestARefusalOfOneDayFailsThatDayOnly(t *testing.T) {
	t.Parallel()
	day := today - 5
	for _, test := range []struct {
		name, fault string
		tasks       []string // that fail
	}{
		{"a task", "code=90045:task=t3,day=" + day.String(), []string{"t3"}},
		{"the whole app", "code=90045:task=overall,day=" + day.String(), []string{""}},
		{"the whole app, as wrong parameters", "code=90100:task=overall,day=" + day.String(), []string{""}},
		{"everything", "code=60020:day=" + day.String(), append([]string{""}, sevenTasks...)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, world.WithFaults(t, test.fault))
			w.Tasks(sevenTasks...)
			report := w.backfill(today-7, today-1, load.RunPartial)
			if app := report.Apps[0]; app.State != pipeline.AppPartial || app.WindowsFailed != int64(len(test.tasks)) {
				t.Errorf("the app's report is %+v", app)
			} else if blamed := strings.Contains(app.Hint, "tasks retire"); blamed != (test.tasks[0] == "t3") {
				t.Errorf("the hint is %q", app.Hint)
			}
			for _, window := range w.ledger(testApp) {
				if failed := window.Day == day.String() && slices.Contains(test.tasks, window.Task); failed != (window.State == "failed") {
					t.Errorf("%+v", window)
				}
			}
			w.API.Faults()
			w.backfill(today-7, today-1, load.RunDone)
			w.EqualsTruth(today-7, today-1, sevenTasks...)
		})
	}
}

// An app that is refused from some call on, as when its package expires, is not called again. The
// refusals are those of requests under way and of the question whether others are answered.
func TestAnAppThatIsRefusedInTheMiddleOfAJobIsLeftAloneAtOnce(t *testing.T) {
	t.Parallel()
	const days = 6
	for _, test := range []struct {
		name  string
		after int
		code  int
		extra []string
	}{
		{"among the whole app's days", 3, 60020, nil},
		{"among the tasks", days + 5, 60020, nil},
		{"with a code of the account", days + 5, 70009, nil},
		{"while a request is taken apart", days + 4, 60020, []string{"code=90045:task=t2"}},
		{"while tasks are requested alone", days + 2*days + 6, 60020, []string{"code=90045:task=t2", "code=90045:task=t6"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, world.WithFaults(t, append([]string{fmt.Sprintf("code=%d:after=%d", test.code, test.after)}, test.extra...)...))
			w.Apps[0].CallsPerSecond = 40
			w.Tasks(sevenTasks...)
			report := w.backfill(today-days, today-1, load.RunFailed)
			app := report.Apps[0]
			if app.State != pipeline.AppRefused || !strings.Contains(app.Problem, fmt.Sprint(test.code)) || app.Hint == "" {
				t.Errorf("the app's report is %+v", app)
			}
			if n := w.API.Stats().Of(testApp).Refused[test.code]; n > 5+4 { // the trials of a request, and those under way
				t.Errorf("%d calls were made after the refusal", n)
			}
			w.API.Faults()
			w.backfill(today-days, today-1, load.RunDone)
			w.EqualsTruth(today-days, today-1, sevenTasks...)
		})
	}
}

// Before the first answer the question is one that the API can answer: not for a day that
// it has forgotten.
func TestATaskThatFailsOnForgottenDaysIsNotBlamedOnTheApp(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"http-500", "code=90045"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			w := setup(t, world.WithFaults(t, fault+":task=t3"), world.WithFaults(t, fault+":task=t3", "code=90100:task=overall,from="+(today-20).String()+",to="+(today-15).String()))
			w.Settings.APIMemoryDays = 7
			w.Tasks(sevenTasks...)
			report := w.Backfill(pipeline.BackfillRequest{From: today - 20, To: today - 19, Tasks: sevenTasks, Reprocess: pipeline.Missing}, load.RunPartial)
			if app := report.Apps[0]; app.State != pipeline.AppPartial || !strings.Contains(app.Hint, "tasks retire t3") {
				t.Errorf("the app's report is %+v", app)
			}
			for _, id := range without(sevenTasks, "t3") {
				for day := calendar.Day(today - 20); day <= today-19; day++ {
					if got := w.statesOf(id)[day.String()]; got != "unproven" {
						t.Errorf("%s of %s is %q", id, day, got)
					}
				}
			}
		})
	}
}

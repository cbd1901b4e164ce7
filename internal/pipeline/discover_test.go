package pipeline_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

// discovering makes a world whose runs look for scheduled pushes.
func discovering(t testing.TB, list sandbox.Scheduled) *fixture {
	w := setup(t, func(cfg *sandbox.Config) { cfg.Scheduled = list })
	w.Settings.DiscoverScheduled = true
	return w
}

// scheduled are the registered pushes of the schedule, in their order.
func (w *fixture) scheduled() (ids []string) {
	w.t.Helper()
	tasks, err := w.DB.Tasks.Of(w.t.Context(), testApp)
	if err != nil {
		w.t.Fatal(err)
	}
	slices.SortFunc(tasks, func(a, b load.Task) int { return strings.Compare(a.TaskID, b.TaskID) })
	for _, task := range tasks {
		if task.Source == load.SourceSchedule {
			ids = append(ids, task.TaskID)
		}
	}
	return ids
}

// lists counts the calls for lists.
func (w *fixture) lists() (n int) {
	for _, call := range w.API.Calls() {
		if call.Stream == "scheduled" {
			n++
		}
	}
	return n
}

func daysOf(first, last calendar.Day) (ids []string) {
	for day := first; day <= last; day++ {
		ids = append(ids, sandbox.ScheduledTask(testApp, day.UTC(), 0))
	}
	return ids
}

func TestARunRegistersScheduledPushesAndPullsThem(t *testing.T) {
	t.Parallel()
	w := discovering(t, sandbox.Scheduled{})
	w.Run(load.RunDone)
	want := daysOf(today-3, today) // since the lookback's begin, at noon; today's push is out
	if diff := gocmp.Diff(want, w.scheduled()); diff != "" {
		t.Fatalf("registered (-want +got):\n%s", diff)
	}
	if n := w.lists(); n != 2 {
		t.Errorf("%d calls for lists, want 2 pages", n)
	}
	if n := w.Number(`SELECT count(DISTINCT task_id) FROM analytics.task_stage_loss`); n != 3 {
		t.Errorf("figures of %d of the tasks, want the 3 with an ended day", n)
	}
	w.Now = noonOf(today + 1)
	w.Run(load.RunDone)
	if diff := gocmp.Diff(daysOf(today-3, today+1), w.scheduled()); diff != "" {
		t.Errorf("registered on the next day (-want +got):\n%s", diff)
	}
	if n := w.lists(); n != 4 {
		t.Errorf("%d calls for lists, want 2 more", n)
	}
	w.backfill(today-2, today-1, load.RunDone)
	if n := w.lists(); n != 4 {
		t.Error("a backfill lists scheduled pushes")
	}
}

func TestScheduledPushesAreListedInEveryReadingOfTheAPIsPages(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		list  sandbox.Scheduled
		want  int
		calls int
	}{
		{"as on the Chinese page", sandbox.Scheduled{OrderBy: []string{"createAt", "schedAt"}}, 4, 3},
		{"of a week at most", sandbox.Scheduled{MaxDays: 7}, 4, 3},
		{"of a day at most", sandbox.Scheduled{MaxDays: 1, OrderBy: []string{"schedAt"}}, 1, 6},
		{"many a day", sandbox.Scheduled{PerDay: 40}, 160, 9},
		{"the oldest first", sandbox.Scheduled{OldestFirst: true}, 4, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := discovering(t, test.list)
			w.Settings.TaskDays = 1
			w.Run(load.RunDone)
			if ids, calls := w.scheduled(), w.lists(); len(ids) != test.want || calls != test.calls {
				t.Errorf("%d pushes by %d calls, want %d by %d", len(ids), calls, test.want, test.calls)
			}
		})
	}
}

func TestFiguresAreLoadedWhateverTheListOfScheduledPushesAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		list  sandbox.Scheduled
		says  string
		calls int
	}{
		{"no such service", sandbox.Scheduled{Refuse: 90045}, "scheduled pushes cannot be listed: the API answered code 90045", 1},
		{"wrong parameters", sandbox.Scheduled{Refuse: 90100}, "scheduled pushes cannot be listed: the API answered code 90100", 6},
		{"an internal error", sandbox.Scheduled{Refuse: 90102}, "scheduled pushes cannot be listed: the API answered code 90102", 2},
		{"more than a run lists", sandbox.Scheduled{PerDay: 700}, "more than 30 pages", 30},
		{"the same page again", sandbox.Scheduled{PerDay: 40, SamePage: true}, "a page has the same pushes as those before it", 2},
		{"less than it says", sandbox.Scheduled{PerDay: 60, CutOff: 50}, "the list ends after 50 of 1860", 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := discovering(t, test.list)
			w.Now = noonOf(today).Add(11 * time.Hour) // all pushes that are listed are of today, so no task is due
			app := w.Run(load.RunPartial).Apps[0]
			if app.State != pipeline.AppPartial || !strings.Contains(app.Problem, test.says) || !strings.Contains(app.Hint, "PUSHLOSS_DISCOVER") || app.WindowsFailed != 0 {
				t.Errorf("the app's report is %+v", app)
			}
			if n := w.lists(); n != test.calls {
				t.Errorf("%d calls for lists, want %d", n, test.calls)
			}
			w.EqualsTruth(today-3, today-1)
		})
	}
}

// The list takes its turn at the API like any other call.
func TestTheListKeepsThePaceOfTheApp(t *testing.T) {
	t.Parallel()
	w := paced(t, 20)
	w.Settings.DiscoverScheduled = true
	w.Run(load.RunDone)
	w.keptPace(20, 4)
}

// A wrong key is refused once: a refusal of the account stops the app before it pulls.
func TestAListThatIsRefusedForItsSignatureStopsTheApp(t *testing.T) {
	t.Parallel()
	w := discovering(t, sandbox.Scheduled{Refuse: 70403})
	app := w.Run(load.RunFailed).Apps[0]
	if app.State != pipeline.AppRefused || app.Requests != 1 {
		t.Errorf("the app's report is %+v", app)
	}
}

package pipeline_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/internal/problem"
	"pushloss/internal/stream"
	"pushloss/load"
)

// reconcile compares the newest days, or the given range, and expects the state.
func (w *fixture) reconcile(want load.RunState, days ...calendar.Day) pipeline.Report {
	w.t.Helper()
	var request pipeline.ReconcileRequest
	if len(days) == 2 {
		request.From, request.To = &days[0], &days[1]
	}
	report, err := w.Jobs(pipeline.Options{}).Reconcile(w.t.Context(), request)
	return w.Ended(report, err, want)
}

// filled stores the days up to yesterday, including those of the tasks.
func (w *fixture) filled(days int, tasks ...string) {
	w.t.Helper()
	first := today - calendar.Day(days)
	w.Settings.FirstDay = &first
	w.Tasks(tasks...)
	w.Run(load.RunDone)
}

// check is a check as analytics.reconciliations shows it, with the numbers of figures that were
// compared and that differed.
type check struct {
	First, Last, Task, State string
	Keys, Differ             int
}

func (w *fixture) checks() []check {
	w.t.Helper()
	return world.Rows[check](w.t, w.Pool, `
		SELECT first_day::text, last_day::text, task_id, state, count(grain), count(*) FILTER (WHERE difference <> 0)
		FROM analytics.reconciliations WHERE sdk_app_id = $1
		GROUP BY first_day, last_day, task_id, state, run_id, checked_at
		ORDER BY run_id, first_day, task_id COLLATE "C"`, testApp)
}

// states returns the checks without their figures, one per line.
func (w *fixture) states() (lines []string) {
	for _, c := range w.checks() {
		lines = append(lines, fmt.Sprintf("%s %s %q %s", c.First[5:], c.Last[5:], c.Task, c.State))
	}
	return lines
}

func (w *fixture) opened() []string {
	w.t.Helper()
	type line struct{ Text string }
	var lines []string
	for _, l := range world.Rows[line](w.t, w.Pool, `
		SELECT l.day::text || ' ' || coalesce(t.task_id, '') FROM pushloss.ledger AS l LEFT JOIN pushloss.task AS t USING (task_key)
		WHERE opened_at IS NOT NULL AND NOT settled AND settled_reason IS NULL ORDER BY 1`) {
		lines = append(lines, strings.TrimSpace(l.Text[5:]))
	}
	return lines
}

func (w *fixture) status() load.AppStatus {
	w.t.Helper()
	statuses, err := w.DB.Status(w.t.Context(), w.Now, time.Hour)
	if err != nil || len(statuses) != 1 {
		w.t.Fatalf("statuses: %v, %v", statuses, err)
	}
	return statuses[0]
}

func equal[T any](t testing.TB, what string, want, got T) {
	t.Helper()
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// figure is a compared figure as readers see it.
type figure struct {
	Grain, Task, Stage string
	Event, Platform    int
	Code               string
	Stored, Reported   int64
}

var twelveTasks = []string{"t01", "t02", "t03", "t04", "t05", "t06", "t07", "t08", "t09", "t10", "t11", "t12"}

func TestDaysThatAddUpAreRecordedAsAgreedForEveryGrainAndTask(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.filled(10, twelveTasks...)
	before := len(w.API.Calls())
	report := w.reconcile(load.RunDone)

	// Seven days at once: the whole app, and twelve tasks by fives.
	var tasks []string
	for _, call := range w.API.Calls()[before:] {
		if got := call.End - call.Start; got != 7*86400 {
			t.Errorf("a request covers %d seconds", got)
		}
		tasks = append(tasks, strings.Join(call.Tasks, " "))
	}
	equal(t, "requests", []string{"", "t01 t02 t03 t04 t05", "t06 t07 t08 t09 t10", "t11 t12"}, tasks)

	var want []figure
	for _, task := range append([]string{""}, twelveTasks...) {
		truth, scope := w.API.Truth(testApp, task, (today-7).UTC(), today.UTC()), "app_"
		if task != "" {
			scope = "task_"
		}
		for _, row := range truth.Stage {
			want = append(want, figure{scope + "stage", task, row.Stage, -1, -1, row.ErrCode, row.ErrCount, row.ErrCount})
		}
		for _, row := range truth.Platform {
			want = append(want, figure{scope + "platform", task, row.Stage, row.EventType, row.PushPlatform, row.ErrCode, row.ErrCount, row.ErrCount})
		}
	}
	got := world.Rows[figure](w.t, w.Pool, `
		SELECT grain, task_id, stage, coalesce(event_type, -1), coalesce(platform_id, -1), err_code, stored, reported
		FROM analytics.reconciliations
		WHERE sdk_app_id = $1 AND state = 'agreed' AND first_day = '2025-03-13' AND last_day = '2025-03-19' AND difference = 0
			AND run_id = $2`, testApp, report.RunID)
	byText := func(a, b figure) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }
	slices.SortFunc(want, byText)
	slices.SortFunc(got, byText)
	equal(t, "figures", want, got)

	r := report.Apps[0].Reconciliation
	if r.Checks != 13 || r.Keys != int64(len(want)) || r.Differences != 0 || r.DaysOpened != 0 || len(r.LeftOut) != 0 || report.Requests != 4 {
		t.Errorf("the report is %+v of %d requests", r, report.Requests)
	}
	if n := w.Number(`SELECT count(*) FROM analytics.runs WHERE kind = 'reconcile' AND state = 'done' AND requests = 4 AND error IS NULL`); n != 1 {
		t.Error("the run is not recorded")
	}
	equal(t, "opened", nil, w.opened())

	// Again: the later checks take the place of these.
	w.reconcile(load.RunDone)
	if n := w.Number(`SELECT count(*) FROM pushloss.reconciliation WHERE state = 'agreed'`); n != 13 {
		t.Errorf("%d checks are stored, want 13", n)
	}
}

func TestReconcileLeavesABusyAppOut(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.filled(9)
	w.Apps = append(w.Apps, w.API.App(otherApp, time.UTC))
	session, work, err := w.Elsewhere().DB.OpenSession(t.Context(), "the other one")
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if _, err := session.LockApp(work, testApp); err != nil {
		t.Fatal(err)
	}
	report := w.reconcile(load.RunPartial)
	busy := report.Apps[0]
	if busy.State != pipeline.AppBusy || busy.Problem != "app 1400000001 is being worked on by the other one" || busy.Hint == "" {
		t.Errorf("the busy app's report is %+v", busy)
	}
	equal(t, "checks", 0, len(w.checks()))
	equal(t, "left out of the other app", "never pulled", report.Apps[1].Reconciliation.LeftOut[0].Why)

	w.Apps = w.Apps[:1]
	w.reconcile(load.RunSkipped)
}

// R3: a reconcile that is stopped keeps what it has done, each request as a whole.
func TestAReconcileThatIsStoppedLeavesWholeChecksOnly(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.filled(9, twelveTasks...)
	w.API.Faults("week-differs")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	calls := 0
	p := w.Jobs(pipeline.Options{OnCall: func(int64, extract.CallReport) {
		if calls++; calls == 2 {
			stop()
		}
	}})
	report, err := p.Reconcile(ctx, pipeline.ReconcileRequest{})
	w.Ended(report, err, load.RunInterrupted)
	if n := len(w.checks()); n != 1+5 || report.Apps[0].Reconciliation.Checks != n || calls != 2 {
		t.Errorf("%d checks are there after %d calls; the report is %+v", n, calls, report.Apps[0].Reconciliation)
	}
	if n := w.Number(`SELECT count(*) FROM pushloss.reconciliation AS r
		WHERE keys <> (SELECT count(*) FROM pushloss.reconciliation_key AS k WHERE k.reconciliation_id = r.reconciliation_id)`); n != 0 {
		t.Errorf("%d checks are not whole", n)
	}
	equal(t, "windows opened", 6*7, len(w.opened()))
}

func TestAReconcileThatComparesNothingSaysWhy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, faults string
		set          func(*fixture)
		days         []calendar.Day
		problem      string
		hint         string
	}{
		{"no day is stored", "", func(w *fixture) {}, nil, "never pulled", "pull the days first"},
		{"no day is remembered for long enough", "", func(w *fixture) { w.filled(3); w.Settings.APIMemoryDays = 1 }, nil,
			"no ended day that the API is believed to remember", "PUSHLOSS_API_MEMORY_DAYS"},
		{"losses are not pulled", "", func(w *fixture) { withStreams(w, stream.Statistics).filled(3) }, nil, "losses are not pulled", "PUSHLOSS_STREAMS"},
		{"the answer lacks the whole app", "published-sample", func(w *fixture) { w.filled(3) }, nil, "the answer has no result of the whole app", "run this again"},
		{"the answers lack all tasks", "absent-task", func(w *fixture) {
			w.filled(3, "t1")
			if _, err := w.Pool.Exec(w.t.Context(), `DELETE FROM pushloss.ledger WHERE task_key = 0`); err != nil {
				w.t.Fatal(err)
			}
		}, []calendar.Day{today - 3, today - 1}, "the answer lacks the task", "pull the days first"},
		{"the API has forgotten the days", "forget-error=8d", func(w *fixture) { w.filled(18); w.Settings.APIMemoryDays = 7 },
			[]calendar.Day{today - 18, today - 12}, "beyond the API's memory", "that the API still remembers"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			tt.set(w)
			w.API.Faults(strings.Fields(tt.faults)...)
			app := w.reconcile(load.RunPartial, tt.days...).Apps[0]
			if !strings.HasPrefix(app.Problem, "nothing could be compared: ") || !strings.Contains(app.Problem, tt.problem) || !strings.Contains(app.Hint, tt.hint) {
				t.Errorf("the app is %s: %q, %q", app.State, app.Problem, app.Hint)
			}
			equal(t, "checks", 0, len(w.checks()))
		})
	}
}

func TestAReconcileReportsWhatItCouldNotCompare(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, faults string
		state        load.RunState
		app          pipeline.AppState
		checks       int
		leftOut      string // tasks
		says         string
	}{
		{"requests that fail for good", "code=90102:task=t2 code=90102:task=t7", load.RunPartial, pipeline.AppPartial, 6, "t2 t7", "90102"},
		{"tasks that are refused as if the app were", "code=90009:task=t2 code=60020:task=t7", load.RunPartial, pipeline.AppPartial, 6, "t2 t7", "60020"},
		{"requests that fail and are repeated", "http-500:first=2", load.RunDone, pipeline.AppDone, 8, "", ""},
		{"a refusal", "code=90009", load.RunFailed, pipeline.AppRefused, 0, "", "90009"},
		{"an unreachable API", "http-500", load.RunFailed, pipeline.AppUnreachable, 0, " t1 t2 t3 t4 t5 t6 t7", "3 requests in a row failed"},
		{"a task that the answers lack", "absent-task:task=t5", load.RunDone, pipeline.AppDone, 7, "t5", ""},
		{"an answer without the whole app", "published-sample:task=overall", load.RunPartial, pipeline.AppPartial, 7, "", "no result of the whole app"},
		{"rows that make no sense", "no-code:task=overall", load.RunPartial, pipeline.AppPartial, 7, "", "could not be understood"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.filled(9, sevenTasks...)
			w.API.Faults(strings.Fields(test.faults)...)
			report := w.reconcile(test.state)
			app := report.Apps[0]
			if app.State != test.app || !strings.Contains(app.Problem, test.says) || (test.says != "" && app.Hint == "") {
				t.Errorf("the app is %s: %q, %q", app.State, app.Problem, app.Hint)
			}
			equal(t, "checks", test.checks, len(w.checks()))
			for _, c := range w.checks() {
				if c.State != "agreed" {
					t.Errorf("a check is %+v", c)
				}
			}
			var left []string
			for _, l := range app.Reconciliation.LeftOut {
				left = append(left, l.TaskID)
				if l.Why == "" || l.Span != (calendar.Span{First: today - 7, Last: today - 1}) {
					t.Errorf("left out is %+v", l)
				}
			}
			equal(t, "left out", test.leftOut, strings.Join(left, " "))
			equal(t, "opened", nil, w.opened())
		})
	}
}

func TestSpansWithoutAnyLossAgree(t *testing.T) {
	t.Parallel()
	w := setup(t, func(cfg *sandbox.Config) { cfg.QuietDays = 1 })
	w.filled(9)
	w.reconcile(load.RunDone)
	equal(t, "checks", []check{{"2025-03-13", "2025-03-19", "", "agreed", 0, 0}}, w.checks())
}

func TestRangesThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first, last, tomorrow := today-5, today-2, today+1
	for name, request := range map[string]pipeline.ReconcileRequest{
		"reversed": {From: &last, To: &first}, "not over": {From: &first, To: &tomorrow}, "one end": {From: &first},
		"the other end": {To: &last}, "another app": {SDKAppID: 7},
	} {
		_, err := w.Jobs(pipeline.Options{}).Reconcile(t.Context(), request)
		if usage, ok := err.(*problem.UsageError); !ok || usage.Hint() == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := w.Number(`SELECT count(*) FROM analytics.runs`); n != 0 {
		t.Errorf("%d runs are recorded", n)
	}
}

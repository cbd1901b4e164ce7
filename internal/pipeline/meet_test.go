package pipeline_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

// paced is a world whose pipeline keeps a rate, and whose API takes any: on a busy machine calls may arrive soon after
// each other, however they were let go.
func paced(t testing.TB, callsPerSecond float64) *fixture {
	w := setup(t)
	w.Apps[0].CallsPerSecond = callsPerSecond
	return w
}

// keptPace checks the time between any two calls of one run. A call is noted before it is
// written, and the next one waits from the writing on: delays only make that time longer.
func (w *fixture) keptPace(callsPerSecond float64, atLeast int) {
	w.t.Helper()
	left := w.transport.left()
	for i, at := range left[min(1, len(left)):] {
		if gap, want := at.Sub(left[i]), interval(1, callsPerSecond); gap < want {
			w.t.Errorf("call %d of %d left %s after the one before it, want %s at least", i+2, len(left), gap, want)
		}
	}
	if len(left) < atLeast {
		w.t.Errorf("only %d calls were made, which proves little", len(left))
	}
}

// keptPaceSince checks that the calls of several runs since a moment took their time. A further run counts from the note of
// the last call in the database, which precedes that call: the moment is then one before the first note.
func (w *fixture) keptPaceSince(since time.Time, callsPerSecond float64, atLeast int) {
	w.t.Helper()
	left := w.transport.left()
	if len(left) < atLeast {
		w.t.Fatalf("only %d calls were made, which proves little", len(left))
	}
	if took, want := left[len(left)-1].Sub(since), interval(len(left)-1, callsPerSecond); took < want {
		w.t.Errorf("%d calls were made within %s, want %s at least", len(left), took, want)
	}
}

// shortestGap is the shortest time between two calls of one run.
func (w *fixture) shortestGap() time.Duration {
	left := w.transport.left()
	var gaps []time.Duration
	for i := 1; i < len(left); i++ {
		gaps = append(gaps, left[i].Sub(left[i-1]))
	}
	return slices.Min(gaps)
}

func interval(calls int, callsPerSecond float64) time.Duration {
	return time.Duration(float64(calls) / callsPerSecond * float64(time.Second))
}

func TestARunSkipsAnAppThatAnotherProcessWorksOn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Apps = append(w.Apps, w.API.App(otherApp, time.UTC))
	session, work, err := w.Elsewhere().DB.OpenSession(t.Context(), "the other one")
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if _, err := session.LockApp(work, testApp); err != nil {
		t.Fatal(err)
	}
	report := w.Run(load.RunDone)
	busy, other := report.Apps[0], report.Apps[1]
	if busy.State != pipeline.AppBusy || busy.Problem != "app 1400000001 is being worked on by the other one" || busy.Hint == "" {
		t.Errorf("the busy app's report is %+v", busy)
	}
	if other.State != pipeline.AppDone || w.API.Stats().Of(testApp).Calls != 0 || w.API.Stats().Of(otherApp).Calls != 3 {
		t.Errorf("the calls are %+v", w.API.Stats().Apps)
	}
}

// T15: a run and a backfill pull the same windows in separate processes. The backfill waits, no
// window is pulled twice, and both together keep the pace.
func TestT15ARunAndABackfillMeet(t *testing.T) {
	t.Parallel()
	const rate = 10
	w := paced(t, rate)
	w.Tasks("t1")
	firstDay := today - 12
	w.Settings.FirstDay = &firstDay

	// The run's first call leaves once the backfill has met it.
	met := make(chan struct{})
	var once sync.Once
	meet := func() { once.Do(func() { close(met) }) }
	defer meet()
	w.transport.before = func(*http.Request) { <-met }
	var wait sync.WaitGroup
	begun := time.Now()
	runs := w.Elsewhere().Jobs(pipeline.Options{Holder: "the run"})
	wait.Go(func() {
		report, err := runs.Run(t.Context(), time.Time{})
		if err != nil || report.State != load.RunDone {
			t.Errorf("the run: %+v, %v", report, err)
		}
	})
	world.Eventually(t, "the run holds the app", func() bool {
		return w.Number(`SELECT count(*) FROM pushloss.app_lease WHERE holder = 'the run'`) == 1
	})
	var waited []string
	report, err := w.Elsewhere().Jobs(pipeline.Options{Holder: "the backfill"}).Backfill(t.Context(),
		pipeline.BackfillRequest{From: today - 14, To: today - 5, Reprocess: pipeline.Missing}, func(busy *load.BusyError) {
			waited = append(waited, busy.Holder)
			meet()
		})
	meet()
	wait.Wait()
	w.Ended(report, err, load.RunDone)
	if len(waited) != 1 || waited[0] != "the run" {
		t.Errorf("the backfill waited for %v", waited)
	}
	if report.Requests != 4 { // the two days before the run's first one
		t.Errorf("the backfill made %d requests", report.Requests)
	}
	if all := w.calls(); len(all) != 14*2 || len(twice(all)) > 0 {
		t.Errorf("%d calls in all, made twice: %v", len(all), twice(all))
	}
	w.EqualsTruth(today-14, today-1, "t1")
	w.keptPaceSince(begun, rate, 28)
}

func TestThePaceHoldsAcrossRestarts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		rate float64
		runs int
	}{
		{"at the documented rate", 1, 2},
		{"at ten a second", 10, 6},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := paced(t, test.rate)
			begun := time.Now()
			for i := range test.runs {
				request := pipeline.BackfillRequest{From: today - 5 - calendar.Day(i), To: today - 5 - calendar.Day(i), Reprocess: pipeline.Missing}
				report, err := w.Elsewhere().Jobs(pipeline.Options{}).Backfill(t.Context(), request, nil)
				w.Ended(report, err, load.RunDone)
			}
			w.keptPaceSince(begun, test.rate, test.runs)
		})
	}
}

func TestALongBackfillUsesThePace(t *testing.T) {
	t.Parallel()
	const rate = 5
	w := paced(t, rate)
	report := w.backfill(today-20, today-5, load.RunDone)
	w.keptPace(rate, 16)
	if used := report.Apps[0].PaceUsed; used <= 0 || used > 1 {
		t.Errorf("%.1f%% of the allowed calls were made", 100*used)
	}
	// A busy machine delays some calls. What waits twice lets none leave before two intervals.
	if shortest := w.shortestGap(); shortest >= interval(2, rate) {
		t.Errorf("no call left sooner than %s after the one before it", shortest)
	}
	w.EqualsTruth(today-20, today-5)
}

func TestThePaceHoldsThroughFailuresAndRetries(t *testing.T) {
	t.Parallel()
	const rate = 20
	w := paced(t, rate)
	// Four failures in all: fewer than one request has tries.
	w.API.Faults("http-500:first=2", "reset:first=2", "slow=70ms:every=4")
	w.Tasks(sevenTasks...)
	w.backfill(today-8, today-5, load.RunDone)
	w.keptPace(rate, 12)
	w.EqualsTruth(today-8, today-5, sevenTasks...)
}

func TestAFrequencyErrorSlowsTheAppDown(t *testing.T) {
	t.Parallel()
	w := paced(t, 20)
	w.API.Faults("frequency:first=1")
	report := w.backfill(today-12, today-5, load.RunDone)
	w.EqualsTruth(today-12, today-5)
	if stats := w.API.Stats().Of(testApp); stats.Refused[60007] != 1 {
		t.Errorf("the API saw %+v", stats)
	}
	if used := report.Apps[0].PaceUsed; used > 0.6 { // half the pace from the first call on
		t.Errorf("%.1f%% of the calls allowed at first were made", 100*used)
	}
}

func TestAppsArePulledBesideEachOther(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Apps = append(w.Apps, w.API.App(otherApp, time.UTC))
	// Neither app's first call leaves before the other's has come as far.
	var both sync.WaitGroup
	both.Add(2)
	var first sync.Map
	w.transport.before = func(request *http.Request) {
		if _, again := first.LoadOrStore(request.URL.Query().Get("sdkappid"), true); !again {
			both.Done()
			both.Wait()
		}
	}
	w.backfill(today-5, today-5, load.RunDone)
	w.EqualsTruth(today-5, today-5)
	world.EqualFacts(t, w.API.Facts(otherApp, time.UTC, today-5, today-5), w.Facts(otherApp))
}

func TestAPanicInTheWorkOfAnAppStopsOnlyThatApp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		call int // that panics
	}{
		{"at its first call", 1},
		{"at one of several at once", 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.Apps = append(w.Apps, w.API.App(otherApp, time.UTC))
			var calls atomic.Int32
			w.transport.before = func(request *http.Request) {
				if request.URL.Query().Get("sdkappid") == strconv.Itoa(testApp) && calls.Add(1) == int32(test.call) {
					panic("index out of range")
				}
			}
			report := w.backfill(today-9, today-5, load.RunFailed)
			app := report.Apps[0]
			if app.State != pipeline.AppFailed || app.Problem != "panic: index out of range" || !strings.Contains(app.Hint, "a fault of pushloss") {
				t.Errorf("the app's report is %+v", app)
			}
			if other := report.Apps[1]; other.State != pipeline.AppDone || other.Windows != 5 {
				t.Errorf("the other app's report is %+v", other)
			}
			w.backfill(today-9, today-5, load.RunDone) // the app's lock is free
			w.EqualsTruth(today-9, today-5)
		})
	}
}

func TestARunThatFoundEveryAppBusyIsNotACompletedRun(t *testing.T) {
	t.Parallel()
	w := setup(t)
	session, work, err := w.Elsewhere().DB.OpenSession(t.Context(), "another process")
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if _, err := session.LockApp(work, testApp); err != nil {
		t.Fatal(err)
	}
	report, err := w.Elsewhere().Jobs(pipeline.Options{}).Run(t.Context(), time.Time{})
	if err != nil || report.State != load.RunSkipped || report.Requests != 0 {
		t.Errorf("the run ended with %v as %+v", err, report)
	}
}

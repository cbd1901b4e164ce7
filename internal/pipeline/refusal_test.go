package pipeline_test

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/internal/secret"
	"pushloss/load"
)

// If an operator must act, the app stops at its first call.
func TestARefusalStopsTheAppAfterOneCall(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*fixture)
		code   int
	}{
		{"not an administrator", func(w *fixture) { w.Apps[0].Account.Identifier = "somebody" }, 90009},
		{"wrong key", func(w *fixture) { w.Apps[0].Account.SecretKey = secret.New("wrong") }, 70009},
		{"90009", func(w *fixture) { w.API.Faults("code=90009") }, 90009},
		{"service not enabled", func(w *fixture) { w.API.Faults("code=90045") }, 90045},
		{"service not enabled, as ResultCode", func(w *fixture) { w.API.Faults("resultcode=90045") }, 90045},
		{"too many failed verifications", func(w *fixture) { w.API.Faults("code=70050") }, 70050},
		{"quota used up", func(w *fixture) { w.API.Faults("code=60028") }, 60028},
		{"another region", func(w *fixture) { w.API.Faults("code=60026") }, 60026},
		{"bad parameters for a remembered day", func(w *fixture) { w.API.Faults("code=90100") }, 90100},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.Tasks(sevenTasks...)
			test.change(w)
			report := w.Run(load.RunFailed)
			app := report.Apps[0]
			if app.State != pipeline.AppRefused || app.Hint == "" || app.Problem == "" || report.Requests != 1 {
				t.Errorf("the app's report is %+v", app)
			}
			stats := w.API.Stats().Of(testApp)
			if diff := gocmp.Diff(map[int]int64{test.code: 1}, stats.Refused); diff != "" || stats.Calls != 1 {
				t.Errorf("%d calls, refused (-want +got):\n%s", stats.Calls, diff)
			}
			if n := w.Number(`SELECT (SELECT count(*) FROM pushloss.ledger) + (SELECT count(*) FROM pushloss.stage_loss)
				+ (SELECT count(*) FROM pushloss.platform_loss) + (SELECT count(*) FROM pushloss.pull)`); n != 0 {
				t.Errorf("%d rows were written", n)
			}
			if n := w.Number(`SELECT count(*) FROM analytics.runs WHERE state = 'failed' AND error = $1`, app.Problem); n != 1 {
				t.Error("the run's record does not say what stopped it")
			}
		})
	}
}

func TestOneAppsFailureDoesNotStopAnother(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault string
		want  pipeline.AppState
	}{
		{"code=90045:app=1400000002", pipeline.AppRefused},
		{"http-500:app=1400000002", pipeline.AppUnreachable},
	} {
		t.Run(string(test.want), func(t *testing.T) {
			t.Parallel()
			w := setup(t, world.WithFaults(t, test.fault))
			w.Apps = append(w.Apps, w.API.App(otherApp, time.UTC))
			report := w.Run(load.RunFailed)
			states := map[int64]pipeline.AppState{}
			for _, app := range report.Apps {
				states[app.SDKAppID] = app.State
			}
			if diff := gocmp.Diff(map[int64]pipeline.AppState{testApp: pipeline.AppDone, otherApp: test.want}, states); diff != "" {
				t.Errorf("apps (-want +got):\n%s", diff)
			}
			w.EqualsTruth(today-3, today-1)
			if len(w.Facts(otherApp)) != 0 {
				t.Error("the failed app has facts")
			}
			w.API.Faults()
			w.Run(load.RunDone)
			world.EqualFacts(t, w.API.Facts(otherApp, time.UTC, today-3, today-1), w.Facts(otherApp))
		})
	}
}

func TestAnAPIThatIsDownIsLeftAloneAfterThreeRequests(t *testing.T) {
	t.Parallel()
	w := setup(t, world.WithFaults(t, "http-500"))
	firstDay := today - 20
	w.Settings.FirstDay = &firstDay
	report := w.Run(load.RunFailed)
	if app := report.Apps[0]; app.State != pipeline.AppUnreachable || app.WindowsFailed != 3 || app.Requests != 15 || app.Hint == "" {
		t.Errorf("the app's report is %+v", app)
	}
	w.API.Faults()
	w.Run(load.RunDone)
	w.EqualsTruth(today-20, today-1)
}

func TestFailingDaysAmongGoodOnesDoNotMakeTheAPIUnreachable(t *testing.T) {
	t.Parallel()
	w := setup(t, world.WithFaults(t, "code=90102:from="+(today-18).String()+",to="+(today-16).String()))
	w.Tasks(sevenTasks[:1]...)
	report := w.backfill(today-20, today-5, load.RunPartial)
	if report.WindowsFailed != 6 || report.Windows != 13*2 {
		t.Errorf("the report is %+v", report.Totals)
	}
	w.API.Faults()
	w.Backfill(pipeline.BackfillRequest{From: today - 20, To: today - 5, Reprocess: pipeline.Failed}, load.RunDone)
	w.EqualsTruth(today-20, today-5, sevenTasks[:1]...)
}

// A failure that stops the app says nothing of the requests that other workers
// were still waiting to make.
func TestAStopIsNotRecordedAgainstWindowsThatWereNotAskedFor(t *testing.T) {
	t.Parallel()
	w := setup(t, func(cfg *sandbox.Config) { cfg.CallsPerSecond = 60 })
	w.Apps[0].CallsPerSecond = 40
	report, err := w.Jobs(at(1, func() { w.API.Faults("http-500") })).Backfill(t.Context(),
		pipeline.BackfillRequest{From: today - 20, To: today - 5, Reprocess: pipeline.Missing}, nil)
	w.Ended(report, err, load.RunFailed)
	if report.Apps[0].State != pipeline.AppUnreachable {
		t.Fatalf("the app's report is %+v", report.Apps[0])
	}
	tries := make(map[string]int)
	for _, call := range w.API.Calls() {
		tries[calendar.DayOf(time.Unix(call.Start, 0), time.UTC).String()]++
	}
	for _, window := range w.ledger(testApp) {
		if n := tries[window.Day]; window.State == "failed" && n != 5 {
			t.Errorf("%s is recorded as failed after %d calls", window.Day, n)
		}
	}
}

func TestAStopDoesNotMakeAWaitingWindowUnavailable(t *testing.T) {
	t.Parallel()
	w := setup(t, func(cfg *sandbox.Config) { cfg.CallsPerSecond = 60 },
		world.WithFaults(t, "code=90102:day="+(today-8).String(), "code=90100:after=2"))
	w.Settings.APIMemoryDays = 8
	w.Apps[0].CallsPerSecond = 40
	report := w.backfill(today-9, today-1, load.RunFailed)
	if report.Apps[0].State != pipeline.AppRefused {
		t.Fatalf("the app's report is %+v", report.Apps[0])
	}
	for _, window := range w.ledger(testApp) {
		if window.State == "unavailable" {
			t.Errorf("%+v: the API never said so", window)
		}
	}
}

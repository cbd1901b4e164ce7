package calibrate_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
	_ "time/tzdata"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/calibrate"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/secret"
	"pushloss/internal/stream"
	"pushloss/transform"
)

const (
	testApp = 1400000001
	testKey = "key"
)

// world is a sandbox without pace, and the settings to measure it with.
type world struct {
	t        testing.TB
	api      *sandbox.Sandbox
	asker    calibrate.Asker
	history  storedHistory
	settings calibrate.Settings
	now      time.Time
	opts     calibrate.Options
	asked    int
}

// setup makes a world at noon, in Shanghai, of 2025-03-20.
func setup(t testing.TB, change ...func(*sandbox.Config)) *world {
	t.Helper()
	w := &world{
		t: t, now: zone(t, "Asia/Shanghai", "2025-03-20T12:00:00"),
		settings: calibrate.Settings{
			SDKAppID: testApp, Location: location(t, "Asia/Shanghai"), WindowEnd: extract.EndExclusive,
			LookbackDays: 7, APIMemoryDays: 7,
		},
	}
	cfg := sandbox.Config{
		Apps: []sandbox.App{{SDKAppID: testApp, SecretKey: testKey}}, Seed: 3,
		Now: func() time.Time { return w.now },
	}
	for _, f := range change {
		f(&cfg)
	}
	var err error
	if w.api, err = sandbox.New(cfg); err != nil {
		t.Fatal(err)
	}
	w.asker = calibrate.NewAPI(extract.NewClient(extract.Account{
		SDKAppID: testApp, SecretKey: secret.New(testKey), Identifier: sandbox.DefaultAdmin, BaseURLs: []string{"http://sandbox"},
	}, inProcess{w.api}, extract.NewPacer(0, extract.PacerOptions{}), extract.Options{MaxTries: 2}))
	return w
}

// inProcess answers without a network.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(request *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	p.handler.ServeHTTP(recorder, request)
	return recorder.Result(), nil
}

func withFaults(t testing.TB, specs ...string) func(*sandbox.Config) {
	t.Helper()
	return func(cfg *sandbox.Config) {
		faults, err := sandbox.ParseFaults(specs...)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Faults = append(cfg.Faults, faults...)
	}
}

// rows makes days of exactly this number of rows, each of few losses.
func rows(n int) func(*sandbox.Config) { return func(cfg *sandbox.Config) { cfg.Rows = n } }

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func zone(t testing.TB, name, clock string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02T15:04:05", clock, location(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func day(t testing.TB, text string) calendar.Day {
	t.Helper()
	d, err := calendar.ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// measure expects the measuring to come to its end.
func (w *world) measure() calibrate.Report {
	w.t.Helper()
	report, err := w.try(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

func (w *world) try(ctx context.Context) (calibrate.Report, error) {
	w.opts.OnRequest = func(made int, _ time.Time) { w.asked = made }
	report, err := calibrate.Measure(ctx, w.asker, w.history, w.settings, w.now, w.opts)
	if w.asked > calibrate.MostRequests || report.Requests > calibrate.MostRequests {
		w.t.Errorf("%d requests were made", report.Requests)
	}
	return report, err
}

func finding(t testing.TB, report calibrate.Report, question calibrate.Question) calibrate.Finding {
	t.Helper()
	for _, f := range report.Findings {
		if f.Question == question {
			return f
		}
	}
	t.Fatalf("nothing is reported about %s", question)
	return calibrate.Finding{}
}

func recommended(t testing.TB, report calibrate.Report, setting string) string {
	t.Helper()
	for _, r := range report.Recommendations {
		if r.Setting == setting {
			if r.Differs != (r.Present != r.Recommended) {
				t.Errorf("%s differs: %v, from %q to %q", setting, r.Differs, r.Present, r.Recommended)
			}
			return r.Recommended
		}
	}
	t.Fatalf("nothing is recommended for %s", setting)
	return ""
}

// storedHistory is what a database would return.
type storedHistory struct {
	histories []calibrate.DayHistory
	changes   []calibrate.CountChange
	kept      map[calendar.Day][]transform.Snapshot
	err       error
}

func (h storedHistory) DayHistories(context.Context, int64, []string) ([]calibrate.DayHistory, error) {
	return h.histories, h.err
}

func (h storedHistory) CountChanges(context.Context, int64) ([]calibrate.CountChange, error) {
	return h.changes, h.err
}

func (h storedHistory) KeptFacts(_ context.Context, _ int64, _ []string, first, last calendar.Day) (map[calendar.Day][]transform.Snapshot, error) {
	kept := make(map[calendar.Day][]transform.Snapshot)
	for d := first; d <= last; d++ {
		if snapshots, ok := h.kept[d]; ok {
			kept[d] = snapshots
		}
	}
	return kept, h.err
}

// remember makes the history what jobs would have stored of the days, each loaded
// soon after its end and again at the given age, from a world that forgets nothing
// and whose figures never change.
func (w *world) remember(first, last calendar.Day, until time.Duration, cfg ...func(*sandbox.Config)) {
	w.t.Helper()
	full := setup(w.t, cfg...)
	w.history.kept = make(map[calendar.Day][]transform.Snapshot)
	for d := first; d <= last; d++ {
		window := d.Window(w.settings.Location)
		s := snapshot(full.api.Truth(testApp, "", window.Start, window.End))
		w.history.kept[d] = []transform.Snapshot{s}
		loaded, again := window.End.Add(3*time.Hour), window.End.Add(until)
		if again.After(w.now) {
			again = w.now
		}
		w.history.histories = append(w.history.histories, calibrate.DayHistory{
			Day: d, FirstLoadedAt: &loaded, LastLoadedAt: &again, Pulls: 2, Rows: int64(len(s.Facts)),
		})
	}
}

func snapshot(figures sandbox.Figures) (s transform.Snapshot) {
	stages := map[string]stream.Stage{sandbox.StageReadyToSend: stream.ReadyToSend, sandbox.StagePostSendDelivered: stream.PostSendDelivered}
	for _, row := range figures.Stage {
		s.Facts = append(s.Facts, transform.Fact{Key: transform.Key{Stage: stages[row.Stage], Code: row.ErrCode}, Count: row.ErrCount})
	}
	for _, row := range figures.Platform {
		s.Facts = append(s.Facts, transform.Fact{
			Key:   transform.Key{Grain: stream.ByPlatform, Stage: stages[row.Stage], EventType: int16(row.EventType), Platform: int16(row.PushPlatform), Code: row.ErrCode},
			Count: row.ErrCount,
		})
	}
	return s
}

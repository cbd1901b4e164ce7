package world

import (
	"cmp"
	"context"
	"net/http"
	"testing"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

// World is an API, the test's own database, and jobs between them.
type World struct {
	*Database
	API *API
	// Now is what the clocks of the API, the database and the next job show.
	Now time.Time

	// What the next job uses.
	Apps      []pipeline.App
	Settings  pipeline.Settings
	Transport http.RoundTripper
	// Adjust, if set, changes a job's options last.
	Adjust func(pipeline.Options) pipeline.Options
}

// New makes a world of one app on 2025-03-20 at noon in UTC, whose API remembers for ever.
func New(t testing.TB, change ...func(*sandbox.Config)) *World {
	t.Helper()
	return On(t, pgtest.URL(t), change...)
}

// On is New with an existing database.
func On(t testing.TB, url string, change ...func(*sandbox.Config)) *World {
	t.Helper()
	transport := extract.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	w := &World{
		Database: Open(t, url), Transport: transport, Now: time.Date(2025, 3, 20, 12, 0, 0, 0, time.UTC),
		Settings: pipeline.Settings{LookbackDays: 3, TaskDays: 60, APIMemoryDays: 10_000},
	}
	clock := func(cfg *sandbox.Config) { cfg.Now = func() time.Time { return w.Now } }
	w.API = NewAPI(t, append([]func(*sandbox.Config){clock}, change...)...)
	w.Apps = []pipeline.App{w.API.App(App, time.UTC)}
	return w
}

// Elsewhere returns the world as a separate process sees it, with its own connections.
func (w *World) Elsewhere() *World {
	w.t.Helper()
	other := *w
	other.Database = Open(w.t, w.URL)
	return &other
}

// Tasks registers tasks of the first app without a time, as of 40 days ago.
func (w *World) Tasks(ids ...string) {
	w.t.Helper()
	var tasks []load.Task
	for _, id := range ids {
		tasks = append(tasks, load.Task{SDKAppID: w.Apps[0].Account.SDKAppID, TaskID: id})
	}
	if _, err := w.DB.Tasks.Save(w.t.Context(), tasks, w.Now.AddDate(0, 0, -40)); err != nil {
		w.t.Fatal(err)
	}
}

// Jobs returns the jobs. Unless the options say otherwise, their clocks stay at Now, and failed
// calls are repeated within milliseconds.
func (w *World) Jobs(opts pipeline.Options) *pipeline.Pipeline {
	if opts.Now == nil {
		now := w.Now
		opts.Now = func() time.Time { return now }
	}
	if opts.DatabaseNow == nil {
		now := opts.Now
		opts.DatabaseNow = func(context.Context) (time.Time, error) { return now(), nil }
	}
	opts.FirstWait = cmp.Or(opts.FirstWait, time.Millisecond)
	if w.Adjust != nil {
		opts = w.Adjust(opts)
	}
	return pipeline.New(w.DB, w.Transport, w.Apps, w.Settings, opts)
}

// Run makes a run, which must end in the state.
func (w *World) Run(want load.RunState) pipeline.Report {
	w.t.Helper()
	report, err := w.Jobs(pipeline.Options{}).Run(w.t.Context(), time.Time{})
	return w.Ended(report, err, want)
}

// Backfill makes a backfill, which waits for nobody and must end in the state.
func (w *World) Backfill(request pipeline.BackfillRequest, want load.RunState) pipeline.Report {
	w.t.Helper()
	report, err := w.Jobs(pipeline.Options{}).Backfill(w.t.Context(), request, func(busy *load.BusyError) {
		w.t.Errorf("the backfill waits: %v", busy)
	})
	return w.Ended(report, err, want)
}

// Ended fails the test unless a job ended in the state.
func (w *World) Ended(report pipeline.Report, err error, want load.RunState) pipeline.Report {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	if report.State != want {
		w.t.Fatalf("the %s ended as %s, want %s: %+v", report.Kind, report.State, want, report.Apps)
	}
	return report
}

// EqualsTruth compares everything that is stored for the first app with the truth of the days and
// tasks.
func (w *World) EqualsTruth(from, to calendar.Day, tasks ...string) {
	w.t.Helper()
	app := w.Apps[0]
	EqualFacts(w.t, w.API.Facts(app.Account.SDKAppID, app.Location, from, to, tasks...), w.Facts(app.Account.SDKAppID))
}

// Eventually polls until the condition holds, for minutes on a busy machine.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never happened that %s", what)
		}
	}
}

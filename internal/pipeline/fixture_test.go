package pipeline_test

import (
	"cmp"
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/pipeline"
	"pushloss/internal/secret"
	"pushloss/load"
)

const (
	testApp  = 1400000001
	otherApp = 1400000002
	testKey  = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// today is the day of the tests' clocks, which show its noon, UTC.
const today = calendar.Day(20167) // 2025-03-20

func noonOf(day calendar.Day) time.Time { return day.UTC().Add(12 * time.Hour) }

// world is a sandbox, a database, and how a pipeline sees them.
type world struct {
	t         testing.TB
	api       *sandbox.Sandbox
	url       string // the sandbox's
	database  string
	db        *load.DB
	pool      *pgxpool.Pool
	transport *transport

	// What pipeline builds from; tests change it as they like.
	now      time.Time
	apps     []pipeline.App
	settings pipeline.Settings
	// spansAlways has spans used however few requests they save.
	spansAlways bool
}

// setup makes a world of one app without pace whose API remembers for ever.
func setup(t testing.TB, change ...func(*sandbox.Config)) *world {
	t.Helper()
	w := &world{
		t: t, now: noonOf(today), transport: newTransport(t),
		settings: pipeline.Settings{LookbackDays: 3, TaskDays: 60, APIMemoryDays: 10_000},
	}
	cfg := sandbox.Config{
		Apps: []sandbox.App{{SDKAppID: testApp, SecretKey: testKey}, {SDKAppID: otherApp, SecretKey: testKey}},
		Seed: 11, Location: time.UTC, RecordCalls: true, Now: func() time.Time { return w.now },
	}
	for _, f := range change {
		f(&cfg)
	}
	var err error
	if w.api, err = sandbox.New(cfg); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.api)
	t.Cleanup(server.Close)
	w.url = server.URL
	w.apps = []pipeline.App{w.app(testApp)}
	w.database = pgtest.URL(t)
	w.db = w.open()
	if w.pool, err = pgxpool.New(t.Context(), w.database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.pool.Close)
	return w
}

func (w *world) app(id int64) pipeline.App {
	return pipeline.App{
		Account: extract.Account{
			SDKAppID: id, SecretKey: secret.New(testKey), Identifier: sandbox.DefaultAdmin, BaseURLs: []string{w.url},
		},
		Location: time.UTC,
	}
}

// open connects as a separate process would.
func (w *world) open() *load.DB {
	w.t.Helper()
	db, err := load.Open(context.WithoutCancel(w.t.Context()), w.database, 10)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(db.Close)
	return db
}

func (w *world) pipeline(opts pipeline.Options) *pipeline.Pipeline { return w.pipelineOn(w.db, opts) }

func (w *world) pipelineOn(db *load.DB, opts pipeline.Options) *pipeline.Pipeline {
	if opts.Now == nil {
		now := w.now
		opts.Now = func() time.Time { return now }
	}
	if opts.DatabaseNow == nil {
		now := opts.Now
		opts.DatabaseNow = func(context.Context) (time.Time, error) { return now(), nil }
	}
	opts.FirstWait = time.Millisecond
	if w.spansAlways {
		opts = opts.WithSpansAlways()
	}
	return pipeline.New(db, w.transport, w.apps, w.settings, opts)
}

func (w *world) tasks(ids ...string) {
	w.t.Helper()
	var tasks []load.Task
	for _, id := range ids {
		tasks = append(tasks, load.Task{SDKAppID: testApp, TaskID: id})
	}
	if _, err := w.db.SaveTasks(w.t.Context(), tasks, noonOf(today-40)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) faults(specs ...string) {
	w.t.Helper()
	if err := w.api.SetFaults(parseFaults(w.t, specs...)); err != nil {
		w.t.Fatal(err)
	}
}

func withFaults(t testing.TB, specs ...string) func(*sandbox.Config) {
	return func(cfg *sandbox.Config) { cfg.Faults = parseFaults(t, specs...) }
}

func parseFaults(t testing.TB, specs ...string) []sandbox.Fault {
	t.Helper()
	faults, err := sandbox.ParseFaults(specs...)
	if err != nil {
		t.Fatal(err)
	}
	return faults
}

// backfill pulls what is missing of the range, and expects the state.
func (w *world) backfill(from, to calendar.Day, want load.RunState) pipeline.Report {
	w.t.Helper()
	return w.backfillAs(pipeline.BackfillRequest{From: from, To: to, Reprocess: pipeline.Missing}, want)
}

func (w *world) backfillAs(request pipeline.BackfillRequest, want load.RunState) pipeline.Report {
	w.t.Helper()
	report, err := w.pipeline(pipeline.Options{}).Backfill(w.t.Context(), request, func(busy *load.BusyError) {
		w.t.Errorf("the backfill waits: %v", busy)
	})
	return w.ended(report, err, want)
}

func (w *world) run(want load.RunState) pipeline.Report {
	w.t.Helper()
	report, err := w.pipeline(pipeline.Options{}).Run(w.t.Context(), time.Time{})
	return w.ended(report, err, want)
}

func (w *world) ended(report pipeline.Report, err error, want load.RunState) pipeline.Report {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	if report.State != want {
		w.t.Fatalf("the %s ended as %s, want %s: %+v", report.Kind, report.State, want, report.Apps)
	}
	return report
}

// fact is a row of one of the four fact views; the empty task is the whole app.
type fact struct {
	Grain, Day, Task, Stage string
	Event, Platform         int
	Code, Info              string
	Count                   int64
}

const sqlFacts = `
	SELECT 'stage', day::text, '', stage, 0, 0, err_code, err_info, err_count
	FROM analytics.app_stage_loss WHERE sdk_app_id = $1
	UNION ALL
	SELECT 'platform', day::text, '', stage, event_type, platform_id, err_code, err_info, err_count
	FROM analytics.app_platform_loss WHERE sdk_app_id = $1
	UNION ALL
	SELECT 'stage', day::text, task_id, stage, 0, 0, err_code, err_info, err_count
	FROM analytics.task_stage_loss WHERE sdk_app_id = $1
	UNION ALL
	SELECT 'platform', day::text, task_id, stage, event_type, platform_id, err_code, err_info, err_count
	FROM analytics.task_platform_loss WHERE sdk_app_id = $1`

func (w *world) stored(app int64) []fact {
	w.t.Helper()
	return query[fact](w, sqlFacts, app)
}

// truth is what the four views are to hold for the days and tasks.
func (w *world) truth(app int64, loc *time.Location, from, to calendar.Day, tasks ...string) []fact {
	var facts []fact
	for day := from; day <= to; day++ {
		window := day.Window(loc)
		for _, task := range append([]string{""}, tasks...) {
			figures := w.api.Truth(app, task, window.Start, window.End)
			for _, row := range figures.Stage {
				facts = append(facts, fact{"stage", day.String(), task, row.Stage, 0, 0, row.ErrCode, row.ErrInfo, row.ErrCount})
			}
			for _, row := range figures.Platform {
				facts = append(facts, fact{
					"platform", day.String(), task, row.Stage, row.EventType, row.PushPlatform, row.ErrCode, row.ErrInfo, row.ErrCount,
				})
			}
		}
	}
	return facts
}

// equalsTruth compares the whole of the four views with the days and tasks.
func (w *world) equalsTruth(from, to calendar.Day, tasks ...string) {
	w.t.Helper()
	equalFacts(w.t, w.truth(testApp, time.UTC, from, to, tasks...), w.stored(testApp))
}

func equalFacts(t testing.TB, want, got []fact) {
	t.Helper()
	sorted := func(facts []fact) []fact {
		return slices.SortedFunc(slices.Values(facts), func(a, b fact) int {
			return cmp.Or(strings.Compare(a.Grain, b.Grain), strings.Compare(a.Day, b.Day), strings.Compare(a.Task, b.Task),
				strings.Compare(a.Stage, b.Stage), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Platform, b.Platform),
				strings.Compare(a.Code, b.Code))
		})
	}
	if diff := gocmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("facts (-truth +stored):\n%s", diff)
	}
	if len(want) == 0 {
		t.Error("the truth is empty: this proves nothing")
	}
}

// covered is a window of the ledger as people see it.
type covered struct {
	Day, Task, State, Reason string
	Settled                  bool
	Pulls                    int
	Error                    bool
}

// ledger returns the windows that were ever pulled.
func (w *world) ledger(app int64) []covered {
	w.t.Helper()
	return query[covered](w, `
		SELECT day::text, task_id, state, coalesce(settled_reason, ''), settled, pulls, last_error IS NOT NULL
		FROM analytics.stream_coverage WHERE stream = 'loss' AND sdk_app_id = $1 AND pulls > 0 ORDER BY day, task_id COLLATE "C"`, app)
}

func query[T any](w *world, sql string, args ...any) []T {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), sql, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func (w *world) number(sql string, args ...any) (n int64) {
	w.t.Helper()
	if err := w.pool.QueryRow(w.t.Context(), sql, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// eventually polls until the condition holds.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("it never happened that %s", what)
		}
	}
}

// asked is a request as the API saw it.
type asked struct{ Start, End, Tasks string }

// calls are the requests that the sandbox has seen, in a fixed order.
func (w *world) calls() []asked { return askedOf(w.api.Calls()) }

func askedOf(calls []sandbox.Call) []asked {
	var list []asked
	for _, call := range calls {
		list = append(list, asked{
			time.Unix(call.Start, 0).UTC().Format(time.RFC3339), time.Unix(call.End, 0).UTC().Format(time.RFC3339),
			strings.Join(call.Tasks, " "),
		})
	}
	slices.SortFunc(list, func(a, b asked) int {
		return cmp.Or(strings.Compare(a.Start, b.Start), strings.Compare(a.Tasks, b.Tasks))
	})
	return list
}

// twice returns the requests that were made more than once.
func twice(list []asked) (again []asked) {
	for i := 1; i < len(list); i++ {
		if list[i] == list[i-1] {
			again = append(again, list[i])
		}
	}
	return again
}

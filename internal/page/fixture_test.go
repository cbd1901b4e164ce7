package page_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/page"
	"pushloss/internal/pipeline"
	"pushloss/internal/secret"
	"pushloss/internal/stream"
	"pushloss/load"
)

const (
	testApp  = 1400000001
	otherApp = 1400000002
	testKey  = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// today is the day on which the tests' clocks stand, at noon in the apps' zone;
// its figures are not there yet.
const today = calendar.Day(20537) // 2026-03-25

func zone() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

func noonOf(day calendar.Day) time.Time { return day.Window(zone()).Start.Add(12 * time.Hour) }

// world is a sandbox, a database filled from it, and the page.
type world struct {
	t       testing.TB
	api     *sandbox.Sandbox
	apiURL  string
	db      *load.DB
	pool    *pgxpool.Pool
	options page.Options
	log     *strings.Builder
	streams []stream.Stream // that its jobs pull; the losses if there are none
}

// setup makes a world without any figures.
func setup(t testing.TB) *world {
	t.Helper()
	return on(t, pgtest.URL(t))
}

// on makes a world of a database.
func on(t testing.TB, database string) *world {
	t.Helper()
	w := &world{t: t, log: &strings.Builder{}}
	var err error
	w.api, err = sandbox.New(sandbox.Config{
		Apps: []sandbox.App{{SDKAppID: testApp, SecretKey: testKey}, {SDKAppID: otherApp, SecretKey: testKey}},
		Seed: 1, Location: zone(), Now: func() time.Time { return noonOf(today) },
	})
	must(t, err)
	api := httptest.NewServer(w.api)
	t.Cleanup(api.Close)
	w.apiURL = api.URL
	w.db, err = load.Open(context.WithoutCancel(t.Context()), database, 10)
	must(t, err)
	t.Cleanup(w.db.Close)
	w.pool, err = pgxpool.New(context.WithoutCancel(t.Context()), database)
	must(t, err)
	t.Cleanup(w.pool.Close)
	w.options = page.Options{
		Log: slog.New(slog.NewTextHandler(w.log, nil)), Now: func() time.Time { return noonOf(today) },
		Grace: 36 * time.Hour, Access: page.Access{Local: true},
	}
	return w
}

// demoTasks are those of the program's demo.
var demoTasks = []load.Task{
	{TaskID: "demo-welcome", Label: new("Welcome back")},
	{TaskID: "demo-flash-sale", Label: new("Flash sale")},
	{TaskID: "demo-newsletter", Label: new("Weekly newsletter")},
}

// pulled makes a world with the last days of the app, whole and by task: losses, and the
// pushes that they are a part of.
func pulled(t testing.TB, days int) *world {
	t.Helper()
	both := []stream.Stream{stream.Loss, stream.Statistics}
	filled, _ := pulledDays.LoadOrStore(days, pgtest.NewFilled())
	w := on(t, filled.(*pgtest.Filled).URL(t, func(database string) {
		w := on(t, database)
		w.streams = both
		w.register(testApp, demoTasks...)
		w.backfill(testApp, today-calendar.Day(days), today-1, load.RunDone)
		w.db.Close()
		w.pool.Close()
	}))
	w.streams = both
	return w
}

// pulledDays are the databases of pulled, by their number of days. It has to be a global:
// tests have nothing in common but the process.
var pulledDays sync.Map

func (w *world) register(app int64, tasks ...load.Task) {
	w.t.Helper()
	sent := noonOf(today - 20)
	var list []load.Task
	for _, task := range tasks {
		task.SDKAppID, task.SentAt = app, &sent
		list = append(list, task)
	}
	_, err := w.db.SaveTasks(w.t.Context(), list, noonOf(today-20))
	must(w.t, err)
}

func (w *world) jobs(app int64, now time.Time) *pipeline.Pipeline {
	first := today - 30
	return pipeline.New(w.db, extract.NewTransport(), []pipeline.App{{
		Account: extract.Account{
			SDKAppID: app, SecretKey: secret.New(testKey), Identifier: sandbox.DefaultAdmin, BaseURLs: []string{w.apiURL},
		},
		Location: mustZone(w.t),
	}}, pipeline.Settings{LookbackDays: 7, TaskDays: 30, APIMemoryDays: 10_000, FirstDay: &first, Streams: w.streams},
		pipeline.Options{
			Now:         func() time.Time { return now },
			DatabaseNow: func(context.Context) (time.Time, error) { return now, nil },
		})
}

func mustZone(t testing.TB) *time.Location {
	t.Helper()
	location, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	return location
}

func (w *world) backfill(app int64, from, to calendar.Day, want load.RunState) {
	w.t.Helper()
	report, err := w.jobs(app, noonOf(today)).Backfill(w.t.Context(),
		pipeline.BackfillRequest{From: from, To: to, Reprocess: pipeline.All}, func(*load.BusyError) {})
	must(w.t, err)
	if report.State != want {
		w.t.Fatalf("the backfill ended as %s: %+v", report.State, report.Apps)
	}
}

func (w *world) run(day calendar.Day) {
	w.t.Helper()
	_, err := w.jobs(testApp, noonOf(day)).Run(w.t.Context(), time.Time{})
	must(w.t, err)
}

func (w *world) faults(specs ...string) {
	w.t.Helper()
	faults, err := sandbox.ParseFaults(specs...)
	must(w.t, err)
	must(w.t, w.api.SetFaults(faults))
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	tag, err := w.pool.Exec(w.t.Context(), sql, args...)
	must(w.t, err)
	if tag.RowsAffected() == 0 {
		w.t.Fatalf("nothing is changed by %s", sql)
	}
}

func query[T any](w *world, sql string, args ...any) []T {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), sql, args...)
	must(w.t, err)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	must(w.t, err)
	return found
}

// text is the one value of a query.
func (w *world) text(sql string, args ...any) string {
	w.t.Helper()
	type one struct{ Text string }
	found := query[one](w, sql, args...)
	if len(found) != 1 {
		w.t.Fatalf("%d rows of %s", len(found), sql)
	}
	return found[0].Text
}

// answer is what the page answers.
type answer struct {
	status int
	header http.Header
	body   string
}

func (w *world) ask(change func(*http.Request), pairs ...string) answer {
	w.t.Helper()
	return w.askFor("/?"+queryOf(pairs...), change)
}

func (w *world) askFor(target string, change func(*http.Request)) answer {
	w.t.Helper()
	request := httptest.NewRequest(http.MethodGet, target, nil)
	request.Host = "127.0.0.1:9460"
	if change != nil {
		change(request)
	}
	recorder := httptest.NewRecorder()
	page.New(w.db, w.options).ServeHTTP(recorder, request)
	body, err := io.ReadAll(recorder.Body)
	must(w.t, err)
	return answer{recorder.Code, recorder.Header(), string(body)}
}

// shown is the page of a selection, as a tree.
func (w *world) shown(pairs ...string) *document {
	w.t.Helper()
	got := w.ask(nil, pairs...)
	if got.status != http.StatusOK {
		w.t.Fatalf("HTTP %d:\n%s", got.status, got.body)
	}
	return parse(w.t, got.body)
}

func queryOf(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package page_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/page"
	"pushloss/internal/pipeline"
	"pushloss/internal/stream"
	"pushloss/load"
)

const (
	testApp  = world.App
	otherApp = world.OtherApp
)

// today is the day on which the tests' clocks stand, at noon in the apps' zone;
// its figures are not there yet.
const today = calendar.Day(20537) // 2026-03-25

func zone() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

func noonOf(day calendar.Day) time.Time { return day.Window(zone()).Start.Add(12 * time.Hour) }

// fixture is a world and the page of its database.
type fixture struct {
	*world.World
	t       testing.TB
	options page.Options
	log     *strings.Builder
}

// setup makes a world without any figures.
func setup(t testing.TB) *fixture {
	t.Helper()
	return on(t, pgtest.URL(t))
}

// on makes a world of a database.
func on(t testing.TB, database string) *fixture {
	t.Helper()
	w := &fixture{World: world.On(t, database, func(cfg *sandbox.Config) { cfg.Seed, cfg.Location = 1, zone() }), t: t, log: &strings.Builder{}}
	w.Now = noonOf(today)
	first := today - 30
	w.Settings = pipeline.Settings{LookbackDays: 7, TaskDays: 30, APIMemoryDays: 10_000, FirstDay: &first}
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
func pulled(t testing.TB, days int) *fixture {
	t.Helper()
	both := []stream.Stream{stream.Loss, stream.Statistics}
	filled, _ := pulledDays.LoadOrStore(days, pgtest.NewFilled())
	w := on(t, filled.(*pgtest.Filled).URL(t, func(database string) {
		w := on(t, database)
		w.Settings.Streams = both
		w.register(testApp, demoTasks...)
		w.backfill(testApp, today-calendar.Day(days), today-1, load.RunDone)
		w.DB.Close()
		w.Pool.Close()
	}))
	w.Settings.Streams = both
	return w
}

// pulledDays are the databases of pulled, by their number of days. It has to be a global:
// tests have nothing in common but the process.
var pulledDays sync.Map

func (w *fixture) register(app int64, tasks ...load.Task) {
	w.t.Helper()
	sent := noonOf(today - 20)
	var list []load.Task
	for _, task := range tasks {
		task.SDKAppID, task.SentAt = app, &sent
		list = append(list, task)
	}
	_, err := w.DB.Tasks.Save(w.t.Context(), list, noonOf(today-20))
	must(w.t, err)
}

func mustZone(t testing.TB) *time.Location {
	t.Helper()
	location, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	return location
}

// backfill pulls all of the range.
func (w *fixture) backfill(app int64, from, to calendar.Day, want load.RunState) {
	w.t.Helper()
	w.Apps = []pipeline.App{w.API.App(app, mustZone(w.t))}
	w.Backfill(pipeline.BackfillRequest{From: from, To: to, Reprocess: pipeline.All}, want)
}

// run makes the run of a day, in whatever state it ends.
func (w *fixture) run(day calendar.Day) {
	w.t.Helper()
	w.Apps = []pipeline.App{w.API.App(testApp, mustZone(w.t))}
	_, err := w.Jobs(pipeline.Options{Now: func() time.Time { return noonOf(day) }}).Run(w.t.Context(), time.Time{})
	must(w.t, err)
}

// answer is what the page answers.
type answer struct {
	status int
	header http.Header
	body   string
}

func (w *fixture) ask(change func(*http.Request), pairs ...string) answer {
	w.t.Helper()
	return w.askFor("/?"+queryOf(pairs...), change)
}

func (w *fixture) askFor(target string, change func(*http.Request)) answer {
	w.t.Helper()
	request := httptest.NewRequest(http.MethodGet, target, nil)
	request.Host = "127.0.0.1:9460"
	if change != nil {
		change(request)
	}
	recorder := httptest.NewRecorder()
	page.New(w.DB, w.options).ServeHTTP(recorder, request)
	body, err := io.ReadAll(recorder.Body)
	must(w.t, err)
	return answer{recorder.Code, recorder.Header(), string(body)}
}

// shown is the page of a selection, as a tree.
func (w *fixture) shown(pairs ...string) *document {
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

package main_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/localpg/pgtest"
)

const (
	testApp  = 1400000001
	otherApp = 1400000002
	testKey  = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// world is a sandbox, a database, and the environment in which the binary meets
// them.
type world struct {
	t     testing.TB
	api   *sandbox.Sandbox
	url   string // the sandbox's
	env   map[string]string
	own   string // DATABASE_URL of the world's own database
	zone  *time.Location
	today calendar.Day

	calls atomic.Int64 // that have arrived
	// onCall, if set, gets every call before the sandbox sees it, and
	// afterCall once it is answered; calls are counted from 1.
	onCall, afterCall atomic.Pointer[func(n int64)]
	// onAnswer, if set, gets every call that the sandbox has seen, before
	// the process gets the answer.
	onAnswer atomic.Pointer[func(n int64)]

	said *outputs

	queries sync.Mutex
	conn    *pgx.Conn // to the own database, once there was a query
}

// setup makes a world of one app without pace. It is about noon in its time zone,
// so that no test sees a day turn.
func setup(t testing.TB, change ...func(*sandbox.Config)) *world {
	t.Helper()
	w := &world{t: t, said: new(outputs)}
	ahead := 12 - time.Now().UTC().Hour() // hours ahead of UTC; POSIX counts them the other way
	zone, err := time.LoadLocation(fmt.Sprintf("Etc/GMT%+d", -ahead))
	if err != nil {
		t.Fatal(err)
	}
	w.zone = zone
	w.today = calendar.DayOf(time.Now(), zone)
	cfg := sandbox.Config{
		Apps: []sandbox.App{{SDKAppID: testApp, SecretKey: testKey}, {SDKAppID: otherApp, SecretKey: testKey}},
		Seed: 5, Location: zone, RecordCalls: true,
	}
	for _, f := range change {
		f(&cfg)
	}
	if w.api, err = sandbox.New(cfg); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(w.answer))
	t.Cleanup(server.Close)
	w.url = server.URL
	w.own = pgtest.URL(t)
	w.env = map[string]string{
		"DATABASE_URL":   w.own,
		"TIM_SDK_APP_ID": fmt.Sprint(testApp), "TIM_SECRET_KEY": testKey, "TIM_BASE_URL": server.URL,
		"PUSHLOSS_TIMEZONE": zone.String(), "PUSHLOSS_RATE": "0", "PUSHLOSS_STREAMS": "loss", "PUSHLOSS_LOOKBACK_DAYS": "2",
		"PUSHLOSS_API_MEMORY_DAYS": "365", "PUSHLOSS_LOG_LEVEL": "debug",
	}
	return w
}

func (w *world) answer(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path != sandbox.Path {
		w.api.ServeHTTP(rw, r)
		return
	}
	n := w.calls.Add(1)
	if f := w.onCall.Load(); f != nil {
		(*f)(n)
	}
	if f := w.onAnswer.Load(); f != nil {
		answer := httptest.NewRecorder()
		w.api.ServeHTTP(answer, r)
		(*f)(n)
		_, _ = rw.Write(answer.Body.Bytes())
		return
	}
	w.api.ServeHTTP(rw, r)
	if f := w.afterCall.Load(); f != nil {
		(*f)(n)
	}
}

func (w *world) before(f func(n int64)) { w.onCall.Store(&f) }
func (w *world) after(f func(n int64))  { w.afterCall.Store(&f) }

// hold keeps the first answer back until it is released.
func (w *world) hold() (arrived <-chan struct{}, release func()) {
	there, gone := make(chan struct{}), make(chan struct{})
	answered := func(n int64) {
		if n == 1 {
			close(there)
			<-gone
		}
	}
	w.onAnswer.Store(&answered)
	release = sync.OnceFunc(func() { close(gone) })
	w.t.Cleanup(release) // before the server, which waits for its answers
	return there, release
}

func (w *world) faults(specs ...string) {
	w.t.Helper()
	faults, err := sandbox.ParseFaults(specs...)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.api.SetFaults(faults); err != nil {
		w.t.Fatal(err)
	}
}

// back is the day a number of days ago, as flags take it.
func (w *world) back(days int) string { return (w.today - calendar.Day(days)).String() }

// backfill is the command line for days so long ago.
func (w *world) backfill(from, to int, more ...string) []string {
	return append([]string{"backfill", "--from", w.back(from), "--to", w.back(to)}, more...)
}

// tasks registers tasks by the binary, as sent long ago.
func (w *world) tasks(ids ...string) {
	w.t.Helper()
	w.do(0, append([]string{"tasks", "add", "--sent-at", w.back(25)}, ids...)...)
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

// equalsTruth compares the whole of an app's four views with what the sandbox
// says of the days and tasks.
func (w *world) equalsTruth(app int64, from, to int, tasks ...string) {
	w.t.Helper()
	var want []fact
	for day := w.today - calendar.Day(from); day <= w.today-calendar.Day(to); day++ {
		window := day.Window(w.zone)
		for _, task := range append([]string{""}, tasks...) {
			figures := w.api.Truth(app, task, window.Start, window.End)
			for _, row := range figures.Stage {
				want = append(want, fact{"stage", day.String(), task, row.Stage, 0, 0, row.ErrCode, row.ErrInfo, row.ErrCount})
			}
			for _, row := range figures.Platform {
				want = append(want, fact{
					"platform", day.String(), task, row.Stage, row.EventType, row.PushPlatform, row.ErrCode, row.ErrInfo, row.ErrCount,
				})
			}
		}
	}
	sorted := func(facts []fact) []fact {
		return slices.SortedFunc(slices.Values(facts), func(a, b fact) int {
			return cmp.Or(strings.Compare(a.Grain, b.Grain), strings.Compare(a.Day, b.Day), strings.Compare(a.Task, b.Task),
				strings.Compare(a.Stage, b.Stage), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Platform, b.Platform),
				strings.Compare(a.Code, b.Code))
		})
	}
	if diff := gocmp.Diff(sorted(want), sorted(query[fact](w, sqlFacts, app))); diff != "" || len(want) == 0 {
		w.t.Errorf("facts (-truth +stored), %d true:\n%s", len(want), diff)
	}
}

// onDatabase runs a step on a connection to the database. That to the world's own database
// is kept: a connection costs more than most queries.
func (w *world) onDatabase(step func(ctx context.Context, conn *pgx.Conn) error) {
	w.t.Helper()
	ctx := w.t.Context()
	w.queries.Lock()
	defer w.queries.Unlock()
	conn := w.conn
	if address := w.env["DATABASE_URL"]; address != w.own || conn == nil || conn.IsClosed() {
		config, err := pgx.ParseConfig(address)
		if err != nil {
			w.t.Fatal(err)
		}
		config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec // tables may have changed since the last query
		if conn, err = pgx.ConnectConfig(ctx, config); err != nil {
			w.t.Fatal(err)
		}
		if address == w.own {
			w.conn = conn
			w.t.Cleanup(func() { _ = conn.Close(context.Background()) })
		} else {
			defer conn.Close(context.WithoutCancel(ctx))
		}
	}
	if err := step(ctx, conn); err != nil {
		w.t.Fatal(err)
	}
}

func query[T any](w *world, sql string, args ...any) (found []T) {
	w.t.Helper()
	w.onDatabase(func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, sql, args...)
		if err == nil {
			found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[T])
		}
		return err
	})
	return found
}

func (w *world) number(sql string, args ...any) int64 {
	w.t.Helper()
	type one struct{ N int64 }
	return query[one](w, sql, args...)[0].N
}

func (w *world) exec(sql string) {
	w.t.Helper()
	w.onDatabase(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, sql)
		return err
	})
}

// askedTwice returns the requests that were made more than once.
func (w *world) askedTwice() []string {
	seen := make(map[string]int)
	var again []string
	for _, call := range w.api.Calls() {
		key := fmt.Sprint(call.SDKAppID, call.Start, call.Tasks)
		if seen[key]++; seen[key] == 2 {
			again = append(again, key)
		}
	}
	return again
}

// eventually polls until the condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never happened that %s", what)
		}
	}
}

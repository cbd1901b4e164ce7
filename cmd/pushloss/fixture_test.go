package main_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	lab "pushloss/internal/lab/world"
	"pushloss/internal/localpg/pgtest"
)

const (
	testApp  = lab.App
	otherApp = lab.OtherApp
	testKey  = lab.Key
)

// world is a sandbox, a database, and the environment of the binary.
type world struct {
	t     testing.TB
	api   *lab.API
	env   map[string]string
	own   string // DATABASE_URL of the world's own database
	zone  *time.Location
	today calendar.Day

	calls atomic.Int64 // that have arrived
	// onCall, if set, gets every call before the sandbox, and afterCall after the answer. Calls are
	// counted from 1.
	onCall, afterCall atomic.Pointer[func(n int64)]
	// onAnswer, if set, gets every call that the sandbox has handled, before the process gets the
	// answer.
	onAnswer atomic.Pointer[func(n int64)]

	said *outputs

	queries sync.Mutex
	conn    *pgx.Conn // to the own database, once there was a query
}

// setup makes a world of one app without pace. It is about noon in its time zone, so that no day
// ends during a test.
func setup(t testing.TB, change ...func(*sandbox.Config)) *world {
	t.Helper()
	zone := lab.Noon(t)
	w := &world{t: t, said: new(outputs), zone: zone, today: calendar.DayOf(time.Now(), zone)}
	five := func(cfg *sandbox.Config) { cfg.Seed, cfg.Location = 5, zone }
	w.api = lab.NewAPI(t, append([]func(*sandbox.Config){five}, change...)...)
	w.api.Behind(http.HandlerFunc(w.answer))
	w.own = pgtest.URL(t)
	w.env = map[string]string{
		"DATABASE_URL":   w.own,
		"TIM_SDK_APP_ID": fmt.Sprint(testApp), "TIM_SECRET_KEY": testKey, "TIM_BASE_URL": w.api.URL,
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

// hold delays the first answer until it is released.
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
	w.api.Faults(specs...)
}

// back returns the day a number of days ago, as a flag.
func (w *world) back(days int) string { return (w.today - calendar.Day(days)).String() }

// backfill is the command line for days so long ago.
func (w *world) backfill(from, to int, more ...string) []string {
	return append([]string{"backfill", "--from", w.back(from), "--to", w.back(to)}, more...)
}

// tasks registers tasks with the binary, sent long ago.
func (w *world) tasks(ids ...string) {
	w.t.Helper()
	w.do(0, append([]string{"tasks", "add", "--sent-at", w.back(25)}, ids...)...)
}

// equalsTruth compares an app's four views with the sandbox's figures of the days and tasks.
func (w *world) equalsTruth(app int64, from, to int, tasks ...string) {
	w.t.Helper()
	truth := w.api.Facts(app, w.zone, w.today-calendar.Day(from), w.today-calendar.Day(to), tasks...)
	lab.EqualFacts(w.t, truth, query[lab.Fact](w, lab.SQLFacts, app))
}

// onDatabase runs a step on a connection to the database. The connection to the world's own
// database is kept, because a new one costs more than most queries.
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
	w.onDatabase(func(_ context.Context, conn *pgx.Conn) error {
		found = lab.Rows[T](w.t, conn, sql, args...)
		return nil
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
	lab.Eventually(t, what, holds)
}

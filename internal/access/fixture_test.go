package access_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/calendar"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
	"pushloss/internal/problem"
	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/transform"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// fixture is a database of one test.
type fixture struct {
	url  string
	pool *postgres.Pool
	conn *pgx.Conn // of the tables' owner
}

func setup(t *testing.T) fixture {
	t.Helper()
	url := pgtest.URL(t)
	return fixture{url: url, pool: open(t, url), conn: connectTo(t, url)}
}

func open(t *testing.T, url string) *postgres.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), url, 4)
	must(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// newRole makes a role that has only the right to log in.
func newRole(t *testing.T, databaseURL string) (name, asRole string) {
	t.Helper()
	execOn(t, connectTo(t, pgtest.AdminURL(t, databaseURL)), `REVOKE CREATE ON SCHEMA public FROM PUBLIC`) // as from PostgreSQL 15 on
	name = "pushloss_reader_" + strings.ToLower(rand.Text())
	return name, pgtest.Role(t, databaseURL, name, "")
}

func connectTo(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func execOn(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func namesOn(t *testing.T, conn *pgx.Conn, sql string, args ...any) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql, args...)
	must(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	return names
}

func allowed(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}

func denied(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	_, err := conn.Exec(t.Context(), sql)
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || pgErr.Code != pgerrcode.InsufficientPrivilege {
		t.Errorf("%s: %v, want permission denied", sql, err)
	}
}

// loadThree loads a day of an app with three losses.
func loadThree(t *testing.T, url string) {
	t.Helper()
	db, err := load.Open(t.Context(), url, 4)
	must(t, err)
	defer db.Close()
	session, ctx, err := db.OpenSession(t.Context(), "the test")
	must(t, err)
	defer session.Close()
	now := time.Date(2025, 3, 10, 3, 0, 0, 0, time.UTC)
	run, err := session.StartRun(ctx, "run", now)
	must(t, err)
	lock, err := session.LockApp(ctx, 1400000001)
	must(t, err)
	day := calendar.DayOf(now, time.UTC) - 1
	loss := transform.Fact{Key: transform.Key{Stage: stream.ReadyToSend, Code: "1"}, Count: 3, Info: "one"}
	_, err = lock.Load(ctx, load.Pull{
		RunID: run, Day: day, Window: day.Window(time.UTC), Tasks: []load.TaskRef{{}}, SentAt: now, Trusted: true, Body: []byte("{}"),
		Result: transform.Result{Snapshots: []transform.Snapshot{{Facts: []transform.Fact{loss}}}, Counts: transform.Counts{Facts: 1}},
	}, now)
	must(t, err)
}

func wantError(t *testing.T, err error, says, remedy string) {
	t.Helper()
	var refusal *problem.UsageError
	if !errors.As(err, &refusal) || !strings.Contains(refusal.Error(), says) || !strings.Contains(refusal.Hint(), remedy) {
		t.Errorf("error %v, want a UsageError with %q and %q", err, says, remedy)
	}
}

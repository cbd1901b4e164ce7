package load_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
	"pushloss/load"
	"pushloss/transform"
)

// patience bounds every wait of the tests.
const patience = 3 * time.Minute

// hold locks a table, so that later statements on it wait until release.
func (f *fixture) hold(table string) (release func()) {
	f.t.Helper()
	return f.stay(`LOCK TABLE ` + table)
}

// stay executes a statement in a transaction that lasts until release.
func (f *fixture) stay(statement string) (release func()) {
	f.t.Helper()
	conn, err := pgx.Connect(f.t.Context(), f.url)
	must(f.t, err)
	_, err = conn.Exec(f.t.Context(), `BEGIN; `+statement)
	must(f.t, err)
	release = func() { _ = conn.Close(context.Background()) }
	f.t.Cleanup(release)
	return release
}

// eventually repeats a query until it gives a row.
func (f *fixture) eventually(what, sql string, args ...any) []string {
	f.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		if rows := f.rows(sql, args...); len(rows) > 0 {
			return rows
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("%s did not happen in time", what)
		}
	}
}

// waits returns once a backend waits for a table, of this database: in those of
// other tests the same tables have the same numbers.
func (f *fixture) waits(table string) (pid string) {
	f.t.Helper()
	return f.eventually("a backend that waits for "+table,
		`SELECT pid FROM pg_locks
		WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND relation = $1::text::regclass AND NOT granted`, table)[0]
}

// A write that waits in vain for a lock names who holds it.
func TestAWriteThatIsLateNamesTheHoldersOfItsLock(t *testing.T) {
	t.Parallel()
	prepared := "nightly " + rand.Text()
	for _, test := range []struct{ name, hold, holder string }{
		{name: "of a table", hold: `LOCK TABLE pushloss.ledger`},
		{name: "of a row", hold: `SELECT FROM pushloss.ledger FOR UPDATE`},
		{name: "of answers", hold: `SELECT pg_advisory_xact_lock(hashtextextended('pushloss raw bodies', 0))`},
		{"of a row that a prepared transaction changed", `SELECT FROM pushloss.ledger FOR UPDATE; PREPARE TRANSACTION '` + prepared + `'`, prepared},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if pgtest.OnCitus() && strings.Contains(test.hold, "FOR UPDATE") {
				t.Skip("on Citus the workers have the locks of rows")
			}
			f := setup(t)
			f.load(f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 1, "")}}), loadedAt)
			if test.holder != "" {
				if f.rows(`SHOW max_prepared_transactions`)[0] == "0" {
					t.Skip("the server takes no prepared transactions")
				}
				defer f.exec(`ROLLBACK PREPARED '` + test.holder + `'`)
			}
			f.stay(`SET application_name = 'nightly report'; ` + test.hold)
			later := f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 2, "")}})
			done := make(chan error, 1)
			go func() {
				_, err := f.lock.Load(t.Context(), later, loadedAt.Add(time.Hour))
				done <- err
			}()
			const ours = ` FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pushloss' AND `
			seen := ""
			for range 4 { // a look is parsed, bound and executed, each at its own time, and the next one begins
				seen = f.eventually("a look at the holders", `SELECT query_start::text`+ours+`query LIKE '%pg_blocking_pids%' AND query_start::text > $1 ORDER BY 1 DESC`, seen)[0]
			}
			f.exec(`SELECT pg_cancel_backend(pid)` + ours + `wait_event_type = 'Lock'`) // as the time limit of statements does
			holder := f.rows(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'nightly report'`)[0]
			want := []string{"the lock is held by process " + holder + " of ", "(nightly report), idle in transaction, its transaction began 2"}
			if test.holder != "" {
				want = []string{fmt.Sprintf("the lock is held by the prepared transaction %q of ", test.holder)}
			}
			err := <-done
			if postgres.Code(err) != pgerrcode.QueryCanceled || strings.Contains(err.Error(), "SELECT") ||
				slices.ContainsFunc(want, func(part string) bool { return !strings.Contains(err.Error(), part) }) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// T16: if a load ends for any reason after it wrote almost everything, none of it stays, and the
// error says why it ended.
func TestT16ALoadThatEndsHalfway(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		end         func(f *fixture, pid string, cancel context.CancelFunc)
		unreachable bool
	}{
		{"by the time limit of statements", func(f *fixture, pid string, _ context.CancelFunc) {
			// What a statement timeout does, and under the same code.
			f.exec(`SELECT pg_cancel_backend($1::text::int)`, pid)
		}, true},
		{"by the end of its connection", func(f *fixture, pid string, _ context.CancelFunc) {
			f.exec(`SELECT pg_terminate_backend($1::text::int)`, pid)
		}, true},
		{"by the end of its context", func(_ *fixture, _ string, cancel context.CancelFunc) { cancel() }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.load(f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 1, "")}}), loadedAt)
			next := f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 2, ""), stageFact("2", 2, "")}})
			before := f.rows(sqlWritten)

			release := f.hold("pushloss.pull") // the last table that a load writes
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error, 1)
			go func() {
				_, err := f.lock.Load(ctx, next, loadedAt)
				done <- err
			}()
			test.end(f, f.waits("pushloss.pull"), cancel)
			err := <-done
			if err == nil || load.Unreachable(err) != test.unreachable {
				t.Errorf("unreachable %t, want %t: %v", load.Unreachable(err), test.unreachable, err)
			}
			release()
			equal(t, "everything is as before", before, f.rows(sqlWritten))
			equal(t, "then", load.Changes{Inserted: 1, Updated: 1}, f.load(next, loadedAt).Rows)
		})
	}
}

func TestT16AReadOnlyDatabaseTakesNoLoad(t *testing.T) {
	t.Parallel()
	f := setup(t)
	must(t, f.lock.Unlock(t.Context()))
	db := open(t, f.url)
	session, work := openSession(t, db, "the other")
	lock, err := session.LockApp(work, testApp)
	must(t, err)
	// Connections of the pool from now on; the session's is there already.
	f.exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
	f.exec(`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'pushloss'
			AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')`)
	before := f.rows(sqlWritten)
	pull := f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 1, "")}})
	if _, err := lock.Load(t.Context(), pull, loadedAt); !load.Unreachable(err) {
		t.Errorf("load: %v", err)
	}
	if _, err := lock.RecordFailure(t.Context(), load.Failure{Day: march, Tasks: pull.Tasks, Reason: "x"}, loadedAt); !load.Unreachable(err) {
		t.Errorf("record failure: %v", err)
	}
	equal(t, "everything is as before", before, f.rows(sqlWritten))
}

func TestWhichErrorsMeanThatTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	postgres := func(code string) error { return fmt.Errorf("load: %w", &pgconn.PgError{Code: code}) }
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"no error", nil, false},
		{"some other error", errors.New("odd"), false},
		{"a connection that broke while being read", fmt.Errorf("read: %w", io.ErrUnexpectedEOF), true},
		{"a lock connection that was lost", fmt.Errorf("announce: %w", load.ErrLockLost), true},
		{"an app that was taken over", load.ErrSuperseded, false},
		{"an app that is busy", &load.BusyError{}, false},
		{"an interrupted statement", fmt.Errorf("%w: %w", context.Canceled, &pgconn.PgError{Code: pgerrcode.QueryCanceled}), false},
		{"a deadline that passed", context.DeadlineExceeded, true},
		{"a full disk", postgres(pgerrcode.DiskFull), true},
		{"too many connections", postgres(pgerrcode.TooManyConnections), true},
		{"a server that shuts down", postgres(pgerrcode.AdminShutdown), true},
		{"a statement timeout", postgres(pgerrcode.QueryCanceled), true},
		{"a wrong password", postgres(pgerrcode.InvalidPassword), true},
		{"a missing database", postgres(pgerrcode.InvalidCatalogName), true},
		{"a read-only database", postgres(pgerrcode.ReadOnlySQLTransaction), true},
		{"a deadlock", postgres(pgerrcode.DeadlockDetected), false},
		{"a missing table", postgres(pgerrcode.UndefinedTable), false},
		{"a role without rights", postgres(pgerrcode.InsufficientPrivilege), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := load.Unreachable(test.err); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// A guard of the server or the database is respected: it is there for a full disk.
func TestCheckWritableReportsAReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	f := setup(t)
	must(t, postgres.CheckWritable(t.Context(), f.db.Pool()))
	f.exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
	db := open(t, f.url)
	var readOnly *postgres.ReadOnlyError
	if err := postgres.CheckWritable(t.Context(), db.Pool()); !errors.As(err, &readOnly) || readOnly.Standby {
		t.Errorf("it says %v", err)
	}
}

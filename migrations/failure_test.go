package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// older is a database at a version whose next one changes the table of pulls.
const olderVersion = 20

func older(t *testing.T) string {
	t.Helper()
	url := pgtest.URL(t)
	downTo(t, url, olderVersion)
	return url
}

// K3: whatever stops a migration, nothing of it stays and nothing is dirty. The next migrator
// continues when the obstacle is gone.
func TestAMigrationThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	const newest, added = 25, 23 // the latter adds columns
	url := pgtest.URL(t)         // which each of them brings to the newest version
	conn := connect(t, url)
	for _, tt := range []struct {
		name    string
		trouble string // in the way
		gone    string
		want    []string
		from    int // version
	}{
		{
			"a column of ours that was added", `ALTER TABLE pushloss.task ADD COLUMN covered_to text`, `ALTER TABLE pushloss.task DROP COLUMN covered_to`,
			[]string{"0023_task_summary.up.sql", `column "covered_to" of relation "task" already exists`, "at version 22", "Rename it, drop it or move it", "continues from there"},
			added - 1,
		},
		{
			"a table of ours that was renamed", `ALTER TABLE pushloss.reject RENAME TO rejects`, `ALTER TABLE pushloss.rejects RENAME TO reject`,
			[]string{`relation "pushloss.reject" does not exist`, "the tables are not those of version 24", "Take that back, or restore a dump whole", "continues from there"},
			newest - 1,
		},
		{
			"a table where a view of ours goes", `DROP VIEW analytics.runs; CREATE TABLE analytics.runs (a int)`, `DROP TABLE analytics.runs`,
			[]string{"views.sql: view analytics.runs: ", `"runs" is not a view`, "at version 24", "Rename it, drop it or move it"},
			newest - 1,
		},
		{
			"a type where a view of ours goes", `DROP VIEW analytics.runs; CREATE TYPE analytics.runs AS ENUM ('a')`, `DROP TYPE analytics.runs`,
			[]string{"views.sql: view analytics.runs: ", "already exists", "at version 24", "Rename it, drop it or move it"},
			newest - 1,
		},
		{
			"COMMIT that is refused",
			`CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
			CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON pushloss.schema_migrations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.refuse()`,
			`DROP TRIGGER refuse ON pushloss.schema_migrations`,
			[]string{"commit: ", "not today", "function public.refuse() line 1", "event trigger of this database refuses the change", "nothing was changed by it", "at version 24"},
			newest - 1,
		},
		{
			"connection that is cut during COMMIT",
			`CREATE FUNCTION public.cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
			CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON pushloss.schema_migrations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.cut()`,
			`DROP TRIGGER cut ON pushloss.schema_migrations`,
			[]string{"commit: ", "the connection was lost: the migration is applied as a whole or not at all", "continues from there"},
			newest - 1,
		},
		{
			"statement that is canceled",
			`CREATE FUNCTION public.cancel() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_cancel_backend(pg_backend_pid()), pg_sleep(60); RETURN NULL; END $$;
			CREATE TRIGGER cancel AFTER INSERT ON pushloss.schema_migrations FOR EACH ROW EXECUTE FUNCTION public.cancel()`,
			`DROP TRIGGER cancel ON pushloss.schema_migrations`,
			[]string{"canceling statement due to user request", "nothing was changed by it", "at version 24"},
			newest - 1,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			downTo(t, url, tt.from)
			exec(t, conn, tt.trouble)
			before := lines(t, conn, sqlCatalog)
			err := migrations.Up(t.Context(), url)
			says(t, err, tt.want...)
			var failed *migrations.FailedError
			if !errors.As(err, &failed) || strings.Contains(err.Error(), "COMMENT ON") {
				t.Errorf("error %v, want a *FailedError without the file", err)
			}
			if diff := cmp.Diff(before, lines(t, conn, sqlCatalog)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
			wantVersion(t, url, tt.from)
			exec(t, conn, tt.gone)
			up(t, url)
			wantVersion(t, url, migrations.Newest())
		})
	}
}

// K3: a long transaction that reads a view is named, and its lock is requested again.
func TestALockThatIsRefusedNamesWhoHoldsIt(t *testing.T) {
	t.Parallel()
	url := older(t)
	reader := connect(t, url)
	exec(t, reader, `SET application_name = 'a BI tool'`)
	exec(t, reader, `BEGIN`)
	exec(t, reader, `SELECT count(*) FROM pushloss.pull`)
	holder := fmt.Sprintf("process %d of ", reader.PgConn().PID())

	var err error
	// The holder of the lock is looked up during the wait, over a separate connection.
	for timeout := 100 * time.Millisecond; timeout < patience; timeout *= 2 {
		err = migrations.New(url, migrations.Options{LockTimeout: timeout, Pauses: []time.Duration{}}).Up(t.Context())
		if err == nil || strings.Contains(err.Error(), holder) {
			break
		}
	}
	says(t, err, "canceling statement due to lock timeout", holder, "(a BI tool), idle in transaction, its transaction began 2",
		"SELECT count(*) FROM pushloss.pull", "nothing was changed", fmt.Sprintf("pg_terminate_backend(%d)", reader.PgConn().PID()))
	wantVersion(t, url, olderVersion)
	// Nobody waits behind a migrator that has given up.
	if got := lines(t, connect(t, url), `SELECT count(*)::text FROM pushloss.pull`); len(got) != 1 {
		t.Errorf("a reader sees %v", got)
	}

	exec(t, reader, `ROLLBACK`)
	exec(t, reader, `BEGIN`)
	exec(t, reader, `LOCK TABLE pushloss.schema_migrations IN SHARE MODE`) // as CREATE INDEX does
	var notices []string
	pauses := make([]time.Duration, 150)
	for i := range pauses {
		pauses[i] = time.Millisecond
	}
	err = migrations.New(url, migrations.Options{LockTimeout: 200 * time.Millisecond, Pauses: pauses, Notice: func(text string) {
		notices = append(notices, text)
		if strings.Contains(text, holder) {
			exec(t, reader, `COMMIT`)
		}
	}}).Up(t.Context())
	if err != nil || len(notices) == 0 || !strings.Contains(notices[len(notices)-1], "gets no lock, tries again") {
		t.Errorf("error %v, notices %q", err, notices)
	}
	wantVersion(t, url, migrations.Newest())
}

// K3: a prepared transaction that nobody ended holds locks without a process. It is named, with
// the statement that ends it.
func TestALockOfAPreparedTransactionIsNamed(t *testing.T) {
	t.Parallel()
	url := older(t)
	conn := connect(t, url)
	if lines(t, conn, `SHOW max_prepared_transactions`)[0] == "0" {
		t.Skip("this server prepares no transactions")
	}
	name := fmt.Sprintf("nobody's %d", rand.Uint32())
	exec(t, conn, `BEGIN`)
	exec(t, conn, `SELECT count(*) FROM pushloss.pull`)
	exec(t, conn, `PREPARE TRANSACTION '`+strings.ReplaceAll(name, "'", "''")+`'`)
	var err error
	for timeout := 100 * time.Millisecond; timeout < patience; timeout *= 2 {
		err = migrations.New(url, migrations.Options{LockTimeout: timeout, Pauses: []time.Duration{}}).Up(t.Context())
		if err == nil || strings.Contains(err.Error(), "prepared") {
			break
		}
	}
	says(t, err, fmt.Sprintf("the lock is held by the prepared transaction %q of ", name), "nothing was changed")
	failed, ok := errors.AsType[*migrations.FailedError](err)
	if !ok {
		t.Fatal(err)
	}
	statement := regexp.MustCompile(`ROLLBACK PREPARED '[^)]*'`).FindString(failed.Hint())
	exec(t, conn, statement)
	up(t, url)
}

// K3: a foreign event trigger that must not write its log fails like a missing right of this role.
// It is named as a trigger.
func TestAnEventTriggerOfOthersIsNotTakenForAMissingRight(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	admin := connect(t, pgtest.AdminURL(t, url))
	exec(t, admin, `CREATE TABLE public.changes (tag text); REVOKE ALL ON public.changes FROM PUBLIC;
		CREATE FUNCTION public.note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.changes VALUES (tg_tag); END $$;
		CREATE EVENT TRIGGER note ON ddl_command_end EXECUTE FUNCTION public.note()`)
	err := migrations.Down(t.Context(), url, 1)
	says(t, err, "permission denied for table changes", "function public.note() line 1", "event trigger of this database refuses the change", "nothing was changed by it")
	exec(t, admin, `ALTER EVENT TRIGGER note DISABLE`)
	down(t, url, 1)
}

// K2: the named GRANTs lead through a database that took rights on types and languages from everybody.
func TestARightThatAMigrationNeedsAndTheDatabaseTookIsNamed(t *testing.T) {
	t.Parallel()
	for _, of := range []string{"TYPE text", "TYPE timestamptz", "TYPE pg_catalog.int8", "LANGUAGE sql", "LANGUAGE plpgsql"} {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			url := pgtest.EmptyURL(t)
			admin := connect(t, pgtest.AdminURL(t, url))
			exec(t, admin, `REVOKE USAGE ON `+of+` FROM PUBLIC`)
			err := migrations.Up(t.Context(), url)
			failed, ok := errors.AsType[*migrations.FailedError](err)
			if !ok || failed.Revoked == nil {
				t.Fatalf("%v, without a name of the right", err)
			}
			says(t, err, "permission denied", "as a superuser: GRANT USAGE ON ")
			for _, grant := range failed.Revoked.Grants {
				exec(t, admin, grant)
			}
			up(t, url)
		})
	}
}

// K2: a migration does not take the rows that row-level security shows for all.
func TestAMigrationDoesNotWorkOnPartOfTheRows(t *testing.T) {
	t.Parallel()
	url := older(t)
	admin := connect(t, pgtest.AdminURL(t, url))
	exec(t, admin, `ALTER TABLE pushloss.ledger ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`)
	says(t, migrations.Up(t.Context(), url), "row-level security was switched on for a table of pushloss", "nothing was changed by it")
	exec(t, admin, `ALTER TABLE pushloss.ledger DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY`)
	up(t, url)
}

// K3: the end of a context stops a migration that waits for a lock. Nothing of it stays.
func TestAMigrationThatIsCanceledChangesNothing(t *testing.T) {
	t.Parallel()
	url := older(t)
	reader := connect(t, url)
	exec(t, reader, `BEGIN`)
	exec(t, reader, `SELECT count(*) FROM pushloss.pull`)
	watcher := connect(t, url)
	before := lines(t, watcher, sqlCatalog)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- migrations.New(url, migrations.Options{LockTimeout: time.Minute}).Up(ctx) }()
	deadline := time.Now().Add(patience)
	for len(lines(t, watcher, `SELECT pid::text FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))`, int32(reader.PgConn().PID()))) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("nobody waits for the reader")
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one of a canceled context", err)
	}
	// Its connection, with its locks, has ended when it returns.
	if diff := cmp.Diff(before, lines(t, watcher, sqlCatalog)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	exec(t, reader, `COMMIT`)
	up(t, url)
}

// K3: a migrator that waits for another one continues when that one is killed.
func TestAMigratorGoesOnWhenTheOneBeforeItIsKilled(t *testing.T) {
	t.Parallel()
	url := older(t)
	reader := connect(t, url)
	exec(t, reader, `BEGIN`)
	exec(t, reader, `SELECT count(*) FROM pushloss.pull`)
	first := victim(t, url)
	defer func() { _ = first.Process.Kill(); _ = first.Wait() }()
	watcher := connect(t, url)
	deadline := time.Now().Add(patience)
	for len(lines(t, watcher, `SELECT pid::text FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))`, int32(reader.PgConn().PID()))) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("the first one does not wait for the reader")
		}
	}
	done := make(chan error, 1)
	notices := make(chan string, 100)
	go func() {
		done <- migrations.New(url, migrations.Options{Notice: func(text string) { notices <- text }}).Up(t.Context())
	}()
	untilWaiting(t, url)
	if text := <-notices; !strings.Contains(text, "waits for another migrator: process ") || !strings.Contains(text, "(pushloss migrate)") {
		t.Errorf("the messages are %q", text)
	}
	_ = first.Process.Kill()
	exec(t, reader, `COMMIT`)
	if err := <-done; err != nil {
		t.Error(err)
	}
	wantVersion(t, url, migrations.Newest())
}

// K1: a role's presets do not apply to a migration.
func TestAMigrationKeepsToItsOwnSettings(t *testing.T) {
	t.Parallel()
	empty := pgtest.EmptyURL(t)
	name := fmt.Sprint("preset_", rand.Uint32())
	url := pgtest.Role(t, empty, name, "")
	admin := connect(t, pgtest.AdminURL(t, empty))
	role := pgx.Identifier{name}.Sanitize()
	for _, setting := range []string{"statement_timeout = '8ms'", "lock_timeout = '1ms'", "idle_in_transaction_session_timeout = '1ms'",
		"client_encoding = 'GBK'", "search_path = 'nowhere'", "default_transaction_isolation = 'serializable'", "datestyle = 'German'", "timezone = 'Asia/Kathmandu'"} {
		exec(t, admin, `ALTER ROLE `+role+` SET `+setting)
	}
	exec(t, admin, fmt.Sprintf(`GRANT CREATE ON DATABASE %s TO %s`, pgx.Identifier{admin.Config().Database}.Sanitize(), role))
	exec(t, admin, `CREATE FUNCTION public.slow() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); END $$`)
	exec(t, admin, `CREATE EVENT TRIGGER slow ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.slow()`)
	up(t, url)
	if err := migrations.Check(t.Context(), url); err != nil {
		t.Error(err)
	}
	if deviations, err := migrations.Deviations(t.Context(), url); err != nil || len(deviations) != 0 {
		t.Errorf("deviations %v, %v", deviations, err)
	}
}

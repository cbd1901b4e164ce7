package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/pipeline"
	"pushloss/internal/postgres"
	"pushloss/load"
	"pushloss/migrations"
)

// asRole gives the world a database that a new role migrates and works on. The
// settings are preset for the role.
func (w *fixture) asRole(options string, presets ...string) {
	w.t.Helper()
	w.Pool.Close()
	w.DB.Close()
	empty := pgtest.EmptyURL(w.t)
	name := fmt.Sprint("preset_", rand.Uint32())
	role := pgx.Identifier{name}.Sanitize()
	w.URL = pgtest.Role(w.t, empty, name, options)
	admin, err := pgx.Connect(w.t.Context(), pgtest.AdminURL(w.t, empty))
	if err != nil {
		w.t.Fatal(err)
	}
	defer admin.Close(w.t.Context())
	statements := []string{`GRANT CREATE ON DATABASE ` + pgx.Identifier{admin.Config().Database}.Sanitize() + ` TO ` + role}
	for _, preset := range presets {
		statements = append(statements, `ALTER ROLE `+role+` SET `+preset)
	}
	if _, err := admin.Exec(w.t.Context(), strings.Join(statements, ";")); err != nil {
		w.t.Fatal(err)
	}
	if err := migrations.Up(w.t.Context(), w.URL); err != nil {
		w.t.Fatalf("migrate up: %v", err)
	}
	db, err := load.Open(w.t.Context(), w.URL, 20)
	if err != nil {
		w.t.Fatal(err)
	}
	w.DB = db
	w.t.Cleanup(db.Close)
	if w.Pool, err = pgxpool.New(w.t.Context(), pgtest.AdminURL(w.t, empty)); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(w.Pool.Close)
}

// K1: no preset of a role changes what is loaded, or prevents loading.
func TestNoPresetOfARoleReachesTheFigures(t *testing.T) {
	t.Parallel()
	for name, presets := range map[string][]string{
		"encodings and limits": {
			"client_encoding = 'GBK'", "standard_conforming_strings = off", "bytea_output = 'escape'", "quote_all_identifiers = on",
			"statement_timeout = '1ms'", "lock_timeout = '1ms'", "exit_on_error = on",
			"idle_in_transaction_session_timeout = '1ms'", "idle_session_timeout = '1ms'",
		},
		"encodings of one byte and forms": {
			"client_encoding = 'LATIN1'", "search_path = 'analytics, nowhere'", "row_security = on",
			"timezone = 'Pacific/Kiritimati'", "datestyle = 'German, DMY'", "intervalstyle = 'sql_standard'", "extra_float_digits = -15",
			"array_nulls = off", "transform_null_equals = on",
		},
		"transactions, which read": {
			"default_transaction_isolation = 'serializable'", "default_transaction_deferrable = on", "synchronous_commit = off",
			"jit = on", "plan_cache_mode = force_generic_plan", "default_transaction_read_only = on",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.asRole("", presets...)
			label := "促销 🎉"
			if _, err := w.DB.Tasks.Save(t.Context(), []load.Task{{SDKAppID: testApp, TaskID: "t1", Label: &label}}, noonOf(today-40)); err != nil {
				t.Fatal(err)
			}
			w.Run(load.RunDone)
			w.EqualsTruth(today-3, today-1, "t1")
			if n := w.Number(`SELECT count(*) FROM pushloss.task WHERE label = '` + label + `'`); n != 1 {
				t.Error("the label is another one")
			}
		})
	}
}

// K1: a policy that hides rows from the tables' owner stops a run. It would take the rest for everything.
func TestRowsThatAPolicyHidesAreNotTakenForMissing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	if _, err := w.DB.Tasks.Save(t.Context(), []load.Task{{SDKAppID: testApp, TaskID: "t1"}}, noonOf(today-3)); err != nil {
		t.Fatal(err)
	}
	w.Run(load.RunDone)
	exec := func(sql string) {
		t.Helper()
		if _, err := w.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	const table = `ALTER TABLE pushloss.task `
	exec(`CREATE POLICY apps ON pushloss.task USING (task_key = 0) WITH CHECK (true)`)
	exec(table + `ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`)
	report := w.Run(load.RunFailed)
	if err := report.Apps[0].Err(); !postgres.Hidden(err) || !strings.Contains(postgres.Hint(err), "row-level security") {
		t.Errorf("%v: %s", err, postgres.Hint(err))
	}
	exec(table + `DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY`)
	w.Run(load.RunDone)
}

// K5: a server that gives 10 connections is enough for 12 apps, even if the pool may
// have more: an app without one waits for one of ours.
func TestTwelveAppsShareTenConnections(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ server, ours int }{{10, 20}, {30, 3}} {
		t.Run(fmt.Sprintf("%d of the server, %d of ours", test.server, test.ours), func(t *testing.T) {
			t.Parallel()
			w := setup(t, func(cfg *sandbox.Config) {
				for id := range int64(10) {
					cfg.Apps = append(cfg.Apps, sandbox.App{SDKAppID: 1500000000 + id, SecretKey: world.Key})
				}
			})
			w.asRole(fmt.Sprintf("CONNECTION LIMIT %d", test.server))
			w.DB.Close()
			var err error
			if w.DB, err = load.Open(t.Context(), w.URL, test.ours); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(w.DB.Close)
			w.Apps = []pipeline.App{w.API.App(testApp, time.UTC), w.API.App(otherApp, time.UTC)}
			for id := range int64(10) {
				w.Apps = append(w.Apps, w.API.App(1500000000+id, time.UTC))
			}
			stop := make(chan struct{})
			most := make(chan int64)
			go func() {
				var highest int64
				for {
					select {
					case <-stop:
						most <- highest
						return
					case <-time.After(5 * time.Millisecond):
						highest = max(highest, int64(w.Number(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pushloss'`)))
					}
				}
			}()
			w.Run(load.RunDone)
			close(stop)
			if n := <-most; n > int64(min(test.server, test.ours)) {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// K1: queries are not compiled, and the planner knows how small the tables are.
func TestSmallTablesAreKnownToThePlannerAfterTheFirstRun(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.asRole("")
	w.Run(load.RunDone)
	if n := w.Number(`
		SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
		WHERE nspname = 'pushloss' AND relkind = 'r' AND reltuples <= 0 AND pg_relation_size(c.oid) > 0`); n != 0 {
		t.Errorf("%d tables have rows that nobody counted", n)
	}
	if n := w.Number(`SELECT reltuples::bigint FROM pg_class WHERE oid = 'pushloss.app'::regclass`); n != 1 {
		t.Errorf("the planner expects %d apps", n)
	}
}

package main_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// S2: if an operator must act, the command exits with 4, says so, and writes nothing.
func TestS2RefusalsExitWith4AndSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		env   map[string]string
		fault string
		says  []string
	}{
		{"wrong key", map[string]string{"TIM_SECRET_KEY": "a-wrong-key"}, "", []string{"70009", "TIM_SECRET_KEY"}},
		{"unknown app", map[string]string{"TIM_SDK_APP_ID": "1400000009"}, "", []string{"70020", "TIM_SDK_APP_ID"}},
		{"not an administrator", map[string]string{"TIM_IDENTIFIER": "somebody"}, "", []string{"90009", "TIM_IDENTIFIER"}},
		{"service not enabled", nil, "code=90045", []string{"90045", "switch Push on"}},
		{"expired UserSig, again and again", nil, "usersig-expired", []string{"70001", "clock"}},
		{"another region", nil, "code=60026", []string{"60026", "TIM_REGION"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			for key, value := range test.env {
				w.env[key] = value
			}
			if test.fault != "" {
				w.faults(test.fault)
			}
			for _, command := range [][]string{{"run"}, w.backfill(5, 4), {"calibrate"}, {"check"}} {
				r := w.do(4, command...)
				r.says(t, test.says...)
				if command[0] != "check" && !strings.Contains(r.stderr, "what to do: ") {
					t.Errorf("%v does not say what to do:\n%s", command, r.stderr)
				}
			}
			if n := w.number(`SELECT (SELECT count(*) FROM pushloss.ledger) + (SELECT count(*) FROM pushloss.stage_loss)`); n != 0 {
				t.Errorf("%d rows were written", n)
			}
			w.do(1, "status")
		})
	}
}

func TestOneRefusedAppOfTwoExitsWith4AndTheOtherLoads(t *testing.T) {
	t.Parallel()
	w := setup(t)
	delete(w.env, "TIM_SDK_APP_ID")
	delete(w.env, "TIM_SECRET_KEY")
	w.env["OTHER_KEY"] = "a-wrong-key"
	path := file(t, "apps.yaml", fmt.Sprintf("- sdk_app_id: %d\n  secret_key_file: key\n- sdk_app_id: %d\n  secret_key_env: OTHER_KEY\n", testApp, otherApp))
	if err := os.WriteFile(strings.TrimSuffix(path, "apps.yaml")+"key", []byte(testKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.env["TIM_APPS_FILE"] = path
	w.do(4, "run").says(t, fmt.Sprint(testApp), "done", fmt.Sprint(otherApp), "refused", "70009", "what to do: ")
	w.equalsTruth(testApp, 2, 1)
	if n := w.number(`SELECT count(*) FROM pushloss.ledger WHERE sdk_app_id = $1`, otherApp); n != 0 {
		t.Errorf("the refused app has %d windows", n)
	}
	w.env["OTHER_KEY"] = testKey
	w.do(0, "run")
	w.equalsTruth(otherApp, 2, 1)
	w.do(0, w.backfill(4, 3, "--app", fmt.Sprint(otherApp))...)
	w.equalsTruth(testApp, 2, 1)
	w.equalsTruth(otherApp, 4, 1)
	w.do(2, "tasks", "add", "t1").says(t, "there are several apps", "--app")
}

func TestWithoutAUsableDatabaseCommandsExitWith3AndSayWhatToDo(t *testing.T) {
	t.Parallel()
	type change func(*world)
	for _, test := range []struct {
		name   string
		change change
		says   []string
	}{
		{"unreachable", func(w *world) { w.env["DATABASE_URL"] = "postgres://u:p@127.0.0.1:1/none" },
			[]string{"connect to database", "DATABASE_URL"}},
		{"wrong password", func(w *world) {
			w.env["DATABASE_URL"] = strings.Replace(w.env["DATABASE_URL"], ":"+pgtest.Password+"@", ":wrong@", 1)
		},
			[]string{"connect to database", "correct DATABASE_URL"}},
		{"no schema", func(w *world) { w.do(0, "migrate", "down", fmt.Sprint(migrations.Count())) }, []string{"no schema yet", "pushloss migrate up"}},
		{"views of another version", func(w *world) { w.exec(`DELETE FROM pushloss.schema_views WHERE view = 'view analytics.runs'`) }, []string{"its views are not those of this binary", "pushloss migrate up"}},
		{"schema behind", func(w *world) { w.do(0, "migrate", "down", "1") }, []string{"behind", "pushloss migrate up"}},
		{"schema ahead", func(w *world) { w.exec(`UPDATE pushloss.schema_migrations SET version = 99`) }, []string{"newer", "pushloss binary"}},
		{"schema dirty", func(w *world) { w.exec(`UPDATE pushloss.schema_migrations SET dirty = true`) }, []string{"dirty", "by hand"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			test.change(w)
			for _, command := range [][]string{
				{"run"}, w.backfill(5, 4), w.backfill(5, 4, "--plan"), {"reconcile"}, {"verify"}, {"replay"}, {"prune"}, {"status"}, {"check"}, {"calibrate"}, {"serve"},
				{"tasks", "add", "t1"}, {"tasks", "list"}, {"tasks", "retire", "t1"},
			} {
				r := w.do(3, command...)
				r.says(t, test.says[1])
				if command[0] != "check" {
					r.says(t, "what to do: ", test.says[0])
				}
				if strings.Contains(r.stdout+r.stderr, pgtest.Password) {
					t.Error("the password is printed")
				}
			}
			if calls := w.calls.Load(); calls > 1 { // check makes its one call where no database is reached
				t.Errorf("the API was called %d times", calls)
			}
		})
	}
}

// Commands that only read work in a read-only database. The others say why it takes no writes.
func TestAReadOnlyDatabaseIsReportedAsSuch(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, "run")
	w.exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
	calls := w.calls.Load()
	for _, command := range [][]string{{"run"}, {"replay"}, {"prune"}, {"tasks", "add", "t1"}, {"check"}} {
		r := w.do(3, command...)
		r.says(t, "the database is read-only: default_transaction_read_only is on", "reset default_transaction_read_only")
		if command[0] == "check" && strings.Count(r.stdout, "FAILED") != 2 { // once in the last line
			t.Errorf("check has more than one finding:\n%s", r.stdout)
		}
	}
	for _, command := range [][]string{{"status"}, {"verify"}, {"tasks", "list"}, {"migrate", "up"}, {"migrate", "status"}} {
		w.do(0, command...)
	}
	if n := w.calls.Load() - calls; n != 0 {
		t.Errorf("the API was called %d times", n)
	}
}

func TestMigrateBringsTheSchemaUpAndPrintsItsVersion(t *testing.T) {
	t.Parallel()
	w := setup(t)
	current := fmt.Sprintf("version %d of %[1]d", migrations.Newest())
	w.do(0, "migrate", "status").says(t, current)
	w.do(0, "migrate", "down", "1").says(t, fmt.Sprintf("version %d of %[2]d", migrations.Newest()-1, migrations.Newest()))
	r := w.do(3, "migrate", "status", "--output", "json")
	shapeIs(t, "migrate_status", r.stdout)
	r.says(t, "what to do: run: pushloss migrate up")
	w.do(0, "migrate", "up").says(t, current)
	w.do(0, "migrate", "up").says(t, current)
	// It names later changes of the schema, and status those that change what people read.
	w.exec(`DROP VIEW analytics.loss_rates`)
	w.exec(`ALTER VIEW analytics.stages SET (security_barrier = true)`)
	w.exec(`CREATE TRIGGER ours BEFORE UPDATE ON pushloss.ledger FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`)
	views := []string{"view analytics.loss_rates is missing", "view analytics.stages was altered", "run: pushloss migrate up"}
	w.do(3, "migrate", "status").says(t, append(views, current, "trigger pushloss.ledger ours was not made by pushloss", "DROP TRIGGER")...)
	w.do(3, "status").says(t, append(views, "never pulled: pushloss run")...)
	shapeIs(t, "migrate_status_differs", w.do(3, "migrate", "status", "--output", "json").stdout)
	w.exec(`DROP VIEW analytics.apps CASCADE`)
	w.do(3, "status").says(t, "view analytics.apps is missing") // which it reads
	w.exec(`DROP TRIGGER ours ON pushloss.ledger`)
	w.do(0, "migrate", "up").says(t, current)
	w.do(0, "migrate", "status").says(t, current)
	w.do(0, "run")
	w.equalsTruth(testApp, 2, 1)
}

package migrations_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// K2: what a restore lost, or somebody changed, is named with a remedy.
func TestDifferencesFromTheMigrationsAreNamedWithARemedy(t *testing.T) {
	t.Parallel()
	shared := pgtest.URL(t) // for those that their remedy repairs, one after another
	for _, tt := range []struct {
		name   string
		change string
		want   []string // what and name
		toDo   []string // texts of what to do, in the order of want
		mended bool     // by the statement in it
	}{
		{"nothing", ``, nil, nil, false},
		{"other people's things that do no harm", `CREATE VIEW analytics.report AS SELECT * FROM analytics.runs; CREATE INDEX faster ON pushloss.run (started_at);
			CREATE TABLE pushloss.notes (a int PRIMARY KEY); COMMENT ON TABLE pushloss.run IS 'x'`, nil, nil, false},
		{"a key that is lost", `ALTER TABLE pushloss.ledger DROP CONSTRAINT ledger_pkey`, []string{"missing constraint pushloss.ledger ledger_pkey"}, []string{"--single-transaction"}, true},
		{"rows stored twice", `ALTER TABLE pushloss.stage_loss DROP CONSTRAINT stage_loss_pkey; INSERT INTO pushloss.stage_loss SELECT * FROM pushloss.stage_loss`,
			[]string{"missing constraint pushloss.stage_loss stage_loss_pkey", "repeated table pushloss.stage_loss"}, []string{"--single-transaction", "--single-transaction"}, false},
		{"a check that is lost", `ALTER TABLE pushloss.run DROP CONSTRAINT run_state_check`, []string{"missing constraint pushloss.run run_state_check"}, []string{"ADD CONSTRAINT"}, true},
		{"a check that is not valid", `ALTER TABLE pushloss.task DROP CONSTRAINT task_task_id_check; ALTER TABLE pushloss.task ADD CONSTRAINT task_task_id_check CHECK (task_id <> '') NOT VALID`,
			[]string{"different constraint pushloss.task task_task_id_check"}, []string{"VALIDATE CONSTRAINT"}, true},
		{"a constraint that was added", `ALTER TABLE pushloss.run ADD CONSTRAINT small CHECK (requests < 100)`, []string{"extra constraint pushloss.run small"}, []string{"may refuse figures"}, true},
		{"a unique index that was added", `CREATE UNIQUE INDEX "only one" ON pushloss.run (started_at)`, []string{"extra index pushloss.run only one"}, []string{"may refuse figures"}, true},
		{"an index that is lost", `DROP INDEX pushloss.run_running`, []string{"missing index pushloss.run run_running"}, []string{"CREATE INDEX run_running"}, true},
		{"a key with an invalid index", `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'pushloss.run_pkey'::regclass`, []string{"different constraint pushloss.run run_pkey"}, []string{"REINDEX INDEX"}, true},
		{"an index that is invalid", `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'pushloss.run_running'::regclass`, []string{"different index pushloss.run run_running"}, []string{"REINDEX INDEX"}, true},
		{"a trigger", `CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER audit BEFORE INSERT ON pushloss.run FOR EACH ROW EXECUTE FUNCTION public.f()`,
			[]string{"extra trigger pushloss.run audit"}, []string{"may change figures"}, true},
		{"a rule that drops figures", `CREATE RULE "No rows" AS ON INSERT TO pushloss.stage_loss DO ALSO DELETE FROM pushloss.stage_loss`, []string{"extra rule pushloss.stage_loss No rows"}, []string{"may change figures"}, true},
		{"a trigger that is switched off", `CREATE FUNCTION public.g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER late BEFORE INSERT ON pushloss.ledger FOR EACH ROW EXECUTE FUNCTION public.g(); ALTER TABLE pushloss.ledger DISABLE TRIGGER late`,
			[]string{"extra trigger pushloss.ledger late"}, []string{"may change figures"}, true},
		{"a rule", `CREATE RULE never AS ON DELETE TO pushloss.run DO INSTEAD NOTHING`, []string{"extra rule pushloss.run never"}, []string{"may change figures"}, true},
		{"row security", `ALTER TABLE pushloss.run ENABLE ROW LEVEL SECURITY`, []string{"different table pushloss.run"}, []string{"DISABLE ROW LEVEL SECURITY"}, true},
		{"row security for the owner too", `ALTER TABLE pushloss.run ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`, []string{"different table pushloss.run"}, []string{"may hide rows"}, true},
		{"an unlogged table", `ALTER TABLE pushloss.reject SET UNLOGGED`, []string{"different table pushloss.reject"}, []string{"SET LOGGED"}, true},
		{"a table whose rows count as ours", `CREATE TABLE public."Old rows" () INHERITS (pushloss.stage_loss)`, []string{`extra heir pushloss.stage_loss public."Old rows"`}, []string{"counted twice"}, true},
		{"keys that are not checked", `ALTER TABLE pushloss.usual_stage_text DISABLE TRIGGER ALL`, []string{"different constraint pushloss.usual_stage_text usual_stage_text_err_code_key_fkey"}, []string{"pushloss.usual_stage_text ENABLE TRIGGER ALL"}, true},
		{"a column that is lost", `ALTER TABLE pushloss.run DROP COLUMN error CASCADE`, []string{"missing column pushloss.run error", "missing view analytics.runs"}, nil, false},
		{"a column with another name", `ALTER TABLE pushloss.raw_body RENAME COLUMN size TO "the size"`, []string{"missing column pushloss.raw_body size", "extra column pushloss.raw_body the size"},
			[]string{`ALTER TABLE pushloss.raw_body RENAME COLUMN "the size" TO "size";`, `ALTER TABLE pushloss.raw_body RENAME COLUMN "the size" TO "size";`}, false},
		{"a key with another name", `ALTER TABLE pushloss.run RENAME CONSTRAINT run_pkey TO k`, []string{"extra constraint pushloss.run k", "missing constraint pushloss.run run_pkey"},
			[]string{`ALTER TABLE pushloss.run RENAME CONSTRAINT "k" TO "run_pkey";`, `ALTER TABLE pushloss.run RENAME CONSTRAINT "k" TO "run_pkey";`}, false},
		{"a table with another name", `ALTER TABLE pushloss.span_disagreement RENAME TO spans_old`, []string{"missing table pushloss.span_disagreement"}, []string{`ALTER TABLE "pushloss"."spans_old" RENAME TO span_disagreement;`}, false},
		{"a column of another type", `ALTER TABLE pushloss.raw_body ALTER COLUMN size TYPE bigint`, []string{"different column pushloss.raw_body size"}, []string{"ALTER COLUMN \"size\" TYPE integer;"}, true},
		{"a column whose collation takes different texts for the same", `CREATE COLLATION ci (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false); ALTER TABLE pushloss.app_lease ALTER COLUMN holder TYPE text COLLATE ci`,
			[]string{"different column pushloss.app_lease holder"}, []string{`ALTER COLUMN "holder" TYPE text;`}, true},
		{"a column whose collation only sorts", `ALTER TABLE pushloss.app_lease ALTER COLUMN holder TYPE text COLLATE "C"`, nil, nil, false},
		{"a column that was added", `ALTER TABLE pushloss.raw_body ADD COLUMN note text`, []string{"extra column pushloss.raw_body note"}, []string{"DROP COLUMN"}, true},
		{"a column without NOT NULL", `ALTER TABLE pushloss.raw_body ALTER COLUMN size DROP NOT NULL`, []string{"different column pushloss.raw_body size"}, []string{"SET NOT NULL;"}, true},
		{"a column with a default", `ALTER TABLE pushloss.ledger ALTER COLUMN state SET DEFAULT 'loaded'`, []string{"different column pushloss.ledger state"}, []string{"DROP DEFAULT;"}, true},
		{"a column with another default", `ALTER TABLE pushloss.alert ALTER COLUMN good_jobs SET DEFAULT 3, ALTER COLUMN good_jobs DROP NOT NULL`,
			[]string{"different column pushloss.alert good_jobs"}, []string{`SET DEFAULT 0, ALTER COLUMN "good_jobs" SET NOT NULL;`}, true},
		{"a key that is not generated", `ALTER TABLE pushloss.reject ALTER COLUMN reject_id DROP IDENTITY`, []string{"different column pushloss.reject reject_id"}, []string{"ADD GENERATED ALWAYS AS IDENTITY;"}, true},
		{"a key that may be given", `ALTER TABLE pushloss.reject ALTER COLUMN reject_id SET GENERATED BY DEFAULT`, []string{"different column pushloss.reject reject_id"}, []string{"SET GENERATED ALWAYS;"}, true},
		{"keys that end", `ALTER TABLE pushloss.pull ALTER COLUMN pull_id SET MAXVALUE 30 SET CYCLE`, []string{"different column pushloss.pull pull_id"}, []string{"SET NO MAXVALUE"}, true},
		{"keys that go down", `ALTER TABLE pushloss.pull ALTER COLUMN pull_id SET INCREMENT BY -1`, []string{"different column pushloss.pull pull_id"}, []string{"SET INCREMENT BY 1"}, true},
		{"a published table without a replica identity", `CREATE PUBLICATION out FOR TABLE pushloss.ledger; ALTER TABLE pushloss.ledger REPLICA IDENTITY NOTHING`, []string{"different table pushloss.ledger"}, []string{"REPLICA IDENTITY DEFAULT;"}, true},
		{"a view that is lost", `DROP VIEW analytics.runs`, []string{"missing view analytics.runs"}, nil, false},
		{"a function that is lost", `DROP FUNCTION analytics.loss_as_of`, []string{"missing function analytics.loss_as_of(at timestamp with time zone)"}, nil, false},
		{"a platform that somebody named", `INSERT INTO pushloss.platform VALUES (99, 'New')`, nil, nil, false},
		{"names that are lost or changed", `DELETE FROM pushloss.stage WHERE stage_id = 2; UPDATE pushloss.platform SET platform = 'APNs' WHERE platform_id = 1`,
			[]string{"different row pushloss.platform 1", "missing row pushloss.stage 2"}, []string{"pushloss migrate up", "pushloss migrate up"}, false},
		{"a sequence behind its table", `SELECT setval('pushloss.run_run_id_seq', 1, false); INSERT INTO pushloss.run (run_id, kind, started_at, state) OVERRIDING SYSTEM VALUE VALUES (27, 'run', now(), 'done')`,
			[]string{"behind sequence pushloss.run_run_id_seq"}, []string{"SELECT setval('pushloss.run_run_id_seq', 27)"}, true},
		{"a sequence behind the rows of an app", `INSERT INTO pushloss.app (sdk_app_id, timezone, lookback_days, task_days) VALUES (1, 'UTC', 7, 30);
			INSERT INTO pushloss.loss_change (change_id, sdk_app_id, day, task_key, by_platform, stage_id, event_type, platform_id, err_code_key, changed_at, run_id)
				OVERRIDING SYSTEM VALUE VALUES (9, 1, '2025-03-02', 1, false, 1, 0, 0, 1, now(), 1)`,
			[]string{"behind sequence pushloss.loss_change_change_id_seq"}, []string{"SELECT setval('pushloss.loss_change_change_id_seq', 9)"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url := shared
			if !tt.mended {
				t.Parallel()
				url = pgtest.URL(t)
			}
			admin := connect(t, pgtest.AdminURL(t, url))
			exec(t, admin, `INSERT INTO pushloss.stage_loss (sdk_app_id, day, task_key, stage_id, err_code_key, err_info_key, err_count, updated_at)
				VALUES (1, '2025-03-02', 1, 1, 1, 1, 5, '2025-03-03Z') ON CONFLICT DO NOTHING`)
			if tt.change != "" {
				exec(t, admin, tt.change)
			}
			inspect := migrations.DeviationsAndRepeats
			if strings.HasPrefix(tt.name, "a sequence") {
				inspect = migrations.Deviations
			}
			deviations, err := inspect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, d := range deviations {
				got = append(got, d.What+" "+d.Name)
				if d.Hint() == "" || len(tt.toDo) > i && !strings.Contains(d.Hint(), tt.toDo[i]) {
					t.Errorf("%v: the way out is %q", d, d.Hint())
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !tt.mended {
				return
			}
			for _, d := range deviations {
				statement := regexp.MustCompile(`(ALTER TABLE|CREATE INDEX|DROP|REINDEX|SELECT) .*;$`).FindString(d.Hint())
				exec(t, admin, statement)
			}
			if left, err := inspect(t.Context(), url); err != nil || len(left) > 0 {
				t.Errorf("after what to do: %v, %v", left, err)
			}
		})
	}
}

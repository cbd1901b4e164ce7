package main_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pushloss/migrations"
)

const sqlDump = `
	SELECT 'stage', to_jsonb(t)::text FROM pushloss.stage_loss AS t UNION ALL
	SELECT 'platform', to_jsonb(t)::text FROM pushloss.platform_loss AS t UNION ALL
	SELECT 'change', (to_jsonb(t) - 'change_id')::text FROM pushloss.loss_change AS t ORDER BY 1, 2`

type dumped struct{ Table, Row string }

// O6: after everything was deleted, a backfill of changing answers with oddities is rebuilt from
// the archive without a call.
func TestO6ReplayRebuildsWhatWasDeletedWithoutACall(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.tasks("t1", "t2", "t3", "t4", "t5", "t6")
	w.faults("duplicate-rows", "count-string", "trailing-comma", "late=0.3:days=9")
	w.do(0, w.backfill(9, 3)...)
	w.faults("duplicate-rows", "restated:from="+w.back(6)+",to="+w.back(4))
	w.do(1, w.backfill(8, 2, "--reprocess", "all")...).says(t, "removed: figures of ")
	w.faults()
	w.do(0, w.backfill(9, 1, "--reprocess", "all")...)
	loaded := query[dumped](w, sqlDump)
	if n := w.number(`SELECT count(*) FROM pushloss.loss_change`); n < 20 {
		t.Fatalf("only %d changes were recorded", n)
	}
	w.do(0, "verify").says(t, "9 days, 63 windows", "everything is as the API answered")
	calls := w.calls.Load()

	w.exec(`TRUNCATE pushloss.stage_loss, pushloss.platform_loss, pushloss.loss_change`)
	found := w.do(1, "verify")
	if n := strings.Count(found.stdout, "fact missing"); n != countOf(loaded, "stage", "platform") {
		t.Errorf("%d facts are reported as missing, %d are", n, countOf(loaded, "stage", "platform"))
	}
	if n := strings.Count(found.stdout, "change missing"); n != countOf(loaded, "change") {
		t.Errorf("%d changes are reported as missing, %d are", n, countOf(loaded, "change"))
	}
	shapeIs(t, "verify", w.do(1, "verify", "--from", w.back(8), "--to", w.back(8), "--output", "json").stdout)
	shapeIs(t, "replay", w.do(0, "replay", "--to", w.back(9), "--output", "json").stdout)
	w.do(0, "replay").says(t, "replayed: ", " facts inserted, 0 updated, 0 deleted, ")
	if replayed := query[dumped](w, sqlDump); !slices.Equal(loaded, replayed) {
		t.Errorf("%d rows were loaded, %d were replayed, or they differ", len(loaded), len(replayed))
	}
	w.do(0, "verify")
	w.do(0, "replay").says(t, "nothing had to be repaired")
	if n := w.calls.Load(); n != calls {
		t.Errorf("the API was called %d times", n-calls)
	}
	w.equalsTruth(testApp, 9, 1, "t1", "t2", "t3", "t4", "t5", "t6")
}

func countOf(rows []dumped, tables ...string) (n int) {
	for _, row := range rows {
		if slices.Contains(tables, row.Table) {
			n++
		}
	}
	return n
}

func TestADamagedAnswerIsReportedAndNeverReplayed(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, w.backfill(3, 2)...)
	w.exec(`UPDATE pushloss.raw_body SET body = substr(body, 2) WHERE sha256 = (SELECT body_sha256 FROM pushloss.pull ORDER BY pull_id LIMIT 1)`)
	w.exec(`DELETE FROM pushloss.stage_loss`)
	w.do(1, "verify").says(t, w.back(3), "not provable", "SHA-256", "1 window cannot be proven")
	r := w.do(1, "replay")
	r.says(t, "1 window cannot be proven")
	if !strings.Contains(r.stderr, "SHA-256") {
		t.Errorf("stderr does not say which: %s", r.stderr)
	}
	if n := w.number(`SELECT count(DISTINCT day) FROM pushloss.stage_loss`); n != 1 {
		t.Errorf("facts of %d days are there", n)
	}
	// As the guide says: while the API remembers, delete the answer and pull the day again.
	w.exec(`DELETE FROM pushloss.raw_body WHERE sha256 = (SELECT body_sha256 FROM pushloss.pull ORDER BY pull_id LIMIT 1)`)
	w.do(0, w.backfill(3, 3, "--reprocess", "all")...)
	w.do(0, w.backfill(3, 2, "--reprocess", "all")...)
	w.equalsTruth(testApp, 3, 2)
}

func TestPruneDoesWhatItsPlanShows(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, w.backfill(5, 2)...)
	w.do(0, w.backfill(5, 5, "--reprocess", "all")...)
	w.exec(`UPDATE pushloss.pull SET loaded_at = loaded_at - interval '401 days' WHERE day < (SELECT max(day) FROM pushloss.pull)`)
	w.exec(`UPDATE pushloss.run SET started_at = started_at - interval '401 days', finished_at = finished_at - interval '401 days'`)
	shapeIs(t, "prune", w.do(0, "prune", "--plan", "--output", "json").stdout)
	planned := w.do(0, "prune", "--plan")
	planned.says(t, w.back(5), w.back(3), "1 run would be pruned")
	done := w.do(0, "prune")
	if want := strings.ReplaceAll(planned.stdout, "would be pruned", "pruned"); done.stdout != want {
		t.Errorf("the plan shows\n%s\nand this was done:\n%s", planned.stdout, done.stdout)
	}
	w.do(0, "prune").says(t, "0 answers of 0 bytes and 0 runs pruned")
	w.do(0, "verify").says(t, "everything is as the API answered", "3 windows are beyond the archive")
	w.equalsTruth(testApp, 5, 2)
}

func TestTheArchiveCommandsRefuseSenselessArguments(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, command := range []string{"verify", "replay"} {
		w.do(2, command, "--from", "2025-03-02", "--to", "2025-03-01").says(t, "before it begins", "--from")
		w.do(2, command, "--from", "yesterday").says(t, "--from: ", "2025-03-31")
		w.do(2, command, "--app", "77").says(t, "nothing is stored of app 77")
		w.do(0, command)
	}
	var totals struct {
		Differences []any          `json:"differences"`
		Totals      map[string]int `json:"totals"`
	}
	if err := json.Unmarshal([]byte(w.do(0, "verify", "--output", "json").stdout), &totals); err != nil || totals.Differences == nil || totals.Totals["days"] != 0 {
		t.Errorf("an empty archive: %+v, %v", totals, err)
	}
}

// K2: both check and verify find a key that a restore lost, and rows that were stored twice since.
// check also finds a sequence that is behind.
func TestCheckAndVerifyFindWhatARestoreLost(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, w.backfill(3, 2)...)
	w.do(0, "check").says(t, "as the migrations make them", "everything is in order")
	w.exec(`ALTER TABLE pushloss.ledger DROP CONSTRAINT ledger_pkey`)
	w.exec(`INSERT INTO pushloss.ledger SELECT * FROM pushloss.ledger`)
	w.exec(`SELECT setval('pushloss.run_run_id_seq', 1, false)`)
	w.do(3, "run").says(t, "run_pkey", "what to do: pushloss check finds sequences that are behind")
	w.exec(`SELECT setval('pushloss.run_run_id_seq', 1, false)`)
	w.do(3, "check").says(t, "constraint pushloss.ledger ledger_pkey is missing", "--single-transaction",
		"sequence pushloss.run_run_id_seq: would give 1 next", "SELECT setval('pushloss.run_run_id_seq', 1);")
	w.do(1, "verify").says(t, "constraint pushloss.ledger ledger_pkey is missing", "ledger repeated",
		"table pushloss.ledger: 2 keys", "are stored more than once, in 4 rows")
	w.do(1, "verify", "--output", "json").says(t, `"what":"repeated","name":"table pushloss.ledger"`)
}

// K3: the reason for which a migration fails is printed in Postgres' words, and the exit code is 3.
func TestAMigrationThatFailsSaysWhyAndThatNothingWasChanged(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.exec(`CREATE VIEW public.report AS SELECT * FROM analytics.app_stage_loss`)
	failed := w.do(3, "migrate", "down", fmt.Sprint(migrations.Count()))
	for _, want := range []string{"view public.report depends on view analytics.app_stage_loss", "Use DROP ... CASCADE", "nothing was changed by it", "what to do: drop what depends on it"} {
		if !strings.Contains(failed.stderr, want) {
			t.Errorf("%q is not in:\n%s", want, failed.stderr)
		}
	}
	w.exec(`DROP VIEW public.report`)
	w.do(0, "migrate", "up")
}

package main_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// K2: a foreign view that was made after the dump stops the documented restore, which then changes
// nothing. Without --single-transaction, pg_restore continues, and check and verify find what it
// did.
func TestARestoreThatAViewOfOthersStopsChangesNothing(t *testing.T) {
	t.Parallel()
	for _, client := range []string{"pg_dump", "pg_restore"} {
		if _, err := exec.LookPath(client); err != nil {
			t.Skipf("a restore needs %s: %v", client, err)
		}
	}
	w := setup(t)
	w.do(0, w.backfill(3, 2)...)
	sum := w.number(`SELECT sum(err_count) FROM analytics.app_stage_loss`)
	dump := filepath.Join(t.TempDir(), "pushloss.dump")
	if said, err := exec.Command("pg_dump", "--format=custom", "--file="+dump, w.env["DATABASE_URL"]).CombinedOutput(); err != nil {
		t.Fatalf("pg_dump: %v\n%s", err, said)
	}
	restore := func(options ...string) (string, bool) {
		options = append([]string{"--clean", "--if-exists", "--no-owner", "--dbname=" + w.env["DATABASE_URL"]}, options...)
		said, err := exec.Command("pg_restore", append(options, dump)...).CombinedOutput()
		return string(said), err == nil
	}
	w.exec(`CREATE VIEW public.report AS SELECT * FROM analytics.app_stage_loss`)

	if said, ok := restore("--single-transaction"); ok || !strings.Contains(said, "view public.report depends on view analytics.app_stage_loss") {
		t.Errorf("with one transaction (succeeded: %v) it says:\n%s", ok, said)
	}
	w.do(0, "verify").says(t, "everything is as the API answered")
	w.do(0, "check")

	if _, ok := restore(); ok {
		t.Error("without one transaction it succeeds")
	}
	if now := w.number(`SELECT sum(err_count) FROM analytics.app_stage_loss`); now == sum {
		t.Error("without one transaction no figure changes: the guide says otherwise")
	}
	w.do(3, "check").says(t, "constraint pushloss.stage_loss stage_loss_pkey is missing")
	w.do(1, "verify").says(t, "fact repeated", "table pushloss.stage_loss: ", "are stored more than once", "--single-transaction")

	w.exec(`DROP VIEW public.report`)
	if said, ok := restore("--single-transaction"); !ok {
		t.Errorf("once the view is gone:\n%s", said)
	}
	w.do(0, "verify").says(t, "everything is as the API answered")
	w.do(0, "check")
	if now := w.number(`SELECT sum(err_count) FROM analytics.app_stage_loss`); now != sum {
		t.Errorf("the views show %d, not %d", now, sum)
	}
}

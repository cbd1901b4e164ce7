package pipeline_test

import (
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

// A plan of a long list of tasks has millions of windows: it lists the first, and counts the rest.
func TestAPlanListsABoundedNumberOfWindows(t *testing.T) {
	t.Parallel()
	w := setup(t)
	sent := today.Window(time.UTC).Start.AddDate(0, 0, -6)
	w.Exec(`INSERT INTO pushloss.task (sdk_app_id, task_id, sent_at, registered_at) SELECT $1, 'many-' || n, $2, $2 FROM generate_series(1, 400) AS n`, testApp, sent)
	w.backfill(today-3, today-3, load.RunDone)
	windows, settled := w.Number(`SELECT count(*) FROM pushloss.ledger`), w.Number(`SELECT count(*) FROM pushloss.ledger WHERE settled`)
	if windows < 400 {
		t.Fatalf("the backfill pulled %d windows", windows)
	}
	w.Exec(`UPDATE pushloss.ledger SET settled = true, settled_reason = 'lookback'`)
	plan, err := w.Jobs(pipeline.Options{}).PlanBackfill(t.Context(), pipeline.BackfillRequest{From: today - 5, To: today - 2, Reprocess: pipeline.Missing})
	if err != nil {
		t.Fatal(err)
	}
	if total, due := 4*int(windows), 3*int(windows); plan.Total != total || plan.Due != due {
		t.Errorf("%d of %d windows are due, want %d of %d (%d were settled)", plan.Due, plan.Total, due, total, settled)
	}
	if len(plan.Windows) != 1000 {
		t.Errorf("%d windows are listed", len(plan.Windows))
	}
	for _, listed := range plan.Windows {
		if want := map[calendar.Day]string{today - 3: "settled: pulled after the lookback"}[listed.Day]; want != "" && (listed.Due || listed.Why != want) {
			t.Errorf("%+v", listed)
		}
	}
	if first, last := plan.Windows[0].Day, plan.Windows[999].Day; first != today-5 || last != today-3 {
		t.Errorf("the list has the days from %s to %s", first, last)
	}
}

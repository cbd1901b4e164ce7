package grafana_test

import (
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// due are the panels that ask for action, with what they show where there is nothing to do.
var due = map[string]string{"Failed": "0", "Gaps": "0", "Not final": "0", "Checks that stay unequal": "0", "Gaps and failures": "", "Days not final": ""}

// retiredAppsAreHistory: nothing is due of a retired app, however long ago it was retired, and what it
// had stays in the figures.
func retiredAppsAreHistory(t *testing.T, w *fixture) {
	conn := w.ownConn(t)
	chosen := choice{"app": {fmt.Sprint(otherApp)}}
	ask := func(tx pgx.Tx, sql string, chosen choice) answer {
		t.Helper()
		expanded, err := expand(sql, chosen, w.during)
		if err != nil {
			t.Fatal(err)
		}
		return collect(t, tx, expanded)
	}
	pipeline, overview := named(t, "pipeline.json"), named(t, "overview.json")
	history := w.opened(t, overview, chosen)
	var before []string
	figures := []string{"Newest day", "Lost", "Lost per day, by stage", "Lost per day, by platform", "Most frequent codes", "Lost per day against the week before"}
	for _, title := range figures {
		before = append(before, fmt.Sprint(w.ask(t, overview.panel(t, title).Targets[0].RawSQL, history).rows))
	}
	marks := w.ask(t, overview.mark(t, "Not final"), history)
	if len(marks.rows) == 0 {
		t.Error("no day of the app is marked")
	}
	w.changed(t, conn, fmt.Sprintf(`UPDATE pushloss.app SET retired_at = now() WHERE sdk_app_id = %d`, otherApp), func(tx pgx.Tx) {
		for title, want := range due {
			got := ""
			if a := ask(tx, pipeline.panel(t, title).Targets[0].RawSQL, chosen); len(a.rows) > 0 {
				got = fmt.Sprint(a.rows[0][0])
			}
			if got != want {
				t.Errorf("%s shows %q of a retired app, want %q", title, got, want)
			}
		}
		if behind := ask(tx, overview.panel(t, "Days behind").Targets[0].RawSQL, history); behind.rows[0][0] != nil {
			t.Errorf("a retired app is %v behind", behind.rows)
		}
		if marks := ask(tx, overview.mark(t, "Not final"), history); len(marks.rows) > 0 {
			t.Errorf("days of a retired app are marked as not final: %v", marks.rows)
		}
		if states := ask(tx, pipeline.panel(t, "Coverage, by state").Targets[0].RawSQL, chosen).summed(t, "windows", "metric"); states["open"] != 0 || states["loaded"] == 0 {
			t.Errorf("windows of a retired app: %v", states)
		}
		if freshness := ask(tx, pipeline.panel(t, "Freshness").Targets[0].RawSQL, chosen); len(freshness.rows) == 0 || freshness.rows[0][freshness.index("retired")] == nil {
			t.Errorf("freshness of a retired app: %v", freshness.rows)
		}
		var after []string
		for _, title := range figures {
			after = append(after, fmt.Sprint(ask(tx, overview.panel(t, title).Targets[0].RawSQL, history).rows))
		}
		if diff := gocmp.Diff(before, after); diff != "" {
			t.Errorf("the figures of a retired app changed:\n%s", diff)
		}
	})
	// With another app chosen, freshness is that of the other.
	w.changed(t, conn, fmt.Sprintf(`UPDATE pushloss.app SET retired_at = now() WHERE sdk_app_id = %d;
		DELETE FROM pushloss.ledger WHERE sdk_app_id = %[1]d AND day > '%s'`, otherApp, w.back(10)), func(tx pgx.Tx) {
		both := w.opened(t, overview, nil)
		if got := ask(tx, overview.panel(t, "Newest day").Targets[0].RawSQL, both).rows[0][0]; got != w.back(1) {
			t.Errorf("the newest day is %v, want %s", got, w.back(1))
		}
		texts := ask(tx, overview.Templating.List[0].Query, nil)
		if want := []any{fmt.Sprint(otherApp, " (retired)"), fmt.Sprint(otherApp)}; !slices.ContainsFunc(texts.rows, func(row []any) bool { return slices.Equal(row, want) }) {
			t.Errorf("the apps offered are %v", texts.rows)
		}
	})
	// The checks of a retired task do not count either.
	stays := choice{"app": {fmt.Sprint(app)}}
	w.changed(t, conn, fmt.Sprintf(`UPDATE pushloss.task SET retired_at = now() WHERE task_id = '%s'`, task), func(tx pgx.Tx) {
		if got := fmt.Sprint(ask(tx, pipeline.panel(t, "Checks that stay unequal").Targets[0].RawSQL, stays).rows[0][0]); got != "0" {
			t.Errorf("%s checks of a retired task stay unequal", got)
		}
	})
	// Nothing but a run is a run.
	w.changed(t, conn, `UPDATE pushloss.run SET finished_at = finished_at - interval '3 days' WHERE kind = 'run'`, func(tx pgx.Tx) {
		if age := float(t, ask(tx, pipeline.panel(t, "Since the last run").Targets[0].RawSQL, nil).rows[0][0]); age < 3*86400 || age > 4*86400 {
			t.Errorf("the last run is %v seconds ago", age)
		}
	})
}

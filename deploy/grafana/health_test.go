package grafana_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pushloss/internal/calendar"
)

var utc = time.UTC

// events are the kinds of push as the dashboards show them.
var events = map[int]string{1: "offline", 2: "online"}

// sums are figures by a key of several parts.
type sums map[string]float64

func (s sums) add(n int64, key ...string) { s[strings.Join(key, " ")] += float64(n) }

func timeOf(value any) time.Time { return time.Unix(epoch(value), 0) }

func parseDay(t testing.TB, text string) calendar.Day {
	t.Helper()
	day, err := calendar.ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return day
}

func healthIsTrue(t *testing.T, w *fixture) {
	d := named(t, "pipeline.json")
	chosen := w.opened(t, d, nil)
	show := func(title string) answer { return w.ask(t, d.panel(t, title).Targets[0].RawSQL, chosen) }
	gaps := show("Gaps and failures")
	found := make(map[string]bool)
	for _, row := range gaps.rows {
		found[fmt.Sprint(row[gaps.index("day")], row[gaps.index("app")], row[gaps.index("task")], row[gaps.index("state")])] = true
	}
	for _, want := range []string{
		fmt.Sprint(w.back(failedDay), otherApp, "(whole app)", "failed"), fmt.Sprint(w.back(missingDay), otherApp, "(whole app)", "open"),
	} {
		if !found[want] {
			t.Errorf("%s is not among the gaps and failures %v", want, gaps.rows)
		}
	}
	for title, atLeast := range map[string]float64{"Failed": 1, "Gaps": 1, "Not final": 14, "Checks that stay unequal": 1, "Open alerts": 2} {
		if got := float(t, show(title).rows[0][0]); got < atLeast || got > 200 {
			t.Errorf("%s: %v, want %v at least", title, got, atLeast)
		}
	}
	kinds := make(map[string]bool)
	alerts := show("Alerts")
	for _, row := range alerts.rows {
		kinds[row[alerts.index("kind")].(string)] = true
	}
	if !kinds["gap"] || !kinds["reconciliation"] {
		t.Errorf("alerts: %v", kinds)
	}
	states := show("Reconciliations").summed(t, "unequal", "app", "task", "state")
	if states[fmt.Sprint(app, " ", task, " stays")] == 0 || states[fmt.Sprint(app, " (whole app) agreed")] != 0 {
		t.Errorf("reconciliations: %v", states)
	}
	if runs := show("Runs per day, by how they ended").summed(t, "runs", "metric"); runs["done"] != 2 || runs["partial"] != 3 {
		t.Errorf("runs: %v", runs)
	}
	written := show("Rows written per day")
	facts := written.summed(t, "inserted")[""] - written.summed(t, "deleted")[""]
	var stored float64
	if err := w.owner.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM analytics.app_stage_loss) + (SELECT count(*) FROM analytics.app_platform_loss)
		+ (SELECT count(*) FROM analytics.task_stage_loss) + (SELECT count(*) FROM analytics.task_platform_loss)`).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if facts < stored || written.summed(t, "updated")[""] == 0 {
		t.Errorf("%v rows were written and not deleted, and there are %v facts", facts, stored)
	}

	// What came late is the difference between what the API says now and said at first.
	page := named(t, "task.json")
	late := w.ask(t, page.panel(t, "Late growth").Targets[0].RawSQL, w.opened(t, page, choice{"app": {fmt.Sprint(app)}, "task": {task}}))
	for stage, want := range w.grown {
		if got := late.summed(t, stage)[""]; got != want || want == 0 {
			t.Errorf("%s grew by %v, want %v", stage, got, want)
		}
	}
}

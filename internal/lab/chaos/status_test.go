package chaos

import (
	"encoding/json"
	"strings"
)

// status checks how complete the figures are: exactly the days that were not requested
// in time are unproven, and nothing else is wrong.
func (w *world) status() (p *process, problems differences) {
	w.t.Helper()
	p = w.ended("status", "--output", "json")
	var reported struct {
		Apps []struct {
			App         int64 `json:"sdk_app_id"`
			Failed      *int  `json:"failed"`
			Missing     *int  `json:"missing"`
			Late        *int  `json:"late"`
			Unproven    *int  `json:"unproven"`
			Differences *int  `json:"differences"`
			Unanswered  *int  `json:"unanswered_tasks"`
			Lag         *int  `json:"lag_days"`
		} `json:"apps"`
		LastRun struct{ State string } `json:"last_run"`
	}
	said := p.said.String()
	if err := json.NewDecoder(strings.NewReader(said[max(0, strings.Index(said, "{")):])).Decode(&reported); err != nil {
		w.t.Fatalf("status ended with %d, and printed:\n%s", p.code(), tail(said))
	}
	forgotten := 0
	for day := w.firstDay(); day <= w.lastDay(); day++ {
		if w.isForgotten(day.String()) {
			forgotten += w.windowsOfDay()
		}
	}
	if p.code() != 1 {
		problems.add("status ended with %d, though days are unproven", p.code())
	}
	if len(reported.Apps) != len(apps()) || reported.LastRun.State != "done" {
		problems.add("status has %d apps, and a last run that is %s", len(reported.Apps), reported.LastRun.State)
	}
	for _, app := range reported.Apps {
		for name, count := range map[string]struct {
			reported *int
			want     int
		}{
			"failed": {app.Failed, 0}, "missing": {app.Missing, 0}, "late": {app.Late, 0}, "unproven": {app.Unproven, forgotten},
			"differences": {app.Differences, 0}, "unanswered": {app.Unanswered, 0}, "lag": {app.Lag, lookback},
		} {
			if count.reported == nil || *count.reported != count.want {
				problems.add("status is wrong about %s of app %d, want %d; it said:\n%s", name, app.App, count.want, tail(said))
			}
		}
	}
	return p, problems
}

// windowsOfDay counts an app's windows: of losses and statistics each task's and the
// whole app's, and one of each chat stream.
func (w *world) windowsOfDay() int { return 2*(len(w.tasks)+1) + 2 }

package chaos

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pushloss/internal/calendar"
)

const sqlFacts = `
	SELECT sdk_app_id, day::text, '', 'stage', stage, 0, 0, err_code, err_count, err_info FROM analytics.app_stage_loss
	UNION ALL
	SELECT sdk_app_id, day::text, '', 'platform', stage, event_type, platform_id, err_code, err_count, err_info
	FROM analytics.app_platform_loss
	UNION ALL
	SELECT sdk_app_id, day::text, task_id, 'stage', stage, 0, 0, err_code, err_count, err_info FROM analytics.task_stage_loss
	UNION ALL
	SELECT sdk_app_id, day::text, task_id, 'platform', stage, event_type, platform_id, err_code, err_count, err_info
	FROM analytics.task_platform_loss`

func (w *world) facts() map[window]map[key]figure {
	w.t.Helper()
	type row struct {
		App             int64
		Day, Task       string
		Grain, Stage    string
		Event, Platform int
		Code            string
		Count           int64
		Info            string
	}
	facts := make(map[window]map[key]figure)
	for _, r := range query[row](w, sqlFacts) {
		at := window{r.App, r.Day, r.Task}
		if facts[at] == nil {
			facts[at] = make(map[key]figure)
		}
		facts[at][key{r.Grain, r.Stage, r.Event, r.Platform, r.Code}] = figure{r.Count, r.Info}
	}
	return facts
}

// truth is what the sandbox reports for every window from the first day on.
func (w *world) truth() map[window]map[key]figure {
	facts := make(map[window]map[key]figure)
	for _, app := range apps() {
		for day := w.firstDay(); day <= w.lastDay(); day++ {
			for _, task := range append([]string{""}, w.tasks...) {
				if figures := w.trueFigures(app, day, task); len(figures) > 0 {
					facts[window{app, day.String(), task}] = figures
				}
			}
		}
	}
	return facts
}

func (w *world) trueFigures(app int64, day calendar.Day, task string) map[key]figure {
	span := day.Window(w.zone)
	reported := w.api.Truth(app, task, span.Start, span.End)
	figures := make(map[key]figure)
	for _, row := range reported.Stage {
		figures[key{"stage", row.Stage, 0, 0, row.ErrCode}] = figure{row.ErrCount, row.ErrInfo}
	}
	for _, row := range reported.Platform {
		figures[key{"platform", row.Stage, row.EventType, row.PushPlatform, row.ErrCode}] = figure{row.ErrCount, row.ErrInfo}
	}
	return figures
}

// nearTruth compares the facts with the sandbox's truth. Facts of days that were not
// requested in time may exceed it: what a wrong answer raised stays.
func (w *world) nearTruth(got map[window]map[key]figure) (problems differences) {
	want, remembered := w.truth(), make(map[window]map[key]figure)
	for at, figures := range got {
		if !w.isForgotten(at.Day) {
			remembered[at] = figures
		}
	}
	for at, figures := range want {
		if !w.isForgotten(at.Day) {
			continue
		}
		delete(want, at)
		for k, figure := range figures {
			if got[at][k].Count < figure.Count {
				problems.add("the facts of %v are less than the sandbox's truth: %+v is %+v, want %+v", at, k, got[at][k], figure)
			}
		}
	}
	return append(problems, sameFacts("the sandbox's truth", want, remembered)...)
}

// isForgotten reports whether the API need not remember the whole day. No day ends during
// the test, so this was the same when the storm began.
func (w *world) isForgotten(day string) bool { return day < (w.today - memoryDays + 1).String() }

func sameFacts(whose string, want, got map[window]map[key]figure) (problems differences) {
	for at, figures := range want {
		if !maps.Equal(figures, got[at]) && len(figures)+len(got[at]) > 0 {
			problems.add("the facts of %v are not %s: %s", at, whose, difference(figures, got[at]))
		}
	}
	for at, figures := range got {
		if _, known := want[at]; !known && len(figures) > 0 {
			problems.add("the facts of %v are not %s: there are to be none, and are %d", at, whose, len(figures))
		}
	}
	return problems
}

// difference names the first key that differs.
func difference(want, got map[key]figure) string {
	for k, figure := range want {
		if got[k] != figure {
			return fmt.Sprintf("%+v is %+v, want %+v", k, got[k], figure)
		}
	}
	for k, figure := range got {
		if _, known := want[k]; !known {
			return fmt.Sprintf("%+v is %+v, want none", k, figure)
		}
	}
	return "nothing"
}

const sqlChanges = `
	SELECT sdk_app_id, day::text, task_id, CASE WHEN event_type IS NULL THEN 'stage' ELSE 'platform' END, stage,
		coalesce(event_type, 0), coalesce(platform_id, 0), err_code, changed_at, run_id,
		coalesce(old_count, -1), coalesce(new_count, -1), coalesce(old_err_info, ''), coalesce(new_err_info, '')
	FROM analytics.loss_changes`

// sameChanges compares the history.
func (w *world) sameChanges(want map[change]int) (problems differences) {
	w.t.Helper()
	type row struct {
		App              int64
		Day, Task        string
		Grain, Stage     string
		Event, Platform  int
		Code             string
		At               time.Time
		Run, Old, New    int64
		OldInfo, NewInfo string
	}
	left := maps.Clone(want)
	for _, r := range query[row](w, sqlChanges) {
		c := change{
			window{r.App, r.Day, r.Task}, key{r.Grain, r.Stage, r.Event, r.Platform, r.Code},
			r.At.UnixMicro(), r.Run, r.Old, r.New, r.OldInfo, r.NewInfo,
		}
		if left[c]--; left[c] < 0 {
			problems.add("the history has too much: %+v", c)
		}
	}
	for c, n := range left {
		if n > 0 {
			problems.add("the history lacks %+v", c)
		}
	}
	return problems
}

const sqlLedger = `
	SELECT l.sdk_app_id, l.day::text, coalesce(t.task_id, ''), l.state, coalesce(l.settled_reason, ''), l.settled, l.pulls,
		l.row_count, l.reject_count, l.first_loaded_at, l.last_loaded_at, l.last_trusted_at, l.proven_at, l.last_error IS NOT NULL, l.updated_at,
		coalesce((SELECT sum(r.row_count) FROM pushloss.reject AS r
			WHERE (r.sdk_app_id, r.day, r.task_key, r.stream_id) = (l.sdk_app_id, l.day, l.task_key, 0)), 0)
	FROM pushloss.ledger AS l LEFT JOIN pushloss.task AS t USING (task_key)
	WHERE l.stream_id = 0`

// sameLedger compares the ledger and the rejects.
func (w *world) sameLedger(want map[window]*entry) (problems differences) {
	w.t.Helper()
	type row struct {
		App               int64
		Day, Task         string
		State, Reason     string
		Settled           bool
		Pulls             int
		Rows, Rejects     int
		First, Last       *time.Time
		Trusted, Proven   *time.Time
		HasError          bool
		Updated           time.Time
		RowsInRejectTable int
	}
	micro := func(at *time.Time) int64 {
		if at == nil {
			return 0
		}
		return at.UnixMicro()
	}
	seen := make(map[window]bool)
	for _, r := range query[row](w, sqlLedger) {
		at := window{r.App, r.Day, r.Task}
		seen[at] = true
		reported := entry{
			State: r.State, Reason: r.Reason, Rows: r.Rows, Rejects: r.Rejects, First: micro(r.First), Last: micro(r.Last),
			Trusted: micro(r.Trusted), Proven: micro(r.Proven), Pulled: r.Updated.UnixMicro(), Pulls: r.Pulls, HasError: r.HasError,
		}
		modelled := entry{}
		if want[at] != nil {
			modelled = *want[at]
		}
		// Failed requests have no answer to replay.
		failures := reported.Pulls - modelled.Pulls
		modelled.Pulls = reported.Pulls
		if failures > 0 && reported.Pulled > modelled.Pulled {
			modelled.Pulled = reported.Pulled
			modelled.fail()
		}
		if failures > 0 && modelled.HasError && reported.State == "unavailable" && modelled.Trusted == 0 && w.isForgotten(at.Day) {
			modelled.State = "unavailable"
			modelled.forget()
		}
		if reported != modelled || failures < 0 || r.Settled != (r.Reason != "") || r.RowsInRejectTable != r.Rejects {
			problems.add("the ledger of %v is %+v, %d rows in the rejects; the model %+v", at, reported, r.RowsInRejectTable, modelled)
		}
	}
	for at := range want {
		if !seen[at] {
			problems.add("the ledger lacks %v", at)
		}
	}
	return problems
}

// pulledAll looks for windows that no replica pulled.
func (w *world) pulledAll(ledger map[window]*entry) (problems differences) {
	for _, app := range apps() {
		for day := w.firstDay(); day <= w.lastDay(); day++ {
			for _, task := range append([]string{""}, w.tasks...) {
				if ledger[window{app, day.String(), task}] == nil {
					problems.add("%v was never pulled", window{app, day.String(), task})
				}
			}
		}
	}
	return problems
}

// keptPace looks for calls that came too fast: too many within the time that the pace
// allows for them. A busy machine can bring two single calls together.
func (w *world) keptPace() (problems differences) {
	const (
		gaps  = 8
		slack = 300 * time.Millisecond // by which an arrival may be late
		least = gaps*time.Second/rate - slack
	)
	arrivals := make(map[int64][]time.Time)
	for _, call := range w.api.Calls() {
		arrivals[call.SDKAppID] = append(arrivals[call.SDKAppID], call.At)
	}
	for app, times := range arrivals {
		slices.SortFunc(times, time.Time.Compare)
		for i := gaps; i < len(times); i++ {
			if took := times[i].Sub(times[i-gaps]); took < least {
				problems.add("app %d was called %d times within %s, by %s", app, gaps+1, took, times[i])
			}
		}
	}
	if followed := w.api.Stats().RedirectsFollowed; followed > 0 {
		problems.add("%d redirects were followed", followed)
	}
	return problems
}

// reportedRuns compares how processes ended with what the program reports about their
// runs.
func (s *storm) reportedRuns() (problems differences) {
	type row struct {
		ID          int64
		State       string
		HasFinished bool
	}
	runs := make(map[int64]row)
	for _, r := range query[row](s.w, `SELECT run_id, state, finished_at IS NOT NULL FROM analytics.runs`) {
		runs[r.ID] = r
		if r.State == "running" || !r.HasFinished {
			problems.add("run %d is reported as %s, ended: %t", r.ID, r.State, r.HasFinished)
		}
	}
	for _, p := range s.processes {
		id := p.run()
		if id == 0 {
			continue
		}
		reported, known := runs[id]
		abandoned := reported.State == "abandoned"
		switch {
		case !known:
			problems.add("run %d is not known", id)
		case p.killed && !p.finished() && !abandoned:
			problems.add("run %d was killed, and is reported as %s", id, reported.State)
		case !p.killed && abandoned && p.code() != 3: // with 3 the database was not there to store its end
			problems.add("run %d ended with %d, and is reported as abandoned", id, p.code())
		}
	}
	return problems
}

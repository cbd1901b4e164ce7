package pipeline_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

func TestADifferenceOpensItsDaysAndTheNextRunMendsIt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, alter string }{
		{"another count", `UPDATE pushloss.stage_loss SET err_count = err_count + 7 WHERE ctid = (SELECT min(ctid) FROM pushloss.stage_loss
			WHERE day = $1 AND task_key = (SELECT task_key FROM pushloss.task WHERE task_id = 't2'))`},
		{"a missing row", `DELETE FROM pushloss.platform_loss WHERE ctid = (SELECT min(ctid) FROM pushloss.platform_loss
			WHERE day = $1 AND task_key = (SELECT task_key FROM pushloss.task WHERE task_id = 't2'))`},
		{"an extra row", `INSERT INTO pushloss.platform_loss SELECT sdk_app_id, day, task_key, stage_id, event_type, 77, err_code_key, err_info_key, 3, updated_at
			FROM pushloss.platform_loss WHERE ctid = (SELECT min(ctid) FROM pushloss.platform_loss
			WHERE day = $1 AND task_key = (SELECT task_key FROM pushloss.task WHERE task_id = 't2'))`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.filled(9, "t1", "t2")
			w.Exec(test.alter, (today - 6).UTC())

			report := w.reconcile(load.RunPartial)
			r := report.Apps[0].Reconciliation
			if r.Differences != 1 || r.DaysOpened != 7 || len(r.Unequal) != 1 || r.Unequal[0].TaskID != "t2" || report.Apps[0].Hint == "" {
				t.Errorf("the report is %+v", r)
			}
			equal(t, "checks", []string{`03-13 03-19 "" agreed`, `03-13 03-19 "t1" agreed`, `03-13 03-19 "t2" differs`}, w.states())
			equal(t, "opened", []string{"03-13 t2", "03-14 t2", "03-15 t2", "03-16 t2", "03-17 t2", "03-18 t2", "03-19 t2"}, w.opened())
			if s := w.status(); s.Differences != 0 || s.Late != 0 {
				t.Errorf("a check that differs is not a warning yet: %+v", s)
			}
			if n := w.Number(`SELECT count(*) FROM pushloss.ledger WHERE state <> 'loaded'`); n != 0 {
				t.Errorf("%d windows have lost their state", n)
			}

			// Before its days were pulled the check proves nothing new.
			again := w.reconcile(load.RunPartial)
			if again.Apps[0].Reconciliation.DaysOpened != 0 {
				t.Errorf("days were opened twice: %+v", again.Apps[0].Reconciliation)
			}

			w.Now = w.Now.Add(15 * time.Hour)
			run := w.Run(load.RunDone)
			w.EqualsTruth(today-9, today, "t1", "t2")
			if r := run.Apps[0].Reconciliation; r == nil || r.Checks != 1 || len(r.Unequal) != 0 {
				t.Errorf("the check was not made again: %+v", r)
			}
			equal(t, "checks", []string{
				`03-13 03-19 "" superseded`, `03-13 03-19 "t1" superseded`, `03-13 03-19 "t2" superseded`,
				`03-13 03-19 "" agreed`, `03-13 03-19 "t1" agreed`, `03-13 03-19 "t2" superseded`, `03-13 03-19 "t2" agreed`,
			}, w.states())
			equal(t, "opened", nil, w.opened())
			if s := w.status(); s.Differences != 0 || s.Late != 0 || s.Failed != 0 || s.Missing != 0 {
				t.Errorf("the status is %+v", s)
			}
			// The days that were final are so again.
			if n := w.Number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND day < $1 AND NOT settled`, (today - 3).UTC()); n != 0 {
				t.Errorf("%d old windows are not settled", n)
			}
		})
	}
}

func TestADifferenceThatStaysIsAWarningUntilItAgrees(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.filled(9, "t1", "t2")
	w.API.Faults("week-differs=3:task=t2")
	w.reconcile(load.RunPartial)
	w.Now = w.Now.Add(15 * time.Hour)
	run := w.Run(load.RunDone) // its pulls were all right
	if r := run.Apps[0].Reconciliation; r.Checks != 1 || len(r.Unequal) != 1 || run.Apps[0].Hint == "" || run.Apps[0].Problem != "" {
		t.Errorf("the run reports %+v", run.Apps[0])
	}
	w.EqualsTruth(today-9, today, "t1", "t2") // nothing was wrong with the days
	stays := []string{`03-13 03-19 "" agreed`, `03-13 03-19 "t1" agreed`, `03-13 03-19 "t2" superseded`, `03-13 03-19 "t2" stays`}
	equal(t, "checks", stays, w.states())
	equal(t, "opened", nil, w.opened())
	equal(t, "differences", 1, w.status().Differences)

	// Neither pulled nor asked about any more.
	before := len(w.API.Calls())
	w.Now = w.Now.Add(12 * time.Hour)
	w.Run(load.RunDone)
	for _, call := range w.API.Calls()[before:] {
		if call.End-call.Start > 86400 || call.Start < (today-3).UTC().Unix() {
			t.Errorf("the run asked for %s to %s of %v", time.Unix(call.Start, 0).UTC(), time.Unix(call.End, 0).UTC(), call.Tasks)
		}
	}
	equal(t, "differences", 1, w.status().Differences)

	// By hand: still so, and nothing is opened.
	report := w.reconcile(load.RunPartial, today-7, today-1)
	equal(t, "opened", nil, w.opened())
	if r := report.Apps[0].Reconciliation; len(r.Unequal) != 1 || r.Unequal[0].State != load.CheckStays || r.DaysOpened != 0 {
		t.Errorf("the report is %+v", r)
	}
	equal(t, "differences", 1, w.status().Differences)

	w.API.Faults()
	w.reconcile(load.RunDone, today-7, today-1)
	equal(t, "differences", 0, w.status().Differences)
	equal(t, "attempts", 4, w.Number(`SELECT max(attempt) FROM pushloss.reconciliation WHERE state = 'agreed'`))
}

func TestABackfillByHandSettlesAWarning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		backfill    pipeline.BackfillRequest
		faults      []string
		memory      int // days, at the backfill
		differences int
		last        string
	}{
		{"everything pulled again agrees", pipeline.BackfillRequest{From: today - 9, To: today - 1, Reprocess: pipeline.All}, nil, 10_000, 0, "agreed"},
		{"everything pulled again still differs", pipeline.BackfillRequest{From: today - 9, To: today - 1, Reprocess: pipeline.All},
			[]string{"week-differs"}, 10_000, 1, "stays"},
		{"it can no longer be compared", pipeline.BackfillRequest{From: today - 9, To: today - 1, Reprocess: pipeline.All},
			[]string{"week-differs"}, 2, 0, "unproven"},
		{"some of the days", pipeline.BackfillRequest{From: today - 6, To: today - 1, Reprocess: pipeline.All}, nil, 10_000, 1, "stays"},
		{"another task", pipeline.BackfillRequest{From: today - 9, To: today - 1, Reprocess: pipeline.All, Tasks: []string{"t1"}}, nil, 10_000, 1, "stays"},
		{"only what was missing", pipeline.BackfillRequest{From: today - 9, To: today - 1, Reprocess: pipeline.Missing}, nil, 10_000, 1, "stays"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.filled(9, "t1")
			w.API.Faults("week-differs:task=overall")
			w.reconcile(load.RunPartial)
			w.Run(load.RunDone)
			equal(t, "differences", 1, w.status().Differences)
			w.API.Faults(test.faults...)
			w.Settings.APIMemoryDays = test.memory
			w.Backfill(test.backfill, load.RunDone)
			equal(t, "differences", test.differences, w.status().Differences)
			equal(t, "state of the newest check", test.last, world.Rows[struct{ State string }](w.t, w.Pool,
				`SELECT state FROM pushloss.reconciliation WHERE task_key = 0 ORDER BY reconciliation_id DESC LIMIT 1`)[0].State)
		})
	}
}

func TestFiguresThatOnlyGrewCauseNoWarning(t *testing.T) {
	t.Parallel()
	w := setup(t, world.WithFaults(t, "late=0.4:days=2"))
	w.filled(9, "t1")
	w.Now = w.Now.Add(11 * time.Hour) // more of the last days arrives
	report := w.reconcile(load.RunPartial)
	if report.Apps[0].Reconciliation.Differences == 0 {
		t.Fatal("nothing came late: this proves nothing")
	}
	w.Now = w.Now.Add(4 * time.Hour)
	run := w.Run(load.RunDone)
	if r := run.Apps[0].Reconciliation; r == nil || r.Checks != 2 || len(r.Unequal) != 0 {
		t.Errorf("the run reports %+v", r)
	}
	equal(t, "differences", 0, w.status().Differences)
}

func TestOpenedWindowsArePulledWhereverTheyLie(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Tasks("t1", "gone", "silent")
	w.backfill(today-20, today-5, load.RunDone)
	first := today - 4
	w.Settings.FirstDay, w.Settings.TaskDays = &first, 1 // neither the days nor the tasks are followed
	w.Run(load.RunDone)
	w.Exec(`UPDATE pushloss.stage_loss SET err_count = err_count + 1 WHERE day = $1`, (today - 15).UTC())
	report := w.reconcile(load.RunPartial, today-18, today-12)
	if r := report.Apps[0].Reconciliation; r.DaysOpened != 4*7 {
		t.Fatalf("the report is %+v", r)
	}
	if _, _, err := w.DB.Tasks.Retire(t.Context(), testApp, []string{"gone"}, w.Now); err != nil {
		t.Fatal(err)
	}
	before := len(w.API.Calls())
	run := w.Run(load.RunDone)
	asked := make(map[string]int)
	for _, call := range w.API.Calls()[before:] {
		if call.End-call.Start == 86400 && call.Start < first.UTC().Unix() {
			asked[strings.Join(slices.Sorted(slices.Values(call.Tasks)), " ")]++
		}
	}
	// Nothing is due of a task that was retired meanwhile.
	equal(t, "requests for old days", map[string]int{"": 7, "silent t1": 7}, asked)
	if r := run.Apps[0].Reconciliation; r == nil || r.Checks != 3 || len(r.Unequal) != 0 {
		t.Errorf("the run reports %+v", r)
	}
	if n := w.Number(`SELECT count(*) FROM pushloss.loss_change WHERE run_id = $1 AND new_count = old_count - 1`, run.RunID); n == 0 {
		t.Error("nothing was repaired")
	}
	equal(t, "checks that agree", 3, w.Number(`SELECT count(*) FROM pushloss.reconciliation WHERE state = 'agreed'`))
}

func TestARecheckThatFailsWaits(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.filled(9)
	w.API.Faults("week-differs")
	w.reconcile(load.RunPartial)

	w.API.Faults("code=90102:day=" + (today - 7).String()) // a day's own pull fails
	w.Run(load.RunPartial)
	equal(t, "checks", []string{`03-13 03-19 "" differs`}, w.states())
	equal(t, "opened", []string{"03-13"}, w.opened())

	for _, fault := range []string{"code=90102", "http-500", "code=90100"} {
		w.transport.before = func(request *http.Request) {
			if w.API.Faults(); length(t, request) > 86400 {
				w.API.Faults(fault)
			}
		}
		w.Run(load.RunDone)
		equal(t, "checks", []string{`03-13 03-19 "" differs`}, w.states())
	}
	w.transport.before = nil
	w.API.Faults("code=60026")
	w.Run(load.RunFailed)
	w.API.Faults()
	w.Run(load.RunDone)
	equal(t, "checks", []string{`03-13 03-19 "" superseded`, `03-13 03-19 "" agreed`}, w.states())
}

func length(t testing.TB, request *http.Request) int64 {
	t.Helper()
	body, err := request.GetBody()
	if err != nil {
		t.Error(err)
		return 0
	}
	var window struct{ StartTime, EndTime int64 }
	if err := json.NewDecoder(body).Decode(&window); err != nil {
		t.Error(err)
	}
	return window.EndTime - window.StartTime
}

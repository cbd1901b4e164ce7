package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestRunPullsWhatIsDueAndReportsIt(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.tasks("t1", "t2")
	w.do(0, "run").says(t, "done", "run 1: done")
	w.equalsTruth(testApp, 2, 1, "t1", "t2")
	r := w.do(0, "run", "--output", "json")
	shapeIs(t, "run", r.stdout)
	var report struct {
		State         string `json:"state"`
		RowsUnchanged int64  `json:"rows_unchanged"`
		RowsInserted  int64  `json:"rows_inserted"`
	}
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		t.Fatal(err)
	}
	if report.State != "done" || report.RowsUnchanged == 0 || report.RowsInserted != 0 {
		t.Errorf("S4: the second run reports %+v", report)
	}
	w.equalsTruth(testApp, 2, 1, "t1", "t2")
	w.do(0, "run", "--as-of", "2999-01-01").says(t, "done") // S7
	w.do(0, "status")
}

func TestAPlanListsEachWindowOnceHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ids := make([]string, 600)
	for i := range ids {
		ids[i] = fmt.Sprintf("many-%03d", i)
	}
	w.tasks(ids...)
	var plan struct {
		Windows []struct {
			Day  string `json:"day"`
			Task string `json:"task_id"`
		} `json:"windows"`
		Total int `json:"windows_total"`
		Due   int `json:"windows_due"`
	}
	if err := json.Unmarshal([]byte(w.do(0, w.backfill(5, 4, "--plan", "-o", "json")...).stdout), &plan); err != nil {
		t.Fatal(err)
	}
	listed := make(map[string]int)
	for _, window := range plan.Windows {
		listed[window.Day+" "+window.Task]++
	}
	shown := make(map[string]int)
	printed := w.do(0, w.backfill(5, 4, "--plan")...)
	for line := range strings.Lines(printed.stdout) {
		if cells := strings.Fields(strings.ReplaceAll(line, "│", " ")); len(cells) > 3 && strings.HasPrefix(cells[1], "20") {
			shown[cells[1]+" "+strings.TrimPrefix(cells[3], "(whole")]++
		}
	}
	if diff := gocmp.Diff(listed, shown); diff != "" || len(listed) != 2*601 || len(plan.Windows) != 2*601 {
		t.Errorf("%d windows, %d of them different (-JSON +table):\n%s", len(plan.Windows), len(listed), diff)
	}
	if plan.Total != 2*601 || plan.Due != 2*601 {
		t.Errorf("counted are %d windows, %d due", plan.Total, plan.Due)
	}
	printed.says(t, "1,202 of 1,202 windows would be pulled")
}

func TestBackfillPlansPullsAndGoesOn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.tasks("t1", "t2", "t3", "t4", "t5", "t6")
	plan := w.do(0, w.backfill(6, 4, "--plan")...)
	plan.says(t, "21 of 21 windows would be pulled, by 9 requests", "never pulled")
	shapeIs(t, "plan", w.do(0, w.backfill(6, 4, "--plan", "--output", "json")...).stdout)
	if n := w.calls.Load(); n != 0 {
		t.Fatalf("R1: planning made %d calls", n)
	}
	shapeIs(t, "backfill", w.do(0, w.backfill(6, 4, "-o", "json")...).stdout)
	if n := w.calls.Load(); n != 9 {
		t.Errorf("R1: 9 requests were planned, %d made", n)
	}
	w.equalsTruth(testApp, 6, 4, "t1", "t2", "t3", "t4", "t5", "t6")
	w.do(0, w.backfill(6, 4)...)
	w.do(0, w.backfill(6, 4, "--plan")...).says(t, "0 of 21 windows", "settled")
	if n := w.calls.Load(); n != 9 {
		t.Errorf("what is settled was pulled again, by %d calls", n-9)
	}
	w.do(0, w.backfill(5, 5, "--reprocess", "all", "--task", "t6")...)
	if n := w.calls.Load(); n != 10 {
		t.Errorf("one task's day took %d calls", n-9)
	}
	w.env["PUSHLOSS_RATE"] = "1"
	w.do(0, w.backfill(9, 7, "--plan")...).says(t, "by 9 requests, which take 9s")
}

func TestAPartialRunExitsWith1(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, fault, says, hint, notOK string
		loaded                         bool // whether the good rows are all there
	}{
		{"rejected rows", "no-code", "could not be understood", "see pushloss.reject", "could not be understood", true},
		{"failed windows", "code=90102:task=overall", "90102", "see last_error in analytics.stream_coverage", "90102", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.tasks("t1")
			w.faults(test.fault)
			r := w.do(1, "run")
			r.says(t, "partial", test.says, "what to do: "+test.hint)
			w.do(1, "status").says(t, "NOT OK", test.notOK)
			if test.loaded {
				w.equalsTruth(testApp, 2, 1, "t1")
			}
			w.faults()
			w.do(0, "run")
			w.equalsTruth(testApp, 2, 1, "t1")
			w.do(0, "status").says(t, "ok")
		})
	}
}

func TestAnAPIThatIsDownExitsWith1(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.faults("http-500")
	w.do(1, w.backfill(9, 4)...).says(t, "unreachable", "3 requests in a row failed", "HTTP 500")
	w.faults()
	w.do(0, w.backfill(9, 4)...)
	w.equalsTruth(testApp, 9, 4)
}

func TestTheBinaryLoadsThePublishedSample(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.tasks("xxx-yyy-zzz", "aaa-bbb-ccc")
	w.faults("published-sample")
	r := w.do(0, w.backfill(4, 4, "--output", "json", "--task", "xxx-yyy-zzz", "--task", "aaa-bbb-ccc")...)
	if !strings.Contains(r.stdout, `"rejects": 0`) {
		t.Errorf("something was rejected:\n%s", r.stdout)
	}
	if n := w.number(`SELECT count(*) FROM analytics.task_stage_loss`); n != 8 {
		t.Errorf("%d stage rows, want 8", n)
	}
	if n := w.number(`SELECT count(*) FROM analytics.task_platform_loss`); n != 7 {
		t.Errorf("%d platform rows, want 7", n)
	}
}

// O1, O2: status fails unless a run has kept everything fresh.
func TestStatusFailsUnlessARunKeptEverythingFresh(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(1, "status").says(t, "never pulled: pushloss run")
	w.do(0, w.backfill(20, 18)...)
	w.do(1, "status").says(t, "NOT OK", "no run yet: pushloss run") // an old day is not fresh
	w.do(0, "run")
	r := w.do(0, "status", "--output", "json")
	shapeIs(t, "status", r.stdout)
	before := r.stdout
	w.do(0, w.backfill(30, 29)...)
	if after := w.do(0, "status", "--output", "json").stdout; after != before {
		t.Errorf("a backfill of old days changed the status from\n%s to\n%s", before, after)
	}
	w.exec(`DELETE FROM pushloss.ledger WHERE day = (SELECT first_day FROM pushloss.app)`)
	w.exec(`UPDATE pushloss.app SET first_day = first_day - 3`)
	w.do(1, "status").says(t, "NOT OK", w.back(5)) // a gap
	w.do(0, "run")
	w.do(0, "status")
	w.env["PUSHLOSS_TIMEZONE"] = "Antarctica/Troll" // the next run exits 2
	w.do(1, "status").says(t, "NOT OK", "are cut in "+w.zone.String()+", not in Antarctica/Troll: set the app's time zone back to "+w.zone.String())
	w.env["DATABASE_URL"] = "postgres://u:p@127.0.0.1:1/none"
	w.do(3, "status") // what cannot be read is not in order
}

// S1: check emits one result, and fails where a run would.
func TestCheckPrintsOneResultAndFailsWhereARunWould(t *testing.T) {
	t.Parallel()
	w := setup(t)
	r := w.do(0, "check")
	r.says(t, "everything is in order")
	if strings.Contains(r.stdout, "FAILED") || strings.Count(r.stdout, "in order") != 1 {
		t.Errorf("the result is not plain:\n%s", r.stdout)
	}
	shapeIs(t, "check", w.do(0, "check", "--output", "json").stdout)
	if n := w.number(`SELECT (SELECT count(*) FROM pushloss.ledger) + (SELECT count(*) FROM pushloss.run)`); n != 0 {
		t.Errorf("S1: checking wrote %d rows", n)
	}
	w.faults("http-500")
	w.do(1, "check").says(t, "FAILED", "HTTP 500", "not ready: see the findings marked FAILED")
	w.env["PUSHLOSS_RATE"], w.env["TIM_REGION"] = "fast", "mars"
	w.do(2, "check").says(t, "FAILED", "PUSHLOSS_RATE", "TIM_REGION")
}

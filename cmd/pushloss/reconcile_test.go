package main_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

// weekOf pulls eight days of the whole app and of tasks.
func (w *world) weekOf(tasks ...string) {
	w.t.Helper()
	w.env["PUSHLOSS_FIRST_DAY"] = w.back(8)
	w.tasks(tasks...)
	w.do(0, "run")
}

func TestReconcileComparesTheNewestDaysAndReportsIt(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.weekOf("t1", "t2")
	w.do(0, "reconcile").says(t, w.back(7)+" to "+w.back(1), "reconcile 2: done")
	w.do(0, "reconcile", "--from", w.back(8), "--to", w.back(1)).says(t, "2: "+w.back(8)+" to "+w.back(1))
	w.do(0, "reconcile", "--from", w.back(12), "--to", w.back(7)).says(t, "never pulled", "(whole app), t1, t2")
	w.do(0, "status")

	// A figure that is not the API's, in the longer of the two ranges.
	w.exec(`UPDATE pushloss.stage_loss SET err_count = err_count + 1 WHERE ctid = (SELECT min(ctid) FROM pushloss.stage_loss WHERE task_key > 0 AND day = '` + w.back(4) + `')`)
	r := w.do(1, "reconcile", "--output", "json", "--from", w.back(8), "--to", w.back(1))
	shapeIs(t, "reconcile", r.stdout)
	var report struct {
		State string
		Apps  []struct {
			Reconciliation struct {
				Differences int
				DaysOpened  int `json:"days_opened"`
			}
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		t.Fatal(err)
	}
	if got := report.Apps[0].Reconciliation; report.State != "partial" || got.Differences != 1 || got.DaysOpened != 7 {
		t.Errorf("the report is %+v", report)
	}
	w.do(0, "status") // nothing to warn of yet
	w.do(0, "run").says(t, "1 reconciliation that had differed was made again, 0 differ still")
	w.equalsTruth(testApp, 8, 1, "t1", "t2")
	w.do(0, "reconcile", "--from", w.back(8), "--to", w.back(1))
}

func TestAPersistentDifferenceIsReportedByStatusAndMetrics(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.weekOf("t1")
	w.faults("week-differs:task=t1")
	w.do(1, "reconcile").says(t, "partial", "t1", "differs", "what to do: see analytics.reconciliations; the next run")
	w.do(0, "run").says(t, "1 reconciliation that had differed was made again, 1 differs still", "pushloss backfill --reprocess all")
	r := w.do(1, "status")
	r.says(t, "NOT OK", "days do not add up to what the API says: see analytics.reconciliations")
	if strings.Contains(w.do(1, "status", "--output", "json").stdout, `"differences": 0`) {
		t.Error("the status reports no difference")
	}
	daemon, address := w.serveDaemon()
	_, body := get(t, "http://"+address+"/metrics")
	if line := `pushloss_reconciliation_differences{sdk_app_id="1400000001"} 1`; !strings.Contains(body, line) {
		t.Errorf("the metrics lack %s:\n%s", line, body)
	}
	daemon.signal(syscall.SIGTERM)
	daemon.endedWith(0)
	w.do(1, "reconcile").says(t, "stays", "pushloss backfill --reprocess all")

	w.faults()
	w.do(0, "reconcile")
	w.do(0, "status")
}

func TestReconcileExitsWithTheCodeOfWhatItMet(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.weekOf("t1")
	for _, test := range []struct {
		fault string
		code  int
		says  string
	}{
		{"code=90102:task=t1", 1, "90102"},
		{"code=90009", 4, "TIM_IDENTIFIER"},
		{"http-500", 1, "HTTP 500"},
	} {
		w.faults(test.fault)
		w.do(test.code, "reconcile").says(t, test.says, "what to do: ")
	}
}

func TestServeReconcilesAfterItsRun(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.weekOf("t1")
	// Both were missed, and the file's order is kept: the day that is missing is
	// there when days are compared.
	w.exec(`UPDATE pushloss.run SET started_at = started_at - interval '3 days'`)
	for _, table := range []string{"ledger", "stage_loss", "platform_loss"} {
		w.exec(`DELETE FROM pushloss.` + table + ` WHERE day = '` + w.back(1) + `'`)
	}
	w.env["PUSHLOSS_SCHEDULES_FILE"] = file(t, "schedules.yaml",
		"schedules:\n  - name: daily\n    job: run\n    cron: '0 0 * * *'\n  - name: check\n    job: reconcile\n    cron: '0 1 * * *'\n")
	daemon, address := w.serveDaemon()
	eventually(t, "days are compared", func() bool {
		return w.number(`SELECT count(*) FROM pushloss.run WHERE kind = 'reconcile' AND state = 'done'`) == 1
	})
	if n := w.number(`SELECT count(DISTINCT (task_id, first_day, last_day)) FROM analytics.reconciliations
		WHERE state = 'agreed' AND last_day = '` + w.back(1) + `'`); n != 2 {
		t.Errorf("%d checks reach to yesterday, want 2", n)
	}
	if status, _ := get(t, "http://"+address+"/readyz"); status != http.StatusOK {
		t.Errorf("/readyz answers %d", status)
	}
	_, body := get(t, "http://"+address+"/metrics")
	if !strings.Contains(body, `pushloss_runs_total{state="done"} 1`) {
		t.Error("the metrics count reconciling as a run")
	}
	daemon.signal(syscall.SIGTERM)
	daemon.endedWith(0)
}

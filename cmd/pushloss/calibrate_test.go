package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"pushloss/internal/calibrate"
	"pushloss/internal/lab/sandbox"
)

func (r result) calibration(t testing.TB) (report calibrate.Report) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		t.Fatalf("%v\n%s", err, r.stdout)
	}
	return report
}

func TestCalibrateFindsOutHowTheServiceBehavesAndChangesNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	zone := w.zone.String()
	w.faults("end-inclusive", "day-figures="+zone, "week-differs", "forget-error=20d")
	w.do(0, "run")
	before := w.dump()
	calls := w.calls.Load()

	r := w.do(0, "calibrate")
	r.says(t, "at most 90 requests", "days are cut at the midnights of "+zone, "inclusive", "19 whole days", "differ in",
		"CHANGE", "run daily for", "StartTime "+w.back(1)+" 00:00:00", "for the whole app 1400000001")
	report := w.do(0, "calibrate", "--output", "json")
	shapeIs(t, "calibrate", report.stdout)
	want := map[string]string{
		"PUSHLOSS_TIMEZONE": zone, "PUSHLOSS_WINDOW_END": "inclusive", "PUSHLOSS_API_MEMORY_DAYS": "19", "PUSHLOSS_LOOKBACK_DAYS": "2",
	}
	for _, rec := range report.calibration(t).Recommendations {
		if rec.Recommended != want[rec.Setting] {
			t.Errorf("%+v, want %s", rec, want[rec.Setting])
		}
	}
	if made := int(w.calls.Load() - calls); made != 2*report.calibration(t).Requests || made > 2*calibrate.MostRequests {
		t.Errorf("%d calls were made, %d requests are reported", made, report.calibration(t).Requests)
	}
	// Only the app's lease shows that it was called.
	after := w.dump()
	if diff := lines(after) - lines(before); diff != 0 {
		t.Errorf("%d rows more than before", diff)
	}
	w.env["PUSHLOSS_WINDOW_END"] = "inclusive"
	if r := w.do(0, "calibrate", "-o", "json").calibration(t).Recommendations[1]; r.Differs || r.Present != "inclusive" {
		t.Errorf("%+v", r)
	}
}

func lines(text string) int { return strings.Count(text, "\n") }

func TestCalibrateReadsLatenessOffTheHistoryOfRuns(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.tasks("t1")
	w.do(0, w.backfill(7, 3)...)
	// As if each of the days had been pulled three hours after its end, and changed
	// for the last time a day and a half later.
	w.exec(`UPDATE pushloss.ledger SET pulls = 2,
		first_loaded_at = (day + 1)::timestamp AT TIME ZONE '` + w.zone.String() + `' + interval '3 hours',
		last_loaded_at = (day + 1)::timestamp AT TIME ZONE '` + w.zone.String() + `' + interval '3 days'`)
	w.exec(`INSERT INTO pushloss.loss_change (sdk_app_id, day, task_key, by_platform, stage_id, event_type, platform_id, err_code_key,
			changed_at, run_id, old_count, new_count)
		SELECT sdk_app_id, day, task_key, false, stage_id, 0, 0, err_code_key,
			(day + 1)::timestamp AT TIME ZONE '` + w.zone.String() + `' + interval '36 hours', 1, err_count - 1, err_count
		FROM pushloss.stage_loss`)
	w.exec(`INSERT INTO pushloss.loss_change (sdk_app_id, day, task_key, by_platform, stage_id, event_type, platform_id, err_code_key,
			changed_at, run_id, old_count, new_count) -- another text only
		SELECT sdk_app_id, day, task_key, false, stage_id, 0, 0, err_code_key, now(), 1, err_count, err_count FROM pushloss.stage_loss`)
	r := w.do(0, "calibrate")
	r.says(t, "up to 1.5 days after a day's end", "5 days were watched")
	w.exec(`UPDATE pushloss.stage_loss SET err_count = err_count + 1 WHERE day = '` + w.back(4) + `' AND task_key = 0`)
	w.do(0, "calibrate").says(t, "up to 3.5 days after a day's end", "from what is stored") // it is noon
}

func TestTheRunAndTheCheckHonourTheWindowsEnd(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.faults("end-inclusive")
	w.env["PUSHLOSS_WINDOW_END"] = "inclusive"
	w.tasks("t1")
	w.do(0, "run")
	w.equalsTruth(testApp, 2, 1, "t1")
	w.do(0, w.backfill(6, 5)...)
	w.do(0, "check")
	for _, call := range w.api.Calls() {
		if (call.End+1-call.Start)%(24*60*60) != 0 {
			t.Errorf("asked for %d to %d", call.Start, call.End)
		}
	}
	if n := w.number(`SELECT count(*) FROM pushloss.pull WHERE window_end - window_start <> interval '23:59:59'`); n != 0 {
		t.Errorf("%d pulls have another EndTime", n)
	}
}

func TestCalibrateInterruptedPrintsWhatItFound(t *testing.T) {
	t.Parallel()
	w := setup(t, func(cfg *sandbox.Config) { cfg.Rows = 150 })
	w.env["PUSHLOSS_RATE"] = "10" // the signal is taken long before the requests are all made
	reached, release := make(chan struct{}), make(chan struct{})
	w.before(func(n int64) {
		if n == 20 {
			close(reached)
			<-release
		}
	})
	p := w.start("calibrate")
	<-reached
	p.signal(os.Interrupt)
	close(release)
	r := p.endedWith(130)
	r.says(t, "the service cuts no days", "the measurement ended early: interrupted", "pushloss: interrupted")
}

func TestCalibrateWaitsForAnAppThatAnotherProcessWorksOn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	arrived, release := w.hold()
	run := w.start("run")
	<-arrived
	p := w.start("calibrate")
	eventually(t, "it waits", func() bool { return strings.Contains(p.stderr.String(), "waiting for it") })
	if n := w.calls.Load(); n != 1 {
		t.Errorf("%d calls were made beside the run's", n)
	}
	release()
	run.endedWith(0)
	p.endedWith(0)
}

func TestCalibrateKeepsThePace(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.env["PUSHLOSS_RATE"] = "10"
	w.faults("forget-error=3d")
	w.do(0, "check")
	w.do(0, "calibrate").says(t, "which take at most 9s")
	w.keptPace(10)
}

func TestCalibrateAsksWhichOfSeveralAppsIsMeant(t *testing.T) {
	t.Parallel()
	w := setup(t)
	delete(w.env, "TIM_SDK_APP_ID")
	delete(w.env, "TIM_SECRET_KEY")
	w.env["TIM_APPS_FILE"] = file(t, "apps.yaml", fmt.Sprintf("- {sdk_app_id: %d, secret_key: %s}\n- {sdk_app_id: %d, secret_key: %s}\n", testApp, testKey, otherApp, testKey))
	w.do(2, "calibrate").says(t, "several apps are configured", "name one by --app: 1400000001, 1400000002")
	r := w.do(0, "calibrate", "--app", fmt.Sprint(otherApp), "-o", "json")
	if report := r.calibration(t); report.SDKAppID != otherApp || report.Problem != "" {
		t.Errorf("%+v", report)
	}
	for _, call := range w.api.Calls() {
		if call.SDKAppID != otherApp {
			t.Errorf("app %d was called", call.SDKAppID)
		}
	}
}

func TestCalibrateOfAnAPIThatGoesDownExitsWith1(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.before(func(n int64) {
		if n == 30 {
			w.faults("http-500")
		}
	})
	w.do(1, "calibrate").says(t, "the service cuts no days", "the measurement ended early", "HTTP 500")
}

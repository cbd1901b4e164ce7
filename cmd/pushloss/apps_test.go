package main_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestAnAppThatIsRetiredOrRemovedIsNotJudged(t *testing.T) {
	t.Parallel()
	w := setup(t)
	path := t.TempDir() + "/apps.yaml"
	both := fmt.Sprintf("- sdk_app_id: %d\n  secret_key: %s\n- sdk_app_id: %d\n  secret_key: %s\n", testApp, testKey, otherApp, testKey)
	one := fmt.Sprintf("- sdk_app_id: %d\n  secret_key: %s\n", testApp, testKey)
	settings := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"TIM_SDK_APP_ID", "TIM_SECRET_KEY"} {
		delete(w.env, name)
	}
	w.env["TIM_APPS_FILE"] = path
	settings(both)
	w.do(0, "run")
	w.do(0, "status")
	w.exec(fmt.Sprintf(`UPDATE pushloss.ledger SET state = 'failed', settled = false, settled_reason = NULL, last_error = 'x' WHERE sdk_app_id = %d`, otherApp))
	w.exec(fmt.Sprintf(`INSERT INTO pushloss.alert (kind, sdk_app_id, job, detail, opened_at) VALUES ('gap', %d, '', 'x', now())`, otherApp))
	w.do(1, "status").says(t, "NOT OK")

	settings(one) // taken out of the settings
	w.do(0, "status").says(t, fmt.Sprintf("not judged: app %d, which is not configured", otherApp))
	w.do(0, "apps", "list").says(t, "not configured", "active")

	settings(both)
	w.do(0, "apps", "retire", fmt.Sprint(otherApp)).says(t, fmt.Sprintf("app %d: retired", otherApp))
	w.do(0, "status").says(t, fmt.Sprintf("not judged: app %d, which is retired", otherApp))
	if n := w.number(`SELECT count(*) FROM pushloss.alert WHERE closed_at IS NULL`); n != 0 {
		t.Errorf("%d alerts of a retired app are open", n)
	}
	pulls := func() int64 { return w.number(`SELECT count(*) FROM pushloss.pull WHERE sdk_app_id = $1`, otherApp) }
	before := pulls()
	w.do(0, "run")
	if pulls() != before {
		t.Error("a retired app was pulled")
	}
	if list := w.do(0, "apps", "list", "--output", "json").stdout; !strings.Contains(list, `"state": "retired"`) {
		t.Errorf("the list is %s", list)
	}
	w.do(0, "check").says(t, fmt.Sprintf("api of app %d", otherApp), "not called: the app is retired", "everything is in order\n")

	w.do(0, "apps", "retire", fmt.Sprint(testApp))
	for _, command := range []string{"run", "reconcile", "status", "check"} {
		code := map[string]int{"status": 1}[command]
		w.do(code, command).says(t, "all", "retired", "pushloss apps restore SDKAPPID")
	}
	w.do(0, "apps", "restore", fmt.Sprint(testApp))
	w.do(0, "apps", "restore", fmt.Sprint(otherApp)).says(t, "restored")
	w.do(0, "run")
	if pulls() == before {
		t.Error("a restored app was not pulled")
	}
	w.do(0, "status")

	w.do(2, "apps", "retire", "7").says(t, "the database has no app 7", "pushloss apps list")
	w.do(2, "apps", "retire", "seven").says(t, "is not an SDKAppID")
	w.do(2, "apps", "retire")
	w.do(2, "apps", "retired", "7")
}

func TestStatusReportsDaysThatWereFinalBeforeTheyWereOver(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, "run")
	w.exec(`UPDATE pushloss.ledger SET day = day + 40, settled = true, settled_reason = 'lookback'
		WHERE day = (SELECT max(day) FROM pushloss.ledger) AND task_key = 0`)
	w.do(1, "status").says(t, "NOT OK", "a clock ran ahead")
}

// The server's time zone data lacks a zone that is already stored.
func TestAnAppWhoseZoneTheDatabaseLostDoesNotHideOtherApps(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, "run")
	w.exec(fmt.Sprintf(`INSERT INTO pushloss.app (sdk_app_id, timezone, first_day, lookback_days, task_days) VALUES (%d, 'Mars/Base', '2025-01-01', 7, 30)`, otherApp))
	delete(w.env, "TIM_SDK_APP_ID")
	delete(w.env, "TIM_SECRET_KEY")
	w.do(1, "status").says(t, "ok", "NOT OK", "the database does not know the time zone Mars/Base")
	w.do(0, "apps", "list").says(t, "Mars/Base")
	w.do(0, "apps", "retire", fmt.Sprint(otherApp))
	w.do(0, "status")
}

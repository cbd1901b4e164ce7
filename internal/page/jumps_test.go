package page_test

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestThePageListsLossesThatStandOut(t *testing.T) {
	t.Parallel()
	w := pulled(t, 3)
	if got := w.shown().cells("#jumps-table tbody tr"); len(got) != 0 {
		t.Errorf("before there were any: %v", got)
	}
	w.Exec("INSERT INTO pushloss.err_code (err_code) VALUES ('21301'), ('made <b>') ON CONFLICT DO NOTHING")
	// An open one, one that is over, one long ago, and one that was withdrawn.
	w.Exec(`INSERT INTO pushloss.jump (sdk_app_id, stage_id, event_type, platform_id, err_code_key, first_day, last_day, worst_day, losses, pushes, usual, state, opened_at)
		SELECT $1, 1, 1, 2, err_code_key, first_day::date, $2::date - last, $2::date - last, losses, pushes, usual, state, now()
		FROM (VALUES ('21301', date '2025-01-01', 1, 4300, 10000, 0.035, 'open'), ('made <b>', $2::date - 2, 2, 1234, NULL, 5, 'over'),
			('21301', date '2020-01-01', 365, 9, NULL, 5, 'over'), ('21301', $2::date - 2, 2, 8, NULL, 5, 'withdrawn')) AS v (code, first_day, last, losses, pushes, usual, state)
		JOIN pushloss.err_code ON err_code = code`, int64(testApp), today.UTC())
	want := []string{
		"21301|authentication failed correct it in the console|Xiaomi|ready_to_send|2025-01-01|goes on|43 %|3.5 %",
		"made <b>|not known|Xiaomi|ready_to_send|" + (today - 2).String() + "|" + (today - 2).String() + "|1,234|5",
	}
	if diff := gocmp.Diff(want, w.shown().cells("#jumps-table tbody tr")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff(want[:1], w.shown("code", "21301").cells("#jumps-table tbody tr")); diff != "" {
		t.Errorf("with a code chosen (-want +got):\n%s", diff)
	}
	want = []string{"21301|鉴权失败 在控制台修正|Xiaomi|ready_to_send|2025-01-01|持续中|43%|3.5%"}
	if diff := gocmp.Diff(want, w.shown("code", "21301", "lang", "zh").cells("#jumps-table tbody tr")); diff != "" {
		t.Errorf("in Chinese (-want +got):\n%s", diff)
	}
	if w.shown("task", "demo-welcome").Find("#jumps").Length() != 0 {
		t.Error("the page of a task has the section")
	}
}

package load_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/load"
)

// Empty texts do not count, and the pushes that were lost do, not the rows.
func TestTheUsualTextOfACodeIsThatOfMostPushes(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(testApp)
	overall := func(rows string) string {
		return `{"ErrorCode":0,"Results":[{"TaskID":"","ReadyToSendLoss":[` + rows + `]}]}`
	}
	row := func(code, count, info string) string {
		return `{"ErrCode":"` + code + `","ErrCount":` + count + `,"ErrInfo":"` + info + `"}`
	}
	f.load(f.answer(march, overall(row("X1", "5", "rare")+","+row("X2", "1", "")+","+row("X3", "1", "old")), true, load.TaskRef{}), loadedAt)
	f.load(f.answer(march+1, overall(row("X1", "5", "rare")+","+row("X3", "2", "new")), true, load.TaskRef{}), loadedAt)
	f.load(f.answer(march+2, overall(row("X1", "11", "frequent")+","+row("X2", "100", "")), true, load.TaskRef{}), loadedAt)
	// A code that the whole app's figures lack.
	f.load(f.answer(march+2, `{"ErrorCode":0,"Results":[{"TaskID":"a","ReadyToSendLoss":[`+row("X4", "1", "of a task")+`,`+row("X1", "1000", "of a task")+`]}]}`, true, f.taskA), loadedAt)
	must(t, f.db.RefreshUsualTexts(t.Context(), loadedAt))
	usual := func() []string {
		return f.rows(`SELECT DISTINCT err_code || ' ' || coalesce(err_meaning, '-') FROM analytics.task_stage_loss
			UNION SELECT err_code || ' ' || coalesce(err_meaning, '-') FROM analytics.app_stage_loss ORDER BY 1`)
	}
	if diff := cmp.Diff([]string{"X1 frequent", "X2 -", "X3 new", "X4 of a task"}, usual()); diff != "" {
		t.Errorf("usual texts (-want +got):\n%s", diff)
	}
	f.load(f.answer(march, overall(row("X3", "9", "old")), true, load.TaskRef{}), loadedAt)
	must(t, f.db.RefreshUsualTexts(t.Context(), loadedAt))
	if diff := cmp.Diff([]string{"X1 frequent", "X2 -", "X3 old", "X4 of a task"}, usual()); diff != "" {
		t.Errorf("usual texts after a change (-want +got):\n%s", diff)
	}
}

// Vendors use the same code for different things: the text of one vendor is not used for
// another's.
func TestTheUsualTextOfACodeIsThatOfItsPlatform(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(testApp)
	row := func(platform, count, info string) string {
		return `{"EventType":1,"PushPlatform":` + platform + `,"ErrCode":"X1","ErrCount":` + count + `,"ErrInfo":"` + info + `"}`
	}
	f.load(f.answer(march, `{"ErrorCode":0,"Results":[{"TaskID":"","PlatformReadyToSendLoss":[`+
		row("2", "900", "of Xiaomi")+`,`+row("5", "3", "of Meizu")+`,`+row("8", "100", "")+`]}]}`, true, load.TaskRef{}), loadedAt)
	must(t, f.db.RefreshUsualTexts(t.Context(), loadedAt))
	got := f.rows(`SELECT platform || ': ' || coalesce(err_meaning, '-') FROM analytics.app_platform_loss ORDER BY platform_id`)
	if diff := cmp.Diff([]string{"Xiaomi: of Xiaomi", "Meizu: of Meizu", "Honor: -"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

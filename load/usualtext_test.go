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
	f.load(f.answer(march, overall(row("1", "5", "rare")+","+row("2", "1", "")+","+row("3", "1", "old")), true, load.TaskRef{}), loadedAt)
	f.load(f.answer(march+1, overall(row("1", "5", "rare")+","+row("3", "2", "new")), true, load.TaskRef{}), loadedAt)
	f.load(f.answer(march+2, overall(row("1", "11", "frequent")+","+row("2", "100", "")), true, load.TaskRef{}), loadedAt)
	// A code that the whole app's figures lack.
	f.load(f.answer(march+2, `{"ErrorCode":0,"Results":[{"TaskID":"a","ReadyToSendLoss":[`+row("4", "1", "of a task")+`,`+row("1", "1000", "of a task")+`]}]}`, true, f.taskA), loadedAt)
	must(t, f.db.RefreshUsualTexts(t.Context(), loadedAt))
	usual := func() []string {
		return f.rows(`SELECT err_code || ' ' || coalesce(usual_info, '-') FROM pushloss.err_code ORDER BY err_code`)
	}
	if diff := cmp.Diff([]string{"1 frequent", "2 -", "3 new", "4 of a task"}, usual()); diff != "" {
		t.Errorf("usual texts (-want +got):\n%s", diff)
	}
	f.load(f.answer(march, overall(row("3", "9", "old")), true, load.TaskRef{}), loadedAt)
	must(t, f.db.RefreshUsualTexts(t.Context(), loadedAt))
	if diff := cmp.Diff([]string{"1 frequent", "2 -", "3 old", "4 of a task"}, usual()); diff != "" {
		t.Errorf("usual texts after a change (-want +got):\n%s", diff)
	}
}

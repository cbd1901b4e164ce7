package page_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/world"
	"pushloss/load"
)

// statesOf makes a world with a day of each state, of the whole app.
func statesOf(t testing.TB) *fixture {
	t.Helper()
	w := setup(t)
	w.register(testApp, demoTasks...)
	w.run(today)
	w.API.Faults("huge=33:day=" + (today - 3).String())
	w.backfill(testApp, today-3, today-3, load.RunPartial)
	for days, state := range map[calendar.Day]string{
		4: "empty", 5: "absent", 6: "unproven", 7: "unavailable", 8: "open", 1: "open",
	} {
		w.Exec(`UPDATE pushloss.ledger SET state = $1 WHERE day = $2 AND task_key = 0`, state, (today - days).UTC())
	}
	w.Exec(`DELETE FROM pushloss.ledger WHERE day = $1`, (today - 9).UTC())
	w.Exec(`UPDATE pushloss.task SET covered_to = '-infinity'`)
	return w
}

func TestTheCalendarShowsTheStateOfEveryDay(t *testing.T) {
	t.Parallel()
	w := statesOf(t)
	shown := w.shown("from", (today - 35).String(), "to", (today + 1).String())
	want := make(map[string]string)
	type covered struct {
		Day, State string
		Settled    bool
	}
	for _, c := range world.Rows[covered](w.t, w.Pool, `SELECT day::text, state, settled FROM analytics.coverage
		WHERE sdk_app_id = $1 AND task_id = '' AND day BETWEEN $2 AND $3`, testApp, (today - 35).UTC(), (today - 1).UTC()) {
		final := ""
		if c.Settled {
			final = ", final"
		}
		want[c.Day] = map[string]string{"unavailable": "no answer"}[c.State] + final
		if c.State != "unavailable" {
			want[c.Day] = c.State + final
		}
	}
	// What is open is missing once it is over for longer than a day and a half.
	want[(today - 8).String()] = strings.Replace(want[(today-8).String()], "open", "missing", 1)
	want[(today - 9).String()] = "missing"
	for day := today - 35; day <= today+1; day++ {
		if day < today-30 || day >= today { // the view counts days by the database's clock
			want[day.String()] = "not kept"
			if text := shown.says(fmt.Sprintf(`td[data-day="%s"] .word`, day)); day >= today && text == "open" {
				want[day.String()] = "open"
			}
		}
	}
	got, marks := make(map[string]string), make(map[string]string)
	for _, cell := range shown.Find("#calendar td.day").EachIter() {
		day := cell.AttrOr("data-day", "")
		got[day] = folded(cell.Find(".word").Text())
		word, _, _ := strings.Cut(got[day], ",")
		marks[word] = cell.Find(".mark").Text()
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("the calendar (-SQL +page):\n%s", diff)
	}
	var words, signs []string
	for word, mark := range marks {
		words, signs = append(words, word), append(signs, mark)
	}
	slices.Sort(words)
	slices.Sort(signs)
	all := []string{"absent", "empty", "failed", "loaded", "missing", "no answer", "not kept", "open", "unproven"}
	if diff := gocmp.Diff(all, words); diff != "" {
		t.Errorf("the states shown (-want +got):\n%s", diff)
	}
	if len(slices.Compact(signs)) != len(all) {
		t.Errorf("states differ by their colour alone: %v", marks)
	}
	if n := shown.Find(".legend dt").Length(); n != len(all) {
		t.Errorf("the legend explains %d of %d states", n, len(all))
	}
}

func TestFreshnessFollowsTheSelection(t *testing.T) {
	t.Parallel()
	w := statesOf(t)
	for _, task := range []string{"", "demo-welcome"} {
		shown := w.shown("task", task)
		for id, sql := range map[string]string{
			"newest":       `SELECT max(day)::text FROM analytics.stream_coverage WHERE stream = 'loss' AND sdk_app_id = $1 AND task_id = $2 AND state IN ('loaded', 'empty')`,
			"newest-final": `SELECT max(day)::text FROM analytics.stream_coverage WHERE stream = 'loss' AND sdk_app_id = $1 AND task_id = $2 AND settled`,
			"pulled": `SELECT to_char(max(last_loaded_at) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')
				FROM analytics.stream_coverage WHERE stream = 'loss' AND sdk_app_id = $1 AND task_id = $2`,
		} {
			if got, want := shown.says("#"+id), w.Text(sql, testApp, task); got != want {
				t.Errorf("task %q: %s is %s, SQL says %s", task, id, got, want)
			}
		}
	}
	w.register(testApp, load.Task{TaskID: "never"})
	never := w.shown("task", "never")
	for id, want := range map[string]string{"newest": "none yet", "newest-final": "none yet", "pulled": "never"} {
		if got := never.says("#" + id); got != want {
			t.Errorf("%s is %q", id, got)
		}
	}
}

// Days without any run are "not kept", which alone would look as if nothing was wrong.
func TestAnAppThatNoRunHasLoadedSaysSo(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.run(today)
	_, err := w.DB.Apps.Save(t.Context(), load.App{SDKAppID: otherApp, Timezone: "Asia/Shanghai", LookbackDays: 7, TaskDays: 30})
	must(t, err)
	shown := w.shown("app", fmt.Sprint(otherApp))
	for _, id := range []string{"#no-figures", "#no-troubles"} {
		if got := shown.says(id); !strings.HasPrefix(got, "No run has loaded anything of this app yet") {
			t.Errorf("%s: %q", id, got)
		}
	}
	if got := w.shown().says("#no-troubles"); got != "None in these days." {
		t.Errorf("an app in order: %q", got)
	}
}

// A day that was not pulled does not show zero, in any selection.
func TestAnOutageIsShownAndNotTakenForZero(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.run(today)
	w.options.Now = func() time.Time { return noonOf(today + 6) }
	shown := w.shown()
	if got, want := shown.Find("#to").AttrOr("value", ""), (today + 5).String(); got != want {
		t.Errorf("the last day shown is %s, want %s", got, want)
	}
	if got := shown.says("#behind"); got != "6 days behind" {
		t.Errorf("the figures are %q", got)
	}
	if got := shown.says(".tiles div:first-child .known"); got != "24 of 30 known" {
		t.Errorf("%q", got)
	}
	rows := shown.cells("#loss-table tbody tr")
	if last := rows[len(rows)-1]; !strings.HasSuffix(last, "|not known") || strings.ContainsAny(last[len("2026-03-30"):], "0123456789") {
		t.Errorf("a day that was not pulled reads %q", last)
	}
	if n := shown.Find("#troubles li").Length(); n == 0 {
		t.Error("no day is missing")
	}
	before := w.shown("to", (today - 100).String())
	if got := before.says("#total"); got != "not known" {
		t.Errorf("%s were lost before anything is known", got)
	}
}

func TestADayWhosePullFailedKeepsItsFigures(t *testing.T) {
	t.Parallel()
	w := pulled(t, 3)
	w.Settings.Streams = nil
	w.API.Faults("http-500")
	w.backfill(testApp, today-1, today-1, load.RunPartial)
	shown := w.shown("from", (today - 3).String())
	if got, want := shown.says("#newest"), (today - 1).String(); got != want {
		t.Errorf("the newest day with figures is %s, want %s", got, want)
	}
	if shown.Find("#behind, .tiles div:first-child .known").Length() != 0 {
		t.Error("a day whose figures are kept is not known")
	}
}

// A task's days before its push are no gap, because nothing could be lost.
func TestDaysBeforeThePushAreNotUnknown(t *testing.T) {
	t.Parallel()
	w := pulled(t, 35)
	sent := today - 20
	c := choice{app: testApp, task: "demo-welcome", from: sent - 5, to: sent + 2}
	shown := w.shown(c.query()...)
	if got := shown.says(`#loss-table tr[data-day="` + (sent - 1).String() + `"] td:last-child`); got != "before the push was sent" {
		t.Errorf("the day before the push reads %q", got)
	}
	if got := shown.says("#final"); got != "3 of 3" {
		t.Errorf("%s days are final", got)
	}
	if shown.Find(".tiles div:first-child .known, .plot .unknown").Length() != 0 {
		t.Error("days before the push are missed")
	}
	for day, want := range map[calendar.Day]string{sent - 1: "not sent yet", sent: "loaded, final"} {
		cell := shown.Find(`td[data-day="` + day.String() + `"]`)
		if got := folded(cell.Find(".word").Text()); got != want || cell.HasClass("hatched") {
			t.Errorf("%s is %q in the calendar, hatched %t", day, got, cell.HasClass("hatched"))
		}
	}
	_, rows := w.sheet("days", c.query()...)
	for i, row := range rows {
		unsent := map[bool]string{true: "1", false: "0"}[i < 5]
		if row["unsent_days"] != unsent || (row["lost"] == "") != (i < 5) {
			t.Errorf("the sheet says %v", row)
		}
	}
	c.to = sent - 1
	for lang, want := range map[string]string{"en": "before the push was sent", "zh": "推送发出之前"} {
		shown := w.shown(append(c.query(), "lang", lang)...)
		for _, id := range []string{"#total", "#by-channel", "#before"} {
			if got := shown.says(id); got != want {
				t.Errorf("%s: %s is %q", lang, id, got)
			}
		}
	}
	w.Exec(`UPDATE pushloss.task SET sent_at = NULL WHERE task_id = 'demo-welcome'`)
	if got := w.shown(c.query()...).says("#total"); got != "not known" {
		t.Errorf("without the time of the push the total is %q", got)
	}
}

func TestGapsOfAllTasksAreListed(t *testing.T) {
	t.Parallel()
	w := statesOf(t)
	shown := w.shown("from", (today - 9).String(), "to", (today - 1).String())
	var got []string
	for _, item := range shown.Find("#troubles li").EachIter() {
		got = append(got, folded(item.Text()))
	}
	failed := func(task string) string {
		return " failed: " + w.Text(`SELECT DISTINCT last_error FROM analytics.stream_coverage WHERE stream = 'loss' AND state = 'failed' AND task_id = $1`, task)
	}
	want := []string{
		(today - 3).String() + " the whole app:" + failed(""),
		(today - 3).String() + " task demo-flash-sale:" + failed("demo-flash-sale"),
		(today - 3).String() + " task demo-newsletter:" + failed("demo-newsletter"),
		(today - 3).String() + " task demo-welcome:" + failed("demo-welcome"),
		(today - 8).String() + " the whole app: missing",
		(today - 9).String() + " the whole app: missing",
		(today - 9).String() + " task demo-flash-sale: missing",
		(today - 9).String() + " task demo-newsletter: missing",
		(today - 9).String() + " task demo-welcome: missing",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("the gaps (-want +got):\n%s", diff)
	}
	w.Exec(`DELETE FROM pushloss.ledger WHERE day IN ($1, $2)`, (today - 10).UTC(), (today - 11).UTC())
	w.Exec(`UPDATE pushloss.task SET covered_to = '-infinity'`)
	if text := w.shown().Text(); !strings.Contains(text, "and 7 more.") {
		t.Error("the gaps that are not listed are not counted")
	}
}

func TestTheLastRunsMatchSQL(t *testing.T) {
	t.Parallel()
	w := statesOf(t)
	for range 4 {
		w.backfill(testApp, today-2, today-2, load.RunDone)
	}
	type one struct{ Line string }
	var want []string
	for _, row := range world.Rows[one](w.t, w.Pool, `
		SELECT concat_ws('|', run_id, kind, state, to_char(started_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'), '0s',
			requests, windows, rows_inserted + rows_updated + rows_deleted, rejects, coalesce(error, ''))
		FROM analytics.runs ORDER BY run_id DESC LIMIT 5`) {
		want = append(want, row.Line)
	}
	equalLines(t, "runs", want, w.shown().cells("#runs-table tbody tr"))
}

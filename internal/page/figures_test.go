package page_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pushloss/internal/lab/world"
	"pushloss/load"
)

func TestTheFiguresMatchSQL(t *testing.T) {
	t.Parallel()
	w := pulled(t, 35)
	w.backfill(otherApp, today-3, today-2, load.RunDone)
	hostile := `50%&+/"quotes" ü`
	w.register(testApp, load.Task{TaskID: hostile, Label: new("Ü")})
	w.backfill(testApp, today-12, today-10, load.RunDone)
	w.Exec(`DELETE FROM pushloss.push_count WHERE day = $1`, (today - 8).UTC()) // a day without a rate
	w.Exec(`DELETE FROM pushloss.platform_push_count WHERE day = $1`, (today - 8).UTC())
	month := choice{app: testApp, from: today - 30, to: today - 1}
	with := func(change func(*choice)) choice {
		c := month
		change(&c)
		return c
	}
	worst := w.worst()
	for _, test := range []struct {
		name  string
		query []string
		want  choice
	}{
		{"nothing chosen", nil, month},
		{"empty fields of the form", []string{"app", "", "task", "", "stage", "", "from", "", "to", ""}, month},
		{"a range", []string{"from", (today - 9).String(), "to", (today - 4).String()}, with(func(c *choice) { c.from, c.to = today-9, today-4 })},
		{"one day", []string{"from", (today - 2).String(), "to", (today - 2).String()}, with(func(c *choice) { c.from, c.to = today-2, today-2 })},
		{"a last day", []string{"to", (today - 4).String()}, with(func(c *choice) { c.from, c.to = today-33, today-4 })},
		{"a first day", []string{"from", (today - 4).String()}, with(func(c *choice) { c.from = today - 4 })},
		{"a task", []string{"task", "demo-welcome"}, with(func(c *choice) { c.task = "demo-welcome" })},
		{"a task with a strange name", []string{"task", hostile, "app", "1400000001"}, with(func(c *choice) { c.task, c.from, c.to = hostile, today-39, today-10 })},
		{"a stage", []string{"stage", "ready_to_send"}, with(func(c *choice) { c.stage = "ready_to_send" })},
		{"a platform", []string{"platform", "Xiaomi"}, with(func(c *choice) { c.platform = "Xiaomi" })},
		{"online pushes", []string{"platform", "online", "task", "demo-welcome"}, with(func(c *choice) { c.platform, c.task = "online", "demo-welcome" })},
		{"a code", []string{"code", "-1"}, with(func(c *choice) { c.code = "-1" })},
		{"a code of a task and platform at a stage", worst.query(), worst},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			here := *w
			here.t = t
			shown := here.shown(test.query...)
			here.isWhatSQLSays(shown, test.want)
			for id, want := range map[string]string{
				"from": test.want.from.String(), "to": test.want.to.String(), "task": test.want.task,
				"app": fmt.Sprint(test.want.app), "stage": test.want.stage,
			} {
				got := shown.Find("#"+id).AttrOr("value", "")
				if id == "app" || id == "stage" {
					got = shown.Find("#"+id+" option[selected]").AttrOr("value", "")
				}
				if got != want {
					t.Errorf("the form has %s %q, want %q", id, got, want)
				}
			}
		})
	}
}

// worst is the code, with all that it comes with, that lost most.
func (w *fixture) worst() choice {
	w.t.Helper()
	type one struct{ Code, Platform, Stage, Task string }
	found := world.Rows[one](w.t, w.Pool, `SELECT err_code, platform, stage, task_id FROM analytics.task_platform_loss
		WHERE sdk_app_id = $1 GROUP BY 1, 2, 3, 4 ORDER BY sum(err_count) DESC LIMIT 1`, testApp)[0]
	return choice{app: testApp, code: found.Code, platform: found.Platform, stage: found.Stage, task: found.Task, from: today - 20, to: today - 1}
}

// The one total is that of the stages: on the page, in analytics.calendar and on the dashboards.
func TestTheTotalIsThatOfTheStages(t *testing.T) {
	t.Parallel()
	w := pulled(t, 35)
	shown := w.shown()
	for id, column := range map[string]string{"#total": "lost", "#by-channel": "lost_by_channel"} {
		want := w.Text(`SELECT to_char(sum(`+column+`), 'FM999,999,999,990') FROM analytics.calendar WHERE sdk_app_id = $1 AND day BETWEEN $2 AND $3`,
			testApp, (today - 30).UTC(), (today - 1).UTC())
		if got := shown.says(id); got != want {
			t.Errorf("%s is %s, the calendar says %s", id, got, want)
		}
	}
	if shown.says("#total") == shown.says("#by-channel") {
		t.Error("the two counts are equal: this proves nothing")
	}
}

func TestThePrecedingSpanIsCompared(t *testing.T) {
	t.Parallel()
	w := pulled(t, 35)
	for _, test := range []struct{ task, stage string }{{"", ""}, {"demo-welcome", "ready_to_send"}} {
		shown := w.shown("task", test.task, "stage", test.stage, "from", (today - 7).String())
		want := w.Text(`
			WITH f AS (
				SELECT sdk_app_id, '' AS task_id, day, stage, err_count FROM analytics.app_stage_loss
				UNION ALL SELECT sdk_app_id, task_id, day, stage, err_count FROM analytics.task_stage_loss
			), sums AS (
				SELECT sum(err_count) FILTER (WHERE day < $3) AS before, sum(err_count) FILTER (WHERE day >= $3) AS now
				FROM f WHERE sdk_app_id = $1 AND task_id = $2 AND $4 IN ('', stage) AND day BETWEEN $3::date - 7 AND $3::date + 6
			)
			SELECT to_char(before, 'FM999,999,990') || ' ' || to_char(100 * (now / before - 1), 'FMSG990.0') || ' %' FROM sums`,
			testApp, test.task, (today - 7).UTC(), test.stage)
		if got := shown.says("#before"); got != want {
			t.Errorf("before it were %s, SQL says %s", got, want)
		}
	}
	if w.shown().Find("#change").Length() != 0 {
		t.Error("days that are not known are compared")
	}
}

func TestALongRangeIsShownByWeek(t *testing.T) {
	t.Parallel()
	w := pulled(t, 20)
	shown := w.shown("from", (today - 120).String(), "to", (today - 1).String())
	var want []string
	type period struct{ Line string }
	for _, row := range world.Rows[period](w.t, w.Pool, `
		WITH weeks AS (
			SELECT greatest(date_trunc('week', day::timestamp)::date, $1::date) AS first, count(*) AS days, sum(l.lost) AS lost,
				count(*) FILTER (WHERE c.state = 'loaded') AS known, coalesce(bool_and(c.settled), false) AND count(c.day) = count(*) AS final
			FROM (SELECT $1::date + n AS day FROM generate_series(0, $2::date - $1::date) AS n) AS days
			LEFT JOIN (SELECT day, sum(err_count) AS lost FROM analytics.app_platform_loss GROUP BY day) AS l USING (day)
			LEFT JOIN analytics.coverage AS c USING (day)
			GROUP BY 1
		)
		SELECT first || CASE WHEN days < 7 THEN ' ' || days || ' of 7 days' ELSE '' END
			|| CASE WHEN known BETWEEN 1 AND days - 1 THEN ' ' || known || ' of ' || days || ' known' ELSE '' END
			|| CASE WHEN final OR known = 0 THEN '' ELSE ' not final' END || '|' || coalesce(trim(to_char(lost, '999,999,999,999,990')), 'not known')
		FROM weeks ORDER BY first`, (today - 120).UTC(), (today - 1).UTC()) {
		want = append(want, row.Line)
	}
	var got []string
	for _, line := range shown.cells("#loss-table tbody tr") {
		parts := strings.Split(line, "|")
		got = append(got, parts[0]+"|"+parts[len(parts)-1])
	}
	equalLines(t, "weeks", want, got)
	if heading := shown.says("#loss"); heading != "Lost per week, by platform" {
		t.Errorf("the heading is %q", heading)
	}
	for place, want := range map[string]string{"first-child": "25 Nov 2025", "last-child": "16 Mar 2026"} {
		if got := shown.says(".dates text:" + place); got != want {
			t.Errorf("the axis has %q, want %q", got, want)
		}
	}
	if first := shown.says(".plot a:first-of-type title"); first != "2025-11-25 to 2025-11-30: not known, 6 of 7 days" {
		t.Errorf("the first week is %q", first)
	}
}

func TestChannelsBeyondTheColoursAreAddedUp(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	w.Exec(`INSERT INTO pushloss.platform_loss
		SELECT sdk_app_id, day, task_key, stage_id, event_type, 100 + n, err_code_key, err_info_key, 5, updated_at
		FROM (SELECT * FROM pushloss.platform_loss WHERE task_key = 0 LIMIT 1) AS f CROSS JOIN generate_series(1, 40) AS n`)
	shown := w.shown()
	heads := shown.cells("#loss-table thead tr")
	if len(heads) != 1 || strings.Count(heads[0], "|") != 13 || !strings.HasSuffix(heads[0], " others|All channels") {
		t.Errorf("the columns are %q", heads)
	}
	total := w.Text(`SELECT trim(to_char(sum(err_count), '999,999,999,999,990')) FROM analytics.app_platform_loss`)
	if got := shown.says("#by-channel"); got != total {
		t.Errorf("the total is %s, SQL says %s", got, total)
	}
}

func TestTheLargestCountsAreShown(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	w.Exec(`UPDATE pushloss.platform_loss SET err_count = 9223372036854775807`)
	total := w.Text(`SELECT trim(to_char(sum(err_count), '999,999,999,999,999,999,999,990')) FROM analytics.app_platform_loss`)
	got := w.ask(nil)
	if shown := parse(t, got.body).says("#by-channel"); len(shown) != len(total) || shown[:15] != total[:15] {
		t.Errorf("the total is %s, SQL says %s", shown, total)
	}
	if scale := parse(t, got.body).Find(".scale li").First().Text(); !strings.HasSuffix(scale, " Z") && !strings.HasSuffix(scale, " E") {
		t.Errorf("the scale ends with %q", scale)
	}
}

func TestWithoutLossesThePageSaysSo(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	unknown := w.shown("from", (today - 60).String(), "to", (today - 50).String())
	if got := unknown.says("#total"); got != "not known" || !strings.Contains(unknown.Text(), "No figures are known for these days") {
		t.Errorf("the total of days that nobody pulled is %s", got)
	}
	w.Exec(`DELETE FROM pushloss.platform_loss`)
	w.Exec(`DELETE FROM pushloss.stage_loss`)
	none := w.shown()
	if got := none.says("#total"); got != "0" || !strings.Contains(none.Text(), "The known days have no losses") {
		t.Errorf("the total of days without losses is %s", got)
	}
	empty := setup(t).ask(nil)
	if empty.status != 200 || !strings.Contains(empty.body, "There are no figures yet") {
		t.Errorf("without any app it is HTTP %d:\n%s", empty.status, empty.body)
	}
}

// The losses of all tasks may be too much to read. The rest of the page is shown nevertheless.
func TestThePageDoesNotWaitForAllTasks(t *testing.T) {
	t.Parallel()
	w := pulled(t, 20)
	whole := w.shown().says("#total")
	w.options.TasksTimeout = time.Millisecond
	shown := w.shown()
	if got := shown.says("#total"); got != whole {
		t.Errorf("the total is %s, want %s", got, whole)
	}
	if shown.Find("#tasks-late").Length() != 1 || shown.Find("#runs-table").Length() != 1 {
		t.Error("the page does not say that it lacks the tasks, or lacks more")
	}
	if got := w.askFor("/tasks.csv", nil); got.status != 503 {
		t.Errorf("the sheet of tasks is HTTP %d", got.status)
	}
	if got := w.askFor("/days.csv", nil); got.status != 200 {
		t.Errorf("the sheet of days is HTTP %d", got.status)
	}
}

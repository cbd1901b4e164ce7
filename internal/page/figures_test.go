package page_test

import (
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// What SQL says of a selection: the tables of the page as lines. The empty task is
// the whole app.
const sqlFigures = `
	SELECT day, stage, platform_id, platform, err_code, err_meaning, err_count
	FROM analytics.app_platform_loss WHERE sdk_app_id = $1 AND $2 = '' AND day BETWEEN $3::date AND $4::date
	UNION ALL
	SELECT day, stage, platform_id, platform, err_code, err_meaning, err_count
	FROM analytics.task_platform_loss WHERE sdk_app_id = $1 AND task_id = $2 AND day BETWEEN $3::date AND $4::date`

const sqlExpectedLoss = `
	WITH f AS (` + sqlFigures + `),
	platforms AS (SELECT DISTINCT platform_id, platform FROM f),
	days AS (
		SELECT day, CASE WHEN EXISTS (
			SELECT FROM analytics.stream_coverage AS c
			WHERE stream = 'loss' AND sdk_app_id = $1 AND task_id = $2 AND c.day = days.day AND state IN ('loaded', 'empty')
		) THEN 0 END AS least
		FROM (SELECT $3::date + n AS day FROM generate_series(0, $4::date - $3::date) AS n) AS days
	)
	SELECT days.day || '|' || (
			SELECT string_agg(coalesce(trim(to_char(coalesce((SELECT sum(err_count) FROM f WHERE f.day = days.day AND f.platform_id = p.platform_id), least),
				'999,999,999,999,990')), '–'), '|' ORDER BY p.platform_id)
			FROM platforms AS p
		) || '|' || coalesce(trim(to_char(coalesce((SELECT sum(err_count) FROM f WHERE f.day = days.day), least), '999,999,999,999,990')), 'not known')
	FROM days ORDER BY day`

const sqlExpectedCodes = `
	WITH f AS (` + sqlFigures + `)
	SELECT err_code || '|' || coalesce(max(err_meaning), 'not told') || '|' || platform || '|' || stage || '|'
		|| trim(to_char(sum(err_count), '999,999,999,999,990')) || '|'
		|| trim(to_char(100 * sum(err_count) / (SELECT sum(err_count) FROM f), '990.0')) || ' %'
	FROM f GROUP BY stage, platform, err_code
	ORDER BY sum(err_count) DESC, stage, platform, err_code LIMIT 10`

func (w *world) lines(sql string, app int64, task string, from, to calendar.Day) (lines []string) {
	w.t.Helper()
	type one struct{ Line string }
	for _, row := range query[one](w, sql, app, task, from.UTC(), to.UTC()) {
		lines = append(lines, row.Line)
	}
	return lines
}

func equalLines(t testing.TB, what string, want, got []string) {
	t.Helper()
	if diff := gocmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("%s, %d by SQL (-SQL +page):\n%s", what, len(want), diff)
	}
}

func TestTheFiguresAreThoseThatSQLSays(t *testing.T) {
	t.Parallel()
	w := pulled(t, 35)
	w.backfill(otherApp, today-3, today-2, load.RunDone)
	hostile := `50%&+/"quotes" ü`
	w.register(testApp, load.Task{TaskID: hostile})
	w.backfill(testApp, today-12, today-10, load.RunDone)
	for _, test := range []struct {
		name     string
		query    []string
		app      int64
		task     string
		from, to calendar.Day
	}{
		{"nothing chosen", nil, testApp, "", today - 30, today - 1},
		{"empty fields of the form", []string{"app", "", "task", "", "from", "", "to", ""}, testApp, "", today - 30, today - 1},
		{"a range", []string{"from", (today - 9).String(), "to", (today - 4).String()}, testApp, "", today - 9, today - 4},
		{"one day", []string{"from", (today - 2).String(), "to", (today - 2).String()}, testApp, "", today - 2, today - 2},
		{"a last day", []string{"to", (today - 4).String()}, testApp, "", today - 33, today - 4},
		{"a first day", []string{"from", (today - 4).String()}, testApp, "", today - 4, today - 1},
		{"another app", []string{"app", "1400000002"}, otherApp, "", today - 31, today - 2},
		{"a task", []string{"task", "demo-welcome"}, testApp, "demo-welcome", today - 30, today - 1},
		{"a task of a strange name", []string{"task", hostile, "app", "1400000001"}, testApp, hostile, today - 39, today - 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			shown := w.shown(test.query...)
			equalLines(t, "losses", w.lines(sqlExpectedLoss, test.app, test.task, test.from, test.to), shown.cells("#loss-table tbody tr"))
			equalLines(t, "codes", w.lines(sqlExpectedCodes, test.app, test.task, test.from, test.to), shown.cells("#codes-table tbody tr"))
			total := w.text(`SELECT trim(to_char(sum(err_count), '999,999,999,999,990')) FROM (`+sqlFigures+`) AS f`,
				test.app, test.task, test.from.UTC(), test.to.UTC())
			if got := shown.says("#by-channel"); got != total {
				t.Errorf("the channels lost %s, SQL says %s", got, total)
			}
			ofStages := w.text(`SELECT trim(to_char(sum(err_count), '999,999,999,999,990')) FROM (
				SELECT '' AS task_id, sdk_app_id, day, err_count FROM analytics.app_stage_loss
				UNION ALL SELECT task_id, sdk_app_id, day, err_count FROM analytics.task_stage_loss) AS f
				WHERE sdk_app_id = $1 AND task_id = $2 AND day BETWEEN $3::date AND $4::date`, test.app, test.task, test.from.UTC(), test.to.UTC())
			if got := shown.says("#total"); got != ofStages || got == total {
				t.Errorf("the total is %s, SQL says %s, and of the channels %s", got, ofStages, total)
			}
			feet := shown.cells("#loss-table tfoot tr")
			if len(feet) != 1 || !strings.HasSuffix(feet[0], "|"+total) {
				t.Errorf("the table's sums are %q", feet)
			}
			for id, want := range map[string]string{
				"app": fmt.Sprint(test.app), "from": test.from.String(), "to": test.to.String(), "task": test.task,
			} {
				got := shown.Find("#"+id).AttrOr("value", "")
				if id == "app" {
					got = shown.Find("#app option[selected]").AttrOr("value", "")
				}
				if got != want {
					t.Errorf("the form has %s %q, want %q", id, got, want)
				}
			}
		})
	}
}

func TestALongRangeIsShownByWeek(t *testing.T) {
	t.Parallel()
	w := pulled(t, 20)
	shown := w.shown("from", (today - 120).String(), "to", (today - 1).String())
	var want []string
	type period struct{ Line string }
	for _, row := range query[period](w, `
		WITH days AS (SELECT $1::date + n AS day FROM generate_series(0, $2::date - $1::date) AS n)
		SELECT greatest(date_trunc('week', day::timestamp)::date, $1::date) || '|' || coalesce(trim(to_char(sum(l.lost), '999,999,999,999,990')), 'not known')
		FROM days LEFT JOIN (SELECT day, sum(err_count) AS lost FROM analytics.app_platform_loss GROUP BY day) AS l USING (day)
		GROUP BY greatest(date_trunc('week', day::timestamp)::date, $1::date) ORDER BY 1`, (today - 120).UTC(), (today - 1).UTC()) {
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
}

func TestChannelsTooManyToTellApartAreAddedUp(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	w.exec(`INSERT INTO pushloss.platform_loss
		SELECT sdk_app_id, day, task_key, stage_id, event_type, 100 + n, err_code_key, err_info_key, 5, updated_at
		FROM (SELECT * FROM pushloss.platform_loss WHERE task_key = 0 LIMIT 1) AS f CROSS JOIN generate_series(1, 40) AS n`)
	shown := w.shown()
	heads := shown.cells("#loss-table thead tr")
	if len(heads) != 1 || strings.Count(heads[0], "|") != 10 || !strings.HasSuffix(heads[0], " others|All channels") {
		t.Errorf("the columns are %q", heads)
	}
	total := w.text(`SELECT trim(to_char(sum(err_count), '999,999,999,999,990')) FROM analytics.app_platform_loss`)
	if got := shown.says("#by-channel"); got != total {
		t.Errorf("the total is %s, SQL says %s", got, total)
	}
}

func TestCountsAsLargeAsTheyComeAreShown(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	w.exec(`UPDATE pushloss.platform_loss SET err_count = 9223372036854775807`)
	total := w.text(`SELECT trim(to_char(sum(err_count), '999,999,999,999,999,999,999,990')) FROM analytics.app_platform_loss`)
	got := w.ask(nil)
	if shown := parse(t, got.body).says("#by-channel"); len(shown) != len(total) || shown[:15] != total[:15] {
		t.Errorf("the total is %s, SQL says %s", shown, total)
	}
	if chart := w.chart(parse(t, got.body)); chart.status != 200 {
		t.Errorf("the chart is answered by HTTP %d", chart.status)
	}
}

// chart is the picture that a page shows on a wide and light screen.
func (w *world) chart(d *document) answer {
	w.t.Helper()
	source, found := d.Find("img.chart").Attr("src")
	if !found {
		w.t.Fatal("the page has no chart")
	}
	return w.askFor(source, nil)
}

func TestTheChartHasABarForEveryFigure(t *testing.T) {
	t.Parallel()
	w := pulled(t, 12)
	for _, query := range [][]string{nil, {"task", "demo-flash-sale"}} {
		shown := w.shown(query...)
		chart := w.chart(shown)
		if chart.status != 200 || chart.header.Get("Content-Type") != "image/svg+xml" {
			t.Fatalf("the chart is HTTP %d, %s", chart.status, chart.header.Get("Content-Type"))
		}
		svg := parse(t, chart.body)
		keys := words(shown.Find(".keys").Text())
		for i, name := range shown.Find("#loss-table thead th").EachIter() {
			if text := words(name.Text()); i > 0 && text != "All channels" && !strings.Contains(keys, text) {
				t.Errorf("the keys %q lack %q", keys, text)
			}
		}
		figures := 0
		for _, cell := range shown.Find("#loss-table tbody td:not(:last-child)").EachIter() {
			if text := cell.Text(); text != "0" && text != "–" {
				figures++
			}
		}
		colours := make(map[string]int) // paths by colour
		for _, path := range svg.Find("path").EachIter() {
			if style := path.AttrOr("style", ""); strings.HasPrefix(style, "stroke:none;fill:rgb") {
				colours[style]++
			}
		}
		bars := 0
		for _, paths := range colours {
			bars += paths
		}
		if bars < figures || figures == 0 {
			t.Errorf("%d bars for %d figures", bars, figures)
		}
	}
}

func TestWithoutLossesThePageSaysSo(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	unknown := w.shown("from", (today - 60).String(), "to", (today - 50).String())
	if got := unknown.says("#total"); got != "not known" || !strings.Contains(unknown.Text(), "Nothing is known of these days") {
		t.Errorf("the total of days that nobody pulled is %s", got)
	}
	w.exec(`DELETE FROM pushloss.platform_loss`)
	w.exec(`DELETE FROM pushloss.stage_loss`)
	none := w.shown()
	if got := none.says("#total"); got != "0" || !strings.Contains(none.Text(), "There are no losses in the days that are known") {
		t.Errorf("the total of days without losses is %s", got)
	}
	empty := setup(t).ask(nil)
	if empty.status != 200 || !strings.Contains(empty.body, "There are no figures yet") {
		t.Errorf("without any app it is HTTP %d:\n%s", empty.status, empty.body)
	}
}

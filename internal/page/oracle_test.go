package page_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/world"
)

// choice is a selection; an empty text is all of it.
type choice struct {
	app                         int64
	task, stage, platform, code string
	from, to                    calendar.Day
}

// query is the choice as parameters of an address.
func (c choice) query() (pairs []string) {
	for _, pair := range [][2]string{{"task", c.task}, {"stage", c.stage}, {"platform", c.platform}, {"code", c.code}, {"from", c.from.String()}, {"to", c.to.String()}} {
		if pair[1] != "" {
			pairs = append(pairs, pair[:]...)
		}
	}
	return pairs
}

// What SQL returns for a selection: the tables of the page as lines, one cell after the
// other. The queries begin with the figures that are chosen, of the whole app or of the
// task.
const sqlAllChosen = `
	WITH asked (app, task, first, last, stage, platform, code) AS MATERIALIZED (
		VALUES ($1::bigint, $2::text, $3::date, $4::date, $5::text, $6::text, $7::text)
	), channels AS MATERIALIZED (
		SELECT f.* FROM (
			SELECT sdk_app_id, '' AS task_id, day, stage, platform_id, platform, err_code, err_meaning, what_to_do, err_count FROM analytics.app_platform_loss
			UNION ALL
			SELECT sdk_app_id, task_id, day, stage, platform_id, platform, err_code, err_meaning, what_to_do, err_count FROM analytics.task_platform_loss
		) AS f JOIN asked ON sdk_app_id = app AND day BETWEEN first AND last
			AND SCOPE
			AND asked.stage IN ('', f.stage) AND asked.platform IN ('', f.platform) AND code IN ('', f.err_code)
	), stages AS MATERIALIZED (
		SELECT f.* FROM (
			SELECT sdk_app_id, '' AS task_id, day, stage, err_code, err_count FROM analytics.app_stage_loss
			UNION ALL
			SELECT sdk_app_id, task_id, day, stage, err_code, err_count FROM analytics.task_stage_loss
		) AS f JOIN asked ON sdk_app_id = app AND day BETWEEN first AND last AND SCOPE
			AND asked.stage IN ('', f.stage)
		WHERE asked.platform = '' AND code = ''
		UNION ALL
		SELECT sdk_app_id, task_id, day, stage, err_code, err_count FROM channels WHERE (SELECT platform || code FROM asked) <> ''
	), channel_rates AS MATERIALIZED (
		SELECT r.task_id, r.day, r.stage, r.platform, r.denominator, r.gap, r.loss_rate, r.gap_rate, coalesce((SELECT sum(err_count) FROM channels AS c
			WHERE c.task_id = r.task_id AND c.day = r.day AND c.stage = r.stage AND c.platform = r.platform), 0) AS lost
		FROM analytics.loss_rates AS r JOIN asked ON sdk_app_id = app AND day BETWEEN first AND last
			AND asked.stage IN ('', r.stage) AND asked.platform IN ('', r.platform)
		WHERE r.grain IN ('app_platform', 'task_platform') AND SCOPE
	), rates AS MATERIALIZED (
		SELECT r.task_id, r.day, r.stage, r.denominator, r.gap, r.loss_rate, r.gap_rate,
			coalesce((SELECT sum(err_count) FROM stages AS s WHERE s.task_id = r.task_id AND s.day = r.day AND s.stage = r.stage), 0) AS lost
		FROM analytics.loss_rates AS r JOIN asked ON sdk_app_id = app AND day BETWEEN first AND last AND asked.stage IN ('', r.stage)
		WHERE r.grain IN ('app_stage', 'task_stage') AND asked.platform = '' AND code = '' AND SCOPE
		UNION ALL
		SELECT task_id, day, stage, denominator, gap, loss_rate, gap_rate, lost FROM channel_rates WHERE (SELECT platform || code FROM asked) <> ''
	), shown AS MATERIALIZED (
		SELECT s.stage, s.stage_id, s.meaning FROM analytics.stages AS s, asked
		WHERE s.stage IN ('ready_to_send', 'post_send_delivered') AND asked.stage IN ('', s.stage)
	), days AS MATERIALIZED (
		SELECT n.day, coalesce(c.state IN ('loaded', 'empty'), false) AS known, coalesce(c.settled, false) AS final,
			CASE WHEN c.day IS NULL AND n.day < (SELECT (t.sent_at AT TIME ZONE a.timezone)::date
				FROM analytics.tasks AS t JOIN analytics.apps AS a USING (sdk_app_id) WHERE t.sdk_app_id = app AND t.task_id = task)
				THEN 'before the push was sent' ELSE 'not known' END AS absence
		FROM asked CROSS JOIN LATERAL (SELECT first + n AS day FROM generate_series(0, last - first) AS n) AS n
		LEFT JOIN analytics.stream_coverage AS c ON stream = 'loss' AND sdk_app_id = app AND task_id = task AND c.day = n.day
	)`

const (
	count   = `to_char(%, 'FM999,999,999,999,999,999,990')`
	rateOf  = `coalesce(to_char(100 * sum(lost) FILTER (WHERE loss_rate IS NOT NULL) / sum(denominator) FILTER (WHERE loss_rate IS NOT NULL), 'FM99990.00') || ' %', '–')`
	gapOf   = `coalesce(to_char(100 * sum(gap) FILTER (WHERE gap_rate IS NOT NULL) / sum(denominator) FILTER (WHERE gap_rate IS NOT NULL), 'FM99990.00') || ' %', '–')`
	ratesOf = `coalesce(` + `to_char(sum(denominator) FILTER (WHERE loss_rate IS NOT NULL), 'FM999,999,999,999,990'), '–') || '|' || ` + rateOf + ` || '|' || coalesce(to_char(sum(gap) FILTER (WHERE gap_rate IS NOT NULL), 'FM999,999,999,999,990'), '–') || '|' || ` + gapOf
	shareOf = `to_char(100 * sum(err_count) / (SELECT sum(err_count) FROM channels), 'FM990.0') || ' %'`
)

// counted writes a count as the page does.
func counted(sql string) string { return strings.ReplaceAll(count, "%", sql) }

var (
	sqlChosen = strings.ReplaceAll(sqlAllChosen, "SCOPE", "task_id = task")

	sqlDays = sqlChosen + `, platforms AS MATERIALIZED (SELECT DISTINCT platform_id, platform FROM channels )
	SELECT d.day || CASE WHEN d.final OR NOT d.known THEN '' ELSE ' not final' END
		|| CASE WHEN (SELECT platform || code FROM asked) <> '' THEN '' ELSE '|' || coalesce(` + counted(`coalesce((SELECT sum(err_count) FROM stages WHERE day = d.day), CASE WHEN d.known THEN 0 END)`) + `, '–') END
		|| '|' || (SELECT string_agg((SELECT ` + rateOf + ` FROM rates AS r WHERE r.day = d.day AND r.stage = s.stage), '|' ORDER BY stage_id) FROM shown AS s)
		|| coalesce('|' || (SELECT string_agg(coalesce(` + counted(`coalesce((SELECT sum(err_count) FROM channels AS c WHERE c.day = d.day AND c.platform = p.platform), CASE WHEN d.known THEN 0 END)`) + `, '–'),
			'|' ORDER BY p.platform_id) FROM platforms AS p), '')
		|| '|' || coalesce(` + counted(`coalesce((SELECT sum(err_count) FROM channels WHERE day = d.day), CASE WHEN d.known THEN 0 END)`) + `, d.absence)
	FROM days AS d ORDER BY d.day`

	sqlByStage = sqlChosen + `
	SELECT stage || '|' || meaning || '|' || ` + counted(`coalesce((SELECT sum(err_count) FROM stages AS f WHERE f.stage = s.stage), 0)`) + ` || '|'
		|| (SELECT ` + ratesOf + ` FROM rates AS r WHERE r.stage = s.stage)
	FROM shown AS s ORDER BY stage_id`

	sqlByChannel = sqlChosen + `
	SELECT platform || '|' || stage || '|' || ` + counted(`sum(err_count)`) + ` || '|' || ` + shareOf + ` || '|'
		|| (SELECT ` + ratesOf + ` FROM channel_rates AS r WHERE r.stage = c.stage AND r.platform = c.platform)
	FROM channels AS c GROUP BY platform, stage ORDER BY sum(err_count) DESC, platform, stage`

	sqlByCode = sqlChosen + `
	SELECT err_code || '|' || coalesce(max(err_meaning), 'no explanation') || coalesce(' ' || max(what_to_do), '') || '|' || platform || '|' || stage || '|'
		|| coalesce((SELECT min(first_day)::text FROM analytics.error_codes AS e WHERE e.err_code = c.err_code AND e.stage = c.stage AND e.platform_id = c.platform_id), '–') || '|'
		|| ` + counted(`sum(err_count)`) + ` || '|' || ` + shareOf + ` || '|'
		|| coalesce((SELECT to_char(100 * sum((SELECT sum(f.err_count) FROM channels AS f WHERE f.day = r.day AND f.stage = r.stage AND f.platform = r.platform AND f.err_code = c.err_code))
			/ sum(denominator), 'FM99990.00') || ' %' FROM channel_rates AS r WHERE r.stage = c.stage AND r.platform = c.platform AND loss_rate IS NOT NULL), '–')
	FROM channels AS c GROUP BY stage, platform_id, platform, err_code
	ORDER BY sum(err_count) DESC, stage, platform, err_code LIMIT 10`

	sqlByTask = strings.ReplaceAll(sqlAllChosen, "SCOPE", "task_id <> '' AND task IN ('', task_id)") + `
	SELECT task_id || '|' || coalesce((SELECT label FROM analytics.tasks AS t WHERE t.sdk_app_id = $1 AND t.task_id = f.task_id), '') || '|' || ` + counted(`sum(err_count)`) + ` || '|'
		|| (SELECT string_agg(` + counted(`coalesce((SELECT sum(err_count) FROM stages AS g WHERE g.task_id = f.task_id AND g.stage = s.stage), 0)`) + ` || '|'
			|| (SELECT ` + rateOf + ` FROM rates AS r WHERE r.task_id = f.task_id AND r.stage = s.stage), '|' ORDER BY stage_id) FROM shown AS s)
	FROM stages AS f
	GROUP BY task_id ORDER BY sum(err_count) DESC, task_id LIMIT 20`

	// The titles of the chart's parts, from the left to the right and from below.
	sqlTooltips = sqlChosen + `
	SELECT c.day || ', ' || platform || ': ' || ` + counted(`sum(err_count)`) + ` || ', ' || to_char(100 * sum(err_count) / sum(sum(err_count)) OVER (PARTITION BY c.day), 'FM990.0') || ' % of '
		|| ` + counted(`sum(sum(err_count)) OVER (PARTITION BY c.day)`) + ` || CASE WHEN bool_and(d.final) THEN '' ELSE ', not final' END
	FROM channels AS c JOIN days AS d ON d.day = c.day GROUP BY c.day, platform_id, platform ORDER BY c.day, platform_id`

	// The titles of the chart's columns.
	sqlColumns = sqlChosen + `
	SELECT d.day || ': ' || CASE WHEN d.known THEN ` + counted(`coalesce((SELECT sum(err_count) FROM channels AS c WHERE c.day = d.day), 0)`) + ` || ' by channel'
			|| CASE WHEN (SELECT platform || code FROM asked) <> '' THEN '' ELSE ', ' || ` + counted(`coalesce((SELECT sum(err_count) FROM stages AS s WHERE s.day = d.day), 0)`) + ` || ' in total' END
			|| CASE WHEN d.final THEN '' ELSE ', not final' END
		ELSE d.absence END
	FROM days AS d ORDER BY d.day`

	// The tiles: the total, that of the channels, that of as many days before, the rates, and how much is final.
	sqlTiles = sqlChosen + `
	SELECT CASE WHEN (SELECT platform || code FROM asked) = '' THEN ` + counted(`(SELECT sum(err_count) FROM stages)`) + ` || '|' ELSE '' END
		|| ` + counted(`(SELECT sum(err_count) FROM channels)`) + `
		|| '|' || (SELECT string_agg((SELECT ` + rateOf + ` FROM rates AS r WHERE r.stage = s.stage), '|' ORDER BY stage_id) FROM shown AS s)
		|| '|' || (SELECT count(*) FILTER (WHERE final) || ' of ' || count(*) FILTER (WHERE absence = 'not known') FROM days)`
)

func (w *fixture) lines(sql string, c choice) (lines []string) {
	w.t.Helper()
	type one struct{ Line string }
	for _, row := range world.Rows[one](w.t, w.Pool, sql, c.app, c.task, c.from.UTC(), c.to.UTC(), c.stage, c.platform, c.code) {
		lines = append(lines, row.Line)
	}
	return lines
}

// isWhatSQLSays compares every figure of a page.
func (w *fixture) isWhatSQLSays(shown *document, c choice) {
	w.t.Helper()
	for _, table := range []struct{ name, sql, rows string }{
		{"days", sqlDays, "#loss-table tbody tr"}, {"stages", sqlByStage, "#stages-table tbody tr"}, {"channels", sqlByChannel, "#channels-table tbody tr"},
		{"codes", sqlByCode, "#codes-table tbody tr"}, {"tasks", sqlByTask, "#worst-table tbody tr"},
	} {
		equalLines(shown.t, table.name, w.lines(table.sql, c), shown.cells(table.rows))
	}
	var columns, titles, tiles []string
	for _, title := range shown.Find(".plot .column title").EachIter() {
		columns = append(columns, folded(title.Text()))
	}
	equalLines(shown.t, "columns", w.lines(sqlColumns, c), columns)
	shown.barsAreInScale()
	for _, title := range shown.Find(".plot rect[class^=key] title").EachIter() {
		titles = append(titles, folded(title.Text()))
	}
	equalLines(shown.t, "tooltips", w.lines(sqlTooltips, c), titles)
	for _, id := range []string{"#total", "#by-channel", "#rate-ready_to_send", "#rate-post_send_delivered", "#final"} {
		if shown.Find(id).Length() > 0 {
			tiles = append(tiles, shown.says(id))
		}
	}
	equalLines(shown.t, "tiles", w.lines(sqlTiles, c), []string{strings.Join(tiles, "|")})
}

// barsAreInScale compares the heights of the bars with the figures in their titles, which
// are compared with SQL.
func (d *document) barsAreInScale() {
	d.t.Helper()
	number := func(text string) float64 {
		n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
		must(d.t, err)
		return n
	}
	top := number(d.Find(".scale li").First().Text())
	for _, bar := range d.Find(".plot rect[class^=key]").EachIter() {
		title := bar.Find("title").Text()
		_, rest, _ := strings.Cut(title, ": ")
		lost, _, _ := strings.Cut(rest, ", ")
		height := number(strings.TrimSuffix(bar.AttrOr("height", ""), "%"))
		if want := 100 * number(lost) / top; math.Abs(height-want) > 0.001 {
			d.t.Errorf("the bar of %q is %v %% high, want %v", title, height, want)
		}
	}
}

func equalLines(t testing.TB, what string, want, got []string) {
	t.Helper()
	if diff := gocmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("%s, %d by SQL (-SQL +page):\n%s", what, len(want), diff)
	}
}

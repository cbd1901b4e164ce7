package grafana_test

import (
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// What each mark shows, from the tables. The days of a mark are those that the dashboard's range
// touches, by their dates in UTC.
const (
	sqlRestatedMarks = `
		SELECT c.day || ' restated by ' || to_char(sum(coalesce(c.new_count, 0) - coalesce(c.old_count, 0)), 'FMSG999999999999999990')
			|| ' since first loaded, last on ' || to_char(max(c.changed_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC'
		FROM pushloss.loss_change AS c LEFT JOIN pushloss.task AS t USING (task_key)
		WHERE c.stream_id = 0 AND NOT c.by_platform AND coalesce(t.task_id, '') = ANY ($1)
		GROUP BY c.day HAVING sum(coalesce(c.new_count, 0) - coalesce(c.old_count, 0)) <> 0
		ORDER BY c.day`
	sqlJumpMarks = `
		SELECT j.first_day || ' to ' || j.last_day || ' ' || j.sdk_app_id || ', ' || CASE WHEN j.event_type = 2 AND j.platform_id = 0 THEN 'online' ELSE p.platform END || ', ' || s.stage || ', '
			|| coalesce(m.short_name || ' (' || c.err_code || ')', c.err_code) || ': ' || j.losses || ' lost on ' || j.worst_day
			|| ', usually ' || round((j.usual * coalesce(j.pushes, 1))::numeric)
		FROM pushloss.jump AS j JOIN pushloss.err_code AS c USING (err_code_key) JOIN pushloss.stage AS s USING (stage_id)
		JOIN pushloss.platform AS p USING (platform_id)
		LEFT JOIN pushloss.error_catalogue AS m USING (err_code, stage_id, platform_id)
		WHERE j.state <> 'withdrawn' AND cardinality($1::text[]) > 0
		ORDER BY j.first_day, j.jump_id`
	sqlFailureMarks = `
		SELECT to_char(started_at AT TIME ZONE 'UTC', 'HH24:MI:SS') || ' to ' || to_char(coalesce(finished_at, started_at) AT TIME ZONE 'UTC', 'HH24:MI:SS')
			|| ' ' || concat_ws(' ', kind, run_id, state) || coalesce(': ' || error, '')
		FROM pushloss.run
		WHERE state NOT IN ('done', 'running') AND cardinality($1::text[]) > 0
		ORDER BY started_at`
)

// marksAreTrue compares the marks of restatements, jumps and failures with the tables.
func marksAreTrue(t *testing.T, w *fixture) {
	conn := w.ownConn(t)
	for _, test := range []struct {
		file, mark, sql string
		ofTasks         bool
		show            func(answer, []any) string
	}{
		{"overview.json", "Restated", sqlRestatedMarks, false, dayAndText},
		{"platform.json", "Restated", sqlRestatedMarks, false, dayAndText},
		{"task.json", "Restated", sqlRestatedMarks, true, dayAndText},
		{"overview.json", "Jumps", sqlJumpMarks, false, daysAndText},
		{"platform.json", "Jumps", sqlJumpMarks, false, daysAndText},
		{"overview.json", "Failures", sqlFailureMarks, false, timesAndText},
		{"platform.json", "Failures", sqlFailureMarks, false, timesAndText},
		{"task.json", "Failures", sqlFailureMarks, true, timesAndText},
		{"pipeline.json", "Failures", sqlFailureMarks, false, timesAndText},
	} {
		d := named(t, test.file)
		tasks, chosen := []string{""}, w.opened(t, d, nil)
		if test.ofTasks {
			tasks, chosen = []string{task}, w.opened(t, d, choice{"app": {fmt.Sprint(app)}, "task": {task}})
		}
		rows, err := conn.Query(t.Context(), test.sql, tasks)
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			want = append(want, line)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		shown := w.ask(t, d.mark(t, test.mark), chosen)
		for _, row := range shown.rows {
			got = append(got, test.show(shown, row))
		}
		if test.mark == "Jumps" { // several of a day in any order
			slices.Sort(want)
			slices.Sort(got)
		}
		if diff := gocmp.Diff(want, got); diff != "" || len(want) == 0 {
			t.Errorf("%s: %s, %d in the tables (-tables +marks):\n%s", test.file, test.mark, len(want), diff)
		}
	}
}

func dayAndText(a answer, row []any) string {
	return fmt.Sprint(timeOf(row[a.index("time")]).UTC().Format("2006-01-02"), " ", row[a.index("text")])
}

// daysAndText ends with the day before timeend, which is when the last day is over.
func daysAndText(a answer, row []any) string {
	return fmt.Sprint(timeOf(row[a.index("time")]).UTC().Format("2006-01-02"), " to ",
		timeOf(row[a.index("timeend")]).UTC().AddDate(0, 0, -1).Format("2006-01-02"), " ", row[a.index("text")])
}

func timesAndText(a answer, row []any) string {
	return fmt.Sprint(timeOf(row[a.index("time")]).UTC().Format("15:04:05"), " to ", timeOf(row[a.index("timeend")]).UTC().Format("15:04:05"), " ", row[a.index("text")])
}

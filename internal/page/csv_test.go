package page_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/dustin/go-humanize"
)

// sheet is a table of the page as CSV, its rows by the names of the columns.
func (w *fixture) sheet(name string, pairs ...string) (columns []string, rows []map[string]string) {
	w.t.Helper()
	got := w.askFor("/"+name+".csv?"+queryOf(pairs...), nil)
	if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/csv; charset=utf-8") ||
		!strings.HasPrefix(got.header.Get("Content-Disposition"), `attachment; filename="pushloss-1400000001-`+name) {
		w.t.Fatalf("%s is HTTP %d with %v", name, got.status, got.header)
	}
	text, marked := strings.CutPrefix(got.body, "\uFEFF")
	if !marked {
		w.t.Errorf("%s does not begin with a byte order mark", name)
	}
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	must(w.t, err)
	for _, record := range records[1:] {
		row := make(map[string]string)
		for i, column := range records[0] {
			row[column] = record[i]
		}
		rows = append(rows, row)
	}
	return records[0], rows
}

// shownAs write cells of a sheet as the page does.
func shownCount(text string) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return "–"
	}
	return humanize.Commaf(n)
}

func shownRate(text string, digits int) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return "–"
	}
	return strconv.FormatFloat(100*n, 'f', digits, 64) + " %"
}

func TestASheetHasWhatThePageShows(t *testing.T) {
	t.Parallel()
	w := pulled(t, 35)
	month := choice{app: testApp, from: today - 30, to: today - 1}
	task, code := w.worst(), month
	code.code = "-1"
	for name, c := range map[string]choice{"the whole app": month, "a code": code, "all that one can choose": task} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			here := *w
			here.t = t
			ofStages := func(row map[string]string, kinds ...string) (cells []string) {
				for _, stage := range []string{"ready_to_send", "post_send_delivered"} {
					for _, kind := range kinds {
						text, found := row[kind+"_"+stage]
						switch {
						case found && kind == "lost":
							cells = append(cells, shownCount(text))
						case found:
							cells = append(cells, shownRate(text, 2))
						}
					}
				}
				return cells
			}
			for _, sheet := range []struct {
				name, sql string
				line      func(columns []string, row map[string]string) []string
			}{
				{"days", sqlDays, func(columns []string, row map[string]string) []string {
					cells := []string{row["first_day"]}
					if row["final_days"] != "1" {
						cells[0] += " not final"
					}
					if c.platform+c.code == "" {
						cells = append(cells, shownCount(row["lost"]))
					}
					cells = append(cells, ofStages(row, "loss_rate")...)
					series := slices.IndexFunc(columns, func(name string) bool { return strings.HasPrefix(name, "gap_rate_post") })
					if series < 0 {
						series = slices.Index(columns, "gap_rate_"+c.stage)
					}
					for _, platform := range columns[series+1:] {
						cells = append(cells, shownCount(row[platform]))
					}
					return append(cells, shownCount(row["lost_by_channel"]))
				}},
				{"stages", sqlByStage, func(_ []string, row map[string]string) []string {
					meaning := here.Text(`SELECT meaning FROM analytics.stages WHERE stage = $1`, row["stage"])
					return []string{row["stage"], meaning, shownCount(row["lost"]), shownCount(row["pushes"]), shownRate(row["loss_rate"], 2), shownCount(row["gap"]), shownRate(row["gap_rate"], 2)}
				}},
				{"channels", sqlByChannel, func(_ []string, row map[string]string) []string {
					return []string{row["platform"], row["stage"], shownCount(row["lost_by_channel"]), shownRate(row["share"], 1),
						shownCount(row["pushes"]), shownRate(row["loss_rate"], 2), shownCount(row["gap"]), shownRate(row["gap_rate"], 2)}
				}},
				{"codes", strings.TrimSuffix(sqlByCode, " LIMIT 10"), func(_ []string, row map[string]string) []string {
					return []string{row["err_code"], strings.TrimSpace(row["meaning"] + " " + row["what_to_do"]), row["platform"], row["stage"], row["first_seen"],
						shownCount(row["lost_by_channel"]), shownRate(row["share"], 1), shownRate(row["loss_rate"], 2)}
				}},
				{"tasks", strings.TrimSuffix(sqlByTask, " LIMIT 20"), func(_ []string, row map[string]string) []string {
					return append([]string{row["task_id"], row["label"], shownCount(row["lost"])}, ofStages(row, "lost", "loss_rate")...)
				}},
			} {
				columns, rows := here.sheet(sheet.name, c.query()...)
				var lines []string
				for _, row := range rows {
					lines = append(lines, strings.ReplaceAll(strings.Join(sheet.line(columns, row), "|"), "||", "|no explanation|"))
					scope := map[bool]string{true: "task", false: "app"}[c.task != "" || sheet.name == "tasks"]
					if row["sdk_app_id"] != fmt.Sprint(testApp) || row["scope"] != scope || scope == "app" && row["task_id"] != "" {
						t.Errorf("a row of %s is of %s, %s, %q", sheet.name, row["sdk_app_id"], row["scope"], row["task_id"])
					}
				}
				equalLines(t, sheet.name, here.lines(sheet.sql, c), lines)
			}
		})
	}
}

// The page shows the largest of many codes and tasks. A sheet has them all, so that it can be added up.
func TestASheetAddsUp(t *testing.T) {
	t.Parallel()
	w := pulled(t, 5)
	w.Exec(`WITH tasks AS (
			INSERT INTO pushloss.task (sdk_app_id, task_id, registered_at) SELECT $1, 'task-' || n, now() FROM generate_series(1, 30) AS n RETURNING task_key)
		INSERT INTO pushloss.stage_loss
		SELECT f.sdk_app_id, f.day, t.task_key, f.stage_id, f.err_code_key, f.err_info_key, 5, f.updated_at
		FROM tasks AS t CROSS JOIN (SELECT * FROM pushloss.stage_loss WHERE task_key = 0 LIMIT 1) AS f`, testApp)
	for name, of := range map[string]struct{ column, sql string }{
		"codes": {"lost_by_channel", `SELECT sum(err_count)::text FROM analytics.app_platform_loss`},
		"tasks": {"lost", `SELECT sum(err_count)::text FROM analytics.task_stage_loss`},
	} {
		sum := 0
		_, rows := w.sheet(name)
		for _, row := range rows {
			lost, err := strconv.Atoi(row[of.column])
			must(t, err)
			sum += lost
		}
		if want := w.Text(of.sql); strconv.Itoa(sum) != want {
			t.Errorf("%d rows of %s add up to %d, SQL says %s", len(rows), name, sum, want)
		}
	}
}

// A spreadsheet never takes a text of others for a formula; a number stays a number.
func TestASheetHasNoFormulas(t *testing.T) {
	t.Parallel()
	w := pulled(t, 5)
	for label, want := range map[string]string{
		`=HYPERLINK("http://evil.example","x")`: `'=HYPERLINK("http://evil.example","x")`,
		"+1+cmd|' /C calc'!A0":                  "'+1+cmd|' /C calc'!A0", "-2+3": "'-2+3", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1",
		"-5": "-5", "+5": "+5", "5-3": "5-3", "促销, \"今天\"\n=1": "促销, \"今天\"\n=1",
	} {
		w.Exec(`UPDATE pushloss.task SET label = $1 WHERE task_id = 'demo-welcome'`, label)
		_, rows := w.sheet("tasks", "task", "demo-welcome")
		got := make(map[string]bool)
		for _, row := range rows {
			got[row["label"]] = true
		}
		if diff := gocmp.Diff([]string{want}, slices.Collect(maps.Keys(got))); diff != "" {
			t.Errorf("the label %q (-want +got):\n%s", label, diff)
		}
	}
}

func TestABadSheetIsRefused(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	for path, want := range map[string]int{"/days.csv?from=x": 400, "/tasks.csv?app=7": 400, "/other.csv": 404} {
		if got := w.askFor(path, nil); got.status != want || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s is HTTP %d, %s", path, got.status, got.header.Get("Content-Type"))
		}
	}
}

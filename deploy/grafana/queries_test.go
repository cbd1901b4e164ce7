package grafana_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// patience bounds every query of a panel.
const patience = 3 * time.Minute

// answer is what a query gave.
type answer struct {
	columns []pgconn.FieldDescription
	rows    [][]any
}

func (a answer) index(name string) int {
	return slices.IndexFunc(a.columns, func(c pgconn.FieldDescription) bool { return c.Name == name })
}

// ask sends a statement as Grafana does: expanded, as one text.
func (w *fixture) ask(t testing.TB, sql string, chosen choice) answer {
	t.Helper()
	expanded, err := expand(sql, chosen, w.during)
	if err != nil {
		t.Fatal(err)
	}
	return collect(t, w.reader, expanded)
}

// collect sends a statement as one text.
func collect(t testing.TB, on interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}, expanded string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	rows, err := on.Query(ctx, expanded, pgx.QueryExecModeExec)
	if err != nil {
		t.Fatalf("%v\n%s", err, expanded)
	}
	defer rows.Close()
	a := answer{columns: slices.Clone(rows.FieldDescriptions())}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			t.Fatal(err)
		}
		a.rows = append(a.rows, values)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v\n%s", err, expanded)
	}
	return a
}

// options are what a variable offers: its values, by what is shown.
func (w *fixture) options(t testing.TB, v variable, chosen choice) (texts, values []string) {
	t.Helper()
	a := w.ask(t, v.Query, chosen)
	text, value := a.index("__text"), a.index("__value")
	if text < 0 && value < 0 && len(a.columns) == 1 {
		text, value = 0, 0
	}
	if text < 0 || value < 0 {
		t.Fatalf("variable %s gives the columns %v", v.Name, a.columns)
	}
	for _, row := range a.rows {
		texts, values = append(texts, fmt.Sprint(row[text])), append(values, fmt.Sprint(row[value]))
	}
	return texts, values
}

// all is what the choice of everything is in an address; Grafana puts every value there is
// in its place, whatever the variable allows to choose.
var all = []string{"$__all"}

// opened returns the choices of a dashboard that is opened: all where that is possible, or else the
// first value. before replaces what a link chose.
func (w *fixture) opened(t testing.TB, d dashboard, before choice) choice {
	t.Helper()
	chosen := maps.Clone(before)
	if chosen == nil {
		chosen = make(choice)
	}
	for _, v := range d.Templating.List {
		if values, already := chosen[v.Name]; already && !slices.Equal(values, all) {
			continue
		}
		_, values := w.options(t, v, chosen)
		if len(values) == 0 {
			t.Fatalf("%s: variable %s offers nothing", d.file, v.Name)
		}
		if slices.Equal(before[v.Name], all) {
			chosen[v.Name] = values
			continue
		}
		if !v.IncludeAll {
			values = values[:1]
		}
		chosen[v.Name] = values
	}
	return chosen
}

// numeric and temporal are the types that Grafana takes for numbers and times.
var (
	numeric  = []uint32{pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID}
	temporal = []uint32{pgtype.DateOID, pgtype.TimestampOID, pgtype.TimestamptzOID}
	textual  = []uint32{pgtype.TextOID, pgtype.VarcharOID}
)

// fits returns what is wrong with an answer for its panel; nothing if it has no rows.
func (a answer) fits(p panel) (problems []string) {
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	numbers := 0
	seen := make(map[string]bool)
	for _, column := range a.columns {
		if seen[column.Name] {
			problem("two columns are called %s", column.Name)
		}
		seen[column.Name] = true
		switch {
		case slices.Contains(numeric, column.DataTypeOID):
			numbers++
		case !slices.Contains(temporal, column.DataTypeOID) && !slices.Contains(textual, column.DataTypeOID):
			problem("column %s is of the type %d", column.Name, column.DataTypeOID)
		}
	}
	if p.Type == "table" {
		for _, o := range p.FieldConfig.Overrides {
			if !seen[o.Matcher.Options] {
				problem("there is no column %s to format", o.Matcher.Options)
			}
		}
	} else if field := p.Options.ReduceOptions.Fields; numbers == 0 && field == "" {
		problem("no column is a number: %v", a.columns)
	}
	if x := p.Options.XField; x != "" && (a.index(x) < 0 || !slices.Contains(textual, a.columns[a.index(x)].DataTypeOID)) {
		problem("there is no text %s to put below the bars", x)
	}
	if p.Type == "timeseries" {
		problems = append(problems, a.fitsTimeSeries()...)
	}
	return problems
}

// fitsMark: Grafana wants a column "time", and knows "timeend", "text" and "tags".
func (a answer) fitsMark() (problems []string) {
	for i, column := range a.columns {
		want := textual
		if column.Name == "time" || column.Name == "timeend" {
			want = temporal
		}
		if !slices.Contains([]string{"time", "timeend", "text", "tags"}, column.Name) || !slices.Contains(want, column.DataTypeOID) {
			problems = append(problems, fmt.Sprintf("column %s is of the type %d", column.Name, column.DataTypeOID))
		}
		for _, row := range a.rows {
			if row[i] == nil {
				problems = append(problems, column.Name+" is missing in a row")
				break
			}
		}
	}
	if a.index("time") < 0 || a.index("text") < 0 {
		problems = append(problems, fmt.Sprintf("the columns are %v", a.columns))
	}
	return problems
}

// fitsTimeSeries checks what Grafana needs: a column "time" in rising order; the text of "metric"
// as the name of a series if there is one number beside it; and one point for each series and time.
func (a answer) fitsTimeSeries() (problems []string) {
	at, metric := a.index("time"), a.index("metric")
	if at < 0 || !slices.Contains(append(temporal, numeric...), a.columns[at].DataTypeOID) {
		return []string{fmt.Sprintf("no column is the time: %v", a.columns)}
	}
	if metric >= 0 && len(a.columns) != 3 {
		problems = append(problems, fmt.Sprintf("%d columns beside a metric", len(a.columns)))
	}
	if metric < 0 {
		for i, column := range a.columns {
			if i != at && !slices.Contains(numeric, column.DataTypeOID) {
				problems = append(problems, fmt.Sprintf("column %s is not a number", column.Name))
			}
		}
	}
	points := make(map[string]bool)
	for i, row := range a.rows {
		if row[at] == nil {
			problems = append(problems, "a row has no time")
			continue
		}
		point := fmt.Sprint(epoch(row[at]))
		if metric >= 0 {
			point += fmt.Sprint(" ", row[metric])
		}
		if points[point] {
			problems = append(problems, "twice: "+point)
		}
		points[point] = true
		if i > 0 && a.rows[i-1][at] != nil && epoch(a.rows[i-1][at]) > epoch(row[at]) {
			problems = append(problems, "the times do not rise")
		}
	}
	return problems
}

// epoch is a time as Grafana shows it: one without a zone is UTC.
func epoch(value any) int64 {
	switch at := value.(type) {
	case time.Time:
		return at.Unix()
	case pgtype.Numeric:
		float, _ := at.Float64Value()
		return int64(float.Float64)
	case float64:
		return int64(at)
	default:
		return at.(int64)
	}
}

func TestTheDashboardsShowTheFiguresOfTheViews(t *testing.T) {
	t.Parallel()
	w := setup(t)
	// Nobody has registered an app: the pages open all the same, and say that there
	// is nothing.
	for _, d := range dashboards(t) {
		for _, problem := range w.problems(t, d, w.opened(t, d, nil)) {
			t.Errorf("without an app, %s: %s", d.file, problem)
		}
	}
	if fired := firing(t, w.reader); len(fired) > 0 {
		t.Errorf("without an app, %v", fired)
	}
	w.load()
	// The figures are made up by the day, so that a loss may stand out in them.
	sound := func(fired string) bool { return strings.HasPrefix(fired, "jump ") }
	if fired := slices.DeleteFunc(firing(t, w.reader), sound); len(fired) > 0 {
		t.Errorf("after a sound run, %v", fired)
	}
	w.trouble()
	for _, test := range []struct {
		name string
		run  func(*testing.T, *fixture)
	}{
		{"every panel has rows of the shape that it needs", panelsHaveRows},
		{"every variable offers the values that exist", variablesOffer},
		{"any single value of a variable can be chosen", singleValues},
		{"several values of every variable can be chosen", severalValues},
		{"days of facts are found by the index", daysAreFoundByIndex},
		{"the figures are the truth's", figuresAreTrue},
		{"rates are losses by denominators", ratesAreTrue},
		{"marks of restatements, jumps and failures are those of the tables", marksAreTrue},
		{"the pipeline's figures are those of its commands", healthIsTrue},
		{"the alert rules fire only if something is wrong", rulesFire},
		{"retired apps belong to the history", retiredAppsAreHistory},
		{"the role can only read the views", roleOnlyReads},
		{"the questions of the guide are answered", guideIsTrue},
		{"no answer depends on the session's time zone or style of dates", sameInEverySession},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, w)
		})
	}
}

func panelsHaveRows(t *testing.T, w *fixture) {
	for _, d := range dashboards(t) {
		chosen := w.opened(t, d, choice{"app": {fmt.Sprint(app)}, "task": {task}})
		if d.file == "overview.json" || d.file == "pipeline.json" {
			chosen = w.opened(t, d, nil)
		}
		for _, p := range d.Panels {
			a := w.ask(t, p.Targets[0].RawSQL, chosen)
			if len(a.rows) == 0 || !slices.ContainsFunc(a.rows[0], func(value any) bool { return value != nil }) {
				t.Errorf("%s: %q shows nothing", d.file, p.Title)
			}
			for _, problem := range a.fits(p) {
				t.Errorf("%s: %q: %s", d.file, p.Title, problem)
			}
		}
		for _, a := range d.marks() {
			if len(w.ask(t, a.Target.RawSQL, chosen).rows) == 0 {
				t.Errorf("%s: nothing is marked as %q", d.file, a.Name)
			}
		}
	}
}

func variablesOffer(t *testing.T, w *fixture) {
	want := map[string][]string{
		"app":   {fmt.Sprint(app), fmt.Sprint(otherApp)},
		"task":  {oddTask, task}, // the newest first
		"stage": {"ready_to_send", "post_send_delivered"},
		"platform": {
			"Apple APNs", "Google FCM", "Honor", "Huawei", "Meizu", "OPPO", "Xiaomi", "online", "unknown vendor", "vivo",
		},
	}
	for _, d := range dashboards(t) {
		chosen := choice{"app": {fmt.Sprint(app)}, "task": {task}}
		for _, v := range d.Templating.List {
			texts, values := w.options(t, v, chosen)
			if v.Name == "platform" { // in the order of the server's collation
				slices.Sort(values)
			}
			if !slices.Equal(values, want[v.Name]) {
				t.Errorf("%s: variable %s offers %q", d.file, v.Name, values)
			}
			if v.Name == "task" && !slices.Equal(texts, []string{oddTask, "Spring sale (" + task + ")"}) {
				t.Errorf("%s: tasks are shown as %q", d.file, texts)
			}
		}
	}
}

func singleValues(t *testing.T, w *fixture) {
	for _, d := range dashboards(t) {
		all := w.opened(t, d, nil)
		for _, v := range d.Templating.List {
			_, values := w.options(t, v, all)
			for _, value := range values {
				chosen := maps.Clone(all)
				chosen[v.Name] = []string{value}
				for _, problem := range w.problems(t, d, chosen) {
					t.Errorf("%s, %s %s: %s", d.file, v.Name, value, problem)
				}
			}
		}
	}
}

// problems are those of the shapes of all that a dashboard shows.
func (w *fixture) problems(t *testing.T, d dashboard, chosen choice) (problems []string) {
	t.Helper()
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			for _, problem := range w.ask(t, target.RawSQL, chosen).fits(p) {
				problems = append(problems, fmt.Sprintf("%q %s: %s", p.Title, target.RefID, problem))
			}
		}
	}
	for _, a := range d.marks() {
		for _, problem := range w.ask(t, a.Target.RawSQL, chosen).fitsMark() {
			problems = append(problems, fmt.Sprintf("annotation %q: %s", a.Name, problem))
		}
	}
	return problems
}

// severalValues opens each dashboard as a link from one with two apps, or with All, does.
func severalValues(t *testing.T, w *fixture) {
	for _, d := range dashboards(t) {
		brought := map[string]choice{
			"two apps": {"app": {fmt.Sprint(app), fmt.Sprint(otherApp)}, "stage": {"ready_to_send", "post_send_delivered"}, "platform": {"Huawei", "Xiaomi"}},
			"all":      {"app": all, "stage": all, "platform": all, "task": all},
		}
		for what, before := range brought {
			chosen := w.opened(t, d, before)
			if len(chosen["app"]) != 2 {
				t.Errorf("%s, %s: the apps are %v", d.file, what, chosen["app"])
			}
			for _, problem := range w.problems(t, d, chosen) {
				t.Errorf("%s, %s: %s", d.file, what, problem)
			}
		}
	}
}

func roleOnlyReads(t *testing.T, w *fixture) {
	for _, sql := range []string{
		`SELECT FROM pushloss.stage_loss`,
		`CREATE TABLE analytics.mine ()`,
		`SET default_transaction_read_only = off; UPDATE analytics.apps SET timezone = 'UTC'`,
	} {
		if _, err := w.reader.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err == nil {
			t.Errorf("the role may %s", sql)
		}
	}
	var readOnly, patient, style string
	err := w.reader.QueryRow(t.Context(), `SELECT current_setting('transaction_read_only'), current_setting('statement_timeout'),
		current_setting('DateStyle')`).Scan(&readOnly, &patient, &style)
	if err != nil || readOnly != "on" || patient != "1min" || style != "ISO, MDY" {
		t.Errorf("read only: %s, timeout: %s, style of dates: %s (%v)", readOnly, patient, style, err)
	}
}

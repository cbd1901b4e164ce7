package dictionary

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Models are the semantic models, by the name of the tool that reads them.
var Models = map[string]func(io.Writer, Dictionary) error{"dbt": writeDBT, "cube": writeCube, "malloy": writeMalloy}

// ModelNames are the names of the tools, sorted.
func ModelNames() []string { return []string{"cube", "dbt", "malloy"} }

const generated = "Written by: pushloss dictionary --model %s. A change here is lost: change the comments of the views, or internal/dictionary."

// quoted returns a text as YAML and JSON write it.
func quoted(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // encoding a string does not fail
	return strings.TrimSpace(b.String())
}

func list(names []string) string { return "[" + strings.Join(names, ", ") + "]" }

// neverNull reports whether every row of a view has a value for the key, by its comment.
func (v View) neverNull(key string) bool {
	for _, column := range v.Columns {
		if column.Name == key {
			return !strings.Contains(column.Comment, "NULL")
		}
	}
	return false
}

// oneGrain is a view, or its rows of one grain.
type oneGrain struct {
	View
	name, grain string // grain is empty for a whole view
}

// apartByGrain lists a view with several grains once for each grain, so that no sum mixes them.
func apartByGrain(views []View) (list []oneGrain) {
	for _, view := range views {
		if view.OneOf == "" || len(view.Measures) == 0 {
			list = append(list, oneGrain{View: view, name: view.Name})
			continue
		}
		for _, grain := range []string{"app_stage", "app_platform", "task_stage", "task_platform"} {
			list = append(list, oneGrain{View: view, name: grain + "_rates", grain: grain})
		}
	}
	return list
}

// writeDBT writes the sources of a dbt project, with tests of keys.
func writeDBT(w io.Writer, d Dictionary) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# "+generated+"\nversion: 2\n\nsources:\n  - name: pushloss\n    schema: %s\n    description: %s\n    tables:\n", "dbt", d.Schema, quoted(d.Comment))
	for _, v := range d.Views {
		fmt.Fprintf(&b, "      - name: %s\n        description: %s\n        config:\n          meta:\n            grain: %s\n            keys: %s\n", v.Name, quoted(v.Comment), quoted(v.Grain), list(v.Keys))
		if v.OneOf != "" {
			fmt.Fprintf(&b, "            one_of: %s\n", v.OneOf)
		}
		if len(v.Joins) > 0 {
			b.WriteString("            joins:\n")
		}
		for _, join := range v.Joins {
			fmt.Fprintf(&b, "              - {to: %s, columns: %s}\n", join.View, list(join.On))
		}
		b.WriteString("        columns:\n")
		for _, column := range v.Columns {
			fmt.Fprintf(&b, "          - name: %s\n            data_type: %s\n            description: %s\n", column.Name, column.Type, quoted(column.Comment))
			b.WriteString(dbtTests(v, column.Name))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func dbtTests(v View, column string) string {
	var tests []string
	if slices.Contains(v.Keys, column) && v.neverNull(column) {
		tests = append(tests, "not_null")
		if len(v.Keys) == 1 {
			tests = append(tests, "unique")
		}
	}
	text := ""
	if len(tests) > 0 {
		text = "            data_tests: " + list(tests) + "\n"
	}
	for _, join := range v.Joins {
		if len(join.On) != 1 || join.On[0] != column || !v.neverNull(column) || join.View == "runs" { // old runs are pruned
			continue
		}
		if text == "" {
			text = "            data_tests:\n"
		} else {
			text = "            data_tests:\n              - not_null\n"
		}
		text += fmt.Sprintf("              - relationships:\n                  arguments: {to: \"source('pushloss', '%s')\", field: %s}\n", join.View, column)
	}
	return text
}

// writeCube writes cubes, with composite keys, joins and rates of sums.
func writeCube(w io.Writer, d Dictionary) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# "+generated+"\ncubes:\n", "cube")
	for _, v := range apartByGrain(d.Views) {
		fmt.Fprintf(&b, "  - name: %s\n", v.name)
		if v.grain == "" {
			fmt.Fprintf(&b, "    sql_table: %s.%s\n", d.Schema, v.Name)
		} else {
			fmt.Fprintf(&b, "    sql: \"SELECT * FROM %s.%s WHERE %s = '%s'\"\n", d.Schema, v.Name, v.OneOf, v.grain)
		}
		fmt.Fprintf(&b, "    description: %s\n", quoted(v.Comment))
		if len(v.Joins) > 0 {
			b.WriteString("    joins:\n")
		}
		for _, join := range v.Joins {
			var on []string
			for _, column := range join.On {
				on = append(on, fmt.Sprintf("{CUBE}.%s = {%s}.%s", column, join.View, column))
			}
			fmt.Fprintf(&b, "      - name: %s\n        relationship: many_to_one\n        sql: \"%s\"\n", join.View, strings.Join(on, " AND "))
		}
		b.WriteString("    dimensions:\n")
		for _, column := range v.Columns {
			sql, kind := "{CUBE}."+column.Name, cubeType(column.Type)
			if column.Type == "date" {
				sql += "::timestamp" // it is a day, which no time zone may shift
			}
			fmt.Fprintf(&b, "      - name: %s\n        sql: \"%s\"\n        type: %s\n        description: %s\n", column.Name, sql, kind, quoted(column.Comment))
			if slices.Contains(v.Keys, column.Name) {
				b.WriteString("        primary_key: true\n        public: true\n")
			}
		}
		if len(v.Measures) > 0 {
			b.WriteString("    measures:\n")
		}
		for _, m := range v.Measures {
			if m.Over == "" {
				fmt.Fprintf(&b, "      - name: %s\n        sql: \"{CUBE}.%s\"\n        type: sum\n", m.Name, m.Sum)
				continue
			}
			known := fmt.Sprintf("FILTER (WHERE {CUBE}.%s IS NOT NULL)", m.Known)
			fmt.Fprintf(&b, "      - name: %s\n        sql: \"sum({CUBE}.%s) %s / nullif(sum({CUBE}.%s) %s, 0)\"\n        type: number\n        format: percent\n", m.Name, m.Sum, known, m.Over, known)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func cubeType(sqlType string) string {
	switch {
	case sqlType == "date" || strings.HasPrefix(sqlType, "timestamp"):
		return "time"
	case sqlType == "boolean":
		return "boolean"
	case sqlType == "text":
		return "string"
	}
	return "number"
}

// writeMalloy writes sources, beginning with those that others join.
func writeMalloy(w io.Writer, d Dictionary) error {
	var b strings.Builder
	fmt.Fprintf(&b, "// "+generated+"\n", "malloy")
	views := apartByGrain(d.Views)
	slices.SortStableFunc(views, func(x, y oneGrain) int { return malloyPlace(x.name) - malloyPlace(y.name) })
	for _, v := range views {
		fmt.Fprintf(&b, "\n#\" %s\nsource: %s is pushloss.table('%s.%s') extend {\n", v.Comment, v.name, d.Schema, v.Name)
		if v.grain != "" {
			fmt.Fprintf(&b, "  where: `%s` = '%s'\n", v.OneOf, v.grain)
		}
		if len(v.Keys) == 1 {
			fmt.Fprintf(&b, "  primary_key: `%s`\n", v.Keys[0])
		}
		for _, join := range v.Joins {
			var on []string
			for _, column := range join.On {
				on = append(on, fmt.Sprintf("`%s` = %s.`%s`", column, join.View, column))
			}
			fmt.Fprintf(&b, "  join_one: %s on %s\n", join.View, strings.Join(on, " and "))
		}
		for _, m := range v.Measures {
			if m.Over == "" {
				fmt.Fprintf(&b, "  measure: %s is `%s`.sum()\n", m.Name, m.Sum)
				continue
			}
			known := fmt.Sprintf("{ where: `%s` is not null }", m.Known)
			fmt.Fprintf(&b, "  measure: %s is `%s`.sum() %s / `%s`.sum() %s\n", m.Name, m.Sum, known, m.Over, known)
		}
		b.WriteString("}\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// malloyPlace orders a view after those that it joins.
func malloyPlace(name string) int {
	if at := slices.Index([]string{"apps", "platforms", "stages", "runs", "stage_error_codes", "error_codes", "calendar", "tasks", "task_coverage"}, name); at >= 0 {
		return at
	}
	return len(joined) + 1
}

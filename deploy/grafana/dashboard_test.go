// Package grafana has only tests: they check the dashboards.
package grafana_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dashboard is what the tests need of Grafana's dashboard JSON.
type dashboard struct {
	file string

	UID           string
	Title         string
	Description   string
	SchemaVersion int
	Version       int
	Timezone      string
	Time          struct{ From, To string }
	Templating    struct{ List []variable }
	Annotations   struct{ List []annotation }
	Panels        []panel
}

type datasource struct{ Type, UID string }

type variable struct {
	Name, Label, Type string
	Datasource        datasource
	Query             string
	Refresh           int
	Multi, IncludeAll bool
	AllValue          string
}

type panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Datasource               datasource
	Targets                  []target
	FieldConfig              struct {
		Defaults  struct{ Unit, NoValue string }
		Overrides []override
	}
	Options struct {
		XField        string
		ReduceOptions struct{ Fields string }
	}
}

// annotation is a mark on the time axis of every panel; Grafana's own is built in.
type annotation struct {
	BuiltIn         int
	Name, IconColor string
	Enable          bool
	Datasource      datasource
	Target          target
}

type target struct {
	RefID, Format, RawSQL string
	RawQuery              bool
	Datasource            datasource
}

type override struct {
	Matcher    struct{ ID, Options string }
	Properties []struct {
		ID    string
		Value json.RawMessage
	}
}

// dashboards reads every dashboard of the folder.
func dashboards(t testing.TB) (list []dashboard) {
	t.Helper()
	files, err := filepath.Glob("dashboards/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := dashboard{file: filepath.Base(file)}
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list = append(list, d)
	}
	if len(list) != 4 {
		t.Fatalf("%d dashboards were found", len(list))
	}
	return list
}

// named returns the dashboard of a file.
func named(t testing.TB, file string) dashboard {
	t.Helper()
	for _, d := range dashboards(t) {
		if d.file == file {
			return d
		}
	}
	t.Fatalf("there is no %s", file)
	return dashboard{}
}

// panel returns the panel of a title.
func (d dashboard) panel(t testing.TB, title string) panel {
	t.Helper()
	for _, p := range d.Panels {
		if p.Title == title {
			return p
		}
	}
	t.Fatalf("%s has no panel %q", d.file, title)
	return panel{}
}

// marks are the annotations that are ours.
func (d dashboard) marks() (ours []annotation) {
	for _, a := range d.Annotations.List {
		if a.BuiltIn == 0 {
			ours = append(ours, a)
		}
	}
	return ours
}

// mark returns the SQL of an annotation.
func (d dashboard) mark(t testing.TB, name string) string {
	t.Helper()
	for _, a := range d.marks() {
		if a.Name == name {
			return a.Target.RawSQL
		}
	}
	t.Fatalf("%s has no annotation %q", d.file, name)
	return ""
}

// statements are all the SQL of a dashboard, by what it is for.
func (d dashboard) statements() map[string]string {
	all := make(map[string]string)
	for _, v := range d.Templating.List {
		all["variable "+v.Name] = v.Query
	}
	for _, a := range d.marks() {
		all["annotation "+a.Name] = a.Target.RawSQL
	}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all[p.Title+" "+target.RefID] = target.RawSQL
		}
	}
	return all
}

// readsFacts reports whether a statement reads a view whose days are many.
func readsFacts(sql string) bool {
	for _, view := range []string{
		"app_stage_loss", "app_platform_loss", "task_stage_loss", "task_platform_loss", "loss_changes", "loss_rates", "_push_",
	} {
		if strings.Contains(sql, view) {
			return true
		}
	}
	return false
}

package main_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/dictionary"
	"pushloss/internal/localpg/pgtest"
)

// dictionaryFiles are the files that the command writes, by its arguments.
var dictionaryFiles = map[string]string{
	"":               "../../docs/dictionary.md",
	"--model cube":   "../../docs/models/cube/pushloss.yml",
	"--model dbt":    "../../docs/models/dbt/models/pushloss.yml",
	"--model malloy": "../../docs/models/malloy/pushloss.malloy",
}

// docs/dictionary.md and docs/models are written from the newest schema.
func TestTheDictionaryIsCurrent(t *testing.T) {
	t.Parallel()
	w := &world{t: t, env: map[string]string{"DATABASE_URL": pgtest.URL(t)}}
	text := ""
	for arguments, file := range dictionaryFiles {
		written := w.do(0, append([]string{"dictionary"}, strings.Fields(arguments)...)...).stdout
		if arguments == "" {
			text = written
		}
		if *update {
			if err := os.WriteFile(file, []byte(written), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		stored, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(string(stored), written); diff != "" {
			t.Errorf("%[1]s is not current. Run: go test ./cmd/pushloss -run TestTheDictionaryIsCurrent -update\n(-%[1]s +pushloss dictionary %[2]s):\n%[3]s", file, arguments, diff)
		}
	}
	w.do(2, "dictionary", "--model", "cube", "--output", "json").says(t, "do not go together", "leave one of them out")
	if unknown := w.do(2, "dictionary", "--model", "cubes").stderr; !strings.Contains(unknown, "did you mean cube?") {
		t.Errorf("of an unknown model it says %q", unknown)
	}
	if strings.Contains(text, "## Further views") {
		t.Error("views are under no heading of their own: name them in internal/dictionary/dictionary.md.tmpl")
	}

	data := w.do(0, "dictionary", "--output", "json").stdout
	shapeIs(t, "dictionary", data)
	var described dictionary.Dictionary
	if err := json.Unmarshal([]byte(data), &described); err != nil {
		t.Fatal(err)
	}
	for _, view := range described.Views {
		section := "### `" + view.Name + "`\n\n" + strings.ReplaceAll(view.Comment, "|", `\|`) + "\n"
		if view.Comment == "" || !strings.Contains(text, section) {
			t.Errorf("%q is in the data and not in the text", section)
		}
		if len(view.Keys) == 0 || view.Grain == "" {
			t.Errorf("%s: the keys of its rows are unknown: name them in internal/dictionary/shape.go", view.Name)
		}
		for _, column := range view.Columns {
			if column.Name == "" || column.Type == "" || column.Comment == "" {
				t.Errorf("%s: %+v", view.Name, column)
			}
		}
	}
	if len(described.Views) < 15 || len(described.Functions) != 2 || len(described.Functions[0].Columns) != 13 || len(described.Functions[1].Columns) != 2 {
		t.Errorf("the data has %d views and functions %+v", len(described.Views), described.Functions)
	}
}

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

const dictionaryFile = "../../docs/dictionary.md"

// docs/dictionary.md is what the newest schema says of itself.
func TestTheDictionaryIsCurrent(t *testing.T) {
	t.Parallel()
	w := &world{t: t, env: map[string]string{"DATABASE_URL": pgtest.URL(t)}}
	text := w.do(0, "dictionary").stdout
	if *update {
		if err := os.WriteFile(dictionaryFile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(dictionaryFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(stored), text); diff != "" {
		t.Errorf("docs/dictionary.md is not current. Run: go test ./cmd/pushloss -run TestTheDictionaryIsCurrent -update\n(-docs/dictionary.md +pushloss dictionary):\n%s", diff)
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

package main_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files again")

// shapeIs compares the names and kinds of values of a JSON text with testdata/NAME.golden. O3:
// scripts rely on them.
func shapeIs(t testing.TB, name, text string) {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s is not JSON: %v\n%s", name, err, text)
	}
	got, err := json.MarshalIndent(shape(value), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Errorf("shape of %s (-want +got):\n%s", name, diff)
	}
}

// shape replaces every value by its kind; a list becomes its first element.
func shape(value any) any {
	switch value := value.(type) {
	case map[string]any:
		fields := make(map[string]any, len(value))
		for key, field := range value {
			fields[key] = shape(field)
		}
		return fields
	case []any:
		if len(value) == 0 {
			return []any{}
		}
		return []any{shape(value[0])}
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	}
	return "null"
}

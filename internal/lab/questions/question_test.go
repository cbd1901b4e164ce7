package questions_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const folder = "../../../docs/queries"

// question is one of the files, as psql would run it.
type question struct {
	name     string            // such as 01-loss-per-day
	text     string            // the whole file
	defaults map[string]string // of its variables
}

var (
	variable = regexp.MustCompile(`::?('?)([a-z_]+)'?`)
	setting  = regexp.MustCompile(`(?m)^\\set ([a-z_]+) (.*)$`)
	command  = regexp.MustCompile(`(?m)^\\.*\n`)
)

func read(t testing.TB) []question {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.sql")
	if err != nil || len(files) != 12 {
		t.Fatalf("the questions: %v, %v", files, err)
	}
	questions := make([]question, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		q := question{name: strings.TrimSuffix(filepath.Base(file), ".sql"), text: string(text), defaults: make(map[string]string)}
		for _, match := range setting.FindAllStringSubmatch(q.text, -1) {
			q.defaults[match[1]] = strings.Trim(match[2], "'")
		}
		questions[i] = q
	}
	return questions
}

// sql is what psql sends, given variables.
func (q question) sql(t testing.TB, given map[string]string) string {
	t.Helper()
	statement := command.ReplaceAllString(q.text, "")
	return variable.ReplaceAllStringFunc(statement, func(found string) string {
		if strings.HasPrefix(found, "::") {
			return found // a cast
		}
		match := variable.FindStringSubmatch(found)
		value, ok := given[match[2]]
		if !ok {
			value, ok = q.defaults[match[2]]
		}
		switch {
		case !ok:
			t.Fatalf("%s: the variable %s has no default", q.name, match[2])
		case match[1] != "":
			return "'" + strings.ReplaceAll(value, "'", "''") + "'"
		}
		return value
	})
}

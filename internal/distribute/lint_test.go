package distribute_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Statements about its tables that Citus refused when they were tried.
var refused = []struct {
	name    string
	pattern *regexp.Regexp
	instead string
}{
	{"EXISTS without a column", regexp.MustCompile(`\(\s*SELECT\s+FROM\s+(pushloss|analytics)\.`), "SELECT 1 FROM"},
	{"RETURNING with a subquery", regexp.MustCompile(`RETURNING\s+\(\s*SELECT`), "read what is known first, in the same transaction"},
	{"RETURNING with the clock", regexp.MustCompile(`INTO pushloss\.(app|app_stream|task|ledger|loss_change|\w+_loss|\w+_count)\b[^` + "`" + `]*RETURNING[^` + "`" + `]*(now|clock_timestamp)\(`), "pass the value"},
	{"several indexes in one DROP INDEX", regexp.MustCompile(`DROP INDEX [^;,]+,`), "one DROP INDEX each"},
}

// A view that looks for what a distributed table lacks must not do so by a correlated subquery.
var refusedInViews = regexp.MustCompile(`NOT EXISTS \(\s*SELECT (1 )?FROM pushloss\.(ledger|loss_change|\w+_loss|\w+_count)\b`)

func TestNoStatementHasWhatCitusRefuses(t *testing.T) {
	t.Parallel()
	root := "../.."
	read := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch extension := filepath.Ext(path); {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && path != root):
			return filepath.SkipDir
		case entry.IsDir(), extension != ".go" && extension != ".sql" && extension != ".json", strings.HasSuffix(path, "_test.go"):
			return nil
		case strings.Contains(path, "migrations/00") && filepath.Base(path) < "0021":
			return nil // they run before anything is distributed
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		for _, r := range refused {
			if found := r.pattern.Find(text); found != nil {
				t.Errorf("%s: %s, which Citus refuses: %.120q; instead: %s", path, r.name, found, r.instead)
			}
		}
		if filepath.Base(path) == "views.sql" {
			if found := refusedInViews.Find(text); found != nil {
				t.Errorf("%s: a correlated NOT EXISTS, which Citus refuses for several apps: %q; instead: LEFT JOIN ... IS NULL", path, found)
			}
		}
		return nil
	})
	if err != nil || read < 100 {
		t.Errorf("read %d files: %v", read, err)
	}
}

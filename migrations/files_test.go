package migrations_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/golang-migrate/migrate/v4/source"
	"github.com/google/go-cmp/cmp"

	"pushloss/migrations"
)

// M2: the files are numbered from the baseline on without a gap, in pairs, and are those of
// the binary.
func TestM2FilesAreGaplessAndPaired(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("0*.sql")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^\d{4}_[a-z0-9_]+\.(up|down)\.sql$`)
	var got []string
	titles := make(map[uint]string)
	for _, path := range paths {
		if !form.MatchString(path) {
			t.Errorf("%s does not look like 0011_name.up.sql", path)
			continue
		}
		m, err := source.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		if title, ok := titles[m.Version]; ok && title != m.Identifier {
			t.Errorf("migration %d is called %s and %s", m.Version, title, m.Identifier)
		}
		titles[m.Version] = m.Identifier
		got = append(got, fmt.Sprint(m.Version, " ", m.Direction))
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(string(body)) == "" {
			t.Errorf("%s is empty", path)
		}
	}
	var want []string
	for version := range len(titles) {
		want = append(want, fmt.Sprint(baseline+version, " down"), fmt.Sprint(baseline+version, " up"))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if migrations.Count() != len(titles) || migrations.Newest() != baseline+len(titles)-1 {
		t.Errorf("the binary holds %d migrations up to %d, the folder %d", migrations.Count(), migrations.Newest(), len(titles))
	}
}

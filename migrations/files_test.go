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

// M2: the files are numbered from 1 without a gap, in pairs, and are those of
// the binary.
func TestM2FilesAreGaplessAndPaired(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("*.sql")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^\d{4}_[a-z0-9_]+\.(up|down)\.sql$`)
	var got []string
	titles := make(map[uint]string)
	for _, path := range paths {
		if !form.MatchString(path) {
			t.Errorf("%s does not look like 0001_name.up.sql", path)
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
		want = append(want, fmt.Sprint(version+1, " down"), fmt.Sprint(version+1, " up"))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if migrations.Newest() != len(titles) {
		t.Errorf("the binary holds %d migrations, the folder %d", migrations.Newest(), len(titles))
	}
}

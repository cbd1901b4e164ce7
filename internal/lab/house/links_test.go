package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	blocks   = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	headings = regexp.MustCompile(`(?m)^#+ (.+)$`)
	links    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	unwanted = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// pages are the Markdown files of the repository, by their paths from its root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := make(map[string]string)
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "findings/*.md"} {
		names, err := filepath.Glob("../../../" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found[strings.TrimPrefix(name, "../../../")] = blocks.ReplaceAllString(string(text), "")
		}
	}
	if len(found) < 10 {
		t.Fatalf("only %d pages were found", len(found))
	}
	return found
}

// anchorsOf are the names that GitHub gives to the headings of a page.
func anchorsOf(text string) (anchors []string) {
	for _, heading := range headings.FindAllStringSubmatch(text, -1) {
		name := unwanted.ReplaceAllString(strings.ToLower(heading[1]), "")
		anchors = append(anchors, strings.ReplaceAll(name, " ", "-"))
	}
	return anchors
}

func TestTheLinksOfThePagesLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := pages(t)
	seen := 0
	for name, text := range all {
		for _, link := range links.FindAllStringSubmatch(text, -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			seen++
			path, anchor, inside := strings.Cut(link[1], "#")
			target := name
			if path != "" {
				target = filepath.Join(filepath.Dir(name), path)
			}
			if _, err := os.Stat("../../../" + target); err != nil {
				t.Errorf("%s links to %s, which does not exist", name, link[1])
			} else if inside && !slices.Contains(anchorsOf(all[target]), anchor) {
				t.Errorf("%s links to %s, and that page has no such heading", name, link[1])
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d links were found", seen)
	}
}

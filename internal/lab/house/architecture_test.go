package house_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	module = "pushloss/"
	page   = "../../../docs/architecture.md"
)

// mayImport reads the table of packages: what each may import, or ["any"].
func mayImport(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "## Packages")
	table, _, ended := strings.Cut(table, "\n## ")
	if !found || !ended {
		t.Fatalf("%s has no section Packages", page)
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	allowed := make(map[string][]string)
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !strings.Contains(cells[1], "`") {
			continue
		}
		pkg := strings.Trim(cells[1], " `")
		if _, again := allowed[pkg]; again {
			t.Errorf("%s has two rows", pkg)
		}
		allowed[pkg] = []string{}
		if strings.TrimSpace(cells[4]) == "any" {
			allowed[pkg] = []string{"any"}
		}
		for _, name := range quoted.FindAllStringSubmatch(cells[4], -1) {
			allowed[pkg] = append(allowed[pkg], name[1])
		}
	}
	return allowed
}

// imports asks the go command what each package that has code imports of this module.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,GoFiles,Imports", "./...")
	list.Dir = "../../.."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string][]string)
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var one struct {
			ImportPath       string
			GoFiles, Imports []string
		}
		switch err := decoder.Decode(&one); {
		case errors.Is(err, io.EOF):
			return found
		case err != nil:
			t.Fatal(err)
		}
		if len(one.GoFiles) == 0 || slices.Equal(one.GoFiles, []string{"doc.go"}) {
			continue // only tests
		}
		pkg := strings.TrimPrefix(one.ImportPath, module)
		found[pkg] = []string{}
		for _, path := range one.Imports {
			if name, ours := strings.CutPrefix(path, module); ours {
				found[pkg] = append(found[pkg], name)
			}
		}
	}
}

func TestPackagesImportWhatTheArchitectureAllows(t *testing.T) {
	t.Parallel()
	allowed, found := mayImport(t), imports(t)
	if len(found) < 20 {
		t.Fatalf("only %d packages were found", len(found))
	}
	for pkg, names := range found {
		may, listed := allowed[pkg]
		switch {
		case !listed:
			t.Errorf("%s has no row in the table of packages", pkg)
		case slices.Equal(may, []string{"any"}):
		case !slices.Equal(may, names):
			t.Errorf("%s imports %v, and its row in the table of packages says %v", pkg, names, may)
		}
	}
	for pkg := range allowed {
		if _, exists := found[pkg]; !exists && pkg != "internal/lab" {
			t.Errorf("the table of packages has a row for %s, which does not exist", pkg)
		}
	}
}

// What only tests the product is not a part of it, except the commands sandbox, fill
// and demo.
func TestTheProductDoesNotImportTheLab(t *testing.T) {
	t.Parallel()
	for pkg, names := range imports(t) {
		if strings.HasPrefix(pkg, "internal/lab") || pkg == "cmd/pushloss" {
			continue
		}
		for _, name := range names {
			if strings.HasPrefix(name, "internal/lab") {
				t.Errorf("%s imports %s", pkg, name)
			}
		}
	}
}

// The page names a file with its folder, or without it after another one of the same folder. What
// follows in parentheses is declared in the file.
func TestFilesThatTheArchitectureNamesExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:[a-z]+/)*)([a-z_]+\\.(?:go|csv|json|md|sql))`(?: \\(`(\\w+)`\\))?")
	files, names := 0, 0
	for line := range strings.Lines(string(text)) {
		folder := ""
		for _, part := range named.FindAllStringSubmatch(line, -1) {
			files++
			folder = cmp.Or(part[1], folder)
			content, err := os.ReadFile("../../../" + folder + part[2])
			if err != nil {
				t.Errorf("%s is named after %q and does not exist", part[2], folder)
				continue
			}
			if part[3] == "" {
				continue
			}
			names++
			if declared := regexp.MustCompile(`(?m)^(func (\([^)]*\) )?|type |var |const |\t)` + part[3] + `\b`); !declared.Match(content) {
				t.Errorf("%s%s is named for %s, which it does not declare", folder, part[2], part[3])
			}
		}
	}
	if files < 60 || names < 10 {
		t.Fatalf("only %d files and %d names in them were found", files, names)
	}
}

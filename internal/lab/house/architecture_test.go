package house_test

import (
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

// rooms reads the table of rooms: what each may import, or ["any"].
func rooms(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "## The rooms")
	table, _, ended := strings.Cut(table, "\n## ")
	if !found || !ended {
		t.Fatalf("%s has no section of rooms", page)
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	allowed := make(map[string][]string)
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !strings.Contains(cells[1], "`") {
			continue
		}
		room := strings.Trim(cells[1], " `")
		if _, again := allowed[room]; again {
			t.Errorf("%s has two lines", room)
		}
		allowed[room] = []string{}
		if strings.TrimSpace(cells[4]) == "any" {
			allowed[room] = []string{"any"}
		}
		for _, name := range quoted.FindAllStringSubmatch(cells[4], -1) {
			allowed[room] = append(allowed[room], name[1])
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
		room := strings.TrimPrefix(one.ImportPath, module)
		found[room] = []string{}
		for _, path := range one.Imports {
			if name, ours := strings.CutPrefix(path, module); ours {
				found[room] = append(found[room], name)
			}
		}
	}
}

func TestPackagesImportWhatTheArchitectureAllows(t *testing.T) {
	t.Parallel()
	allowed, found := rooms(t), imports(t)
	if len(found) < 20 {
		t.Fatalf("only %d packages were found", len(found))
	}
	for room, names := range found {
		may, drawn := allowed[room]
		switch {
		case !drawn:
			t.Errorf("%s has no line in the table of rooms", room)
		case slices.Equal(may, []string{"any"}):
		case !slices.Equal(may, names):
			t.Errorf("%s imports %v, and its line in the table of rooms says %v", room, names, may)
		}
	}
	for room := range allowed {
		if _, exists := found[room]; !exists && room != "internal/lab" {
			t.Errorf("the table of rooms has a line for %s, which does not exist", room)
		}
	}
}

// What only tests the product is not a part of it, except the commands sandbox, fill
// and demo.
func TestTheProductDoesNotImportTheLab(t *testing.T) {
	t.Parallel()
	for room, names := range imports(t) {
		if strings.HasPrefix(room, "internal/lab") || room == "cmd/pushloss" {
			continue
		}
		for _, name := range names {
			if strings.HasPrefix(name, "internal/lab") {
				t.Errorf("%s imports %s", room, name)
			}
		}
	}
}

func TestFilesThatTheArchitectureNamesExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:[a-z]+/)+[a-z_]+\\.(?:go|csv|md))`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 10 {
		t.Fatalf("only %d files are named", len(named))
	}
	for _, name := range named {
		if _, err := os.Stat("../../../" + name[1]); err != nil {
			t.Errorf("%s is named and does not exist", name[1])
		}
	}
}

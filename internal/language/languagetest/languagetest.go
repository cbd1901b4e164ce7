// Package languagetest compares the texts of a package with the code that shows them.
package languagetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pushloss/internal/language"
)

// punctuation is the first Chinese punctuation mark. The letters come after it.
const punctuation = '\u3000'

// Complete checks the texts of the package in this directory. It fails if a language lacks a text
// that is shown, if a text is never shown, if a text has different values in two languages, or if a
// Chinese text has no Chinese characters. The name of a text is a literal with a dot in the code,
// or {{text "name"}} in a template.
func Complete(t *testing.T, directory string) {
	t.Helper()
	files := os.DirFS(directory)
	texts := make(map[language.Language]map[string]string)
	for _, l := range language.All() {
		of, err := language.Messages(files, l)
		if err != nil {
			t.Fatal(err)
		}
		texts[l] = of
	}
	shown := names(t, directory)
	english := texts[language.English]
	for _, l := range language.All() {
		for name := range shown {
			if _, there := texts[l][name]; !there && shown[name] {
				t.Errorf("%s: %q is missing", l, name)
			}
		}
		for name, text := range texts[l] {
			if _, used := shown[name]; !used {
				t.Errorf("%s: nothing shows %q", l, name)
			}
			other, there := english[name]
			if !there {
				t.Errorf("en: %q is missing, and is there in %s", name, l)
			}
			if there && !slices.Equal(values(text), values(other)) {
				t.Errorf("%s: %q has the values %v, in English %v", l, name, values(text), values(other))
			}
			if l == language.Chinese && !strings.ContainsFunc(text, func(r rune) bool { return r >= punctuation }) {
				t.Errorf("%s: %q is %q", l, name, text)
			}
		}
	}
	for name := range english {
		if _, there := texts[language.Chinese][name]; !there {
			t.Errorf("zh: %q is missing", name)
		}
	}
}

// names returns the literals of the code, and whether each is certainly the name of a text.
func names(t *testing.T, directory string) map[string]bool {
	shown := make(map[string]bool)
	inTemplate := regexp.MustCompile(`\btext "([^"]+)"`)
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || entry.IsDir():
			return err
		case filepath.Ext(path) == ".html" || filepath.Ext(path) == ".tmpl":
			content, err := os.ReadFile(path)
			for _, match := range inTemplate.FindAllStringSubmatch(string(content), -1) {
				shown[match[1]] = true
			}
			return err
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.BasicLit:
				if name, err := strconv.Unquote(node.Value); err == nil {
					if _, known := shown[name]; !known {
						shown[name] = false // it may be a name
					}
				}
			case *ast.CallExpr:
				selected, ok := node.Fun.(*ast.SelectorExpr)
				if !ok || !slices.Contains([]string{"Text", "Time"}, selected.Sel.Name) || len(node.Args) == 0 {
					return true
				}
				if literal, ok := node.Args[0].(*ast.BasicLit); ok {
					name, _ := strconv.Unquote(literal.Value)
					shown[name] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

// values returns the numbers of a text's values, sorted.
func values(text string) []int {
	found := make(map[int]bool)
	next := 1
	for _, match := range regexp.MustCompile(`%(?:\[(\d+)\])?[a-z]`).FindAllStringSubmatch(strings.ReplaceAll(text, "%%", ""), -1) {
		if match[1] != "" {
			next, _ = strconv.Atoi(match[1])
		}
		found[next] = true
		next++
	}
	return slices.Sorted(maps.Keys(found))
}

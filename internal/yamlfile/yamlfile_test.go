package yamlfile_test

import (
	"fmt"
	"strings"
	"testing"

	"pushloss/internal/yamlfile"
)

func TestSyntaxProblemsNameTheirLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "f:1: is empty"},
		{"only a comment", "# soon\n", "f:1: is empty"},
		{"a tab", "a:\n  b: 1\n\tc: 2\n", "f:3: the line is indented with a tab: use blanks"},
		{"a tab after blanks", "a:\n  b: 1\n \tc: 2\n", "f:3: the line is indented with a tab: use blanks"},
		{"two documents", "a: 1\n---\na: 2\n", "f:2: a second document begins here"},
		{"broken second document", "a: 1\n---\na: [\n", "f:"},
		{"no UTF-8", "a: 1\nb: \xff\n", "f:2: is not UTF-8 text"},
		{"a control character", "a: 1\nb: \x01\n", "f:1: control characters are not allowed"},
		{"an open bracket", "a: [1\n", "f:1: a comma is missing, or a [ or { is not closed"},
		{"an open quote", "a: 1\nb: \"x\n", "f:2: a quote that was opened is not closed"},
		{"an unquoted asterisk", "a: 1\nb: *swordfish\n", "f:2: a text that begins with * must be in quotes"},
		{"an unquoted cron expression", "a: 1\nb: */5 * * * *\n", "f:2: a text that begins with * must be in quotes"},
		{"the same in a list", "a: 1\nb:\n  - */5 * * * *\n", "f:3: a text that begins with * must be in quotes"},
		{"the same between braces", "{a: 1, b: * * * * *}\n", "f:1: a text that begins with * must be in quotes"},
		{"an unquoted question mark", "a: 1\nb:\n  - cron: ? 3 * * *\n    a: b\n", "f:3: a text that begins with ? must be in quotes"},
		{"the same between brackets", "a: [{b: ? 3 * * *, c: d}]\n", "f:1: a text that begins with ? must be in quotes"},
		{"a question mark within a text between brackets", "a: [{b: 0 3 * * ?, c: d}]\n", "f:1: a text with a ? must be in quotes between brackets"},
		{"a question mark between stars between brackets", "a: [{b: 0 3 ? * *, c: d}]\n", "f:1: a text with a ? must be in quotes between brackets"},
		{"an unquoted hyphen", "a: 1\nb: - 5\n", "f:2: a text that begins with - must be in quotes"},
		{"an unquoted bar", "a: 1\nb: | swordfish\n", "f:2: a text that begins with | must be in quotes"},
		{"an unquoted angle bracket", "a: 1\nb: >swordfish\nc: d\n", "f:2: a text that begins with > must be in quotes"},
		{"an unquoted brace", "a: 1\nb: }swordfish\n", "f:2: a text that begins with } must be in quotes"},
		{"an unquoted comma", "a: 1\nb: ,swordfish\n", "f:2: a text that begins with , must be in quotes"},
		{"an unquoted colon", "a: 1\nb: : x\n", "f:2: a text that begins with : must be in quotes"},
		{"an unquoted exclamation mark between brackets", "a: [{b: !x, c: d}]\n", "f:1: a text that begins with ! must be in quotes"},
		{"a colon in a text beside a block of text and a negative number", "a: |\n  x\nb: -5\nc: d: e\n", "f:4: a KEY: is where none can be: indent the line like those beside it, or put a text with a colon and a blank in quotes"},
		{"UTF-16 LE", "\xff\xfea\x00:\x00", "f:1: is UTF-16 text, which some editors call Unicode: save it as UTF-8"},
		{"UTF-16 BE", "\xfe\xff\x00a", "f:1: is UTF-16 text, which some editors call Unicode: save it as UTF-8"},
		{"UTF-16 without a mark", "a\x00:\x00", "f:1: is UTF-16 text, which some editors call Unicode: save it as UTF-8"},
		{"an unquoted at sign", "a: 1\nb: @daily\n", "f:2: a text that begins with @ must be in quotes"},
		{"a colon in a text", "a: b: c\n", "f:1: a KEY: is where none can be: indent the line like those beside it"},
		{"wrong indentation", "a: 1\n  b: 2\n", "f:2: a KEY: is where none can be: indent the line like those beside it"},
		{"an open brace", "a: {\n", "f:1: a value is missing, or a [ or { is not closed"},
		{"a list that is indented twice", "- a: 1\n - b\n", "f:1: this line, or one below it, is not indented"},
		{"a key alone", "a: 1\nb\n", "f:2: the line, or the one before it, has no colon"},
		{"a merge key", "a: &x {b: 1}\n<<: *x\n", "f:2: the merge key << is not supported: write the keys in each entry"},
		{"an odd escape", `a: "\q"`, "f:1: an unknown escape follows a backslash"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			value, file := yamlfile.Parse("f", []byte(test.text))
			value.Fields("a", "b")
			if err := file.Err(); err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("error is %v, want %s", err, test.want)
			}
			if err := file.Err(); err != nil && strings.Contains(err.Error(), "swordfish") {
				t.Errorf("the error repeats a value: %v", err)
			}
		})
	}
}

func TestOneDocumentMayHaveItsMarks(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"---\na: 1\n", "---\na: 1\n...\n", "\ufeffa: 1\n", "a: 1\r\n", "{a: 1}"} {
		root, file := yamlfile.Parse("f", []byte(text))
		fields, ok := root.Fields("a")
		if got, _ := fields["a"].Text(); !ok || got != "1" || file.Err() != nil {
			t.Errorf("%q: a is %q, error %v", text, got, file.Err())
		}
	}
}

func FuzzYAML(f *testing.F) {
	f.Add("a: [1, {b: 2}]\n")
	f.Add("- &x a\n- *x\n")
	f.Add("a: !!binary x\n---\nb")
	f.Fuzz(func(t *testing.T, text string) {
		root, file := yamlfile.Parse("f", []byte(text))
		for _, value := range root.List() {
			value.Text()
		}
		for _, problem := range file.Problems() {
			if problem.Line < 1 || strings.Contains(problem.Text, "\n") {
				t.Errorf("problem without a line, or of several: %q", problem.Error())
			}
		}
	})
}

func ExampleValue_Fields() {
	root, file := yamlfile.Parse("app.yaml", []byte("id: 7\nregoin: china\nid: 8\n"))
	fields, _ := root.Fields("id", "region")
	id, _ := fields["id"].Text()
	fmt.Println(id)
	fmt.Println(file.Err())
	// Output:
	// 7
	// app.yaml:2: unknown key regoin: the keys here are id, region
	// app.yaml:3: id: is given twice, first in line 1
}

package dictionary

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
	"text/template"
)

//go:embed dictionary.md.tmpl
var page string

// Write writes the dictionary as Markdown.
func Write(w io.Writer, d Dictionary) error {
	p := printer{dictionary: d, printed: make(map[string]bool)}
	parsed, err := template.New("dictionary").Funcs(template.FuncMap{
		"cell": escape, "views": p.views, "functions": p.functions, "rest": p.rest, "join": joinSections,
	}).Parse(page)
	if err != nil {
		return fmt.Errorf("read the dictionary's template: %w", err)
	}
	var text strings.Builder
	if err := parsed.Execute(&text, d); err != nil {
		return fmt.Errorf("write the dictionary: %w", err)
	}
	_, err = io.WriteString(w, strings.TrimRight(text.String(), "\n")+"\n")
	return err
}

// printer remembers what it has printed, so that rest can print the rest.
type printer struct {
	dictionary Dictionary
	printed    map[string]bool
}

// views prints the named views that exist.
func (p printer) views(names ...string) string {
	var sections []string
	for _, name := range names {
		for _, view := range p.dictionary.Views {
			if view.Name == name && !p.printed[name] {
				p.printed[name] = true
				sections = append(sections, section(view))
			}
		}
	}
	return joinSections(sections...)
}

// functions prints the named functions that exist.
func (p printer) functions(names ...string) string {
	var sections []string
	for _, name := range names {
		for _, function := range p.dictionary.Functions {
			if key := signature(function); function.Name == name && !p.printed[key] {
				p.printed[key] = true
				sections = append(sections, sectionOf(function))
			}
		}
	}
	return joinSections(sections...)
}

// rest prints all views and functions that were not printed yet.
func (p printer) rest() string {
	var sections []string
	for _, view := range p.dictionary.Views {
		sections = append(sections, p.views(view.Name))
	}
	for _, function := range p.dictionary.Functions {
		sections = append(sections, p.functions(function.Name))
	}
	return joinSections(sections...)
}

func joinSections(sections ...string) string {
	var some []string
	for _, text := range sections {
		if text != "" {
			some = append(some, text)
		}
	}
	return strings.Join(some, "\n")
}

func section(view View) string {
	var text strings.Builder
	fmt.Fprintf(&text, "### %s\n\n%s\n\n| column | type | meaning |\n|---|---|---|\n", code(view.Name), escape(view.Comment))
	for _, column := range view.Columns {
		fmt.Fprintf(&text, "| %s | %s | %s |\n", code(column.Name), escape(column.Type), escape(column.Comment))
	}
	return text.String()
}

func sectionOf(function Function) string {
	var text strings.Builder
	fmt.Fprintf(&text, "### %s\n\n%s\n\n", code(signature(function)), escape(function.Comment))
	if len(function.Columns) == 0 {
		fmt.Fprintf(&text, "Returns %s.\n", escape(function.Returns))
		return text.String()
	}
	text.WriteString("| column | type |\n|---|---|\n")
	for _, column := range function.Columns {
		fmt.Fprintf(&text, "| %s | %s |\n", code(column.Name), escape(column.Type))
	}
	return text.String()
}

func signature(function Function) string {
	return function.Name + "(" + function.Arguments + ")"
}

// markup escapes the characters that mean something in a cell of Markdown, or in HTML within it.
var markup = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "<", "&lt;", "&", "&amp;", "*", `\*`, "[", `\[`, "]", `\]`, "`", "\\`", "~", `\~`,
)

// escape turns text into literal Markdown, on one line.
func escape(text string) string { return markup.Replace(strings.Join(strings.Fields(text), " ")) }

// code formats a name as code. It escapes names with a backtick or a pipe instead, which no
// migration makes: code in a table cannot have them.
func code(name string) string {
	if strings.ContainsAny(name, "`|\n") {
		return escape(name)
	}
	return "`" + name + "`"
}

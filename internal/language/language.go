// Package language returns texts in the reader's language.
//
// A package that shows texts embeds one file per language beside its code: messages/en.json and
// messages/zh.json, from the names of texts to the texts. languagetest finds names that a
// language lacks and texts that nothing shows.
package language

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// Language is a language that has texts.
type Language string

// The languages.
const (
	English Language = "en"
	Chinese Language = "zh"
)

// All returns the languages. The first one is for readers who prefer another language.
func All() []Language { return []Language{English, Chinese} }

// Parse parses a setting.
func Parse(text string) (Language, error) {
	switch l := Language(text); l {
	case English, Chinese:
		return l, nil
	}
	return "", fmt.Errorf("unknown language %q: use en or zh", text)
}

// Texts are the texts of a package.
type Texts struct{ catalog catalog.Catalog }

// Read reads messages/LANGUAGE.json of each language. The files are part of the binary: one
// that cannot be read is a mistake of the programmer, which the tests of the package find.
func Read(files fs.FS) Texts {
	builder := catalog.NewBuilder(catalog.Fallback(language.English))
	for _, l := range All() {
		texts, err := Messages(files, l)
		if err != nil {
			panic(err)
		}
		for name, text := range texts {
			if err := builder.SetString(language.Make(string(l)), name, text); err != nil {
				panic(err)
			}
		}
	}
	return Texts{catalog: builder}
}

// Messages reads a language's texts by their names.
func Messages(files fs.FS, l Language) (map[string]string, error) {
	name := "messages/" + string(l) + ".json"
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	var texts map[string]string
	if err := json.Unmarshal(content, &texts); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return texts, nil
}

// Printer writes the texts of a package in one language. It may be used by several goroutines.
type Printer struct {
	Language Language
	printer  *message.Printer
}

// In returns the printer of a language.
func (t Texts) In(l Language) Printer {
	return Printer{Language: l, printer: message.NewPrinter(language.Make(string(l)), message.Catalog(t.catalog))}
}

// Text returns the text with this name. If the language lacks it, such as one for a new state, it
// returns the name. Whole numbers among the values get the language's separators.
func (p Printer) Text(name string, values ...any) string {
	return p.printer.Sprintf(message.Key(name, strings.ReplaceAll(name, "%", "%%")), values...)
}

// Time formats a time. The text with this name is a layout of package time.
func (p Printer) Time(name string, at time.Time) string { return at.Format(p.Text(name)) }

// Duration formats a duration to the second.
func (p Printer) Duration(d time.Duration) string {
	text := d.Round(time.Second).String()
	if p.Language == Chinese {
		text = strings.NewReplacer("h", "小时", "m", "分", "s", "秒").Replace(text)
	}
	return text
}

package page_test

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// document is a page as a browser without scripts understands it.
type document struct {
	t testing.TB
	*goquery.Document
}

func parse(t testing.TB, body string) *document {
	t.Helper()
	found, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	must(t, err)
	return &document{t, found}
}

// cells are the texts of a table's rows, a row a line, cells joined by bars.
func (d *document) cells(rows string) (lines []string) {
	d.t.Helper()
	for _, row := range d.Find(rows).EachIter() {
		var texts []string
		for _, cell := range row.Find("th, td").EachIter() {
			texts = append(texts, folded(cell.Text()))
		}
		lines = append(lines, strings.Join(texts, "|"))
	}
	return lines
}

// says is the text of the one element that is selected.
func (d *document) says(selector string) string {
	d.t.Helper()
	found := d.Find(selector)
	if found.Length() != 1 {
		d.t.Fatalf("%d elements are %s", found.Length(), selector)
	}
	return folded(found.Text())
}

// folded is a text with one space between its words.
func folded(text string) string { return strings.Join(strings.Fields(text), " ") }

// valueIs accepts elements of that value.
func valueIs(value string) func(int, *goquery.Selection) bool {
	return func(_ int, element *goquery.Selection) bool { return element.AttrOr("value", "") == value }
}

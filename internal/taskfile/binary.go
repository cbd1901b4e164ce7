package taskfile

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// binaryKind says, by its first bytes, what a file is that is not a text, and what to do.
func binaryKind(list *bufio.Reader) string {
	head, _ := list.Peek(list.Size())
	begins := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	const save, unpack = "open it and save the table as CSV (UTF-8)", "unpack it first and save the table as CSV"
	kind, advice := "", save
	switch {
	case begins("PK\x03\x04") && bytes.Contains(head, []byte("opendocument")):
		kind = "a spreadsheet of LibreOffice (.ods)"
	case begins("PK\x03\x04") && (bytes.Contains(head, []byte("[Content_Types].xml")) || bytes.Contains(head, []byte("xl/"))):
		kind = "a workbook of Excel (.xlsx)"
	case begins("\xd0\xcf\x11\xe0"):
		kind = "an old workbook of Excel (.xls)"
	case begins("PK\x03\x04"), begins("PK\x05\x06"):
		kind, advice = "a ZIP archive (.zip)", unpack
	case begins("\x1f\x8b"):
		kind, advice = "compressed by gzip (.gz)", unpack
	case begins("BZh"), begins("\xfd7zXZ\x00"), begins("\x28\xb5\x2f\xfd"), begins("7z\xbc\xaf\x27\x1c"), begins("Rar!"):
		kind, advice = "compressed", unpack
	case begins("%PDF-"):
		kind = "a PDF document"
	case begins("\xff\xfe\x00\x00"), begins("\x00\x00\xfe\xff"):
		return "the file is UTF-32 text: save it as UTF-8"
	case begins("PAR1"), begins("SQLite format 3\x00"), begins("PGDMP"):
		kind = "a file of a database"
	default:
		return ""
	}
	return fmt.Sprintf("the file is %s, not text: %s", kind, advice)
}

// yaml matches the beginning of a list of tasks in YAML.
var yaml = regexp.MustCompile(`^(?:---[ \t]*\n)?(?:- [\w"']|[\w-]+:[ \t]*\n)`)

var (
	// script matches the beginning of statements that a database's tool exports.
	script = regexp.MustCompile(`^(?:insert\s+into|create\s+table|copy)\s+[^,;\t]*\(`)
	// upright matches the line before a row that psql (\x) or mysql (\G) writes as a line for each column.
	upright = regexp.MustCompile(`^(?:-\[ record 1 \]|\*+ 1\. row \*)`)
)

// otherText says, by its beginning, what a text is that is neither a table nor JSON.
func otherText(head []byte) string {
	head = bytes.ToLower(bytes.TrimLeft(head, " \t\r\n"))
	const form = ", which is not read: write a table or JSON"
	switch {
	case bytes.HasPrefix(head, []byte("<")) && (strings.HasPrefix(http.DetectContentType(head), "text/html") || bytes.Contains(head, []byte("<html"))):
		return "the file is a web page (HTML), as a login page or an export may be: open it and save the table as CSV (UTF-8)"
	case bytes.HasPrefix(head, []byte("<?xml")), bytes.HasPrefix(head, []byte("<!doctype")):
		return "the file is XML" + form
	case bytes.HasPrefix(head, []byte(`{\rtf`)):
		return "the file is a formatted text (RTF): save it as plain text (UTF-8)"
	case yaml.Match(head):
		return "the file is YAML" + form
	case script.Match(head):
		return "the file is SQL" + form
	case upright.Match(head):
		return "the file has a line for each column of a row: export it as a table, without \\x (psql) or \\G (mysql)"
	}
	return ""
}

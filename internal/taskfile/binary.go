package taskfile

import (
	"bufio"
	"bytes"
	"fmt"
)

// binaryKind says what a file is that is not a text, by its first bytes, and what to do.
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
	case begins("PAR1"), begins("SQLite format 3\x00"), begins("PGDMP"):
		kind = "a file of a database"
	default:
		return ""
	}
	return fmt.Sprintf("the file is %s, not text: %s", kind, advice)
}

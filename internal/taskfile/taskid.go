package taskfile

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const adviceSpreadsheet = "format the column as text in the spreadsheet and export again"

var (
	scientific = regexp.MustCompile(`^[+-]?\d+([.,]\d*)?[eE][+-]\d+$|^[+-]?\d+[.,]\d+[eE]\d+$`)
	decimal    = regexp.MustCompile(`^[+-]?\d+[.,]0+$`)
	dateLike   = regexp.MustCompile(`^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})([T ].*)?$`)
	digits     = regexp.MustCompile(`^\d+$`)
	notAnID    = regexp.MustCompile(`^(?i:true|false|null|nil|none|nan|undefined|n/a|-+|[.…]+|#.*)$`)
)

// significant is how many digits of a number a spreadsheet keeps; the rest become zeros.
const significant = 15

// CheckTaskID says what is wrong with a TaskID, or nothing. IDs are opaque text: what is
// refused is what a tool made of one, or what stands where one is missing.
func CheckTaskID(id string) (problem string) {
	switch {
	case id == "":
		return "task_id is empty"
	case len(id) > maxTaskID:
		return fmt.Sprintf("task_id is longer than %d bytes", maxTaskID)
	case !utf8.ValidString(id) || strings.ContainsRune(id, 0):
		return "task_id is not UTF-8 text"
	case strings.ContainsRune(id, utf8.RuneError):
		return fmt.Sprintf("task_id %q has a character that could not be read", id)
	case scientific.MatchString(id), decimal.MatchString(id), rounded(id):
		return fmt.Sprintf("task_id %q: a spreadsheet has turned this ID into a number: %s", id, adviceSpreadsheet)
	case strings.HasPrefix(id, "="):
		return fmt.Sprintf("task_id %q is a spreadsheet's formula: %s", id, adviceSpreadsheet)
	case strings.HasPrefix(id, "'"):
		return fmt.Sprintf("task_id %q begins with the apostrophe by which a spreadsheet marks text: leave it out", id)
	case dateLike.MatchString(id):
		return fmt.Sprintf("task_id %q is a date: is this the right column? Or a spreadsheet has changed the ID: %s", id, adviceSpreadsheet)
	case notAnID.MatchString(id):
		return fmt.Sprintf("task_id %q is not a TaskID", id)
	}
	for _, r := range id {
		switch {
		case unicode.IsSpace(r):
			return fmt.Sprintf("task_id %q has a blank inside", id)
		case !unicode.IsGraphic(r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
			return fmt.Sprintf("task_id %q has an invisible character", id)
		case strings.ContainsRune("\"'`“”‘’«»", r):
			return fmt.Sprintf("task_id %q has a quote: leave it out", id)
		case r == ',' || r == ';':
			return fmt.Sprintf("task_id %q has a %q: give one ID a line", id, r)
		case r == '<' || r == '>':
			return fmt.Sprintf("task_id %q is a placeholder", id)
		}
	}
	return ""
}

// rounded reports whether a number has nothing but zeros where a spreadsheet keeps no
// digits.
func rounded(id string) bool {
	return len(id) >= significant+4 && digits.MatchString(id) && strings.Trim(id[significant:], "0") == ""
}

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
	decimal    = regexp.MustCompile(`^[+-]?\d+[.,]\d+$|^[+-]\d+$|^\d{1,3}([.,]\d{3}){2,}$`)
	digits     = regexp.MustCompile(`^\d+$`)
	dateLike   = regexp.MustCompile(`^(?i:(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}/\d{1,2}(/\d{2})?|\d{1,2}\.\d{1,2}\.(\d{2})?)([T ].*)?` +
		`|\d{8}T\d{4,6}Z?|(\d{4}年)?\d{1,2}月\d{1,2}日` +
		`|\d{1,2}[-/. ]` + months + `([-/. ]+\d{2,4})?|` + months + `[-/. ]+\d{1,4}([-/., ]+\d{2,4})?)$`)
	timeOfDay = regexp.MustCompile(`^(?i:\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[ap]m)?)$`)
	cutOff    = regexp.MustCompile(`\.{3}|[…‥⋯⋮]`)
	summary   = regexp.MustCompile(`^(?i:((grand|sub)[-_ ]?)?totals?|sum|subtotals?|count|average|gesamt|summe|合计|总计|小计|总数|共计)[:=：]?\d*$`)
	notAnID   = regexp.MustCompile(`^(?i:[(\[<]?(true|false|null|nil|none|nan|nat|na|n/a|n\.a\.?|undefined|unknown|empty|blank|missing)[)\]>]?|\\n|[-_?*]+|[.…]+|#.*|[+-]?inf(inity)?)$`)
	comment   = regexp.MustCompile(`^(#|//|--)(\s|.*\s)`)
	pending   = regexp.MustCompile(`^(?i:tbd|tba|tbc|todo|fixme|changeme|change[-_]me|placeholder|x{2,32}|your[-_ ]?(push[-_ ]?)?task[-_ ]?id([-_ ]?here)?|task[-_ ]?id[-_ ]?here)$`)
	template  = regexp.MustCompile(`[{}<>]|\$\(|^\$\w+$|^%\w+%$|^%[a-z@]$|%\(|^:[A-Za-z_]\w*$|^@[A-Za-z_]\w*$|^\[.*\]$|^__\w+__$`)
	address   = regexp.MustCompile(`^(?i:[a-z][a-z0-9+.-]*://.*|www\..*|mailto:.*)$`)
	encoded   = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	eMail     = regexp.MustCompile(`^[^@\s/]+@[^@\s/]+\.[^@\s/.]+$`)
	fileName  = regexp.MustCompile(`\.(?i:csv|tsv|txt|json|jsonl|ndjson|xlsx?|ods|gz|zip)$`)
)

// months are the names that spreadsheets and people write, in a few languages.
const months = `(jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august|september|october|november|december` +
	`|mär|mrz|mai|okt|dez|janv|févr|avr|juin|juil|août|déc|ene|abr|ago|dic)`

// significant is how many digits of a number a spreadsheet keeps. The others become zeros.
const significant = 15

// CheckTaskID says what is wrong with a TaskID, or "". IDs are opaque: it refuses only IDs that a
// tool damaged, and texts that replace a missing ID.
func CheckTaskID(id string) (problem string) {
	switch {
	case id == "":
		return "task_id is empty"
	case len(id) > maxTaskID:
		return fmt.Sprintf("task_id is longer than %d bytes", maxTaskID)
	case !utf8.ValidString(id):
		return "task_id is not UTF-8 text: save the list as UTF-8 (in Excel: CSV UTF-8)"
	case strings.ContainsRune(id, 0):
		return fmt.Sprintf("task_id %q has the character NUL", id)
	case strings.ContainsRune(id, utf8.RuneError):
		return fmt.Sprintf("task_id %q has a character that could not be read", id)
	case scientific.MatchString(id), decimal.MatchString(id), rounded(id):
		return fmt.Sprintf("task_id %q: a spreadsheet has turned this ID into a number: %s", id, adviceSpreadsheet)
	case strings.HasPrefix(id, "="):
		return fmt.Sprintf("task_id %q is a spreadsheet's formula: %s", id, adviceSpreadsheet)
	case strings.HasPrefix(id, "'"):
		return fmt.Sprintf("task_id %q begins with the apostrophe by which a spreadsheet marks text: leave it out", id)
	case dateLike.MatchString(id), timeOfDay.MatchString(id):
		return fmt.Sprintf("task_id %q is a date or a time: is this the right column? Or a spreadsheet has changed the ID: %s", id, adviceSpreadsheet)
	case comment.MatchString(id):
		return fmt.Sprintf("%q is a comment, which lists do not have: leave the line out", id)
	case notAnID.MatchString(id):
		return fmt.Sprintf("task_id %q is not a TaskID: it is the text for a missing or wrong value", id)
	case cutOff.MatchString(id):
		return fmt.Sprintf("task_id %q was cut off: copy the whole TaskID", id)
	case summary.MatchString(id):
		return fmt.Sprintf("task_id %q is the heading of a sum, not a TaskID: leave this row out", id)
	case template.MatchString(id), pending.MatchString(id):
		return fmt.Sprintf("task_id %q is a placeholder: write the TaskID itself", id)
	case isColumn(id):
		return fmt.Sprintf("task_id %q is the name of a column, not a TaskID", id)
	case address.MatchString(id), eMail.MatchString(id):
		return fmt.Sprintf("task_id %q is an address, not a TaskID: is this the right column?", id)
	case encoded.MatchString(id):
		return fmt.Sprintf("task_id %q is percent-encoded, as in an address: write the characters themselves", id)
	case hasColumn(id):
		return fmt.Sprintf("task_id %q begins with the name of its field: leave it out", id)
	case fileName.MatchString(id):
		return fmt.Sprintf("task_id %q is the name of a file: read it with pushloss tasks import", id)
	}
	for _, r := range id {
		switch {
		case unicode.IsSpace(r):
			return fmt.Sprintf("task_id %q has a blank inside", id)
		case !unicode.IsGraphic(r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
			return fmt.Sprintf("task_id %q has an invisible character", id)
		case r > unicode.MaxASCII && (unicode.Is(unicode.Nd, r) || isFullWidth(r)):
			return fmt.Sprintf("task_id %q has the character %q of an input method: write it in ASCII", id, r)
		case r > unicode.MaxASCII && (unicode.Is(unicode.Pd, r) || r == '−'):
			return fmt.Sprintf("task_id %q has the dash %q, which a text program put in the place of a hyphen", id, r)
		case strings.ContainsRune("\"'`“”‘’«»", r):
			return fmt.Sprintf("task_id %q has a quote: leave it out", id)
		case r == ',' || r == ';':
			return fmt.Sprintf("task_id %q has a %q: give one ID a line", id, r)
		}
	}
	return ""
}

// hasColumn reports whether the name of a column and : or = precede an ID, as in TaskId:a1.
func hasColumn(id string) bool {
	at := strings.IndexAny(id, ":=：")
	if at < 0 {
		return false
	}
	column, _ := columnOf(id[:at])
	return column == "task_id"
}

// isFullWidth reports whether a letter, digit or sign of ASCII was typed as wide as a
// Chinese character, or a sign is one of Chinese texts.
func isFullWidth(r rune) bool { return r >= '！' && r <= '～' || r >= '、' && unicode.IsPunct(r) }

// exponent is what follows the decimal comma in a number such as 6,57E+25.
var exponent = regexp.MustCompile(`^\d+[eE][+-]?\d+$`)

// cutNumber returns the number that a decimal comma divided into two fields, the first of
// them being field i.
func cutNumber(record []string, i int) (number string, ok bool) {
	if i < 0 || i+1 >= len(record) {
		return "", false
	}
	whole, rest := strings.TrimSpace(record[i]), strings.TrimSpace(record[i+1])
	number = whole + "," + rest
	return number, exponent.MatchString(rest) && scientific.MatchString(number)
}

// rounded reports whether a number has only zeros where a spreadsheet keeps no digits.
func rounded(id string) bool {
	return len(id) >= significant+4 && digits.MatchString(id) && strings.Trim(id[significant:], "0") == ""
}

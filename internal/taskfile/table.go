package taskfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dustin/go-humanize/english"
	"golang.org/x/text/width"
)

// ignored is a known column that has nothing to import.
const ignored = "ignored"

// columnOf returns the column that a header names, in any spelling, also in full-width characters.
func columnOf(name string) (column string, known bool) {
	name = strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, width.Narrow.String(name))
	switch name {
	case "taskid", "id", "pushtaskid", "task", "任务id", "任务编号", "推送任务id", "推送id":
		return "task_id", true
	case "sdkappid", "appid", "app", "应用id", "应用":
		return "sdk_app_id", true
	case "sentat", "senttime", "sendtime", "tasktime", "pushtime", "pushedat", "发送时间", "推送时间", "下发时间", "任务时间":
		return "sent_at", true
	case "label", "name", "title", "名称", "任务名称", "推送名称", "标题", "标签":
		return "label", true
	case "retiredat":
		return "retired_at", true
	case "registeredat", "source", "answered", "lastfiguresat": // columns of tasks list, whose output may be imported
		return ignored, true
	}
	return "", false
}

// separatorLine matches the line that tells Excel the separator of the following lines.
var separatorLine = regexp.MustCompile(`^(?i:"?sep=([,;|\t])"?)[ \r]*\n`)

func isColumn(name string) bool {
	_, known := columnOf(strings.TrimSpace(name))
	return known
}

// table reads CSV with commas, or with the semicolons or tabs of spreadsheets.
func (r *reader) table(list *bufio.Reader) error {
	skipped := skipBlankLines(list)
	separator := separatorOf(list)
	head, _ := list.Peek(list.Size())
	if named := separatorLine.FindSubmatch(head); named != nil {
		separator = rune(named[1][0])
		_, _ = list.Discard(len(named[0])) // the line was peeked at
		skipped++
	}
	if separator == '|' || isRuled(head) {
		return r.bars(list, skipped)
	}
	records := csv.NewReader(list)
	records.Comma = separator
	records.TrimLeadingSpace = records.Comma != '\t'
	records.FieldsPerRecord = -1
	first, err := records.Read()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return r.syntax(skipped, err)
	}
	line, _ := records.FieldPos(0)
	line += skipped
	switch {
	case !utf8.ValidString(strings.Join(first, "")):
		r.problem(line, "not UTF-8 text: save the list as UTF-8 (in Excel: CSV UTF-8)")
		return nil
	case comment.MatchString(first[0]):
		r.problem(line, "%s", CheckTaskID(strings.TrimSpace(first[0])))
		return nil
	}
	header := []string{"task_id"}
	if isHeader(first) {
		header = r.header(line, first)
	} else {
		r.row(line, header, first)
	}
	if len(header) == 0 {
		return nil
	}
	for {
		record, err := records.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, csv.ErrBareQuote):
			if err := r.syntax(skipped, err); err != nil {
				return err
			}
		case err != nil:
			return r.syntax(skipped, err)
		default:
			line, _ := records.FieldPos(0)
			r.row(skipped+line, header, record)
		}
	}
}

// separatorOf returns what separates the columns of the first line that is not blank.
func separatorOf(list *bufio.Reader) rune {
	head, _ := list.Peek(list.Size())
	line, _, _ := bytes.Cut(bytes.TrimLeft(head, "\r\n "), []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, separator := range "\t;|" {
		if n := bytes.Count(line, []byte(string(separator))); n > most {
			best, most = separator, n
		}
	}
	return best
}

// isHeader reports whether the first line is a header. In a plain list of one column, it is a
// TaskID if it has a digit or a hyphen.
func isHeader(first []string) bool {
	for i, field := range first {
		if i > 0 && strings.TrimSpace(field) != "" {
			return true
		}
	}
	return isColumn(first[0]) || !strings.ContainsAny(first[0], "0123456789-")
}

// header returns the columns, or nil if something is wrong with them. Columns without a name are
// "".
func (r *reader) header(line int, first []string) []string {
	before := len(r.problems)
	if number, ok := cutNumber(first, 0); ok {
		r.problem(line, "%s", CheckTaskID(number))
		return nil
	}
	if len(first) == 1 {
		name := strings.TrimSpace(first[0])
		if at := strings.IndexAny(name, "，；、｜"); at >= 0 {
			separator, _ := utf8.DecodeRuneInString(name[at:])
			r.problem(line, "%q between the columns comes from an input method: write a comma", separator)
			return nil
		}
		if !isColumn(name) {
			r.problem(line, "%q is taken for the name of a column: use %s; if it is a TaskID, write task_id on a line above it",
				name, strings.Join(columns, ", "))
			return nil
		}
	}
	var header []string
	for _, name := range first {
		column, known := columnOf(strings.TrimSpace(name))
		switch {
		case strings.TrimSpace(name) == "":
		case !known:
			r.problem(line, "unknown column %q: use %s", name, strings.Join(columns, ", "))
		case column != ignored && slices.Contains(header, column):
			r.problem(line, "the column %s occurs twice", column)
		}
		header = append(header, column)
	}
	if !slices.Contains(header, "task_id") {
		r.problem(line, "the header has no column task_id")
	}
	if len(r.problems) > before {
		return nil
	}
	return header
}

// row adds the task of a line. A line of only separators is a blank line.
func (r *reader) row(line int, header, record []string) {
	fields := make(map[string]string, len(header))
	if number, ok := cutNumber(record, slices.Index(header, "task_id")); ok {
		r.problem(line, "%s", CheckTaskID(number))
		return
	}
	blank, extra, nameless := true, false, 0
	for i, value := range record {
		value = strings.TrimSpace(value)
		blank = blank && value == ""
		if i < len(header) && header[i] != "" {
			fields[header[i]] = value
		} else if i < len(header) && value != "" {
			nameless = i + 1
		} else if value != "" {
			extra = true
		}
	}
	switch {
	case blank && len(record) > 1:
	case extra || len(record) < len(header):
		r.problem(line, "%s where the first line has %s", english.Plural(len(record), "field", ""), english.Plural(len(header), "column", ""))
	case nameless > 0:
		r.problem(line, "a value in column %d, which has no name in the first line: name it, or leave it out", nameless)
	default:
		r.add(line, FromList, fields)
	}
}

// syntax adds a problem for an error in the CSV. It returns other errors.
func (r *reader) syntax(skipped int, err error) error {
	var parseErr *csv.ParseError
	switch {
	case !errors.As(err, &parseErr):
		return err
	case errors.Is(err, csv.ErrBareQuote):
		r.problem(skipped+parseErr.Line, "a quote within a field: %s", adviceSpreadsheet)
	case errors.Is(err, csv.ErrQuote):
		r.problem(skipped+parseErr.StartLine, "a field in quotes does not end with a quote: write a quote within the field twice, and one at its end")
	default:
		r.problem(skipped+parseErr.Line, "not CSV: %v", parseErr.Err)
	}
	return nil
}

package taskfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Entry is one task of a list. Empty fields were not given.
type Entry struct {
	Line     int
	TaskID   string
	SDKAppID int64 // 0: not given
	SentAt   *time.Time
	Label    string
}

// Problem is what is wrong with one line.
type Problem struct {
	Name string
	Line int
	Text string
}

func (p Problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.Name, p.Line, p.Text) }

// Problems is all that is wrong with a list: nothing of it is to be imported.
type Problems []Problem

func (p Problems) Error() string {
	const shown = 20
	var lines []string
	for i, problem := range p {
		if i == shown {
			lines = append(lines, fmt.Sprintf("and %d more problems", len(p)-shown))
			break
		}
		lines = append(lines, problem.Error())
	}
	return strings.Join(lines, "\n")
}

// Hint tells what a list looks like.
func (p Problems) Hint() string {
	return `nothing was imported; write CSV with a header, "task_id,sdk_app_id,sent_at,label", or JSON Lines, {"task_id":"…"}; only task_id is required`
}

// maxTaskID is the longest TaskID an index takes, in bytes, with room to spare.
// The API documents no limit; its own IDs have some 50.
const maxTaskID = 512

// maxLine bounds a line of JSON.
const maxLine = 1 << 20

var columns = []string{"task_id", "sdk_app_id", "sent_at", "label"}

// Read reads a list; name stands for it in problems. It is JSON Lines if it
// begins with "{", and CSV with a header otherwise. A time without a zone is in
// loc. The same task may stand there again only if the lines agree. What is wrong
// with the list comes as Problems.
func Read(name string, list io.Reader, loc *time.Location) ([]Entry, error) {
	buffered := bufio.NewReader(list)
	if bom, _ := buffered.Peek(3); bytes.Equal(bom, []byte("\ufeff")) {
		_, _ = buffered.Discard(3)
	}
	first, err := firstCharacter(buffered)
	switch {
	case errors.Is(err, io.EOF):
		return nil, Problems{{Name: name, Line: 1, Text: "the list is empty"}}
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, Problems{{Name: name, Line: 1, Text: "the list begins with nothing but blanks"}}
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	r := &reader{name: name, loc: loc, seen: make(map[entryKey]Entry)}
	if first == '{' {
		err = r.jsonLines(buffered)
	} else {
		err = r.csv(buffered)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	case len(r.problems) > 0:
		return nil, r.problems
	}
	return r.entries, nil
}

// firstCharacter is the first one that is no blank; it stays unread.
func firstCharacter(r *bufio.Reader) (byte, error) {
	for n := 1; ; n++ {
		ahead, err := r.Peek(n)
		if len(ahead) < n {
			return 0, err
		}
		if c := ahead[n-1]; !strings.ContainsRune(" \t\r\n", rune(c)) {
			return c, nil
		}
	}
}

type entryKey struct {
	app int64
	id  string
}

type reader struct {
	name     string
	loc      *time.Location
	entries  []Entry
	seen     map[entryKey]Entry
	problems Problems
}

func (r *reader) problem(line int, format string, args ...any) {
	r.problems = append(r.problems, Problem{Name: r.name, Line: line, Text: fmt.Sprintf(format, args...)})
}

func (r *reader) csv(list io.Reader) error {
	records := csv.NewReader(list)
	records.TrimLeadingSpace = true
	header, err := records.Read()
	if err != nil {
		return r.syntax(err)
	}
	line, _ := records.FieldPos(0)
	for i, column := range header {
		header[i] = strings.ToLower(strings.TrimSpace(column))
		if !slices.Contains(columns, header[i]) {
			r.problem(line, "unknown column %q: use %s", column, strings.Join(columns, ", "))
		} else if slices.Contains(header[:i], header[i]) {
			r.problem(line, "the column %s stands twice", header[i])
		}
	}
	if !slices.Contains(header, "task_id") {
		r.problem(line, "the header has no column task_id")
	}
	if len(r.problems) > 0 {
		return nil
	}
	for {
		record, err := records.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if err := r.syntax(err); err != nil {
				return err
			}
			if errors.Is(err, csv.ErrFieldCount) {
				continue
			}
			return nil
		}
		line, _ := records.FieldPos(0)
		fields := make(map[string]string, len(header))
		for i, value := range record {
			fields[header[i]] = strings.TrimSpace(value)
		}
		r.add(line, fields)
	}
}

// syntax makes a problem of what is wrong with CSV; other errors are returned.
func (r *reader) syntax(err error) error {
	var parseErr *csv.ParseError
	if !errors.As(err, &parseErr) {
		return err
	}
	r.problem(parseErr.Line, "not CSV: %v", parseErr.Err)
	return nil
}

func (r *reader) jsonLines(list io.Reader) error {
	lines := bufio.NewScanner(list)
	lines.Buffer(nil, maxLine)
	number := 1
	for ; lines.Scan(); number++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if !utf8.Valid(line) { // decoding would replace what is not
			r.problem(number, "not UTF-8 text")
			continue
		}
		values, ok := object(line)
		if !ok {
			r.problem(number, "not a JSON object on one line")
			continue
		}
		fields := make(map[string]string, len(values))
		for _, key := range slices.Sorted(maps.Keys(values)) {
			switch value := values[key].(type) {
			case nil:
			case string:
				fields[key] = strings.TrimSpace(value)
			case json.Number:
				fields[key] = value.String()
			default:
				r.problem(number, "%s is neither a string nor a number", key)
				ok = false
			}
			if !slices.Contains(columns, key) {
				r.problem(number, "unknown field %q: use %s", key, strings.Join(columns, ", "))
				ok = false
			}
		}
		if ok {
			r.add(number, fields)
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		r.problem(number, "the line is longer than %d bytes", maxLine)
		return nil
	}
	return lines.Err()
}

// object reads the one JSON object that line must be.
func object(line []byte) (values map[string]any, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if decoder.Decode(&values) != nil || values == nil {
		return nil, false
	}
	_, err := decoder.Token()
	return values, errors.Is(err, io.EOF)
}

func (r *reader) add(line int, fields map[string]string) {
	before := len(r.problems)
	e := Entry{Line: line, TaskID: fields["task_id"], Label: fields["label"]}
	if reason := CheckTaskID(e.TaskID); reason != "" {
		r.problem(line, "%s", reason)
	}
	if !utf8.ValidString(e.Label) || strings.ContainsRune(e.Label, 0) {
		r.problem(line, "label is not UTF-8 text")
	}
	if text := fields["sdk_app_id"]; text != "" {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id <= 0 {
			r.problem(line, "sdk_app_id %q is not a positive whole number", text)
		}
		e.SDKAppID = id
	}
	if text := fields["sent_at"]; text != "" {
		at, err := ParseSentAt(text, r.loc)
		if err != nil {
			r.problem(line, "sent_at %v", err)
		}
		e.SentAt = &at
	}
	key := entryKey{e.SDKAppID, e.TaskID}
	if earlier, again := r.seen[key]; again && len(r.problems) == before {
		if !sameTime(earlier.SentAt, e.SentAt) || earlier.Label != e.Label {
			r.problem(line, "task %s stands on line %d with other values", e.TaskID, earlier.Line)
		}
		return
	}
	if len(r.problems) == before {
		r.seen[key] = e
		r.entries = append(r.entries, e)
	}
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// CheckTaskID says what is wrong with a TaskID, or nothing. IDs are opaque text.
func CheckTaskID(id string) (problem string) {
	switch {
	case id == "":
		return "task_id is empty"
	case len(id) > maxTaskID:
		return fmt.Sprintf("task_id is longer than %d bytes", maxTaskID)
	case !utf8.ValidString(id) || strings.ContainsRune(id, 0):
		return "task_id is not UTF-8 text"
	}
	return ""
}

var timeLayouts = []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly}

// ParseTime reads a time as RFC 3339, as a date with or without a time of day
// (in loc, where it names no zone), or as Unix seconds.
func ParseTime(text string, loc *time.Location) (time.Time, error) {
	for _, layout := range timeLayouts {
		if t, err := time.ParseInLocation(layout, text, loc); err == nil {
			return t, nil
		}
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds > 1e9 && seconds < 1e11 {
		return time.Unix(seconds, 0), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2025-03-31T08:00:00+08:00, 2025-03-31 or Unix seconds", text)
}

// ParseSentAt is ParseTime, for when a push was sent: years that no push can have
// been sent in are mistakes.
func ParseSentAt(text string, loc *time.Location) (time.Time, error) {
	t, err := ParseTime(text, loc)
	if err == nil && (t.Year() < 2000 || t.Year() >= 2200) {
		err = fmt.Errorf("%q is not when a push was sent", text)
	}
	return t, err
}

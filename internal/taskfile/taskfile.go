package taskfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"pushloss/internal/problem"
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

// Problems are all mistakes in a list: a list with any is not imported.
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

// ExitCode is problem.Usage.
func (Problems) ExitCode() problem.Code { return problem.Usage }

// Hint says what a list looks like.
func (p Problems) Hint() string {
	return `nothing was imported; write CSV with a header, "task_id,sdk_app_id,sent_at,label", one ID a line, or JSON Lines, {"task_id":"…"}; only task_id is required`
}

// maxTaskID is the longest TaskID an index takes, in bytes, with room to spare.
// The API documents no limit; its own IDs have some 50.
const maxTaskID = 512

var columns = []string{"task_id", "sdk_app_id", "sent_at", "label"}

// Read reads a list; name is its name in problems. It is JSON if it begins with "[" or
// "{", an array or objects one after another, and a table otherwise: commas, semicolons,
// tabs or bars between the columns, with a header unless it is a plain list of IDs. It may be
// UTF-16, as spreadsheets write it. A time without a zone is in loc. The same task may
// be there again only if the lines agree. The error for a bad list is Problems.
func Read(name string, list io.Reader, loc *time.Location) ([]Entry, error) {
	raw := bufio.NewReader(list)
	if kind := binaryKind(raw); kind != "" {
		return nil, Problems{{Name: name, Line: 1, Text: kind}}
	}
	buffered := bufio.NewReader(&lineEnds{from: bufio.NewReader(decoded(raw))})
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
	switch first {
	case '{', '[':
		err = r.json(buffered)
	default:
		err = r.table(buffered)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	case len(r.problems) > 0:
		return nil, r.problems
	case len(r.entries) == 0:
		return nil, Problems{{Name: name, Line: 1, Text: "no tasks in it"}}
	}
	return r.entries, nil
}

// firstCharacter returns the first one that is not a blank; it stays unread.
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

// nulls are how databases write that there is no value.
var nulls = []string{`\N`, "NULL", "null", "(null)", "<null>"}

func (r *reader) add(line int, fields map[string]string) {
	before := len(r.problems)
	for _, column := range []string{"sdk_app_id", "sent_at", "label"} {
		if slices.Contains(nulls, fields[column]) {
			fields[column] = ""
		}
	}
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
			r.problem(line, "task %s is on line %d with other values", e.TaskID, earlier.Line)
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

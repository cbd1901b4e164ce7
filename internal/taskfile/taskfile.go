package taskfile

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"pushloss/internal/problem"
)

// Entry is one task of a list. Empty fields were not given.
type Entry struct {
	Line     int
	Element  int // its number in JSON, from 1; 0 in a table
	TaskID   string
	SDKAppID int64 // 0 if not given
	SentAt   *time.Time
	Label    string
	From     Origin
}

// List is what Read found in a list.
type List struct {
	Entries []Entry
	Skipped
}

// Append adds another list. Tasks of both lists are not compared: the caller does that.
func (l *List) Append(other List) {
	l.Entries = append(l.Entries, other.Entries...)
	l.Failed += other.Failed
	l.Taskless += other.Taskless
	l.Unknown += other.Unknown
	l.Retired += other.Retired
	l.LastFailure = cmp.Or(other.LastFailure, l.LastFailure)
}

// Problem is what is wrong with a line.
type Problem struct {
	Name    string
	Line    int
	Element int // its number in JSON, from 1; 0 in a table
	Text    string
	vendors bool // about what the vendor wrote, so the form of the list is right
	isJSON  bool
}

func (p Problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.Name, p.Line, p.Text) }

// Problems are all mistakes in a list. A list with mistakes is not imported.
type Problems problem.List[Problem]

// Error returns the first 20 problems, because a list may have thousands.
func (p Problems) Error() string { return problem.List[Problem](p).Lines(20) }

// ExitCode is problem.Usage.
func (Problems) ExitCode() problem.Code { return problem.Usage }

// Hint describes a list of this form.
func (p Problems) Hint() string {
	if len(p) == 1 && p[0].vendors {
		return "nothing was imported; import the answer of a push that succeeded"
	}
	if len(p) > 0 && p[0].isJSON {
		return `nothing was imported; correct the JSON: {"task_id":"…","sent_at":"2025-03-31T08:00:00+08:00"}, an array of these, or what the API answers as it is; only task_id is required`
	}
	return `nothing was imported; write CSV with a header, "task_id,sdk_app_id,sent_at,label", one ID a line, or JSON Lines, {"task_id":"…"}; only task_id is required`
}

// maxTaskID is the longest accepted TaskID, in bytes, so that an index can hold it. The API
// documents no limit; its own IDs have some 50 bytes.
const maxTaskID = 512

// maxLabel is the longest label, in characters: a name for lists and charts, not the text of a push.
const maxLabel = 500

var columns = []string{"task_id", "sdk_app_id", "sent_at", "label"}

// Read reads a list. name is its name in problems. A list that begins with "[" or "{" is JSON: an
// array, or objects one after another. Any other list is a table with commas, semicolons, tabs or
// bars between the columns, and with a header unless it is a plain list of IDs. It may be UTF-16,
// as spreadsheets write it. A time without a zone is in that of the task's app, which zoneOf returns;
// the app is 0 if the list does not name it. A task may occur twice only if its lines agree. JSON may also be what the vendor writes: answers of pushes, callbacks, scheduled
// pushes. The error for a bad list is Problems, and the good entries are returned with it.
func Read(name string, list io.Reader, zoneOf func(sdkAppID int64) *time.Location) (List, error) {
	raw := bufio.NewReader(list)
	if kind := binaryKind(raw); kind != "" {
		return List{}, Problems{{Name: name, Line: 1, Text: kind}}
	}
	buffered := bufio.NewReader(&lineEnds{from: bufio.NewReader(decoded(raw))})
	first, err := firstCharacter(buffered)
	switch {
	case errors.Is(err, io.EOF):
		return List{}, Problems{{Name: name, Line: 1, Text: "the list is empty"}}
	case errors.Is(err, bufio.ErrBufferFull):
		return List{}, Problems{{Name: name, Line: 1, Text: "the list begins with too many blanks"}}
	case err != nil:
		return List{}, fmt.Errorf("read %s: %w", name, err)
	}
	head, _ := buffered.Peek(buffered.Size())
	if kind := otherText(head); kind != "" {
		return List{}, Problems{{Name: name, Line: 1, Text: kind}}
	}
	if httpHead.Match(head) {
		return List{}, Problems{{Name: name, Line: 1, Text: "it begins with an HTTP header; leave out curl's -i", isJSON: true}}
	}
	r := &reader{name: name, zoneOf: zoneOf, seen: make(map[entryKey]int), listed: make(map[entryKey]Entry), meant: make(map[string]string)}
	switch first {
	case '{', '[':
		err = r.json(buffered)
	default:
		err = r.table(buffered)
	}
	switch {
	case err != nil:
		return List{}, fmt.Errorf("read %s: %w", name, err)
	case len(r.problems) > 0:
		return r.List, r.problems
	case len(r.Entries) == 0:
		return r.List, Problems{{Name: name, Line: 1, Text: "no tasks in it" + r.reason(), vendors: r.reason() != "", isJSON: r.isJSON}}
	}
	return r.List, nil
}

// httpHead matches the beginning of an answer that was saved with its header.
var httpHead = regexp.MustCompile(`^\s*HTTP/\d(\.\d)? \d{3}\b`)

// firstCharacter returns the first character that is not a blank, without reading it.
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
	List
	name     string
	zoneOf   func(sdkAppID int64) *time.Location
	number   int   // of the element that is being read
	lines    lines // of JSON
	isJSON   bool
	seen     map[entryKey]int   // the index of the task's entry
	listed   map[entryKey]Entry // as people first wrote it: what people write must agree
	meant    map[string]string  // questions about unknown names
	problems Problems
}

func (r *reader) problem(line int, format string, args ...any) {
	r.problems = append(r.problems, Problem{Name: r.name, Line: line, Element: r.number, Text: fmt.Sprintf(format, args...), isJSON: r.isJSON})
}

// null matches the notations of databases, spreadsheets and programs for a missing value.
var null = regexp.MustCompile(`^(?i:[(\[<]?(null|nil|none|nan|nat|n/a|undefined)[)\]>]?|\\n|#n/a|-|—)$`)

func (r *reader) add(line int, from Origin, fields map[string]string) {
	before := len(r.problems)
	for _, column := range []string{"sdk_app_id", "sent_at", "label", "retired_at"} {
		if null.MatchString(fields[column]) {
			fields[column] = ""
		}
	}
	e := Entry{Line: line, Element: r.number, From: from, TaskID: fields["task_id"], Label: fields["label"]}
	if reason := CheckTaskID(e.TaskID); reason != "" {
		r.problem(line, "%s", reason)
	}
	switch {
	case !utf8.ValidString(e.Label):
		r.problem(line, "label is not UTF-8 text: save the list as UTF-8 (in Excel: CSV UTF-8)")
	case strings.ContainsRune(e.Label, 0):
		r.problem(line, "label has the character NUL")
	case utf8.RuneCountInString(e.Label) > maxLabel:
		r.problem(line, "label is longer than %d characters: give the task a short name", maxLabel)
	}
	if text := fields["sdk_app_id"]; text != "" {
		id, err := strconv.ParseInt(withoutZeros(text), 10, 64)
		if err != nil || id <= 0 {
			r.problem(line, "sdk_app_id %q is not a positive whole number", text)
		}
		e.SDKAppID = id
	}
	if text := fields["sent_at"]; text != "" {
		at, err := ParseSentAt(text, r.zoneOf(e.SDKAppID))
		if err != nil {
			r.problem(line, "sent_at %v", err)
		}
		e.SentAt = &at
	}
	if len(r.problems) > before {
		return
	}
	if fields["retired_at"] != "" {
		r.Retired++
		return
	}
	key := entryKey{e.SDKAppID, e.TaskID}
	if from == FromList {
		earlier, again := r.listed[key]
		if again && !earlier.Merge(e) {
			r.problem(line, "task %s is %s with other values", e.TaskID, earlier.place())
			return
		}
		r.listed[key] = e
	}
	index, again := r.seen[key]
	if !again {
		r.seen[key] = len(r.Entries)
		r.Entries = append(r.Entries, e)
		return
	}
	r.Entries[index].Merge(e)
}

// withoutZeros removes the ".0" that pandas adds to whole numbers in a column with gaps.
func withoutZeros(number string) string {
	whole, rest, _ := strings.Cut(number, ".")
	if whole != "" && strings.Trim(rest, "0") == "" {
		return whole
	}
	return number
}

func (e Entry) place() string {
	if e.Element > 0 {
		return fmt.Sprintf("in element %d", e.Element)
	}
	return fmt.Sprintf("on line %d", e.Line)
}

// Merge adds what another entry has about the same task, and reports whether they agree. People's
// lists must agree. The vendor's events of a task need not: they only add what is missing, and the
// earliest of their times is that of the push.
func (e *Entry) Merge(other Entry) bool {
	if e.From == FromList && other.From == FromList {
		return sameTime(e.SentAt, other.SentAt) && e.Label == other.Label
	}
	if e.Label == "" {
		e.Label = other.Label
	}
	earlier := e.SentAt != nil && other.SentAt != nil && e.From != FromList && other.SentAt.Before(*e.SentAt)
	if e.SentAt == nil || other.From == FromList && other.SentAt != nil || earlier {
		e.SentAt = other.SentAt
	}
	return true
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

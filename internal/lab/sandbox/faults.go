package sandbox

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Fault is one way to misbehave, and when. The zero values of the selectors select every call, stream, app, task and
// window.
type Fault struct {
	Name  string // one of Faults
	Value string // the fault's parameter, such as "7d" or "60028"; empty: its default

	After int // only the calls after the first N; Every and First count from there
	Every int // only each Nth call
	First int // only the first N calls

	Stream string // only calls of this stream
	App    int64  // only calls of this app
	Task   string // only calls that ask for this task; "overall": for the overall figures. Streams of chats have neither
	From   string // only windows that touch the days From … To (2006-01-02, inclusive), by Config.Location's midnights;
	To     string // one alone means that day. The fault restated needs them: it restates these days

	Days int // late: how many days late; 0 means 1. restates: after how many days; 0 means 2
	// By is, for forget-after and forget-error, what is too old: a window's start (default), its end, or the event. For
	// day-figures it is which days a window has: those that start in it (start, the default) or that it touches (touch).
	By string
}

// FaultInfo describes a fault, for --help.
type FaultInfo struct {
	Name   string
	Syntax string
	Help   string
}

type faultClass int

const (
	classInstead  faultClass = iota // replaces an answer, before the call is examined
	classDelivery                   // how the answer travels
	classAPI                        // an API error for a valid call
	classOddity                     // the form of an answer
	classTruth                      // the figures themselves
)

type faultKind struct {
	name    string
	class   faultClass
	value   valueKind
	preset  string // default value; "" with a kind of value: required
	valueAs string // another spelling of the value, as a key
	by      []string
	oddity  oddity
	// perStream says that a fault that changes the truth can select a stream.
	perStream bool
	syntax    string
	help      string
}

// faultKinds lists all faults, in the order of --help.
func faultKinds() []faultKind {
	return []faultKind{
		{name: "http-500", class: classInstead, help: "HTTP 500"},
		{name: "http-502-html", class: classInstead, help: "HTTP 502 with an HTML page that repeats the request's whole URL"},
		{name: "http-429", class: classInstead, value: valueSeconds, preset: "1", valueAs: "retry-after", syntax: "http-429[=SECONDS]",
			help: "HTTP 429 with Retry-After (default 1)"},
		{name: "reset", class: classInstead, help: "the connection is reset"},
		{name: "timeout", class: classInstead, value: valueDuration, preset: "10m", valueAs: "after", syntax: "timeout[=DURATION]",
			help: "no answer until the client gives up, or HTTP 504 after DURATION (default 10m)"},
		{name: "no-content", class: classInstead, help: "HTTP 204"},
		{name: "not-json", class: classInstead, help: "HTTP 200 with text that is not JSON"},
		{name: "redirect", class: classInstead, help: "HTTP 302 to another address; Stats counts who follows"},

		{name: "slow", class: classDelivery, value: valueDuration, preset: "2s", valueAs: "latency", syntax: "slow[=DURATION]",
			help: "waits before answering (default 2s)"},
		{name: "truncated", class: classDelivery, value: valueCut, preset: "abort", valueAs: "cut", syntax: "truncated[=abort|clean]",
			help: "half of the body, then the connection closes; clean: with the length of the half declared"},
		{name: "huge", class: classDelivery, value: valueCount, preset: "64", valueAs: "mib", syntax: "huge[=MIB]",
			help: "the answer, larger by MIB MiB in an unknown field (default 64)"},
		{name: "gzip", class: classDelivery, help: "compressed, if the client accepts it"},

		{name: "code", class: classAPI, value: valueCode, syntax: "code=N", help: "ErrorCode N"},
		{name: "resultcode", class: classAPI, value: valueCode, syntax: "resultcode=N",
			help: "ErrorCode 0 and ActionStatus OK, but ResultCode N and a ResultInfo"},
		{name: "usersig-expired", class: classAPI, help: "ErrorCode 70001"},
		{name: "frequency", class: classAPI, help: "ErrorCode 60007"},
		{name: "span-refused", class: classAPI, help: "ErrorCode 90100, only to windows longer than a day"},
		{name: "repeat-refused", class: classAPI, help: "ErrorCode 90100, only to requests that name a task twice (without this fault such a task has one result)"},
		{name: "published-sample", class: classAPI, help: "the sample answer of the stream's API page exactly as printed, whatever was asked"},

		{name: "err-code-number", class: classOddity, oddity: oddCodeNumber, help: "ErrCode as a number, where it is one"},
		{name: "count-string", class: classOddity, oddity: oddCountString, help: "ErrCount, or the four counts, as a string"},
		{name: "null-arrays", class: classOddity, oddity: oddNullArrays, help: "null instead of empty arrays"},
		{name: "missing-arrays", class: classOddity, oddity: oddMissingArrays, help: "no empty arrays"},
		{name: "unknown-fields", class: classOddity, oddity: oddUnknownFields, help: "further fields in envelope, results and rows"},
		{name: "shuffled", class: classOddity, oddity: oddShuffled, help: "results and rows in another order"},
		{name: "trailing-comma", class: classOddity, oddity: oddTrailingComma, help: "a comma after the last row of each array"},
		{name: "comments", class: classOddity, oddity: oddComments, help: "comments of both kinds in the JSON"},
		{name: "duplicate-rows", class: classOddity, oddity: oddDuplicateRows,
			help: "rows of 3 and more are split in two of the same key; the smaller has another ErrInfo"},
		{name: "negative-count", class: classOddity, oddity: oddNegativeCount, help: "one more row per array, its count -3"},
		{name: "fractional-count", class: classOddity, oddity: oddFractionalCount, help: "one more row per array, its count 2.5"},
		{name: "no-code", class: classOddity, oddity: oddNoCode, help: "one more row per array, without ErrCode"},
		{name: "nul-text", class: classOddity, oddity: oddNulText, help: `\u0000 after the ErrInfo of each array's first row`},
		{name: "invalid-utf8", class: classOddity, oddity: oddInvalidUTF8, help: "a byte that is not UTF-8 after the ErrInfo of each array's first row"},
		{name: "unasked-task", class: classOddity, oddity: oddUnaskedTask, help: `one more result, for the task "unasked_task"`},
		{name: "absent-task", class: classOddity, oddity: oddAbsentTask, help: "the last task asked for has no result"},
		{name: "empty", class: classOddity, oddity: oddEmpty, help: "all arrays empty and all counters 0"},
		{name: "task-id-case", class: classOddity, oddity: oddTaskIDCase, help: "the key TaskID is spelt TaskId"},

		{name: "duplicate-result", class: classOddity, oddity: oddDuplicateResult, help: "the first result twice"},
		{name: "missing-count", class: classOddity, oddity: oddMissingCount, help: "one more row per array, without DeliveredCount"},
		{name: "negative-counter", class: classOddity, oddity: oddNegativeCounter, help: "the first result's own DeliveredCount is -3"},
		{name: "fractional-counter", class: classOddity, oddity: oddFractionalCounter, help: "the first result's own DeliveredCount is 2.5"},
		{name: "missing-counter", class: classOddity, oddity: oddMissingCounter, help: "the first result has no DeliveredCount of its own"},
		{name: "chat-nested", class: classOddity, oddity: oddChatNested, help: "the four arrays are in an object Results, not at top level"},

		{name: "end-inclusive", class: classTruth,
			help: "the second EndTime belongs to the window; the truth of a window without it is as before"},
		{name: "day-figures", class: classTruth, value: valueZone, valueAs: "zone", by: []string{"start", "touch"}, syntax: "day-figures=ZONE[:by=start|touch]",
			help: "changes the truth: figures are kept per day of ZONE; a window has the whole days that start in it, or that it touches"},
		{name: "unknown-platform", class: classTruth, help: "changes the truth: rows of PushPlatform 42 and EventType 9 as well"},
		{name: "big-count", class: classTruth, help: "changes the truth: counts beyond 32 bits in the first row"},
		{name: "late", class: classTruth, value: valueShare, preset: "0.3", valueAs: "share", syntax: "late[=SHARE][:days=N]",
			help: "changes the truth: SHARE of every count arrives only N days (default 1) after the event, by the sandbox's clock"},
		{name: "restated", class: classTruth, syntax: "restated:day=D or restated:from=D,to=D",
			help: "changes the truth: codes go, others come and counts differ on these days"},
		{name: "restates", class: classTruth, value: valueShare, preset: "0.01", valueAs: "share", syntax: "restates[=SHARE][:days=N]",
			help: "changes the truth: SHARE of each task's days have other figures N days (default 2) after the event, by the sandbox's clock"},
		{name: "span-drops", class: classTruth, help: "changes the truth of windows longer than a day: three rows of ten are missing"},
		{name: "span-stale", class: classTruth, value: valueDuration, preset: "24h", valueAs: "age", syntax: "span-stale[=AGE]",
			help: "changes the truth of windows longer than a day: it is that of AGE ago (default 24h)"},
		{name: "week-differs", class: classTruth, value: valueCount, preset: "1", valueAs: "more", syntax: "week-differs[=N][:from=D,to=D]",
			help: "changes the truth of windows longer than a day that touch these days: a third of the rows count N more (default 1)"},
		{name: "forget-after", class: classTruth, perStream: true, value: valueDuration, preset: "7d", valueAs: "age", by: []string{"start", "end", "event"}, syntax: "forget-after[=AGE][:by=start|end|event]",
			help: "changes the truth: windows that start (or end) longer ago are empty; by=event: single losses that old are gone"},
		{name: "forget-error", class: classTruth, perStream: true, value: valueDuration, preset: "7d", valueAs: "age", by: []string{"start", "end"}, syntax: "forget-error[=AGE][:by=start|end]",
			help: "changes the truth to empty: windows that start (or end) longer ago answer ErrorCode 90100"},
	}
}

// Faults lists every fault with its syntax and a line about it. Each also takes the selectors after=N, every=N, first=N, app=N,
// stream=NAME, task=ID, day=D, from=D, to=D. Faults that change the truth take only app and task; restated and
// week-differs also take the days, forget-after and forget-error also the stream.
func Faults() []FaultInfo {
	var infos []FaultInfo
	for _, k := range faultKinds() {
		help := k.help
		if names := k.streams(); len(names) < len(streams()) {
			help += " (only " + strings.Join(names, ", ") + ")"
		}
		infos = append(infos, FaultInfo{Name: k.name, Syntax: cmp.Or(k.syntax, k.name), Help: help})
	}
	return infos
}

// ParseFaults reads several faults like ParseFault.
func ParseFaults(specs ...string) ([]Fault, error) {
	var faults []Fault
	for _, spec := range specs {
		fault, err := ParseFault(spec)
		if err != nil {
			return nil, err
		}
		faults = append(faults, fault)
	}
	return faults, nil
}

// ParseFault reads NAME[=VALUE][:KEY=VALUE[,KEY=VALUE]…], such as "http-500:every=3", "code=60028:day=2025-03-09" or
// "restated:from=2025-03-09,to=2025-03-10".
func ParseFault(spec string) (Fault, error) {
	head, tail, selected := strings.Cut(spec, ":")
	name, value, _ := strings.Cut(head, "=")
	f := Fault{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}
	kind, err := kindOf(f.Name)
	if err != nil {
		return Fault{}, err
	}
	if selected {
		for _, pair := range strings.FieldsFunc(tail, func(r rune) bool { return r == ',' || r == ':' }) {
			key, value, ok := strings.Cut(pair, "=")
			if !ok || value == "" {
				return Fault{}, fmt.Errorf("fault %q: %q is not KEY=VALUE", spec, pair)
			}
			if err := f.set(kind, strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
				return Fault{}, fmt.Errorf("fault %q: %w", spec, err)
			}
		}
	}
	if _, err := compileFault(f, nil); err != nil {
		return Fault{}, err
	}
	return f, nil
}

func (f *Fault) set(kind faultKind, key, value string) (err error) {
	switch key {
	case "after":
		f.After, err = positive(key, value)
	case "every":
		f.Every, err = positive(key, value)
	case "first":
		f.First, err = positive(key, value)
	case "days":
		f.Days, err = positive(key, value)
	case "app":
		var n int
		n, err = positive(key, value)
		f.App = int64(n)
	case "stream":
		f.Stream = value
	case "task":
		f.Task = value
	case "day":
		f.From, f.To = value, value
	case "from":
		f.From = value
	case "to":
		f.To = value
	case "by":
		f.By = value
	default:
		if key == "" || key != kind.valueAs {
			return fmt.Errorf("unknown key %q", key)
		}
		f.Value = value
	}
	return err
}

func positive(key, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s must be a whole number from 1, not %q", key, value)
	}
	return n, nil
}

// String writes the fault as ParseFault reads it.
func (f Fault) String() string {
	s := f.Name
	if f.Value != "" {
		s += "=" + f.Value
	}
	sep := ":"
	add := func(key, value string) {
		if value != "" && value != "0" {
			s += sep + key + "=" + value
			sep = ","
		}
	}
	add("after", strconv.Itoa(f.After))
	add("every", strconv.Itoa(f.Every))
	add("first", strconv.Itoa(f.First))
	add("app", strconv.FormatInt(f.App, 10))
	add("stream", f.Stream)
	add("task", f.Task)
	if f.From == f.To {
		add("day", f.From)
	} else {
		add("from", f.From)
		add("to", f.To)
	}
	add("days", strconv.Itoa(f.Days))
	add("by", f.By)
	return s
}

// concerns reports whether the fault has a meaning in a stream's answers.
func (k faultKind) concerns(st *stream) bool {
	return k.class != classOddity || st.oddities.has(k.oddity)
}

// streams returns the names of the streams that the fault concerns.
func (k faultKind) streams() (names []string) {
	for _, st := range streams() {
		if k.concerns(st) {
			names = append(names, st.name)
		}
	}
	return names
}

func kindOf(name string) (faultKind, error) {
	for _, k := range faultKinds() {
		if k.name == name {
			return k, nil
		}
	}
	return faultKind{}, fmt.Errorf("unknown fault %q", name)
}

package transform

import (
	"cmp"
	"strings"

	"pushloss/internal/stream"
)

// Key identifies a fact within one stream, task and day. In facts by stage, event type
// and platform are 0.
type Key struct {
	Grain     stream.Grain
	Stage     stream.Stage
	EventType int16  // 1 offline, 2 online, 0 unknown; other values are stored unchanged
	Platform  int16  // 0 to 8 are documented; other values are stored unchanged
	Code      string // empty for counters
}

// Compare orders keys by grain, stage, event type, platform and code.
func (k Key) Compare(other Key) int {
	if c := cmp.Compare(k.Grain, other.Grain); c != 0 {
		return c
	}
	if c := cmp.Compare(k.Stage, other.Stage); c != 0 {
		return c
	}
	if c := cmp.Compare(k.EventType, other.EventType); c != 0 {
		return c
	}
	if c := cmp.Compare(k.Platform, other.Platform); c != 0 {
		return c
	}
	return strings.Compare(k.Code, other.Code)
}

// Fact is the number of pushes, or of lost pushes, under one key.
type Fact struct {
	Key
	Count int64
	Info  string // free text of the service, never part of a key
}

// Snapshot is the complete answer for one day of one task or, with an empty TaskID, of
// the whole app. Its facts are sorted by key, and each key occurs once.
type Snapshot struct {
	TaskID string
	Facts  []Fact
	// Partial says that the list of channels, which has the counters by platform, is
	// missing or has rejected rows. So a channel without counters is not gone.
	Partial bool
}

// Empty reports whether the answer has no facts.
func (s Snapshot) Empty() bool { return len(s.Facts) == 0 }

// Reject is a part of an answer that could not be understood.
type Reject struct {
	TaskID string
	Array  string // the array it was in; "Results" for a whole element
	JSON   string // as received, except for bytes that are not UTF-8
	Reason string
	Rows   int // how many rows it holds
}

func (r Reject) compare(other Reject) int {
	return cmp.Or(
		strings.Compare(r.TaskID, other.TaskID),
		strings.Compare(r.Array, other.Array),
		strings.Compare(r.JSON, other.JSON),
		strings.Compare(r.Reason, other.Reason),
	)
}

// Unreadable is a task whose answer is not reliable as a whole. None of it may be loaded.
type Unreadable struct {
	TaskID string
	Reason string
}

// Counts counts the rows of an answer by what became of them, and other findings.
type Counts struct {
	RowsIn   int // elements of the four arrays; in the statistics, counters
	Facts    int // rows that became facts
	Merged   int // rows added to another row of the same key
	Rejected int // rows that could not be understood
	Ignored  int // rows of tasks that were not requested
	Repeated int // rows of an element of Results that occurs twice
	Zeros    int // counters of a task, or of the whole app, that are all zero: no figures

	Unlisted       int // rows of lists that are not known; RowsIn does not have them
	IgnoredResults int // elements of Results that were not requested, or repeated
	ReplacedTexts  int // texts with characters that Postgres cannot hold
}

// Result is a whole answer, normalized. It does not depend on the order of the results
// and rows in the answer. Every requested task is in exactly one of Snapshots, Absent and
// Unreadable.
type Result struct {
	Snapshots  []Snapshot
	Absent     []string
	Unreadable []Unreadable
	Rejects    []Reject
	Counts     Counts
}

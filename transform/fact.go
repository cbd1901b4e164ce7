package transform

import (
	"cmp"
	"strings"

	"pushloss/internal/stream"
)

// Key identifies a fact within one stream, task and day. Facts by stage have
// neither event type nor platform: both are 0.
type Key struct {
	Grain     stream.Grain
	Stage     stream.Stage
	EventType int16  // 1 offline, 2 online, 0 not told; others are kept as they come
	Platform  int16  // 0 to 8 are documented; others are kept as they come
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

// Fact is how many pushes there were, or were lost, under one key.
type Fact struct {
	Key
	Count int64
	Info  string // free text of the service, never part of a key
}

// Snapshot is the complete answer for one task and day, or, with an empty
// TaskID, for the whole app. Its facts are sorted by key and have each key once.
type Snapshot struct {
	TaskID string
	Facts  []Fact
}

// Empty reports whether the answer says that there was nothing.
func (s Snapshot) Empty() bool { return len(s.Facts) == 0 }

// Reject is a part of an answer that could not be understood.
type Reject struct {
	TaskID string
	Array  string // the array it stood in; "Results" for a whole element
	JSON   string // as received, but for bytes that are not UTF-8
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

// Unreadable is a task whose answer cannot be relied on as a whole, so that
// nothing of it is to be loaded.
type Unreadable struct {
	TaskID string
	Reason string
}

// Counts tells where the rows of an answer went, and what else was noticed.
type Counts struct {
	RowsIn   int // elements of the four arrays; in the statistics, counters
	Facts    int // rows that became facts
	Merged   int // rows summed into another of the same key
	Rejected int // rows that could not be understood
	Ignored  int // rows of tasks that were not asked for
	Repeated int // rows of an element of Results that is there twice
	Zeros    int // counters of a task, or of the whole app, that are all zero: no figures

	IgnoredResults int // elements of Results that were not asked for, or repeated
	ReplacedTexts  int // texts with characters that Postgres cannot hold
}

// Result is a whole answer, normalized. It does not depend on the order in which
// the answer gives its results and rows. Every task that was asked for is in
// exactly one of Snapshots, Absent and Unreadable.
type Result struct {
	Snapshots  []Snapshot
	Absent     []string
	Unreadable []Unreadable
	Rejects    []Reject
	Counts     Counts
}

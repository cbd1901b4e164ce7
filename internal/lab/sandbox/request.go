package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

const (
	maxBody  = 1 << 20
	maxTasks = 5
	// maxTime, the year 9999, keeps the arithmetic of seconds far from overflow.
	maxTime = 253402300799
)

// question is the body of a call: StartTime and EndTime in Unix seconds and, for streams of tasks, up to five task IDs.
// No task ID means the overall figures (API page All/Tagged Users Push Loss Analysis and its siblings).
type question struct {
	tasks   []string // each once
	repeats bool     // a task is named twice
	in      span
	endTime int64 // as requested
}

// overall reports whether the call asks for the app's own figures.
func (q question) overall() bool { return len(q.tasks) == 0 }

// asked returns the tasks to answer for. "" means the overall figures.
func (q question) asked() []string {
	if q.overall() {
		return []string{""}
	}
	return q.tasks
}

// readQuestion parses a body. Keys are case-sensitive, so it decodes into a map: encoding/json matches the fields of a
// struct in any case. It ignores unknown fields.
//
// Where EndTime is inclusive, StartTime may equal it.
func readQuestion(body []byte, st *stream, inclusive bool) (question, *refusal) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return question{}, refuse(codeBodyNotJSON, "the body is not a JSON object")
	}
	var q question
	var ok bool
	if q.in.from, ok = readSeconds(fields["StartTime"]); !ok {
		return q, refuse(codeBadParameters, "StartTime must be an integer")
	}
	if q.endTime, ok = readSeconds(fields["EndTime"]); !ok {
		return q, refuse(codeBadParameters, "EndTime must be an integer")
	}
	q.in.to = q.endTime
	if inclusive {
		q.in.to++
	}
	if st.tasks {
		if q.tasks, ok = readTasks(fields["TaskID"]); !ok {
			return q, refuse(codeBadParameters, "TaskID must be an array of strings")
		}
	}
	switch {
	case len(q.tasks) > maxTasks:
		return q, refuse(codeBadParameters, "more than 5 TaskIDs")
	case q.in.from >= q.in.to:
		return q, refuse(codeBadParameters, "StartTime must be before EndTime")
	case q.endTime-q.in.from > st.maxDays*day:
		return q, refuse(codeBadParameters, fmt.Sprintf("up to %d days of data query", st.maxDays))
	}
	asked := len(q.tasks)
	q.tasks = distinct(q.tasks)
	q.repeats = len(q.tasks) < asked
	return q, nil
}

func readSeconds(raw json.RawMessage) (int64, bool) {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return n, err == nil && n >= 0 && n <= maxTime
}

func readTasks(raw json.RawMessage) ([]string, bool) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, false
	}
	var tasks []*string
	if err := json.Unmarshal(raw, &tasks); err != nil {
		return nil, false
	}
	ids := make([]string, 0, len(tasks))
	for _, t := range tasks {
		if t == nil || *t == "" {
			return nil, false
		}
		ids = append(ids, *t)
	}
	return ids, true
}

// distinct removes repeated IDs, in place.
func distinct(ids []string) []string {
	kept := ids[:0]
	for _, id := range ids {
		if !slices.Contains(kept, id) {
			kept = append(kept, id)
		}
	}
	return kept
}

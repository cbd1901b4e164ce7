package taskfile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Origin is the kind of text from which an entry was read.
type Origin int

const (
	FromList      Origin = iota // written by people, or exported
	FromPush                    // an answer of timpush/push or timpush/batch
	FromCallback                // an event of the callback Push.AllMemberPush
	FromScheduled               // a scheduled push, by its PushTaskID
)

// Skipped counts what a list has besides tasks. None of it is a mistake.
type Skipped struct {
	Failed   int // answers of failed calls
	Taskless int // answers, events and scheduled pushes without a TaskID
	Unknown  int // fields that are not columns and that no page of the vendor names
	Retired  int // tasks that tasks list shows as retired
	// LastFailure is the answer of the last failed call.
	LastFailure string
}

// String says what was skipped, or "".
func (s Skipped) String() string {
	var parts []string
	for _, part := range []struct {
		n            int
		one, several string
	}{
		{s.Failed, "answer of a failed call", "answers of failed calls"},
		{s.Taskless, "entry without a TaskId", "entries without a TaskId"},
		{s.Unknown, "unknown field", "unknown fields"},
		{s.Retired, "retired task", "retired tasks"},
	} {
		switch part.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+part.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.several))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	text := "skipped: " + strings.Join(parts, ", ")
	if s.Failed > 0 {
		text += " (the last: " + s.LastFailure + ")"
	}
	return text
}

// reason says why there are no tasks, if that is known.
func (s Skipped) reason() string {
	switch {
	case s.Failed > 0:
		return fmt.Sprintf(": the push failed (%s)", s.LastFailure)
	case s.Taskless > 0:
		return ": the vendor's answer or callback has no TaskId"
	case s.Retired > 0:
		return ": all are retired"
	}
	return ""
}

// Fields that the vendor documents and that are not columns.
var (
	answerFields = []string{"ActionStatus", "ErrorCode", "ErrorInfo", "ErrorDisplay", "ErrorList", "ResultCode", "ResultInfo",
		"RequestId", "Total", "Tasks", "TaskInfo", "Events"}
	eventFields = []string{"CallbackCommand", "EventType", "DataId", "EventTime", "To_Account", "From_Account", "PushPlatform",
		"DeviceType", "PushStage", "ErrCode", "ErrInfo", "PushID", "MsgKey", "GroupID", "MsgSeq", "MsgRandom", "MsgTime"}
	scheduleFields = []string{"TaskID", "CreateAt", "Type", "Content", "Title", "Desc", "Status", "DispatchSuccess", "DispatchErr"}
)

// vendors adds the tasks of an object that the vendor wrote, and reports whether the vendor did.
func (r *reader) vendors(line int, members []member) bool {
	has := func(names ...string) bool {
		return slices.ContainsFunc(members, func(m member) bool { return slices.Contains(names, m.name) })
	}
	switch {
	case has("ActionStatus", "ErrorCode", "Events"):
		r.answer(line, members)
	case has("PushTaskID"):
		r.vendorsTask(line, FromScheduled, members, scheduleFields)
	case has("CallbackCommand", "PushStage", "TaskTime"):
		r.vendorsTask(line, FromCallback, members, eventFields)
	default:
		return false
	}
	return true
}

// answer adds the tasks of an envelope: the answer's own task, or those of a callback or of a list
// of scheduled pushes.
func (r *reader) answer(line int, members []member) {
	if r.twice(line, members, answerFields) {
		return
	}
	if failure := failureOf(members); failure != "" {
		r.Failed++
		r.LastFailure = failure
		return
	}
	for _, m := range members {
		var from Origin
		var known []string
		switch m.name {
		case "Events":
			from, known = FromCallback, eventFields
		case "Tasks", "TaskInfo":
			from, known = FromScheduled, scheduleFields
		default:
			continue
		}
		for _, element := range elementsOf(m.part) {
			if element.value.Kind() != '{' {
				r.problem(line, "%s has an element that is not an object", m.name)
				continue
			}
			r.vendorsTask(line, from, membersOf(element), known)
		}
		return
	}
	r.vendorsTask(line, FromPush, members, answerFields)
}

// failureOf says how a call failed, or "". A push to only some of its users has a task, and a list
// of the other users.
func failureOf(members []member) string {
	values := make(map[string]part)
	for _, m := range members {
		values[m.name] = m.part
	}
	text := func(name string) string {
		value := values[name].value
		if len(value) == 0 || value.Kind() == 'n' {
			return ""
		}
		return scalar(value)
	}
	partial := text("TaskId") != "" && len(elementsOf(values["ErrorList"])) > 0
	status, code := text("ActionStatus"), text("ErrorCode")
	if code == "" || code == "0" {
		code = text("ResultCode")
	}
	switch {
	case partial, (status == "" || strings.EqualFold(status, "OK")) && (code == "" || code == "0"):
		return ""
	}
	info := []rune(text("ErrorInfo") + text("ResultInfo"))
	return fmt.Sprintf("%s: %q", strings.TrimSpace(status+" "+code), string(info[:min(len(info), 200)]))
}

// vendorsTask adds the task of an object. known are its fields that are neither columns nor
// unknown.
func (r *reader) vendorsTask(line int, from Origin, members []member, known []string) {
	if r.twice(line, members, known) {
		return
	}
	fields := make(map[string]string)
	for _, m := range members {
		column, isColumn := columnOf(m.name)
		switch {
		case slices.Contains(known, m.name):
		case from == FromScheduled && m.name == "PushTaskID":
			fields["task_id"] = scalar(m.value)
		case from == FromCallback && m.name == "TaskTime":
			if at := scalar(m.value); at != "0" {
				fields["sent_at"] = at
			}
		case from == FromScheduled && m.name == "SchedAt":
			if at, err := time.Parse(time.DateTime, scalar(m.value)); err == nil { // it is in UTC
				fields["sent_at"] = at.Format(time.RFC3339)
			}
		case isColumn && scalar(m.value) != "":
			fields[column] = scalar(m.value)
		case !isColumn:
			r.Unknown++
		}
	}
	if fields["task_id"] == "" {
		r.Taskless++
		return
	}
	r.add(line, from, fields)
}

// scalar returns the text of a string or a number, and "" for any other value.
func scalar(value jsontext.Value) string {
	switch value.Kind() {
	case '"':
		text, _ := jsontext.AppendUnquote(nil, value) // it was decoded before
		return strings.TrimSpace(string(text))
	case '0':
		return string(value)
	}
	return ""
}

// elementsOf returns the elements of an array. An object is its own only element.
func elementsOf(whole part) (elements []part) {
	switch {
	case len(whole.value) == 0:
	case whole.value.Kind() == '{':
		return []part{whole}
	case whole.value.Kind() == '[':
		decoder := decoderOf(whole.value)
		_, _ = decoder.ReadToken()
		for decoder.PeekKind() != ']' {
			element, err := decoder.ReadValue()
			if err != nil { // no errors: it was decoded before
				break
			}
			elements = append(elements, part{element.Clone(), whole.at + int(decoder.InputOffset()) - len(element)})
		}
	}
	return elements
}

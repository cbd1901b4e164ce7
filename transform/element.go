package transform

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// array is one of the four lists of an element.
type array struct {
	name       string
	stage      Stage
	byPlatform bool
}

var arrays = [...]array{
	{"ReadyToSendLoss", ReadyToSend, false},
	{"PostSendDeliveredLoss", PostSendDelivered, false},
	{"PlatformReadyToSendLoss", ReadyToSend, true},
	{"PlatformPostSendDeliveredLoss", PostSendDelivered, true},
}

// element reads one element of Results: a task's four arrays. The task's name
// may stand behind them.
func (r *reader) element() (element, error) {
	var e element
	start := r.dec.InputOffset()
	if r.dec.PeekKind() != jsontext.KindBeginObject {
		if err := r.dec.SkipValue(); err != nil {
			return e, err
		}
		e.unreadable, e.rowsIn, e.json = notAnObject, 1, r.rawSince(start)
		return e, nil
	}
	byStage, byPlatform := r.byStage[:0], r.byPlatform[:0]
	var seen [len(arrays)]bool
	err := r.members(func(name string) error {
		if name == "TaskID" {
			return r.taskID(&e)
		}
		at := slices.IndexFunc(arrays[:], func(a array) bool { return a.name == name })
		if at < 0 {
			return r.dec.SkipValue()
		}
		a := &arrays[at]
		if r.dec.PeekKind() != jsontext.KindNull {
			if seen[at] { // which of the two is meant, or both, is not to be known
				e.unreadable = name + " stands twice"
			}
			seen[at] = true
		}
		rows := &byStage
		if a.byPlatform {
			rows = &byPlatform
		}
		isArray, err := r.each(func() error {
			e.rowsIn++
			row, reason, err := r.row(a)
			if err != nil {
				return err
			}
			if reason != "" {
				e.rejects = append(e.rejects, r.rejectRow(a, row, reason))
				return nil
			}
			*rows = append(*rows, row)
			return nil
		})
		if err == nil && !isArray {
			e.rowsIn++
			e.unreadable = fmt.Sprintf("%s is not an array", name)
		}
		return err
	})
	if err != nil {
		return e, err
	}
	r.byStage, r.byPlatform = byStage, byPlatform // grown, for the next element
	e.json = r.rawSince(start)
	e.snapshot.ByStage = r.facts(&e, byStage)
	e.snapshot.ByPlatform = r.facts(&e, byPlatform)
	for i := range e.rejects {
		e.rejects[i].TaskID = e.snapshot.TaskID
	}
	slices.SortFunc(e.rejects, Reject.compare)
	return e, nil
}

// taskID reads the element's task; null is the whole app's "".
func (r *reader) taskID(e *element) error {
	value, err := r.dec.ReadValue()
	if err != nil {
		return err
	}
	id := ""
	switch value.Kind() {
	case jsontext.KindNull:
		return nil
	case jsontext.KindString:
		id = r.text(value)
	case jsontext.KindNumber:
		id = string(value)
	default:
		e.unreadable = "TaskID is not a string"
		return nil
	}
	if e.named && id != e.snapshot.TaskID {
		e.unreadable = "TaskID stands twice"
		return nil
	}
	e.named, e.snapshot.TaskID = true, id
	return nil
}

func (r *reader) rejectRow(a *array, rejected row, reason string) Reject {
	return Reject{Array: a.name, JSON: validUTF8(r.body[rejected.start:rejected.end]), Reason: reason, Rows: 1}
}

package transform

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"pushloss/internal/jsonwalk"
	"pushloss/internal/stream"
)

// element reads one element of Results: a task's lists. The task's name may follow them.
func (r *reader) element() (element, error) {
	start := r.in.InputOffset()
	if r.in.PeekKind() != jsontext.KindBeginObject {
		if err := r.in.SkipValue(); err != nil {
			return element{}, err
		}
		return element{unreadable: notAnObject, rowsIn: 1, json: r.in.Since(start)}, nil
	}
	e := r.begin()
	err := r.members(func(name string) error {
		if name == "TaskID" {
			return r.taskID(e)
		}
		known, err := r.member(e, name)
		if !known {
			return r.unlisted(e)
		}
		return err
	})
	if err != nil {
		return element{}, err
	}
	return r.finish(e, start), nil
}

// begin makes room for an element's rows.
func (r *reader) begin() *element {
	r.scratch = r.scratch[:0]
	return new(element)
}

// member reads one of the lists, or a counter, of an element. It ignores other members.
func (r *reader) member(e *element, name string) (known bool, err error) {
	if counter, ok := counterNamed(name); ok && r.format.Counters {
		return true, r.counter(e, name, counter)
	}
	at := slices.IndexFunc(r.format.Arrays, func(a stream.Array) bool { return a.Name == name })
	if at < 0 {
		return false, nil
	}
	a := &r.format.Arrays[at]
	if r.in.PeekKind() != jsontext.KindNull {
		e.see(name)
	}
	read := r.row
	if a.Counters {
		read = r.countersRow
	}
	isArray, err := r.in.Elements(func() error {
		if err := r.oneMore(); err != nil {
			return err
		}
		return read(e, a)
	})
	if err == nil && !isArray {
		e.rowsIn++
		e.unreadable = fmt.Sprintf("%s is not an array", name)
	}
	return true, err
}

// unlisted skips a member that is not known, and counts its rows if it is a list of figures:
// the API may have a new stage.
func (r *reader) unlisted(e *element) error {
	_, err := r.in.Elements(func() error {
		item, err := r.in.Raw()
		if err == nil && isFigure(item) {
			e.unlisted++
		}
		return err
	})
	return err
}

// isFigure reports whether a value is an object with a count.
func isFigure(value jsontext.Value) (counts bool) {
	if value.Kind() != jsontext.KindBeginObject {
		return false
	}
	item := &reader{in: jsonwalk.Read(value)}
	_ = item.members(func(name string) error {
		_, isCounter := counterNamed(name)
		counts = counts || isCounter || name == "ErrCount"
		return item.in.SkipValue()
	})
	return counts
}

// see records that the element has a member.
func (e *element) see(name string) {
	if e.seen.Add(name) {
		e.unreadable = jsonwalk.Twice(name)
	}
}

// finish turns the rows read since begin into the element's facts.
func (r *reader) finish(e *element, start int64) element {
	e.json = r.in.Since(start)
	e.snapshot.Facts = r.facts(e, r.scratch)
	if r.format.Counters {
		e.dropZeros()
		e.snapshot.Partial = !e.snapshot.Empty() && e.isPartial(r.format.Arrays)
	}
	for i := range e.rejects {
		e.rejects[i].TaskID = e.snapshot.TaskID
	}
	slices.SortFunc(e.rejects, Reject.compare)
	return *e
}

// taskID reads the element's task; null is the whole app's "".
func (r *reader) taskID(e *element) error {
	value, err := r.in.ReadValue()
	if err != nil {
		return err
	}
	id := ""
	switch value.Kind() {
	case jsontext.KindNull:
	case jsontext.KindString:
		id = r.text(value)
	case jsontext.KindNumber:
		id = string(value)
	default:
		e.unreadable = "TaskID is not a string"
		return nil
	}
	if e.named && id != e.snapshot.TaskID {
		e.unreadable = jsonwalk.Twice("TaskID")
		return nil
	}
	e.named, e.snapshot.TaskID = true, id
	return nil
}

func (r *reader) rejectRow(a *stream.Array, rejected row, reason string) Reject {
	return Reject{Array: a.Name, JSON: validUTF8(r.in.Between(rejected.start, rejected.end)), Reason: reason, Rows: 1}
}

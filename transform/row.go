package transform

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"pushloss/internal/jsonwalk"
	"pushloss/internal/stream"
)

// maxCode limits an error code's length in bytes: a longer text is not a code, and does
// not fit into an index.
const maxCode = 200

// row is a fact with its place in the answer.
type row struct {
	Fact
	list       *stream.Array
	start, end int64
}

// row reads one row of losses.
func (r *reader) row(e *element, a *stream.Array) error {
	e.rowsIn++
	row, reason, err := r.lossRow(a)
	switch {
	case err != nil:
		return err
	case reason != "":
		e.rejects = append(e.rejects, r.rejectRow(a, row, reason))
	default:
		r.scratch = append(r.scratch, row)
	}
	return nil
}

// lossRow reads one row. A reason says why the row is not valid.
func (r *reader) lossRow(a *stream.Array) (parsed row, reason string, err error) {
	parsed.list, parsed.Grain, parsed.Stage = a, a.Grain, a.Stage
	before := r.in.InputOffset()
	defer func() {
		parsed.end = r.in.InputOffset()
		parsed.start = parsed.end - int64(len(r.in.Since(before)))
	}()
	if r.in.PeekKind() != jsontext.KindBeginObject {
		return parsed, "a row must be an object", r.in.SkipValue()
	}
	var seen rowFields
	err = r.members(func(name string) error {
		field := fieldNamed(name)
		if field == 0 {
			return r.in.SkipValue()
		}
		value, err := r.in.ReadValue()
		if err != nil {
			return err
		}
		why := r.set(&parsed, field, value)
		if seen&field != 0 {
			why = jsonwalk.Twice(name)
		}
		if value.Kind() != jsontext.KindNull {
			seen |= field
		}
		if reason == "" {
			reason = why
		}
		return nil
	})
	if reason == "" {
		reason = seen.missing(a)
	}
	return parsed, reason, err
}

// rowFields is a set of a row's fields.
type rowFields uint8

const (
	errCode rowFields = 1 << iota
	errCount
	errInfo
	eventType
	pushPlatform
)

func fieldNamed(name string) rowFields {
	switch name {
	case "ErrCode":
		return errCode
	case "ErrCount":
		return errCount
	case "ErrInfo":
		return errInfo
	case "EventType":
		return eventType
	case "PushPlatform":
		return pushPlatform
	}
	return 0
}

// missing names the first required field that a row of the array lacks.
func (f rowFields) missing(a *stream.Array) string {
	switch {
	case f&errCode == 0:
		return "ErrCode is missing"
	case f&errCount == 0:
		return "ErrCount is missing"
	case a.Grain == stream.ByPlatform && !a.EventOptional && f&eventType == 0:
		return "EventType is missing"
	case a.Grain == stream.ByPlatform && f&pushPlatform == 0:
		return "PushPlatform is missing"
	}
	return ""
}

// set reads one field's value. It returns why the value is not valid.
func (r *reader) set(parsed *row, field rowFields, value jsontext.Value) (reason string) {
	if value.Kind() == jsontext.KindNull {
		return ""
	}
	switch field {
	case errInfo:
		parsed.Info = r.looseText(value)
	case errCode:
		parsed.Code, reason = r.code(value)
	case errCount:
		parsed.Count, reason = count("ErrCount", value)
	case eventType, pushPlatform:
		if parsed.Grain == stream.ByStage {
			return "" // not part of a stage row's key
		}
		name, into := "EventType", &parsed.EventType
		if field == pushPlatform {
			name, into = "PushPlatform", &parsed.Platform
		}
		*into, reason = smallNumber(name, value)
	}
	return reason
}

// code reads an ErrCode: a string in the documentation, a number in callbacks.
func (r *reader) code(value jsontext.Value) (code, reason string) {
	switch value.Kind() {
	case jsontext.KindString:
		code = strings.TrimSpace(r.text(value))
	case jsontext.KindNumber:
		number, reason := wholeNumber("ErrCode", value, math.MaxInt64)
		if reason != "" {
			return "", reason
		}
		code = fmt.Sprint(number)
	default:
		return "", "ErrCode is neither a string nor a number"
	}
	switch {
	case code == "":
		return "", "ErrCode is empty"
	case len(code) > maxCode:
		return "", fmt.Sprintf("ErrCode is longer than %d bytes", maxCode)
	}
	return code, ""
}

// facts sums rows with equal keys and sorts the result. The text of a sum is that of its
// largest row. Rows whose sum does not fit become rejects of e.
func (r *reader) facts(e *element, rows []row) []Fact {
	if len(rows) == 0 {
		return nil
	}
	sorted := make([]*row, len(rows)) // rows are large
	for i := range rows {
		sorted[i] = &rows[i]
	}
	slices.SortFunc(sorted, func(a, b *row) int {
		if c := a.Key.Compare(b.Key); c != 0 {
			return c
		}
		if c := cmp.Compare(b.Count, a.Count); c != 0 {
			return c
		}
		if c := cmp.Compare(a.Info, b.Info); c != 0 {
			return c
		}
		return bytes.Compare(r.in.Between(a.start, a.end), r.in.Between(b.start, b.end))
	})
	facts := make([]Fact, 0, len(rows))
	for _, row := range sorted {
		if len(facts) == 0 || facts[len(facts)-1].Key != row.Key {
			facts = append(facts, row.Fact)
			continue
		}
		last := &facts[len(facts)-1]
		if last.Count > math.MaxInt64-row.Count {
			e.rejects = append(e.rejects, r.rejectRow(row.list, *row, "the sum of this key's counts does not fit in 64 bits"))
			continue
		}
		last.Count += row.Count
		e.merged++
	}
	return facts
}

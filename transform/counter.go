package transform

import (
	"math"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"pushloss/internal/jsonwalk"
	"pushloss/internal/stream"
)

// counterNamed returns the counter with the name.
func counterNamed(name string) (stream.Stage, bool) {
	switch name {
	case "TotalCount":
		return stream.Total, true
	case "SentCount":
		return stream.Sent, true
	case "DeliveredCount":
		return stream.Delivered, true
	case "ClickCount":
		return stream.Clicked, true
	}
	return 0, false
}

// counter reads a counter that is a member of the element itself. It rejects one that is
// not valid; null counts as missing.
func (r *reader) counter(e *element, name string, counter stream.Stage) error {
	before := r.in.InputOffset()
	value, err := r.in.ReadValue()
	if err != nil || value.Kind() == jsontext.KindNull {
		return err
	}
	e.see(name)
	e.rowsIn++
	count, reason := count(name, value)
	if reason != "" {
		e.rejects = append(e.rejects, Reject{Array: name, JSON: validUTF8(r.in.Since(before)), Reason: reason, Rows: 1})
		return nil
	}
	r.scratch = append(r.scratch, row{Fact: Fact{Key: Key{Stage: counter}, Count: count}})
	return nil
}

// countersRow reads a row of counters. Each counter becomes a fact. If any part of the row is not
// valid, the whole row is rejected.
func (r *reader) countersRow(e *element, a *stream.Array) error {
	before := r.in.InputOffset()
	if r.in.PeekKind() != jsontext.KindBeginObject {
		e.rowsIn++
		err := r.in.SkipValue()
		e.rejects = append(e.rejects, Reject{Array: a.Name, JSON: validUTF8(r.in.Since(before)), Reason: "a row must be an object", Rows: 1})
		return err
	}
	var key Key
	var facts []Fact
	var seen jsonwalk.Names
	reason := ""
	refuse := func(why string) {
		if reason == "" {
			reason = why
		}
	}
	err := r.members(func(name string) error {
		counter, isCounter := counterNamed(name)
		if !isCounter && name != "EventType" && name != "PushPlatform" {
			return r.in.SkipValue()
		}
		value, err := r.in.ReadValue()
		if err != nil || value.Kind() == jsontext.KindNull {
			return err
		}
		if seen.Add(name) {
			refuse(jsonwalk.Twice(name))
		}
		why := ""
		switch {
		case isCounter:
			f := Fact{Key: Key{Grain: a.Grain, Stage: counter}}
			f.Count, why = count(name, value)
			facts = append(facts, f)
		case name == "EventType":
			key.EventType, why = smallNumber(name, value)
		default:
			key.Platform, why = smallNumber(name, value)
		}
		refuse(why)
		return nil
	})
	switch {
	case err != nil:
		return err
	case !seen.Has("EventType") && !a.EventOptional:
		refuse("EventType is missing")
	case !seen.Has("PushPlatform"):
		refuse("PushPlatform is missing")
	case len(facts) == 0:
		refuse("it has no counter")
	}
	e.rowsIn += max(len(facts), 1)
	json := r.in.Since(before)
	if reason != "" {
		e.rejects = append(e.rejects, Reject{Array: a.Name, JSON: validUTF8(json), Reason: reason, Rows: max(len(facts), 1)})
		return nil
	}
	end := r.in.InputOffset()
	for _, f := range facts {
		f.EventType, f.Platform = key.EventType, key.Platform
		r.scratch = append(r.scratch, row{Fact: f, list: a, start: end - int64(len(json)), end: end})
	}
	return nil
}

func count(name string, value jsontext.Value) (count int64, reason string) {
	count, reason = wholeNumber(name, value, math.MaxInt64)
	if reason == "" && count < 0 {
		reason = name + " is negative"
	}
	return count, reason
}

func smallNumber(name string, value jsontext.Value) (int16, string) {
	number, reason := wholeNumber(name, value, math.MaxInt16)
	return int16(number), reason
}

// dropZeros makes an element empty if all its counters are zero. The service may answer zeros for a
// day that it has forgotten, so zeros prove no more than an answer without figures.
func (e *element) dropZeros() {
	if slices.ContainsFunc(e.snapshot.Facts, func(f Fact) bool { return f.Count != 0 }) {
		return
	}
	e.zeros = len(e.snapshot.Facts)
	e.snapshot.Facts = nil
}

// isPartial reports whether a list of counters is missing, or some rows of it are.
func (e *element) isPartial(arrays []stream.Array) bool {
	return slices.ContainsFunc(arrays, func(a stream.Array) bool {
		return !e.seen.Has(a.Name) || slices.ContainsFunc(e.rejects, func(r Reject) bool { return r.Array == a.Name })
	})
}

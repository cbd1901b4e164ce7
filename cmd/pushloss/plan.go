package main

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"pushloss/internal/pipeline"
)

// rowsOfTable is after how many windows of a plan a new table begins. A table is in memory as a
// whole, and a plan can have millions of windows.
const rowsOfTable = 1000

// printPlan prints the windows of a plan while it is made, and then what they add up to.
func printPlan(env Environment, output format, plan func(list func(pipeline.PlannedWindow)) (pipeline.Plan, error)) error {
	if output == asJSON {
		return planAsJSON(env.Stdout, plan)
	}
	t, tables := newTable(env.Stdout, "app", "day", "stream", "task", "state", "pull", "why"), 0
	made, err := plan(func(w pipeline.PlannedWindow) {
		pull := "no"
		if w.Due {
			pull = "yes"
		}
		t.AppendRow([]any{w.SDKAppID, w.Day, w.Stream.String(), taskOf(w.TaskID), w.State, pull, w.Why})
		if t.Length() == rowsOfTable {
			t.Render()
			t.ResetRows()
			tables++
		}
	})
	if err != nil {
		return err
	}
	if t.Length() > 0 || tables == 0 {
		t.Render()
	}
	return printPlanned(env.Stdout, made)
}

func printPlanned(w io.Writer, plan pipeline.Plan) error {
	requests, takes := many(plan.Requests, "request"), plan.Duration.Round(time.Second).String()
	if plan.AtMost > plan.Requests {
		requests = count(int64(plan.Requests)) + " to " + many(plan.AtMost, "request")
		if longest := plan.Longest.Round(time.Second).String(); longest != takes {
			takes += " to " + longest
		}
	}
	_, err := fmt.Fprintf(w, "%s of %s would be pulled, by %s, which %s %s at the allowed rate\n",
		count(int64(plan.Due)), many(plan.Windows, "window"), requests, english.PluralWord(plan.AtMost, "takes", "take"), takes)
	switch {
	case err != nil:
	case plan.ByKind.Spans > 0:
		_, err = fmt.Fprintf(w, "%s for single days, %s for several days, and at most %s more: for parts of these where figures changed, to check answers, and for single days instead where that saves requests\n",
			many(plan.ByKind.Days, "request"), many(plan.ByKind.Spans, "request"), count(int64(plan.ByKind.More)))
	case plan.Compares:
		_, err = fmt.Fprintf(w, "%s by single days: but a comparison comes first, and if the days add up, requests for several days replace many of these\n", many(plan.ByKind.Days, "request"))
	}
	return err
}

// planAsJSON writes an object with the windows, and then the members of the plan.
func planAsJSON(w io.Writer, plan func(list func(pipeline.PlannedWindow)) (pipeline.Plan, error)) error {
	out := jsontext.NewEncoder(w, jsontext.WithIndent("  "))
	var failed error
	write := func(step func() error) {
		if failed == nil {
			failed = step()
		}
	}
	token := func(t jsontext.Token) { write(func() error { return out.WriteToken(t) }) }
	token(jsontext.BeginObject)
	token(jsontext.String("windows"))
	token(jsontext.BeginArray)
	made, err := plan(func(window pipeline.PlannedWindow) {
		write(func() error { return json.MarshalEncode(out, window) })
	})
	if err != nil {
		return err
	}
	token(jsontext.EndArray)
	write(func() error { return writeMembers(out, made) })
	token(jsontext.EndObject)
	return failed
}

func writeMembers(out *jsontext.Encoder, plan pipeline.Plan) error {
	object, err := json.Marshal(struct {
		pipeline.Plan
		Seconds float64 `json:"seconds"`
		Longest float64 `json:"seconds_at_most"`
	}{plan, plan.Duration.Seconds(), plan.Longest.Seconds()})
	if err != nil {
		return err
	}
	members := jsontext.NewDecoder(bytes.NewReader(object))
	if _, err := members.ReadToken(); err != nil { // the opening brace
		return err
	}
	for members.PeekKind() != '}' {
		value, err := members.ReadValue() // names and values in turn
		if err != nil {
			return err
		}
		if err := out.WriteValue(value); err != nil {
			return err
		}
	}
	return nil
}

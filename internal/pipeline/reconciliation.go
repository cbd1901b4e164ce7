package pipeline

import (
	"fmt"
	"slices"

	"github.com/dustin/go-humanize/english"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// Reconciliation is the result of comparing spans of days.
type Reconciliation struct {
	Spans       []calendar.Span `json:"spans"`       // spans considered
	Checks      int             `json:"checks"`      // one for each span of a task or of the whole app
	Keys        int64           `json:"keys"`        // figures compared
	Differences int64           `json:"differences"` // figures that differ, without those of unproven checks
	DaysOpened  int64           `json:"days_opened"` // windows that the next run pulls again
	// Unequal are the checks that do not agree, unproven ones included.
	Unequal []UnequalCheck `json:"unequal"`
	LeftOut []LeftOut      `json:"left_out"`
}

// UnequalCheck is a check that does not agree.
type UnequalCheck struct {
	calendar.Span
	TaskID      string          `json:"task_id"` // "" is the whole app
	Keys        int             `json:"keys"`
	Differences int             `json:"differences"`
	State       load.CheckState `json:"state"`
}

func newReconciliation(spans ...calendar.Span) Reconciliation {
	return Reconciliation{Spans: append([]calendar.Span{}, spans...), Unequal: []UnequalCheck{}, LeftOut: []LeftOut{}}
}

func (r *Reconciliation) note(days calendar.Span, outcome load.CheckOutcome) {
	r.Checks++
	r.Keys += int64(outcome.Keys)
	r.DaysOpened += int64(outcome.DaysOpened)
	if outcome.State == load.CheckAgreed {
		return
	}
	if outcome.State != load.CheckUnproven {
		r.Differences += int64(outcome.Differences)
	}
	r.Unequal = append(r.Unequal, UnequalCheck{days, outcome.Task.ID, outcome.Keys, outcome.Differences, outcome.State})
}

// differing returns how many checks have days that wait to be pulled again, staying how many
// differed again after that.
func (r *Reconciliation) differing() int { return r.count(load.CheckDiffers) }
func (r *Reconciliation) staying() int   { return r.count(load.CheckStays) }

func (r *Reconciliation) count(state load.CheckState) (n int) {
	for _, check := range r.Unequal {
		if check.State == state {
			n++
		}
	}
	return n
}

// problem says how many figures differ; empty if none do.
func (r *Reconciliation) problem() string {
	if r.Differences == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %s %s from the sums of the stored days", r.Differences, english.Plural(int(r.Keys), "figure", ""),
		english.PluralWord(int(r.Differences), "differs", "differ"))
}

func (r *Reconciliation) look(days calendar.Span) {
	if !slices.Contains(r.Spans, days) {
		r.Spans = append(r.Spans, days)
	}
}

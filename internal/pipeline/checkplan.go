package pipeline

import (
	"slices"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// checkRequest is a request whose answer is compared with the stored days.
type checkRequest struct {
	days  calendar.Span
	tasks []load.TaskRef // only the zero TaskRef for the whole app
}

// LeftOut is a range of days that could not be compared, and the reason.
type LeftOut struct {
	calendar.Span
	TaskID string `json:"task_id"` // "" is the whole app
	Why    string `json:"why"`
}

// checkPlan is what can be compared for one app.
type checkPlan struct {
	requests []checkRequest
	leftOut  []LeftOut
}

// add plans a span: one request for the whole app, and requests for batches of tasks with the same
// days. Of the stored days, only the longest run counts. It is pure.
func (c *checkPlan) add(rules policy, days calendar.Span, tasks []load.Task, ledger load.WindowStates) {
	if run, found := c.runOf(rules, days, load.TaskRef{}, days, ledger); found {
		c.requests = append(c.requests, checkRequest{run, []load.TaskRef{{}}})
	}
	var groups []checkRequest
	for _, task := range tasks {
		if task.RetiredAt != nil {
			continue
		}
		ref := task.Ref()
		run, found := c.runOf(rules, days, ref, rules.followed(task), ledger)
		if !found {
			continue
		}
		at := slices.IndexFunc(groups, func(group checkRequest) bool { return group.days == run })
		if at < 0 {
			at = len(groups)
			groups = append(groups, checkRequest{days: run})
		}
		groups[at].tasks = append(groups[at].tasks, ref)
	}
	c.batch(groups)
}

// batch adds requests, each with at most as many tasks as one request may name.
func (c *checkPlan) batch(groups []checkRequest) {
	for _, group := range groups {
		for _, batch := range extract.Batches(group.tasks) {
			c.requests = append(c.requests, checkRequest{group.days, batch})
		}
	}
}

// runOf returns the run of a task's stored days to compare. It records the other days as left out,
// but days that were never pulled only if they are expected.
func (c *checkPlan) runOf(rules policy, days calendar.Span, task load.TaskRef, expected calendar.Span, ledger load.WindowStates) (run calendar.Span, found bool) {
	of := func(day calendar.Day) *load.WindowState {
		return ledger.Of(refOf(stream.Loss, day, task.Key))
	}
	stored := func(day calendar.Day) bool { return of(day) != nil && of(day).Loaded() }
	run, found = rules.longestRun(days, stored)
	for day := days.First; day <= days.Last; day++ {
		if found && run.Has(day) || !rules.exists(day) {
			continue
		}
		window := of(day)
		switch {
		case stored(day):
			c.leave(task, day, "apart from the other stored days")
		case window != nil:
			c.leave(task, day, "the window is "+string(window.State()))
		case expected.Has(day):
			c.leave(task, day, neverPulled)
		}
	}
	return run, found
}

// leave records a day as left out. If the day before was left out for the same reason, it extends
// that range.
func (c *checkPlan) leave(task load.TaskRef, day calendar.Day, why string) {
	if n := len(c.leftOut); n > 0 {
		last := &c.leftOut[n-1]
		if last.TaskID == task.ID && last.Why == why && last.Last == day-1 {
			last.Last = day
			return
		}
	}
	c.leftOut = append(c.leftOut, LeftOut{calendar.Span{First: day, Last: day}, task.ID, why})
}

package pipeline

import (
	"context"
	"iter"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// part is a set of a plan's windows.
type part int

const (
	allWindows   part = iota
	wholeApp          // windows of the whole app, unless the last pull failed
	ofTasks           // windows of tasks, unless the last pull failed
	failedBefore      // windows whose last pull failed
)

func (in part) has(window load.WindowRef, failed bool) bool {
	switch in {
	case wholeApp:
		return window.TaskKey == 0 && !failed
	case ofTasks:
		return window.TaskKey != 0 && !failed
	case failedBefore:
		return failed
	}
	return true
}

// states reads the ledger of the days that can contain the part's windows.
func (in part) states(ctx context.Context, ledger load.Ledger, sdkAppID int64, first, last calendar.Day) (load.WindowStates, error) {
	if in == wholeApp {
		return ledger.AppStates(ctx, sdkAppID, first, last)
	}
	return ledger.States(ctx, sdkAppID, first, last)
}

// days returns the first and last day of the part's windows. If it has none, last is before first.
func (p appPlan) days(in part) (first, last calendar.Day) {
	first, last = p.last+1, p.last
	switch {
	case in == wholeApp && p.tasksOnly, in == ofTasks && len(p.tasks) == 0:
		return first, last
	case in == failedBefore:
		for window := range p.failed {
			first = min(first, window.Day)
		}
		return first, last
	}
	for _, stream := range p.streams {
		first = min(first, stream.first)
	}
	for window := range p.opened {
		first = min(first, window.Day)
	}
	return first, last
}

// order is the order of a plan's parts. The whole app comes before tasks, so that no task can delay
// it. Windows that failed last time come last, so that they delay nothing.
var order = [...]part{wholeApp, ofTasks, failedBefore}

// queue yields the requests of a part of the plan.
func (p appPlan) queue(ctx context.Context, ledger load.Ledger, in part) iter.Seq2[request, error] {
	return func(yield func(request, error) bool) {
		for day, err := range p.windows(ctx, ledger, in) {
			if err != nil {
				yield(request{}, err)
				return
			}
			for _, r := range p.requests(day) {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

// allRequests yields the requests of the plan, in its order.
func (p appPlan) allRequests(ctx context.Context, ledger load.Ledger) iter.Seq2[request, error] {
	return func(yield func(request, error) bool) {
		for _, in := range order {
			for r, err := range p.queue(ctx, ledger, in) {
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}

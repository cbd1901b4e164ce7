package pipeline

import (
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// PlannedWindow is one window of a plan: a stream's day of a task, or of the whole app.
type PlannedWindow struct {
	SDKAppID int64         `json:"sdk_app_id"`
	Stream   stream.Stream `json:"stream"`
	Day      calendar.Day  `json:"day"`
	TaskID   string        `json:"task_id"` // "" is the whole app
	State    string        `json:"state"`
	Settled  bool          `json:"settled"`
	Due      bool          `json:"due"`
	Why      string        `json:"why"`
}

// planWindow is a window of a plan in memory. A week of 100,000 tasks has 700,000 of them, so it is
// small: describe says why it is due.
type planWindow struct {
	task   *load.Task
	state  *load.WindowState // nil if the window is not in the ledger
	Day    calendar.Day
	Stream stream.Stream
	Due    bool
	// again says that the last pull failed, so the window comes last.
	again bool
	// bySpan says that a request for several days covers this window.
	bySpan bool
	// waits says that a span of more days will cover this window.
	waits bool
	// continues says that the day before has figures.
	continues bool
}

func (w planWindow) known() bool { return w.state != nil }

// stored returns the state in the ledger, or that of a window that is not there.
func (w planWindow) stored() load.WindowState {
	if w.state == nil {
		return load.WindowState{}
	}
	return *w.state
}

// figures reports whether the window has figures.
func (w planWindow) figures() bool { return w.stored().Figures }

// rejects reports whether the last answer had rows that could not be understood.
func (w planWindow) rejects() bool { return w.stored().Rejects }

// ref names the window in the ledger and in the sets of a plan.
func (w planWindow) ref() load.WindowRef { return refOf(w.Stream, w.Day, w.task.Key) }

func refOf(of stream.Stream, day calendar.Day, taskKey int32) load.WindowRef {
	return load.WindowRef{Stream: of, Day: day, TaskKey: taskKey}
}

func (p appPlan) window(ref load.WindowRef, task *load.Task, ledger load.WindowStates) planWindow {
	w := planWindow{task: task, state: ledger.Of(ref), Day: ref.Day, Stream: ref.Stream, again: p.failed[ref]}
	w.continues = planWindow{state: ledger.Of(refOf(ref.Stream, ref.Day-1, ref.TaskKey))}.figures()
	w.Due, _ = p.reason(w)
	return w
}

// reason returns whether a window is due, and why, if it does not wait for more days.
func (p appPlan) reason(w planWindow) (due bool, why string) {
	if due, why = p.verdict(w.known(), w.stored()); due && p.pulledByJob(w.ref(), w.stored()) {
		return false, "pulled by this job"
	}
	return due, why
}

// describe says what the plan does with a window, and why.
func (p appPlan) describe(w planWindow) PlannedWindow {
	stored := w.stored()
	listed := PlannedWindow{
		SDKAppID: p.app.Account.SDKAppID, Stream: w.Stream, Day: w.Day, TaskID: w.task.TaskID,
		State: string(stored.State()), Settled: stored.Settled() != load.NotSettled, Due: w.Due,
	}
	switch _, listed.Why = p.reason(w); {
	case w.waits:
		listed.Why = "had no figures: it is requested again together with later days"
	case w.Due && w.Day <= p.forgotten && !stored.Confirmed:
		listed.Why += "; too late: its figures will be unproven"
	}
	return listed
}

// verdict returns whether a window is due, and the reason.
func (p appPlan) verdict(known bool, stored load.WindowState) (due bool, why string) {
	failed := known && stored.State() == load.StateFailed
	switch {
	case p.reprocess == All:
		return true, "everything is pulled again"
	case known && !p.now.IsZero() && stored.PulledAt().After(p.now.Add(ClockTolerance)):
		return true, "pulled while a clock was ahead"
	case known && stored.Settled() == load.NotSettled && stored.Confirmed && stored.Ref().Day <= p.forgotten:
		return false, "loaded in time, and the API has nothing more"
	case known && !failed && !p.tick.IsZero() && !stored.PulledAt().Before(p.tick):
		return false, "pulled since the tick, by another process"
	case failed:
		return true, "the last pull failed"
	case p.reprocess == Failed:
		return false, "it did not fail"
	case !known:
		return true, "never pulled"
	case stored.Settled() == load.ByLookback:
		return false, "settled: pulled after the lookback"
	case stored.Settled() == load.ByAPIMemory && stored.State().Unproven():
		return false, "unproven: the API may have forgotten a part of the day, and asking again proves nothing"
	case stored.Settled() == load.ByAPIMemory:
		return false, "settled: the API has nothing more"
	case stored.Settled() == load.ByRetiring:
		return false, "settled: the task is retired"
	}
	return true, "not settled yet"
}

// pulledByJob reports whether the job pulled the window, and nothing opened it since.
func (p appPlan) pulledByJob(window load.WindowRef, stored load.WindowState) bool {
	return !p.pulledSince.IsZero() && !p.opened[window] && stored.State() != load.StateOpen && !stored.PulledAt().Before(p.pulledSince)
}

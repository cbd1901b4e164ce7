package pipeline

import (
	"context"
	"iter"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// Reprocess says which windows a backfill pulls.
type Reprocess string

// The choices.
const (
	Missing Reprocess = "missing" // every window that is not settled, failed ones included
	Failed  Reprocess = "failed"  // only failed ones
	All     Reprocess = "all"     // every window again
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

	task load.TaskRef
	// again says that the last pull failed, so the window comes last.
	again bool
	entry load.Entry
	known bool // entry is in the ledger
	// bySpan says that a request for several days covers this window.
	bySpan bool
	// continues says that the day before has figures.
	continues bool
}

// appPlan is what a job would do to one app.
type appPlan struct {
	app App
	// streams are pulled in this order, each from its own first day.
	streams   []planStream
	last      calendar.Day // included
	tasks     []load.Task
	tasksOnly bool // leave out the whole app's windows
	reprocess Reprocess
	// opened are windows that belong to the plan even if it does not cover their day or task.
	opened map[ledgerKey]bool
	// tick, if set, is a time: windows pulled after it are not due again, unless they failed.
	tick      time.Time
	scheduled bool // the plan belongs to a run
	// failed are the windows whose last pull failed before the job began. They are few, since a job
	// gives up an app with many failures.
	failed map[ledgerKey]bool
	// forgotten is the newest day for which the API has nothing that a trusted answer, loaded in
	// time, did not have.
	forgotten calendar.Day
	// now, if set, is the real time: windows pulled later were pulled by a clock that ran ahead.
	now time.Time
	// keep, if set, stores what the plan derives from the settings, such as the first day to keep.
	// It is called after an answer confirmed the clock.
	keep func(context.Context) error
	// covers reports whether a task's window belongs to the plan at all.
	covers func(task load.Task, day calendar.Day) bool
	// spans, if set, says which windows of tasks are requested by spans.
	spans *spanRules
	// pulledSince, if set, is a time during this job: windows that it pulled after that are not due
	// again, unless they were opened.
	pulledSince time.Time
}

// planStream is a stream and its first day in a plan.
type planStream struct {
	stream.Stream
	first calendar.Day
}

// windows yields the windows of the part day by day, oldest first. For each stream, the whole app's
// window comes first, then those of tasks in the order of registration.
func (p appPlan) windows(ctx context.Context, ledger load.Ledger, in part) iter.Seq2[[]PlannedWindow, error] {
	return func(yield func([]PlannedWindow, error) bool) {
		for week, err := range p.weeks(ctx, ledger, in) {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, day := range week.days {
				if !yield(day, nil) {
					return
				}
			}
		}
	}
}

// week has the windows, day by day, of as many days as one request for losses may cover.
type week struct {
	calendar.Span
	days [][]PlannedWindow
	// dense are the tasks, by stream, that had figures on most days before.
	dense map[load.TaskOfStream]bool
}

// weeks yields the windows of the part week by week, oldest first, so that memory holds the ledger
// of one week. The last week ends with the plan's last day.
func (p appPlan) weeks(ctx context.Context, ledger load.Ledger, in part) iter.Seq2[week, error] {
	return func(yield func(week, error) bool) {
		begin, end := p.days(in)
		rules := policy{location: p.app.Location}
		for _, days := range rules.cutFromLast(calendar.Span{First: begin, Last: end}) {
			entries, err := in.entries(ctx, ledger, p.app.Account.SDKAppID, days.First-1, days.Last)
			if err != nil {
				yield(week{}, err)
				return
			}
			known, found := byWindow(entries), week{Span: days}
			for day := days.First; day <= days.Last; day++ {
				if rules.exists(day) {
					found.days = append(found.days, p.windowsOf(day, known, in))
				}
			}
			if found.dense, err = p.dense(ctx, ledger, days.First); err != nil {
				yield(week{}, err)
				return
			}
			p.assignSpans(found)
			if !yield(found, nil) {
				return
			}
		}
	}
}

// ledgerKey is a window of an app.
type ledgerKey load.WindowRef

func byWindow(entries []load.Entry) map[ledgerKey]load.Entry {
	ledger := make(map[ledgerKey]load.Entry, len(entries))
	for _, entry := range entries {
		ledger[ledgerKey{entry.Stream, entry.Day, entry.TaskKey}] = entry
	}
	return ledger
}

func setOf(windows []load.WindowRef) map[ledgerKey]bool {
	set := make(map[ledgerKey]bool, len(windows))
	for _, window := range windows {
		set[ledgerKey(window)] = true
	}
	return set
}

func (p appPlan) windowsOf(day calendar.Day, ledger map[ledgerKey]load.Entry, in part) []PlannedWindow {
	var windows []PlannedWindow
	for _, stream := range p.streams {
		kept := day >= stream.first
		add := func(task load.TaskRef, belongs bool) {
			key := ledgerKey{stream.Stream, day, task.Key}
			if (kept && belongs || p.opened[key]) && in.has(key, p.failed[key]) {
				windows = append(windows, p.window(key, task, ledger))
			}
		}
		add(load.TaskRef{}, !p.tasksOnly)
		if !stream.ByTask() {
			continue
		}
		for _, task := range p.tasks {
			_, pulled := ledger[ledgerKey{stream.Stream, day, task.Key}]
			add(task.Ref(), p.covers(task, day) && (pulled || !p.guesses(task, day)))
		}
	}
	return windows
}

// guesses reports whether a run would pull a day before a task's registration, too late for a
// trusted answer, only because the time of the push is unknown.
func (p appPlan) guesses(task load.Task, day calendar.Day) bool {
	return p.scheduled && task.SentAt == nil && day <= p.forgotten && day < calendar.DayOf(task.RegisteredAt, p.app.Location)
}

// key is the key of the window in the ledger and in the sets of a plan.
func (w PlannedWindow) key() ledgerKey { return ledgerKey{w.Stream, w.Day, w.task.Key} }

func (p appPlan) window(key ledgerKey, task load.TaskRef, ledger map[ledgerKey]load.Entry) PlannedWindow {
	w := PlannedWindow{
		SDKAppID: p.app.Account.SDKAppID, Stream: key.Stream, Day: key.Day, TaskID: task.ID, task: task, State: string(load.StateOpen),
		again: p.failed[key],
	}
	w.entry, w.known = ledger[key]
	w.continues = ledger[ledgerKey{key.Stream, key.Day - 1, key.TaskKey}].RowCount > 0
	if w.known {
		w.State, w.Settled = string(w.entry.State), w.entry.Settled != load.NotSettled
	}
	if w.Due, w.Why = p.verdict(w.known, w.entry); w.Due && p.pulledByJob(key, w.entry) {
		w.Due, w.Why = false, "pulled by this job"
	}
	if w.Due && key.Day <= p.forgotten && !w.entry.Confirmed() {
		w.Why += "; too late: its figures will be unproven"
	}
	return w
}

// verdict returns whether a window is due, and the reason.
func (p appPlan) verdict(known bool, entry load.Entry) (due bool, why string) {
	failed := known && entry.State == load.StateFailed
	switch {
	case p.reprocess == All:
		return true, "everything is pulled again"
	case known && !p.now.IsZero() && entry.UpdatedAt.After(p.now.Add(ClockTolerance)):
		return true, "pulled while a clock was ahead"
	case known && entry.Settled == load.NotSettled && entry.Confirmed() && entry.Day <= p.forgotten:
		return false, "loaded in time, and the API has nothing more"
	case known && !failed && !p.tick.IsZero() && !entry.UpdatedAt.Before(p.tick):
		return false, "pulled since the tick, by another process"
	case failed:
		return true, "the last pull failed"
	case p.reprocess == Failed:
		return false, "it did not fail"
	case !known:
		return true, "never pulled"
	case entry.Settled == load.ByLookback:
		return false, "settled: pulled after the lookback"
	case entry.Settled == load.ByAPIMemory && entry.State.Unproven():
		return false, "unproven: the API may have forgotten a part of the day, and asking again proves nothing"
	case entry.Settled == load.ByAPIMemory:
		return false, "settled: the API has nothing more"
	case entry.Settled == load.ByRetiring:
		return false, "settled: the task is retired"
	}
	return true, "not settled yet"
}

// pulledByJob reports whether the job pulled the window, and nothing opened it since.
func (p appPlan) pulledByJob(key ledgerKey, entry load.Entry) bool {
	return !p.pulledSince.IsZero() && !p.opened[key] && entry.State != load.StateOpen && !entry.UpdatedAt.Before(p.pulledSince)
}

// planSize is how much a plan has to do.
type planSize struct {
	windows, requests int
	ofTasks           int // requests for single days of tasks
	// unproven is how many windows the plan leaves alone because nothing can prove them any more.
	unproven int
}

func (p appPlan) count(ctx context.Context, ledger load.Ledger) (size planSize, err error) {
	runs := p.spanRuns()
	for week, err := range p.weeks(ctx, ledger, allWindows) {
		if err != nil {
			return planSize{}, err
		}
		for _, day := range week.days {
			for _, w := range day {
				switch {
				case w.Due:
					size.windows++
				case load.State(w.State).Unproven():
					size.unproven++
				}
			}
			for _, r := range p.requests(day) {
				size.requests++
				if r.ofTasks() {
					size.ofTasks++
				}
			}
		}
		for _, part := range runs.add(week) {
			size.requests += len(part.requests)
		}
	}
	for _, part := range runs.rest() {
		size.requests += len(part.requests)
	}
	return size, nil
}

// Duration is how long requests take at the app's pace.
func (a App) Duration(requests int) time.Duration {
	if a.CallsPerSecond == 0 {
		return 0
	}
	return time.Duration(float64(requests) / a.CallsPerSecond * float64(time.Second))
}

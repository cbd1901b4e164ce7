package pipeline

import (
	"context"
	"iter"
	"slices"
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
	opened map[load.WindowRef]bool
	// tick, if set, is a time: windows pulled after it are not due again, unless they failed.
	tick      time.Time
	scheduled bool // the plan belongs to a run
	// failed are the windows whose last pull failed before the job began. A run pulls them wherever
	// they lie. They are few, since a job gives up an app with many failures.
	failed map[load.WindowRef]bool
	// forgotten is the newest day that the API may have forgotten in part. For such a day it has
	// nothing that a trusted answer did not have.
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
func (p appPlan) windows(ctx context.Context, ledger load.Ledger, in part) iter.Seq2[[]planWindow, error] {
	return func(yield func([]planWindow, error) bool) {
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
	days [][]planWindow
	// dense are the tasks, by stream, that had figures on most days before.
	dense map[load.TaskOfStream]bool
}

// weeks yields the windows of the part week by week, oldest first, so that memory holds the ledger
// of one week. The last week ends with the plan's last day. Without spans, nothing looks at a week as
// a whole, and each day is yielded by itself.
func (p appPlan) weeks(ctx context.Context, ledger load.Ledger, in part) iter.Seq2[week, error] {
	return func(yield func(week, error) bool) {
		begin, end := p.days(in)
		rules := policy{location: p.app.Location}
		for _, days := range rules.cutFromLast(calendar.Span{First: begin, Last: end}) {
			known, err := in.states(ctx, ledger, p.app.Account.SDKAppID, days.First-1, days.Last)
			if err != nil {
				yield(week{}, err)
				return
			}
			found := week{Span: days}
			for day := days.First; day <= days.Last; day++ {
				if !rules.exists(day) {
					continue
				}
				windows := p.windowsOf(day, known, in)
				if p.spans != nil {
					found.days = append(found.days, windows)
				} else if !yield(week{Span: calendar.Span{First: day, Last: day}, days: [][]planWindow{windows}}, nil) {
					return
				}
			}
			if p.spans == nil {
				continue
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

func setOf(windows []load.WindowRef) map[load.WindowRef]bool {
	set := make(map[load.WindowRef]bool, len(windows))
	for _, window := range windows {
		set[window] = true
	}
	return set
}

func (p appPlan) windowsOf(day calendar.Day, ledger load.WindowStates, in part) []planWindow {
	var windows []planWindow
	wholeApp := new(load.Task)
	for _, stream := range p.streams {
		kept := day >= stream.first
		add := func(task *load.Task, belongs bool) {
			ref := refOf(stream.Stream, day, task.Key)
			failed := p.failed[ref]
			if (kept && belongs || p.opened[ref] || p.scheduled && failed) && in.has(ref, failed) {
				windows = append(windows, p.window(ref, task, ledger))
			}
		}
		add(wholeApp, !p.tasksOnly)
		if !stream.ByTask() {
			continue
		}
		windows = slices.Grow(windows, p.expected(day, stream))
		for i := range p.tasks {
			task := &p.tasks[i]
			add(task, p.covers(*task, day) && (!p.guesses(*task, day) || ledger.Of(refOf(stream.Stream, day, task.Key)) != nil))
		}
	}
	return windows
}

// expected returns how many windows of tasks a day of a stream has, if none was opened and none is a
// guess. Without it, the windows of a day are copied again and again while their number grows.
func (p appPlan) expected(day calendar.Day, of planStream) (n int) {
	if day < of.first {
		return 0
	}
	for _, task := range p.tasks {
		if p.covers(task, day) {
			n++
		}
	}
	return n
}

// guesses reports whether a run would pull a day before a task's registration, too late for a
// trusted answer, only because the time of the push is unknown.
func (p appPlan) guesses(task load.Task, day calendar.Day) bool {
	return p.scheduled && task.SentAt == nil && day <= p.forgotten && day < calendar.DayOf(task.RegisteredAt, p.app.Location)
}

// planSize is how much a plan has to do.
type planSize struct {
	windows, requests int
	ofTasks           int // requests for single days of tasks
	// byWeek counts the requests for tasks, by the last day of their week; nil without spans.
	byWeek map[calendar.Day]int
	// unproven is how many windows the plan leaves alone because nothing can prove them any more.
	unproven int
}

// count adds up what the plan has to do.
func (p appPlan) count(ctx context.Context, ledger load.Ledger) (size planSize, err error) {
	runs := p.spanRuns()
	if p.spans != nil {
		size.byWeek = make(map[calendar.Day]int)
	}
	add := func(parts []spanPart, lastOfWeek calendar.Day) {
		for _, part := range parts {
			size.requests += len(part.requests)
			size.byWeek[lastOfWeek] += len(part.requests)
		}
	}
	for week, err := range p.weeks(ctx, ledger, allWindows) {
		if err != nil {
			return planSize{}, err
		}
		before := size.ofTasks
		for _, day := range week.days {
			for _, w := range day {
				switch {
				case w.Due:
					size.windows++
				case w.stored().State().Unproven():
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
		if p.spans != nil {
			size.byWeek[week.Last] = size.ofTasks - before
		}
		add(runs.add(week), week.Last)
	}
	add(runs.rest(), p.last)
	return size, nil
}

// Duration is how long requests take at the app's pace.
func (a App) Duration(requests int) time.Duration {
	if a.CallsPerSecond == 0 {
		return 0
	}
	return time.Duration(float64(requests) / a.CallsPerSecond * float64(time.Second))
}

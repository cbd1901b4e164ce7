package pipeline

import (
	"context"
	"slices"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// A request may cover a week of days, or four weeks of statistics. Counts are never negative. So an
// answer that equals the sum of the stored days proves that no day gained figures, if the days of
// this API add up. Most windows of tasks never have figures: one request proves seven of them for
// five tasks at once.
//
// A request of its own pulls a window if a span would not save a request or would prove
// less:
//
//   - the newest day of a task that had figures the day before, and every day of a task
//     that was sent a day or two ago: their figures are new
//   - the last trusted pull of a window with figures: a shift between its days would
//     cancel out in a span
//   - windows that were never pulled, of a task that had figures on most days before
//   - windows that failed, had rejected rows, were absent, or are open again

// spanRules says how a plan uses spans.
type spanRules struct {
	policy
	streams []stream.Stream // whose days add up
	now     time.Time
	asOf    time.Time
	worth   int // see worthSpans
}

// spanTask is a task in a request for a span, with the run of its windows in it.
type spanTask struct {
	load.SpanTask
	// trusted says that the API is assumed to remember the whole run.
	trusted bool
	// oldestFirst says that figures are more likely at the beginning of the run.
	oldestFirst bool
	figures     bool // of a window in the run, as stored
}

// spanRequest is one request for several days.
type spanRequest struct {
	stream stream.Stream
	days   calendar.Span
	tasks  []spanTask
}

// lastTrustedWithin is how soon a day may leave the API's memory for a pull to count as its last
// trusted one: the time until the next daily run.
const lastTrustedWithin = recheckWithin

// worthSpans is how many requests by days a week's windows must take for spans to pay: fewer
// requests cost less than the check of one span.
const worthSpans = 20

// waitsNoLonger is how long before the API may forget a day a run requests it, even if it had no
// figures: the time of two daily runs.
const waitsNoLonger = 2 * recheckWithin

// longestWait is for how many days after its lookback a window may wait.
func (p policy) longestWait() calendar.Day {
	return calendar.Day(load.LongestWait(p.EffectiveLookback()))
}

// assignSpans decides which of a week's windows of tasks spans cover, and which wait for more days.
// It is pure.
func (p appPlan) assignSpans(week week) {
	if p.spans == nil {
		return
	}
	for _, of := range p.spans.streams {
		p.assignStream(week, of)
	}
	if p.requestsByDays(week) < p.spans.worth {
		for _, day := range week.days {
			for i := range day {
				day[i].bySpan = false
			}
		}
	}
}

// assignStream is assignSpans for the windows of one stream. Each day has them in the order of the
// plan's tasks, so that a cursor per day finds those of a task.
func (p appPlan) assignStream(week week, of stream.Stream) {
	next := make([]int, len(week.days))
	for i, day := range week.days {
		next[i] = slices.IndexFunc(day, func(w planWindow) bool { return w.Stream == of && w.task.Key != 0 })
	}
	var windows []*planWindow
	for i := range p.tasks {
		task := &p.tasks[i]
		windows = windows[:0]
		for d, day := range week.days {
			if at := next[d]; at >= 0 && at < len(day) && day[at].Stream == of && day[at].task == task {
				windows = append(windows, &day[at])
				next[d]++
			}
		}
		if len(windows) > 0 {
			p.assignTask(week.Span, *task, week.dense[load.TaskOfStream{Stream: of, TaskKey: task.Key}], windows)
		}
	}
}

// A task with figures on denseDays days of a week is likely to have figures on those of the next
// week. A span would prove none of them.
const (
	denseDays  = 5
	denseAmong = 7
)

// dense returns the tasks that had figures on most of the days before the given one.
func (p appPlan) dense(ctx context.Context, ledger load.Ledger, day calendar.Day) (map[load.TaskOfStream]bool, error) {
	if p.spans == nil {
		return nil, nil
	}
	tasks, err := ledger.DenseTasks(ctx, p.app.Account.SDKAppID, calendar.Span{First: day - denseAmong, Last: day - 1}, denseDays)
	if err != nil {
		return nil, err
	}
	dense := make(map[load.TaskOfStream]bool, len(tasks))
	for _, of := range tasks {
		dense[of] = true
	}
	return dense, nil
}

// assignTask is assignSpans for the windows of one task in one stream, oldest first.
func (p appPlan) assignTask(days calendar.Span, task load.Task, dense bool, windows []*planWindow) {
	if p.scheduled && p.waits(days, task, windows) {
		for _, w := range windows {
			if w.Due && !w.figures() {
				w.Due, w.waits = false, true
			}
		}
		return
	}
	if p.scheduled && task.SentAt != nil && p.startOf(task) >= p.last-1 {
		return // its figures are new
	}
	run := windows[:0:0]
	end := func() {
		if len(run) > 1 {
			for _, w := range run {
				w.bySpan = true
			}
		}
		run = run[:0]
	}
	var before *planWindow
	for _, w := range windows {
		if dense && !w.known() || !p.joinsSpan(w, before) {
			end()
		} else {
			if n := len(run); n > 0 && (!p.follows(run[n-1].Day, w.Day) ||
				p.spans.remembered(w.Day, p.spans.now) != p.spans.remembered(run[0].Day, p.spans.now)) {
				end()
			}
			run = append(run, w)
		}
		before = w
	}
	end()
}

// startOf returns the day of the push or, if that is unknown, of the registration.
func (p appPlan) startOf(task load.Task) calendar.Day {
	if task.SentAt != nil {
		return calendar.DayOf(*task.SentAt, p.app.Location)
	}
	return calendar.DayOf(task.RegisteredAt, p.app.Location)
}

// joinsSpan reports whether a window can be a part of a span; before is the task's window
// of the day before, or nil.
func (p appPlan) joinsSpan(w, before *planWindow) bool {
	figures := w.figures()
	switch {
	case !w.Due, w.again, w.rejects(), p.opened[w.ref()]:
		return false
	case w.known() && !slices.Contains([]load.State{load.StateLoaded, load.StateEmpty, load.StateUnproven, load.StateOpen}, w.state.State()):
		return false
	case figures && !p.spans.remembered(w.Day, p.spans.now.Add(lastTrustedWithin)),
		figures && p.spans.settles(w.Day, p.spans.asOf) != load.NotSettled:
		return false // the last trusted pull
	case p.scheduled && w.Day == p.last && !w.known() && before != nil && before.figures():
		return false // the figures go on
	}
	return true
}

// waits reports whether all due windows of a task in a week had an answer without figures before,
// and can wait. In the newest week, they wait if the task has no newer day. In an older week, they
// wait until the whole week is complete, and become final together, for at most longestWait.
func (p appPlan) waits(days calendar.Span, task load.Task, windows []*planWindow) bool {
	quiet := false
	for _, w := range windows {
		switch {
		case w.figures() && days.Last == p.last:
			return false
		case !w.Due, w.figures():
			continue
		case !w.known(), w.again, w.state.State() != load.StateEmpty, w.rejects(),
			p.opened[w.ref()]:
			return false
		case !p.spans.remembered(w.Day, p.spans.now.Add(waitsNoLonger)), p.spans.settles(w.Day+p.spans.longestWait(), p.spans.asOf) != load.NotSettled:
			return false
		case days.Last < p.last && w.Day == days.First:
			return false
		}
		quiet = true
	}
	return quiet && (days.Last < p.last || p.startOf(task) < days.First)
}

// follows reports whether the day comes next in the zone's calendar.
func (p appPlan) follows(before, day calendar.Day) bool {
	for between := before + 1; between < day; between++ {
		if p.spans.exists(between) {
			return false
		}
	}
	return true
}

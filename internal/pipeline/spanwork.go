package pipeline

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"sync"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// spanWork is the work on the windows of an app that spans cover.
type spanWork struct {
	*appWork
	ledger load.Ledger

	mu sync.Mutex
	// open are the tasks of this week whose windows a span did not prove.
	open []*openTask
	// provenTasks are the tasks of each span that proved something. sampled are those of them that
	// are checked by days.
	provenTasks                 [][]*openTask
	sampled                     []*openTask
	owed                        float64 // spans still to check, for those that proved something so far
	checks                      int     // spans that were checked
	off                         bool    // a span was wrong
	trials                      map[stream.Stream]*spanTrial
	spansRefused, spansAnswered int
	used                        map[stream.Stream]bool // streams with an answered span
	changes                     int64                  // rows that the requests for days of spans changed
	likeliest                   map[stream.Stream][]*openTask
}

// openTask is a task of a week whose windows a span did not prove, or whose proof is being checked.
type openTask struct {
	spanTask
	stream stream.Stream
	// answer is the span's answer; nil if no answer can be compared.
	answer *load.SpanPull
	asked  map[calendar.Day]bool
	// proven says that the report counts all windows of the run.
	proven bool
	// changed says that days were requested since the answer was compared with them.
	changed bool
}

// left returns the run without the days at its ends that were requested by themselves.
func (t *openTask) left() calendar.Span {
	left := t.Due
	for left.First <= left.Last && t.asked[left.First] {
		left.First++
	}
	for left.First <= left.Last && t.asked[left.Last] {
		left.Last--
	}
	return left
}

// askedAmongLeft returns how many days between the ends of left were requested by themselves.
func (t *openTask) askedAmongLeft() (n int64) {
	left := t.left()
	for day := range t.asked {
		if left.Has(day) {
			n++
		}
	}
	return n
}

// spansAtOnce is how many spans of a week are narrowed together, so that their tasks share the
// requests of a day. It bounds the answers in memory.
const spansAtOnce = 100

// maxRefusedSpans is how many spans the API may refuse, without answering any, before the job
// requests single days: it may no longer accept windows of several days.
const maxRefusedSpans = 3

// A job checks a random sample of the spans that proved something, at least one. It requests every
// day of them by itself: for all tasks of the first spans, and for one task of each further span.
// Otherwise a long backfill would spend a seventh of its calls on checks.
const (
	sampleShare       = 0.02
	checkedThoroughly = 10
)

// doSpans requests the windows of tasks week by week: single days first, then spans. If a span is
// wrong, it requests each remaining day by itself.
func (w *appWork) doSpans(ctx context.Context, ledger load.Ledger) error {
	s := &spanWork{
		appWork: w, ledger: ledger, trials: make(map[stream.Stream]*spanTrial), used: make(map[stream.Stream]bool),
		likeliest: make(map[stream.Stream][]*openTask),
	}
	runs := w.plan.spanRuns()
	for week, err := range w.plan.weeks(ctx, ledger, ofTasks) {
		if err != nil {
			return err
		}
		var days []request
		for _, day := range week.days {
			days = append(days, w.plan.requests(day)...)
		}
		parts := runs.add(week)
		s.planAgain(week.Last, len(days), parts)
		if err := s.askPlanned(ctx, days); err != nil {
			return err
		}
		if err := s.parts(ctx, parts); err != nil || s.off {
			return err
		}
	}
	parts := runs.rest()
	s.planAgain(w.plan.last, 0, parts)
	if err := s.parts(ctx, parts); err != nil || s.off {
		return err
	}
	return s.probe(ctx)
}

// planAgain corrects the number of planned requests for a week's tasks. The job began without the
// figures of the weeks before, by which it decides which windows spans cover.
func (s *spanWork) planAgain(last calendar.Day, days int, parts []spanPart) {
	requests := days
	for _, part := range parts {
		requests += len(part.requests)
	}
	s.more(requests - s.byWeek[last])
	delete(s.byWeek, last)
}

// parts requests the windows of parts. After a wrong span, it requests all remaining windows by
// days.
func (s *spanWork) parts(ctx context.Context, parts []spanPart) error {
	for _, part := range parts {
		if err := s.part(ctx, part); err != nil {
			return err
		}
		if s.off {
			return s.byDays(ctx)
		}
	}
	return nil
}

// askPlanned makes requests for single days that belong to no span.
func (s *spanWork) askPlanned(ctx context.Context, requests []request) error {
	return each(ctx, s.appWork, s.inTurn(ctx, s.ledger, withoutErrors(requests), false), s.onePlanned)
}

// part requests the spans of a part, or single days if spans do not pay.
func (s *spanWork) part(ctx context.Context, part spanPart) error {
	if err := s.goFirst(ctx); err != nil {
		return err
	}
	trial := s.trials[part.requests[0].stream]
	if trial == nil {
		trial = new(spanTrial)
		s.trials[part.requests[0].stream] = trial
	}
	for left := part.requests; len(left) > 0 && !s.off; {
		n := spansAtOnce
		if trial.byDays == 0 && !trial.pays {
			n = s.opts.worth.tried
		}
		requests := left[:min(n, len(left))]
		left = left[len(requests):]
		if trial.byDays > 0 {
			trial.byDays--
			days := s.plan.requestsOfDays(requests)
			s.more(len(days) - len(requests))
			if err := s.askPlanned(ctx, days); err != nil {
				return err
			}
		} else if err := s.spans(ctx, part.Span, requests, trial); err != nil {
			return err
		}
	}
	return nil
}

// spans requests spans of one stream, narrows those that differ, and checks a sample of the others.
// The check does not count in the trial: the first check would always speak against spans.
func (s *spanWork) spans(ctx context.Context, days calendar.Span, requests []spanRequest, trial *spanTrial) error {
	before := s.calls
	byDays := requestsByDays(requests)
	s.open, s.provenTasks, s.sampled = nil, nil, nil
	if err := each(ctx, s.appWork, withoutErrors(requests), s.ask); err != nil {
		return err
	}
	if err := s.narrowToWeeks(ctx, days); err != nil {
		return err
	}
	if err := s.narrowToDays(ctx, days); err != nil {
		return err
	}
	trial.note(s.calls-before, byDays)
	if err := s.check(ctx, days); err != nil {
		return err
	}
	s.appWork.mu.Lock()
	defer s.appWork.mu.Unlock()
	s.totals.CallsSaved += int64(byDays - (s.calls - before))
	return nil
}

// withoutErrors yields requests that are already known.
func withoutErrors[R any](requests []R) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for _, r := range requests {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// goFirst, in a backfill, pulls what a run wanted meanwhile.
func (s *spanWork) goFirst(ctx context.Context) error {
	if s.givesWay == nil {
		return nil
	}
	due, ok, err := s.givesWay.due(ctx, false)
	if err != nil || !ok {
		return err
	}
	return each(ctx, s.appWork, due.allRequests(ctx, s.ledger), s.one)
}

func (s *spanWork) countCall() {
	s.appWork.mu.Lock()
	defer s.appWork.mu.Unlock()
	s.calls++
}

// byDays requests each remaining window by itself, after a span was wrong.
func (s *spanWork) byDays(ctx context.Context) error {
	plan := s.plan
	plan.spans, plan.pulledSince = nil, s.began
	windows, err := s.ledger.Opened(ctx, s.Account.SDKAppID)
	if err != nil {
		return err
	}
	opened := setOf(windows)
	maps.Copy(opened, plan.opened)
	plan.opened = opened
	size, err := plan.count(ctx, s.ledger)
	if err != nil {
		return err
	}
	for _, planned := range s.byWeek {
		size.requests -= planned
	}
	s.more(size.requests)
	return each(ctx, s.appWork, plan.queue(ctx, s.ledger, ofTasks), s.one)
}

// disagree records that a span was wrong.
func (s *spanWork) disagree(ctx context.Context, task *openTask, days calendar.Span, detail string) error {
	s.off = true
	opened, err := s.lock.Disagree(context.WithoutCancel(ctx), load.Disagreement{
		RunID: s.runID, Stream: task.stream, Task: task.TaskRef, Days: days, Detail: detail,
	}, s.policy.lastForgotten(s.now()), s.now())
	if err != nil {
		return err
	}
	s.log.WarnContext(ctx, "an answer for several days is not the sum of its days: from now on each day is requested separately",
		"stream", task.stream, "task", task.ID, "first_day", days.First, "last_day", days.Last, "detail", detail, "windows_opened", opened)
	s.appWork.mu.Lock()
	defer s.appWork.mu.Unlock()
	s.lastProblem = fmt.Sprintf("the API's answer for %s of %s is not the sum of its days: %s", days, task.TaskRef, detail)
	s.disagreed = true
	return nil
}

package pipeline

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// narrowToWeeks requests the single weeks of the open tasks whose answers cover several. Weeks
// without an answer, or with one day, are narrowed to days.
func (s *spanWork) narrowToWeeks(ctx context.Context, days calendar.Span) error {
	weeks := s.policy.cut(days)
	if len(weeks) < 2 {
		return nil
	}
	var requests []spanRequest
	open := s.open
	s.open = nil
	for _, week := range weeks {
		var of stream.Stream
		var runs []spanTask
		for _, task := range open {
			if task.answer == nil {
				continue
			}
			run := task.spanTask
			run.Due = calendar.Span{First: max(run.Due.First, week.First), Last: min(run.Due.Last, week.Last)}
			switch of = task.stream; {
			case run.Due == task.Due:
				s.open = append(s.open, task)
			case run.Due.First < run.Due.Last:
				runs = append(runs, run)
			case run.Due.First == run.Due.Last:
				s.leave(spanRequest{stream: of}, nil, []spanTask{run})
			}
		}
		requests = append(requests, s.plan.requestsOfRuns(of, runs)...)
	}
	for _, task := range open {
		if task.answer == nil {
			s.open = append(s.open, task)
		}
	}
	s.more(len(requests))
	return each(ctx, s.appWork, withoutErrors(requests), s.ask)
}

// narrowToDays requests single days of the open tasks until the stored days explain the span's
// answer. It begins with the newest day, or with the oldest if figures are more likely there. Tasks
// share the requests of a day.
func (s *spanWork) narrowToDays(ctx context.Context, days calendar.Span) error {
	// They are in the order of the answers. Sorted, the same job makes the same requests.
	slices.SortStableFunc(s.open, func(a, b *openTask) int { return cmp.Compare(a.Key, b.Key) })
	slices.SortStableFunc(s.provenTasks, func(a, b []*openTask) int { return cmp.Compare(a[0].Key, b[0].Key) })
	s.chooseSample()
	for _, oldestFirst := range []bool{true, false} {
		for i := range int(days.Last-days.First) + 1 {
			day := days.Last - calendar.Day(i)
			if oldestFirst {
				day = days.First + calendar.Day(i)
			}
			if err := s.narrowDay(ctx, day, oldestFirst); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *spanWork) narrowDay(ctx context.Context, day calendar.Day, oldestFirst bool) error {
	var tasks []*openTask
	for _, task := range s.open {
		if task.oldestFirst == oldestFirst && task.Due.Has(day) && !task.asked[day] {
			tasks = append(tasks, task)
		}
	}
	if len(tasks) == 0 || !s.policy.exists(day) {
		return nil
	}
	if err := s.askDay(ctx, day, s.fill(day, tasks)); err != nil {
		return err
	}
	return s.proveAgain(ctx)
}

// askDay requests one day of the tasks.
func (s *spanWork) askDay(ctx context.Context, day calendar.Day, tasks []*openTask) error {
	byStream := make(map[stream.Stream][]load.TaskRef)
	counted := make(map[load.WindowRef]bool)
	for _, task := range tasks {
		counted[refOf(task.stream, day, task.Key)] = task.proven || task.asked[day]
		task.asked[day], task.changed = true, true
		byStream[task.stream] = append(byStream[task.stream], task.TaskRef)
	}
	var requests []request
	for _, of := range slices.Sorted(maps.Keys(byStream)) {
		for _, batch := range extract.Batches(byStream[of]) {
			r := s.plan.request(of, day, batch)
			r.counted = counted
			requests = append(requests, r)
		}
	}
	return s.askDays(ctx, requests)
}

func (s *spanWork) askDays(ctx context.Context, requests []request) error {
	s.more(len(requests))
	return each(ctx, s.appWork, withoutErrors(requests), func(ctx context.Context, r request, by *worker) (bool, error) {
		s.countCall()
		r.loaded = func(_ request, outcome load.Outcome) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.changes += changedBy(outcome)
		}
		return s.one(ctx, r, by)
	})
}

// proveAgain compares the answers of the open tasks that had requests since with the stored days
// again, and closes the tasks that now agree.
func (s *spanWork) proveAgain(ctx context.Context) error {
	byAnswer := make(map[*load.SpanPull][]load.SpanTask)
	for _, task := range s.open {
		if task.answer != nil && task.changed {
			byAnswer[task.answer] = append(byAnswer[task.answer], load.SpanTask{TaskRef: task.TaskRef, Due: task.left()})
		}
		task.changed = false
	}
	agreed := make(map[*load.SpanPull][]load.SpanTask)
	answers := withoutErrors(slices.Collect(maps.Keys(byAnswer)))
	err := each(context.WithoutCancel(ctx), s.appWork, answers, func(ctx context.Context, answer *load.SpanPull, by *worker) (bool, error) {
		by.left() // it makes no call
		again := *answer
		again.Tasks = byAnswer[answer]
		outcome, err := s.lock.Prove(ctx, again, s.now())
		if err != nil {
			return false, err
		}
		s.appWork.mu.Lock()
		defer s.appWork.mu.Unlock()
		s.totals.WindowsBySpan += int64(outcome.Windows)
		s.totals.Windows += int64(outcome.Windows)
		agreed[answer] = slices.DeleteFunc(again.Tasks, func(task load.SpanTask) bool {
			return slices.ContainsFunc(outcome.Differing, func(d load.SpanTask) bool { return d.Key == task.Key })
		})
		return true, nil
	})
	if err != nil {
		return err
	}
	closed := func(task *openTask) bool { return task.answer != nil && has(agreed[task.answer], task.spanTask) }
	s.appWork.mu.Lock()
	defer s.appWork.mu.Unlock()
	for _, task := range s.open {
		if closed(task) {
			s.totals.Windows -= task.askedAmongLeft() // the report already counts them
		}
	}
	s.open = slices.DeleteFunc(s.open, closed)
	return nil
}

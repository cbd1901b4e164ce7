package pipeline

import (
	"context"
	"errors"
	"math"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/load"
	"pushloss/transform"
)

// maxDisputes is how often the days and the span of a dispute are requested again:
// figures may change in between.
const maxDisputes = 2

// settleDisputes decides about the tasks whose days do not explain the span's answer.
// Figures may have changed since, so it requests the span again, and then both again. A
// span that still differs is wrong.
func (s *spanWork) settleDisputes(ctx context.Context) error {
	for _, task := range s.open {
		if task.answer == nil || !task.trusted {
			continue
		}
		if err := s.dispute(ctx, task); err != nil {
			return err
		}
		if len(s.off) > 0 {
			break // requests by days replace the others
		}
	}
	s.open = nil
	return nil
}

func (s *spanWork) dispute(ctx context.Context, task *openTask) error {
	var normalizer transform.Normalizer
	normalizer.MaxRows = maxRows
	for attempt := range maxDisputes {
		for day := task.Due.First; day <= task.Due.Last; day++ {
			if s.policy.exists(day) && (attempt > 0 || !task.asked[day]) {
				if err := s.askDay(ctx, day, []*openTask{task}); err != nil {
					return err
				}
			}
		}
		if loaded, err := s.loaded(ctx, task); err != nil || !loaded {
			return err // a day failed: nothing is proven either way
		}
		s.more(1)
		exact := spanRequest{stream: task.stream, days: task.Due, tasks: []spanTask{task.spanTask}}
		_, outcome, err := s.prove(ctx, exact, &normalizer)
		s.progress(task.Due.Last)
		var failed *extract.Error
		if errors.As(err, &failed) && !failed.StopsApp() {
			s.log.WarnContext(ctx, "a span in dispute was not answered: only its days count", "task", task.ID, "error", failed)
			return nil
		}
		if err != nil || len(outcome.Differing) == 0 {
			return err
		}
	}
	return s.disagree(ctx, task, "its figures differ from those of its days, twice in a row")
}

// loaded reports whether every window of the task's run is loaded.
func (s *spanWork) loaded(ctx context.Context, task *openTask) (bool, error) {
	entries, err := s.db.Ledger(ctx, s.Account.SDKAppID, task.Due.First, task.Due.Last)
	if err != nil {
		return false, err
	}
	loaded := make(map[calendar.Day]bool)
	for _, entry := range entries {
		if entry.Stream == task.stream && entry.TaskKey == task.Key && entry.RejectCount == 0 {
			loaded[entry.Day] = entry.State == load.StateLoaded || entry.State == load.StateEmpty
		}
	}
	for day := task.Due.First; day <= task.Due.Last; day++ {
		if s.policy.exists(day) && !loaded[day] {
			return false, nil
		}
	}
	return true, nil
}

// checkSample requests single days of a random sample of the week's proven spans: every
// day of the first span that a job checks, one day of each of the others. If a day
// changed, its span is in dispute.
func (s *spanWork) checkSample(ctx context.Context) error {
	if len(s.proven) == 0 || len(s.off) > 0 {
		return nil
	}
	s.owed += sampleShare * float64(len(s.proven))
	n := int(math.Floor(s.owed))
	if s.checks == 0 {
		n = max(n, 1)
	}
	s.owed -= float64(n)
	for range n {
		i := s.opts.Pick(len(s.proven))
		if err := s.checkSpan(ctx, s.proven[i]); err != nil {
			return err
		}
		s.checks++
	}
	return nil
}

func (s *spanWork) checkSpan(ctx context.Context, r spanRequest) error {
	var requests []request
	changed := make(map[calendar.Day]bool)
	for day := r.days.First; day <= r.days.Last; day++ {
		if !s.policy.exists(day) {
			continue
		}
		var tasks []load.TaskRef
		for _, task := range r.tasks {
			if task.Due.Has(day) {
				tasks = append(tasks, task.TaskRef)
			}
		}
		if len(tasks) > 0 {
			check := s.plan.request(r.stream, day, tasks)
			check.loaded = func(outcome load.Outcome) {
				if rows := outcome.Rows; rows.Inserted+rows.Updated+rows.Deleted > 0 {
					s.mu.Lock()
					defer s.mu.Unlock()
					changed[day] = true
				}
			}
			requests = append(requests, check)
		}
	}
	if s.checks > 0 {
		i := s.opts.Pick(len(requests))
		requests = requests[i : i+1]
	}
	if err := s.askDays(ctx, requests); err != nil || len(changed) == 0 {
		return err
	}
	for _, task := range r.tasks {
		open := &openTask{spanTask: task, stream: r.stream, asked: make(map[calendar.Day]bool)}
		if err := s.dispute(ctx, open); err != nil || len(s.off) > 0 {
			return err
		}
	}
	return nil
}

package pipeline

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/load"
)

// ask requests one span and records what its answer proves. The other tasks stay open.
func (s *spanWork) ask(ctx context.Context, r spanRequest, by *worker) (answered bool, err error) {
	r.tasks = s.withoutApart(r)
	defer s.progress(r.days.Last)
	if len(r.tasks) == 0 {
		return false, nil
	}
	if s.refusesSpans() {
		s.leave(r, nil, r.tasks)
		return false, nil
	}
	pull, outcome, err := s.prove(ctx, r, by)
	var failed *extract.Error
	switch {
	case errors.As(err, &failed) && (failed.MayBeAboutTasks() || failed.AboutWindow() || failed.StopsApp() && !s.stops(ctx, r, failed)):
		// The requests for single days will show which task or day is the reason.
		s.log.WarnContext(ctx, "the api refuses a request for several days: requesting each day", "first_day", r.days.First, "last_day", r.days.Last, "error", failed)
		s.leave(r, nil, r.tasks)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.spansRefused++
		return false, nil
	case errors.As(err, &failed) && !failed.StopsApp():
		s.leave(r, nil, r.tasks)
		return false, s.unanswered(ctx, failed)
	case err != nil:
		return false, err
	}
	s.appWork.mu.Lock()
	s.failuresInRow, s.errorsInRow = 0, 0
	s.loads++
	s.noteWitness(r.asWitness(s.policy))
	s.spansAnswered++
	s.totals.Windows += int64(outcome.Windows)
	s.totals.WindowsBySpan += int64(outcome.Windows)
	s.totals.RowsUnchanged += int64(outcome.Rows)
	if pull != nil && !pull.Trusted {
		s.totals.WindowsUnproven += int64(outcome.Windows)
	}
	s.appWork.mu.Unlock()
	s.leave(r, nil, pick(r.tasks, outcome.Unusable))
	s.leave(r, pull, pick(r.tasks, outcome.Differing))
	s.noteProven(r, pull, outcome)
	return true, nil
}

// stops reports whether a failure of a span stops the app, because it is not about the span's
// tasks.
func (s *spanWork) stops(ctx context.Context, r spanRequest, failed *extract.Error) bool {
	return failed.AboutAccount() || failed.StopsApp() && !s.answersOthers(ctx, r.asWitness(s.policy), failed)
}

func (s *spanWork) refusesSpans() bool {
	s.appWork.mu.Lock()
	answered := s.spansAnswered
	s.appWork.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return answered == 0 && s.spansRefused >= maxRefusedSpans
}

// prove makes the request for a span and records what its answer proves.
func (s *spanWork) prove(ctx context.Context, r spanRequest, by *worker) (*load.SpanPull, load.SpanOutcome, error) {
	window := s.policy.spanWindow(r.days)
	tasks := make([]load.SpanTask, len(r.tasks))
	refs := make([]load.TaskRef, len(r.tasks))
	for i, task := range r.tasks {
		tasks[i], refs[i] = task.SpanTask, task.TaskRef
	}
	ids := taskIDs(refs)
	s.countCall()
	answer, err := s.client.Pull(ctx, extract.Request{Stream: r.stream, Window: window, Tasks: ids, Left: by.left})
	if err != nil {
		return nil, load.SpanOutcome{}, err
	}
	// An answer is recorded even if ctx ends after the request.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	defer answer.Release()
	if err := s.keep(ctx); err != nil {
		return nil, load.SpanOutcome{}, err
	}
	trusted := r.tasks[0].trusted
	if trusted && !s.remembersAll(r) { // since the plan, a day has left the API's memory
		return nil, load.SpanOutcome{Unusable: tasks}, nil
	}
	result, err := by.normalizer.Normalize(r.stream, answer.JSON, ids)
	if err != nil {
		s.log.WarnContext(ctx, "an answer for several days cannot be read: requesting each day", "first_day", r.days.First, "last_day", r.days.Last, "error", err)
		return nil, load.SpanOutcome{Unusable: tasks}, nil
	}
	pull := &load.SpanPull{
		RunID: s.runID, Stream: r.stream, Days: r.days, Window: calendar.Window{Start: window.Start, End: answer.EndTime},
		TaskIDs: ids, Tasks: tasks, Result: result, Body: bytes.Clone(answer.Body), SentAt: answer.SentAt,
		Trusted: trusted, Settled: func(day calendar.Day) load.SettledReason { return s.policy.settles(day, s.asOf()) },
		Exists: s.policy.exists,
	}
	outcome, err := s.lock.Prove(ctx, *pull, s.now())
	return pull, outcome, err
}

// asWitness returns the span's request as a request that can be repeated.
func (r spanRequest) asWitness(rules policy) request {
	witness := request{stream: r.stream, day: r.days.Last, window: rules.spanWindow(r.days)}
	for _, task := range r.tasks {
		witness.tasks = append(witness.tasks, task.TaskRef)
	}
	return witness
}

// remembersAll reports whether the API is still assumed to remember every day that the span must
// prove. Time has passed since the plan.
func (s *spanWork) remembersAll(r spanRequest) bool {
	return !slices.ContainsFunc(r.tasks, func(task spanTask) bool { return !s.policy.remembered(task.Due.First, s.now()) })
}

// leave notes tasks whose windows the span did not prove.
func (s *spanWork) leave(r spanRequest, answer *load.SpanPull, tasks []spanTask) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, task := range tasks {
		s.open = append(s.open, &openTask{spanTask: task, stream: r.stream, answer: answer, asked: make(map[calendar.Day]bool)})
	}
}

// noteProven notes the tasks whose windows the span proved.
func (s *spanWork) noteProven(r spanRequest, answer *load.SpanPull, outcome load.SpanOutcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used[r.stream] = true
	var proven []*openTask
	for _, task := range r.tasks {
		if task.trusted && !has(outcome.Unusable, task) && !has(outcome.Differing, task) {
			proven = append(proven, &openTask{spanTask: task, stream: r.stream, answer: answer, asked: make(map[calendar.Day]bool), proven: true})
		}
	}
	if len(proven) > 0 {
		s.provenTasks = append(s.provenTasks, proven)
	}
}

func has(list []load.SpanTask, task spanTask) bool {
	return slices.ContainsFunc(list, func(t load.SpanTask) bool { return t.Key == task.Key })
}

func pick(tasks []spanTask, of []load.SpanTask) (picked []spanTask) {
	for _, task := range tasks {
		if has(of, task) {
			picked = append(picked, task)
		}
	}
	return picked
}

// withoutApart removes the tasks that the API refused from a span, and queues their windows.
func (s *spanWork) withoutApart(r spanRequest) []spanTask {
	s.appWork.mu.Lock()
	defer s.appWork.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.tasks), func(task spanTask) bool {
		apart := s.refusals.tasks[task.Key]
		if apart != nil {
			for day := task.Due.First; day <= task.Due.Last; day++ {
				if s.policy.exists(day) {
					apart.queued = append(apart.queued, streamDay{r.stream, day})
				}
			}
		}
		return apart != nil
	})
}

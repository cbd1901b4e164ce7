package pipeline

import (
	"context"
	"errors"
	"math"
	"slices"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// maxDisputes is how often the days and the span of a dispute are requested again if figures change
// in between.
const maxDisputes = 3

// settleDisputes decides about the tasks whose days do not explain the span's answer. Figures may
// have changed since, so it requests the span again, and then both again. If the span still
// differs, it is wrong.
func (s *spanWork) settleDisputes(ctx context.Context) error {
	for _, task := range s.open {
		if task.answer == nil || !task.trusted {
			continue
		}
		if err := s.dispute(ctx, task); err != nil {
			return err
		}
		if s.off {
			break // requests for single days replace the spans
		}
	}
	s.open = nil
	return nil
}

func (s *spanWork) dispute(ctx context.Context, task *openTask) error {
	by := newWorker()
	exact := spanRequest{stream: task.stream, days: s.policy.atLeastTwo(task.Due), tasks: []spanTask{task.spanTask}}.onlyCompared()
	for attempt := range maxDisputes {
		before := s.changes
		for day := task.Due.First; day <= task.Due.Last; day++ {
			if s.policy.exists(day) && (attempt > 0 || !task.asked[day]) {
				if err := s.askDay(ctx, day, []*openTask{task}); err != nil {
					return err
				}
			}
		}
		if loaded, err := s.isLoaded(ctx, task); err != nil || !loaded {
			return err // a day failed: nothing is proven either way
		}
		if attempt > 0 && s.changes == before {
			return s.disagree(ctx, task, exact.days, "its figures differ from those of its days, which were the same before and after it")
		}
		s.more(1)
		_, outcome, err := s.prove(ctx, exact, by)
		s.progress(task.Due.Last)
		var failed *extract.Error
		if errors.As(err, &failed) && !s.stops(ctx, exact, failed) {
			s.log.WarnContext(ctx, "a span in dispute was not answered: only its days count", "task", task.ID, "error", failed)
			return nil
		}
		if err != nil || len(outcome.Differing) == 0 {
			return err
		}
	}
	s.log.InfoContext(ctx, "figures changed while a span was compared with its days: only the days count", "task", task.ID, "first_day", exact.days.First, "last_day", exact.days.Last)
	return nil
}

// isLoaded reports whether every window of the task's run is loaded.
func (s *spanWork) isLoaded(ctx context.Context, task *openTask) (bool, error) {
	states, err := s.ledger.TaskStates(ctx, s.Account.SDKAppID, load.TaskOfStream{Stream: task.stream, TaskKey: task.Key}, task.Due)
	if err != nil {
		return false, err
	}
	for day := task.Due.First; day <= task.Due.Last; day++ {
		window := states.Of(refOf(task.stream, day, task.Key))
		if s.policy.exists(day) && (window == nil || !window.Loaded() || window.Rejects) {
			return false, nil
		}
	}
	return true, nil
}

// chooseSample chooses at random which of the spans that just proved something are checked by all
// of their days.
func (s *spanWork) chooseSample() {
	for _, tasks := range s.provenTasks {
		s.noteLikeliest(tasks)
	}
	s.owed += sampleShare * float64(len(s.provenTasks))
	n := int(math.Floor(s.owed))
	if s.checks == 0 {
		n = max(n, 1)
	}
	n = min(n, len(s.provenTasks))
	s.owed -= float64(n)
	for range n {
		i := s.opts.Pick(len(s.provenTasks))
		tasks := s.provenTasks[i]
		if s.checks >= checkedThoroughly {
			one := s.opts.Pick(len(tasks))
			tasks = tasks[one : one+1]
		}
		s.sampled = append(s.sampled, tasks...)
		s.provenTasks = slices.Delete(s.provenTasks, i, i+1)
		s.checks++
	}
	s.provenTasks = nil
}

// fill adds tasks to those that are requested for a day anyway, up to full requests. It adds open
// tasks, which may be explained sooner, and tasks of the sample, whose checks then take no extra
// calls.
func (s *spanWork) fill(day calendar.Day, tasks []*openTask) []*openTask {
	free := make(map[stream.Stream]int)
	for _, task := range tasks {
		free[task.stream] = (free[task.stream] + extract.MaxTasksPerRequest - 1) % extract.MaxTasksPerRequest
	}
	for _, task := range slices.Concat(s.open, s.sampled) {
		if free[task.stream] > 0 && task.Due.Has(day) && !task.asked[day] && !slices.Contains(tasks, task) {
			free[task.stream]--
			tasks = append(tasks, task)
		}
	}
	return tasks
}

// check checks the sample, and decides about the tasks that remain open.
func (s *spanWork) check(ctx context.Context, days calendar.Span) error {
	if err := s.checkSample(ctx, days); err != nil {
		return err
	}
	return s.settleDisputes(ctx)
}

// checkSample requests the days of the sample that were not requested yet. If a task's days differ
// from its span's answer, the task becomes disputed.
func (s *spanWork) checkSample(ctx context.Context, days calendar.Span) error {
	if len(s.sampled) == 0 {
		return nil
	}
	for day := days.First; day <= days.Last; day++ {
		var tasks []*openTask
		for _, task := range s.sampled {
			if task.Due.Has(day) && !task.asked[day] {
				tasks = append(tasks, task)
			}
		}
		if len(tasks) > 0 && s.policy.exists(day) {
			if err := s.askDay(ctx, day, tasks); err != nil {
				return err
			}
		}
	}
	s.open = append(s.open, s.sampled...)
	return s.proveAgain(ctx)
}

package pipeline

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// An API that answers spans from an old copy hides what changed since: the answers equal the
// stored days. So a job that used spans of a stream makes two more requests for several days,
// probes. They cover the newest figures, of tasks and of the whole app, that the job saw change in
// an answer for a single day. An old copy lacks them. If no figures of tasks changed, the job also
// checks the tasks in which a span is most likely to hide a change.

// freshFigures are the newest figures that a job saw change in an answer for a single day. No
// span led to that answer: a span that shows a change does not hide it.
type freshFigures struct {
	request
	changed int64 // rows
}

// newerThan reports whether the figures are better for a probe.
func (f freshFigures) newerThan(o freshFigures) bool {
	return o.changed == 0 || cmp.Or(cmp.Compare(f.day, o.day), cmp.Compare(f.changed, o.changed)) > 0
}

// freshOf is the stream and place of fresh figures.
type freshOf struct {
	stream  stream.Stream
	ofTasks bool
}

// onePlanned is one for requests for single days of a plan that uses spans. It also notes the fresh
// figures.
func (w *appWork) onePlanned(ctx context.Context, r request, by *worker) (answered bool, err error) {
	r.loaded = func(r request, outcome load.Outcome) {
		found, of := freshFigures{r, changedBy(outcome)}, freshOf{r.stream, r.ofTasks()}
		w.mu.Lock()
		defer w.mu.Unlock()
		if found.changed > 0 && found.newerThan(w.fresh[of]) {
			w.fresh[of] = found
		}
	}
	return w.one(ctx, r, by)
}

func changedBy(outcome load.Outcome) int64 {
	return outcome.Rows.Inserted + outcome.Rows.Updated + outcome.Rows.Deleted
}

// noteLikeliest notes the tasks of a proof that is most likely to hide a change: those with figures
// on the newest days.
func (s *spanWork) noteLikeliest(tasks []*openTask) {
	for _, task := range tasks {
		if !task.figures {
			continue
		}
		likeliest := append(s.likeliest[task.stream], task)
		slices.SortStableFunc(likeliest, func(a, b *openTask) int { return cmp.Compare(b.Due.Last, a.Due.Last) })
		s.likeliest[task.stream] = likeliest[:min(len(likeliest), extract.MaxTasksPerRequest)]
	}
}

// probe makes the last check of a job's spans.
func (s *spanWork) probe(ctx context.Context) error {
	before := s.calls
	for _, of := range slices.Sorted(maps.Keys(s.used)) {
		if err := s.probeStream(ctx, of); err != nil {
			return err
		}
	}
	s.totals.CallsSaved -= int64(s.calls - before)
	if s.off {
		return s.byDays(ctx)
	}
	return nil
}

func (s *spanWork) probeStream(ctx context.Context, of stream.Stream) error {
	s.open, s.sampled = nil, nil
	var days calendar.Span
	for _, ofTasks := range []bool{true, false} {
		probed, err := s.ofFresh(ctx, freshOf{of, ofTasks})
		if err == nil && len(probed.tasks) > 0 {
			err = s.askProbe(ctx, probed)
		} else if ofTasks {
			days = s.sampleLikeliest(of)
		}
		if err != nil {
			return err
		}
	}
	return s.check(ctx, days)
}

// sampleLikeliest makes the check request the days of the tasks in which a span is most likely to
// hide a change.
func (s *spanWork) sampleLikeliest(of stream.Stream) (days calendar.Span) {
	for _, task := range s.likeliest[of] {
		if left := task.left(); left.First > left.Last {
			continue // the random sample has it
		}
		if len(s.sampled) == 0 {
			days = task.Due
		}
		days.First, days.Last = min(days.First, task.Due.First), max(days.Last, task.Due.Last)
		s.sampled = append(s.sampled, task)
	}
	return days
}

// ofFresh returns the probe of fresh figures: their day and the day before, for the tasks for which
// both are known.
func (s *spanWork) ofFresh(ctx context.Context, of freshOf) (r spanRequest, err error) {
	fresh, found := s.fresh[of]
	if !found {
		return r, nil
	}
	r = spanRequest{stream: of.stream, days: s.policy.atLeastTwo(calendar.Span{First: fresh.day, Last: fresh.day})}
	if !s.policy.remembered(r.days.First, s.now()) {
		return r, nil
	}
	for _, ref := range fresh.tasks {
		task := spanTask{SpanTask: load.SpanTask{TaskRef: ref, Due: r.days}, trusted: true}
		if s.notSent(ref, r.days.First) {
			task.Due.First = fresh.day
		}
		if loaded, err := s.isLoaded(ctx, &openTask{spanTask: task, stream: of.stream}); err != nil {
			return r, err
		} else if loaded {
			r.tasks = append(r.tasks, task)
		}
	}
	return r, nil
}

// notSent reports whether the task's push is known to be later than the day.
func (s *spanWork) notSent(ref load.TaskRef, day calendar.Day) bool {
	i := slices.IndexFunc(s.plan.tasks, func(task load.Task) bool { return task.Key == ref.Key })
	return i >= 0 && s.plan.tasks[i].SentAt != nil && day < s.plan.startOf(s.plan.tasks[i])
}

// onlyCompared returns the request in a form that proves nothing.
func (r spanRequest) onlyCompared() spanRequest {
	r.tasks = slices.Clone(r.tasks)
	for i := range r.tasks {
		r.tasks[i].Due = calendar.Span{First: r.days.Last + 1, Last: r.days.Last}
	}
	return r
}

// askProbe makes a probe. Tasks whose figures differ from the stored ones become open.
func (s *spanWork) askProbe(ctx context.Context, probed spanRequest) error {
	compared := probed.onlyCompared()
	if compared.tasks = s.withoutApart(compared); len(compared.tasks) == 0 {
		return nil
	}
	s.more(1)
	return each(ctx, s.appWork, withoutErrors([]spanRequest{compared}), func(ctx context.Context, r spanRequest, by *worker) (bool, error) {
		defer s.progress(r.days.Last)
		answer, outcome, err := s.prove(ctx, r, by)
		var failed *extract.Error
		switch {
		case errors.As(err, &failed) && !s.stops(ctx, r, failed):
			s.log.WarnContext(ctx, "figures that just changed were not compared with an answer for several days", "first_day", r.days.First, "last_day", r.days.Last, "error", failed)
			return false, nil
		case err != nil:
			return false, err
		}
		s.leave(probed, answer, pick(probed.tasks, outcome.Differing))
		return true, nil
	})
}

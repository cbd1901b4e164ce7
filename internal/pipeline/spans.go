package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/transform"
)

// spanWork is the work on the windows of an app that are requested by spans.
type spanWork struct {
	*appWork
	db *load.DB

	mu sync.Mutex
	// open are the tasks of this week whose windows a span did not prove.
	open []*openTask
	// proven are the spans of the week that were proven, for the sample.
	proven []spanRequest
	owed   float64 // spans to check, of those proven so far
	checks int     // spans that were checked
	off    map[stream.Stream]bool
	// refused and answered count spans.
	refused, answered int
}

// openTask is a task of a week whose windows a span did not prove.
type openTask struct {
	spanTask
	stream stream.Stream
	// answer is the span's answer; nil if there is none that can be compared.
	answer *load.SpanPull
	asked  map[calendar.Day]bool
}

// left is the run without the days at its ends that were requested by themselves.
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

// spansAtOnce is how many spans of a week are narrowed together, so that their tasks share
// the requests of a day. It bounds the answers in memory.
const spansAtOnce = 100

// maxRefusedSpans is how many spans the API may refuse, without an answer to any, before
// the job goes by days: it may take no window of several days any more.
const maxRefusedSpans = 3

// sampleShare is the share of proven spans that each job checks by days.
const sampleShare = 0.02

// doSpans requests the windows that go by spans, week by week. If a span is wrong, it
// requests every day that is left by itself.
func (w *appWork) doSpans(ctx context.Context, db *load.DB) error {
	if w.plan.spans == nil {
		return nil
	}
	s := &spanWork{appWork: w, db: db, off: make(map[stream.Stream]bool)}
	for week, err := range w.plan.weeks(ctx, db, ofTasks) {
		if err == nil {
			err = s.week(ctx, week)
		}
		if err != nil {
			return err
		}
		if len(s.off) > 0 {
			return s.byDays(ctx)
		}
	}
	return nil
}

// week requests the spans of a week, narrows those that differ, and checks a sample of the
// others.
func (s *spanWork) week(ctx context.Context, week week) error {
	requests := s.plan.spanRequests(week)
	if len(requests) == 0 {
		return nil
	}
	if err := s.goFirst(ctx); err != nil {
		return err
	}
	s.open, s.proven = nil, nil
	before := s.calls
	byDays := requestsByDays(requests)
	for part := range slices.Chunk(requests, spansAtOnce) {
		if err := each(ctx, s.appWork, all(part), s.ask); err != nil {
			return err
		}
		if err := s.narrowWeek(ctx, week.Span); err != nil {
			return err
		}
		if len(s.off) > 0 {
			break
		}
	}
	if err := s.checkSample(ctx); err != nil {
		return err
	}
	s.appWork.mu.Lock()
	defer s.appWork.mu.Unlock()
	s.totals.CallsSaved += int64(byDays - (s.calls - before))
	return nil
}

// requestsByDays is how many requests the windows of spans would take day by day.
func requestsByDays(requests []spanRequest) (n int) {
	perDay := make(map[streamDay]int)
	for _, r := range requests {
		for _, task := range r.tasks {
			for day := task.Due.First; day <= task.Due.Last; day++ {
				perDay[streamDay{r.stream, day}]++
			}
		}
	}
	for _, tasks := range perDay {
		n += (tasks + extract.MaxTasksPerRequest - 1) / extract.MaxTasksPerRequest
	}
	return n
}

func all[R any](requests []R) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for _, r := range requests {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// goFirst pulls, in a backfill, what a run wanted meanwhile.
func (s *spanWork) goFirst(ctx context.Context) error {
	if s.givesWay == nil {
		return nil
	}
	due, ok, err := s.givesWay.due(ctx, false)
	if err != nil || !ok {
		return err
	}
	return each(ctx, s.appWork, due.allRequests(ctx, s.db), s.one)
}

// ask requests one span and records what its answer proves. It leaves the other tasks
// open.
func (s *spanWork) ask(ctx context.Context, r spanRequest, normalizer *transform.Normalizer) (answered bool, err error) {
	r.tasks = s.withoutApart(r)
	defer s.progress(r.days.Last)
	if len(r.tasks) == 0 {
		return false, nil
	}
	if s.refusesSpans() {
		s.leave(r, nil, r.tasks)
		return false, nil
	}
	pull, outcome, err := s.prove(ctx, r, normalizer)
	var failed *extract.Error
	switch {
	case errors.As(err, &failed) && (!failed.StopsApp() && !wordless(failed) || failed.MayBeAboutTasks() || failed.AboutWindow()):
		// The days say which task or day is the reason.
		s.log.WarnContext(ctx, "the api refuses a request for several days: requesting each day", "first_day", r.days.First, "last_day", r.days.Last, "error", failed)
		s.leave(r, nil, r.tasks)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refused++
		return false, nil
	case errors.As(err, &failed) && !failed.StopsApp():
		s.leave(r, nil, r.tasks)
		return false, s.unanswered(failed)
	case err != nil:
		return false, err
	}
	s.appWork.mu.Lock()
	s.failuresInRow, s.errorsInRow = 0, 0
	s.loads++
	s.answered++
	s.totals.Windows += int64(outcome.Windows)
	s.totals.WindowsBySpan += int64(outcome.Windows)
	s.totals.RowsUnchanged += int64(outcome.Rows)
	switch {
	case pull != nil && !pull.Trusted:
		s.totals.WindowsUnproven += int64(outcome.Windows)
	case outcome.Rows > 0:
		s.emptied.confirm(r.stream)
	}
	s.appWork.mu.Unlock()
	s.leave(r, nil, pick(r.tasks, outcome.Unusable))
	s.leave(r, pull, pick(r.tasks, outcome.Differing))
	rest := r
	rest.tasks = slices.DeleteFunc(slices.Clone(r.tasks), func(task spanTask) bool {
		return has(outcome.Unusable, task) || has(outcome.Differing, task) || !task.trusted
	})
	if len(rest.tasks) > 0 {
		s.mu.Lock()
		s.proven = append(s.proven, rest)
		s.mu.Unlock()
	}
	return true, nil
}

func (s *spanWork) refusesSpans() bool {
	s.appWork.mu.Lock()
	answered := s.answered
	s.appWork.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return answered == 0 && s.refused >= maxRefusedSpans
}

// unanswered counts a request without an answer, and returns what stops the app if there
// were too many in a row.
func (s *spanWork) unanswered(failed *extract.Error) error {
	s.appWork.mu.Lock()
	defer s.appWork.mu.Unlock()
	if s.failuresInRow++; s.failuresInRow >= maxFailuresInRow {
		return &unreachableError{requests: s.failuresInRow, last: failed}
	}
	return nil
}

// prove makes the request for a span and records what its answer proves.
func (s *spanWork) prove(ctx context.Context, r spanRequest, normalizer *transform.Normalizer) (*load.SpanPull, load.SpanOutcome, error) {
	window := s.policy.spanWindow(r.days)
	tasks := make([]load.SpanTask, len(r.tasks))
	refs := make([]load.TaskRef, len(r.tasks))
	for i, task := range r.tasks {
		tasks[i], refs[i] = task.SpanTask, task.TaskRef
	}
	ids := taskIDs(refs)
	s.countCall()
	answer, err := s.client.Pull(ctx, extract.Request{Stream: r.stream, Window: window, Tasks: ids})
	if err != nil {
		return nil, load.SpanOutcome{}, err
	}
	// Once a request is made, its answer is recorded even if ctx ends.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	defer answer.Release()
	if err := s.keep(ctx); err != nil {
		return nil, load.SpanOutcome{}, err
	}
	trusted := r.tasks[0].trusted
	if trusted && !s.remembersAll(r) { // the memory's limit has passed a day since the plan
		return nil, load.SpanOutcome{Unusable: tasks}, nil
	}
	result, err := normalizer.Normalize(r.stream, answer.JSON, ids)
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

// remembersAll reports whether the API still is assumed to remember every day that the
// span is to prove: time has passed since the plan.
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

// narrowWeek requests the days of the open tasks by themselves until the stored days
// explain the span's answer. The newest day comes first, or the oldest where figures are
// more likely there. Tasks share the requests of a day.
func (s *spanWork) narrowWeek(ctx context.Context, days calendar.Span) error {
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
	return s.settleDisputes(ctx)
}

func (s *spanWork) narrowDay(ctx context.Context, day calendar.Day, oldestFirst bool) error {
	var tasks []*openTask
	for _, task := range s.open {
		if task.oldestFirst == oldestFirst && task.Due.Has(day) {
			tasks = append(tasks, task)
		}
	}
	if len(tasks) == 0 || !s.policy.exists(day) {
		return nil
	}
	if err := s.askDay(ctx, day, tasks); err != nil {
		return err
	}
	return s.proveAgain(ctx)
}

// askDay requests one day of the tasks.
func (s *spanWork) askDay(ctx context.Context, day calendar.Day, tasks []*openTask) error {
	byStream := make(map[stream.Stream][]load.TaskRef)
	for _, task := range tasks {
		task.asked[day] = true
		byStream[task.stream] = append(byStream[task.stream], task.TaskRef)
	}
	var requests []request
	for _, of := range slices.Sorted(maps.Keys(byStream)) {
		for _, batch := range extract.Batches(byStream[of]) {
			requests = append(requests, s.plan.request(of, day, batch))
		}
	}
	return s.askDays(ctx, requests)
}

func (s *spanWork) askDays(ctx context.Context, requests []request) error {
	s.more(len(requests))
	return each(ctx, s.appWork, all(requests), func(ctx context.Context, r request, normalizer *transform.Normalizer) (bool, error) {
		s.countCall()
		return s.one(ctx, r, normalizer)
	})
}

// proveAgain compares the open tasks' answers with the stored days again, and closes those
// that agree now, and those that have no day left to request and no answer.
func (s *spanWork) proveAgain(ctx context.Context) error {
	byAnswer := make(map[*load.SpanPull][]load.SpanTask)
	for _, task := range s.open {
		if task.answer != nil {
			byAnswer[task.answer] = append(byAnswer[task.answer], load.SpanTask{TaskRef: task.TaskRef, Due: task.left()})
		}
	}
	agreed := make(map[*load.SpanPull][]load.SpanTask)
	for answer, tasks := range byAnswer {
		again := *answer
		again.Tasks = tasks
		outcome, err := s.lock.Prove(context.WithoutCancel(ctx), again, s.now())
		if err != nil {
			return err
		}
		s.appWork.mu.Lock()
		s.totals.WindowsBySpan += int64(outcome.Windows)
		s.totals.Windows += int64(outcome.Windows)
		s.appWork.mu.Unlock()
		agreed[answer] = slices.DeleteFunc(tasks, func(task load.SpanTask) bool {
			return slices.ContainsFunc(outcome.Differing, func(d load.SpanTask) bool { return d.Key == task.Key })
		})
	}
	s.open = slices.DeleteFunc(s.open, func(task *openTask) bool {
		return task.answer != nil && has(agreed[task.answer], task.spanTask)
	})
	return nil
}

// withoutApart removes the tasks from a span that the API refused, and queues their
// windows.
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

func (s *spanWork) countCall() {
	s.appWork.mu.Lock()
	defer s.appWork.mu.Unlock()
	s.calls++
}

// byDays requests every window that is left by itself, after a span was wrong.
func (s *spanWork) byDays(ctx context.Context) error {
	plan := s.plan
	plan.spans, plan.pulledSince = nil, s.began
	windows, err := s.db.OpenedWindows(ctx, s.Account.SDKAppID)
	if err != nil {
		return err
	}
	plan.opened = maps.Clone(plan.opened)
	if plan.opened == nil {
		plan.opened = make(map[ledgerKey]bool)
	}
	for _, window := range windows {
		plan.opened[ledgerKey{stream.Loss, window.Day, window.TaskKey}] = true
	}
	size, err := plan.count(ctx, s.db)
	if err != nil {
		return err
	}
	s.more(size.requests)
	return each(ctx, s.appWork, plan.queue(ctx, s.db, ofTasks), s.one)
}

// disagree records that a span was wrong.
func (s *spanWork) disagree(ctx context.Context, task *openTask, detail string) error {
	s.off[task.stream] = true
	opened, err := s.lock.Disagree(context.WithoutCancel(ctx), load.Disagreement{
		RunID: s.runID, Stream: task.stream, Task: task.TaskRef, Days: task.Due, Detail: detail,
	}, s.policy.lastForgotten(s.now()), s.now())
	if err != nil {
		return err
	}
	s.log.WarnContext(ctx, "an answer for several days is not the sum of its days: every day is requested by itself from now on",
		"stream", task.stream, "task", task.ID, "first_day", task.Due.First, "last_day", task.Due.Last, "detail", detail, "windows_opened", opened)
	s.appWork.mu.Lock()
	defer s.appWork.mu.Unlock()
	s.lastProblem = fmt.Sprintf("the API's answer for %s of task %s is not the sum of its days: %s", task.Due, task.ID, detail)
	s.disagreed = true
	return nil
}

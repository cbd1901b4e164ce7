package pipeline

import (
	"context"
	"errors"
	"slices"

	"pushloss/extract"
	"pushloss/internal/stream"
	"pushloss/load"
)

// errTrial says that a trial of a task got no answer.
var errTrial = errors.New("the api said nothing of the task")

// blamesNoTask reports whether a failure says nothing of the request's tasks or days: a
// cut connection, an error page, a refused pace, a missing permission. Usually the API,
// the way to it, or the app is at fault. But a request may fail like this because of one
// of its tasks, in every run.
func blamesNoTask(failed *extract.Error) bool {
	return failed.Code == 0 && failed.Class != extract.Unreadable || failed.Class == extract.Throttled ||
		failed.Class == extract.Operator && !failed.AboutAccount()
}

// answersOthers reports whether the API works for the app, so that a request failed because of its
// tasks or its day. It does if it answers the last answered request of the statistic again (before
// the first answer to a request of tasks: a request for the whole app). Answers that came while
// this request was under way do not count, because they may be older than an outage. In an outage,
// this costs one more call for each request that may fail in a row. A task that is refused alone
// costs one more call only if no vouch covers it.
func (w *appWork) answersOthers(ctx context.Context, r request, failed *extract.Error) bool {
	w.mu.Lock()
	witness, found := w.witnessOf(r.stream)
	fails := w.appRefused != nil || !found && !r.ofTasks()
	covered := len(r.tasks) == 1 && w.vouches[r.stream].covers(failed)
	w.mu.Unlock()
	if fails || covered {
		return !fails
	}
	if !found {
		witness = w.wholeAppQuestion(r.stream)
	}
	answers := w.answers(ctx, witness)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.vouches == nil {
		w.vouches = make(map[stream.Stream]*vouch)
	}
	w.vouches[r.stream] = w.vouches[r.stream].after(answers)
	return answers
}

// vouch is what the answers of a witness say of the next refusals. Where the API refuses one
// task after another, each answer counts for about as many as were refused before, so that
// few calls find out that the API answers others, and an app that is refused from some call
// on is left alone soon.
type vouch struct{ left, next int }

// mostVouched is for how many refusals one answer counts.
const mostVouched = 15

// covers reports whether a failure needs no witness: the API answered it with an error, and
// an answer is left that counts for it. A failure without an answer may be an outage.
func (v *vouch) covers(failed *extract.Error) bool {
	if v == nil || v.left == 0 || failed.Code == 0 {
		return false
	}
	v.left--
	return true
}

// after returns the vouch after a witness was asked.
func (v *vouch) after(answered bool) *vouch {
	switch {
	case !answered:
		return nil
	case v == nil:
		return &vouch{next: 1}
	}
	return &vouch{left: v.next, next: min(2*v.next+1, mostVouched)}
}

// witnessOf returns the last answered request of a stream.
func (w *appWork) witnessOf(of stream.Stream) (request, bool) {
	i := slices.IndexFunc(w.witnesses, func(witness request) bool { return witness.stream == of })
	if i < 0 {
		return request{}, false
	}
	return w.witnesses[i], true
}

// noteWitness notes a request that was answered.
func (w *appWork) noteWitness(r request) {
	w.witnesses = append(slices.DeleteFunc(w.witnesses, func(o request) bool { return o.stream == r.stream }), r)
}

// wholeAppQuestion returns the request for the newest day of the whole app. If the API answers any
// request, it answers this one.
func (w *appWork) wholeAppQuestion(of stream.Stream) request {
	day := w.policy.lastEndedDay(w.now())
	for !w.policy.exists(day) {
		day--
	}
	return w.plan.request(of, day, nil)
}

// answers reports whether the API answers a request, which is tried once. The figures of the answer
// are not loaded.
func (w *appWork) answers(ctx context.Context, witness request) bool {
	w.more(1)
	err := w.turn.answers(ctx, witness.stream, witness.window, witness.taskIDs())
	w.progress(witness.day)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.failuresInRow = 0
		return true
	}
	var failed *extract.Error
	if errors.As(err, &failed) && failed.StopsApp() {
		w.appRefused = failed
	}
	return false
}

// unanswered counts a request without an answer. After too many in a row, it returns the error that
// stops the app, unless the API still answers the last answered request. Then days may be the
// reason, and they must not prevent requests for others (see maxErrorsInRow).
func (w *appWork) unanswered(ctx context.Context, failed *extract.Error) error {
	w.mu.Lock()
	w.failuresInRow++
	inRow, witnesses := w.failuresInRow, slices.Clone(w.witnesses)
	w.mu.Unlock()
	if inRow < maxFailuresInRow {
		return nil
	}
	if len(witnesses) == 0 || !w.answers(ctx, witnesses[len(witnesses)-1]) {
		return &unreachableError{requests: inRow, last: failed}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lastError = failed
	if w.errorsInRow += inRow; w.errorsInRow >= maxErrorsInRow {
		return &unreachableError{requests: w.errorsInRow, last: failed}
	}
	return nil
}

// triesEach reports whether the tasks of a failed request are requested one by one, because the
// failure does not say which of them is the reason.
func (w *appWork) triesEach(ctx context.Context, r request, failed *extract.Error) bool {
	return len(r.tasks) > 1 && blamesNoTask(failed) && !w.dayFails(r) && w.answersOthers(ctx, r, failed)
}

// tryEach requests each task of such a request once. Tasks without an answer are set apart and
// requested again at the end: they are the reason, or had bad luck. Like split, it takes apart one
// request at a time.
func (w *appWork) tryEach(ctx context.Context, r request, failed *extract.Error, by *worker) (answered bool, err error) {
	if !r.split {
		w.splitting.Lock()
		defer w.splitting.Unlock()
	}
	tasks := w.withoutRefused(r).tasks
	w.log.WarnContext(ctx, "the request failed, and others do not: requesting each of its tasks",
		"stream", r.stream, "day", r.day, "tasks", taskIDs(tasks), "error", failed)
	w.more(len(tasks))
	w.progress(r.day)
	for _, task := range tasks {
		piece := r
		piece.tasks, piece.split, piece.trial = []load.TaskRef{task}, true, true
		took, err := w.ask(ctx, piece, by)
		switch {
		case errors.Is(err, errTrial):
			w.setApart(r, task, failed)
			w.progress(r.day)
		case err != nil:
			return answered, err
		}
		answered = answered || took
	}
	return answered, nil
}

// setApart queues the window of a task that got no answer, for the end.
func (w *appWork) setApart(r request, task load.TaskRef, failed *extract.Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	apart := w.refusals.of(task)
	apart.last, apart.queued = failed, append(apart.queued, r.streamDay())
}

// isApart reports whether a task is set apart.
func (w *appWork) isApart(task load.TaskRef) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refusals.tasks[task.Key] != nil
}

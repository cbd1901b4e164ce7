package pipeline

import (
	"context"
	"errors"

	"pushloss/extract"
	"pushloss/load"
)

// errWordless is the failure of a trial.
var errWordless = errors.New("the api said nothing of the task")

// wordless reports whether a failure comes without a statement of the API about the
// request: a cut connection, an error page, a refused pace. Usually the API, or the way
// to it, is at fault. But a request may fail like this because of one of its tasks, in
// every run.
func wordless(failed *extract.Error) bool {
	return failed.Code == 0 && failed.Class != extract.Unreadable || failed.Class == extract.Throttled
}

// answersOthers reports whether the API works, so that a request that failed without a
// statement failed because of its tasks: it answers again what it answered last. What it
// answered while this request was under way may be from before an outage. An outage costs
// one call more for each request that may fail in a row.
func (w *appWork) answersOthers(ctx context.Context, r request) bool {
	w.mu.Lock()
	loads, witness, dayFails := w.loads, w.witness, w.refusals.days[r.streamDay()]
	w.mu.Unlock()
	return loads > 0 && !dayFails && w.answersAgain(ctx, witness)
}

// answersAgain reports whether the API answers a request that it has answered before.
func (w *appWork) answersAgain(ctx context.Context, witness request) bool {
	w.more(1)
	answer, err := w.client.Pull(ctx, extract.Request{Stream: witness.stream, Window: witness.window, Tasks: witness.taskIDs(), Tries: 1})
	w.progress(witness.day)
	if err != nil {
		return false
	}
	answer.Release() // the figures are loaded
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failuresInRow = 0
	return true
}

// unanswered counts a request without an answer. After too many in a row, it returns the
// error that stops the app, unless the API still answers what it answered last: then days
// may be the reason, and they must not prevent requests for others (see maxErrorsInRow).
func (w *appWork) unanswered(ctx context.Context, failed *extract.Error) error {
	w.mu.Lock()
	w.failuresInRow++
	inRow, loads, witness := w.failuresInRow, w.loads, w.witness
	w.mu.Unlock()
	if inRow < maxFailuresInRow {
		return nil
	}
	if loads == 0 || !w.answersAgain(ctx, witness) {
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

// triesEach reports whether the tasks of a request that failed without a statement are
// requested one by one.
func (w *appWork) triesEach(ctx context.Context, r request, failed *extract.Error) bool {
	return len(r.tasks) > 1 && wordless(failed) && w.answersOthers(ctx, r)
}

// tryEach requests each task of a request that failed without a statement, once. Those
// without an answer are set apart and requested again at the end: they are the reason, or
// had bad luck. Only one request is taken apart at a time, as in split.
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
		case errors.Is(err, errWordless):
			w.setApart(r, task, failed)
			w.progress(r.day)
		case err != nil:
			return answered, err
		}
		answered = answered || took
	}
	return answered, nil
}

// setApart queues the window of a task that got no answer for the end.
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

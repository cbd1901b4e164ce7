package pipeline

import (
	"context"
	"errors"

	"pushloss/extract"
	"pushloss/load"
)

// errTrial is the failure of a trial.
var errTrial = errors.New("the api said nothing of the task")

// blamesNoTask reports whether a failure says nothing of the request's tasks or days: a
// cut connection, an error page, a refused pace, a missing permission. Usually the API,
// the way to it, or the app is at fault. But a request may fail like this because of one
// of its tasks, in every run.
func blamesNoTask(failed *extract.Error) bool {
	return failed.Code == 0 && failed.Class != extract.Unreadable || failed.Class == extract.Throttled ||
		failed.Class == extract.Operator && !failed.AboutAccount()
}

// answersOthers reports whether the API works for the app, so that a request that failed
// failed because of its tasks: the API answers again what it answered last or, before the
// first answer, it answers for the whole app on that day. What it answered while this
// request was under way may be from before an outage. An outage costs one call more for
// each request that may fail in a row.
func (w *appWork) answersOthers(ctx context.Context, r request) bool {
	w.mu.Lock()
	witness := w.witness
	if w.loads == 0 {
		witness = r
		witness.tasks = nil
	}
	fails := w.appRefused || w.refusals.days[r.streamDay()]
	w.mu.Unlock()
	return !fails && w.answers(ctx, witness)
}

// answers reports whether the API answers a request, tried once. Its figures are not
// loaded.
func (w *appWork) answers(ctx context.Context, witness request) bool {
	w.more(1)
	answer, err := w.client.Pull(ctx, extract.Request{Stream: witness.stream, Window: witness.window, Tasks: witness.taskIDs(), Tries: 1})
	w.progress(witness.day)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		var failed *extract.Error
		w.appRefused = w.appRefused || errors.As(err, &failed) && failed.StopsApp()
		return false
	}
	answer.Release()
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
	if loads == 0 || !w.answers(ctx, witness) {
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

// triesEach reports whether the tasks of a request that failed are requested one by one,
// since the failure does not say which of them is the reason.
func (w *appWork) triesEach(ctx context.Context, r request, failed *extract.Error) bool {
	return len(r.tasks) > 1 && blamesNoTask(failed) && w.answersOthers(ctx, r)
}

// tryEach requests each task of such a request once. Those without an answer are set apart and requested again at the end: they are the reason, or
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

package pipeline

import (
	"context"
	"errors"

	"pushloss/extract"
	"pushloss/load"
	"pushloss/transform"
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

// answersOthers reports whether the API seems to work: it answered other requests while
// this one was under way, or it answered the one before.
func (w *appWork) answersOthers(r request, loadsBefore int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.loads > loadsBefore || w.failuresInRow == 0 && !w.refusals.days[streamDay{r.stream, r.day}]
}

// triesEach reports whether the tasks of a request that failed without a statement are
// requested one by one.
func (w *appWork) triesEach(r request, failed *extract.Error, loadsBefore int) bool {
	return len(r.tasks) > 1 && wordless(failed) && w.answersOthers(r, loadsBefore)
}

// tryEach requests each task of a request that failed without a statement, once. If some
// are answered, the others are set apart and requested again at the end: they are the
// reason, or had bad luck. If none is answered, the request has failed, at the cost of
// these calls. Only one request is taken apart at a time, as in narrow.
func (w *appWork) tryEach(ctx context.Context, r request, failed *extract.Error, loadsBefore int, normalizer *transform.Normalizer) (answered bool, err error) {
	if !r.narrowed {
		w.narrowing.Lock()
		defer w.narrowing.Unlock()
	}
	tasks := w.withoutRefused(r).tasks
	if len(tasks) == len(r.tasks) && !w.answersOthers(r, loadsBefore) { // the result of other requests meanwhile
		return false, w.refused(context.WithoutCancel(ctx), r, failed, loadsBefore)
	}
	w.log.WarnContext(ctx, "the request failed, and others do not: requesting each of its tasks",
		"stream", r.stream, "day", r.day, "tasks", taskIDs(tasks), "error", failed)
	w.more(len(tasks))
	w.progress(r.day)
	var silent []load.TaskRef
	for _, task := range tasks {
		piece := r
		piece.tasks, piece.narrowed, piece.trial = []load.TaskRef{task}, true, true
		took, err := w.ask(ctx, piece, normalizer)
		switch {
		case errors.Is(err, errWordless):
			silent = append(silent, task)
		case err != nil:
			return answered, err
		}
		answered = answered || took
	}
	if len(silent) == len(tasks) && len(tasks) == len(r.tasks) {
		for range len(silent) - 1 {
			w.progress(r.day)
		}
		return false, w.refused(context.WithoutCancel(ctx), r, failed, loadsBefore)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, task := range silent {
		w.progress(r.day)
		apart := w.refusals.of(task)
		apart.last, apart.queued = failed, append(apart.queued, streamDay{r.stream, r.day})
	}
	return answered, nil
}

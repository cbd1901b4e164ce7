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

// wordless reports whether a failure has no word of the API on what was asked: a cut
// connection, an error page, a pace that is refused. As a rule the API, or the way to
// it, is at fault. But a request may fail like this for one of its tasks alone, at every
// run.
func wordless(failed *extract.Error) bool {
	return failed.Code == 0 && failed.Class != extract.Unreadable || failed.Class == extract.Throttled
}

// answersOthers reports whether the API is there, as far as is known: others were
// answered while the request was under way, or the one before it was.
func (w *appWork) answersOthers(r request, loadsBefore int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.loads > loadsBefore || w.failuresInRow == 0 && !w.refusals.days[streamDay{r.stream, r.day}]
}

// triesEach reports whether the tasks of a request that failed without a word are asked
// for one by one.
func (w *appWork) triesEach(r request, failed *extract.Error, loadsBefore int) bool {
	return len(r.tasks) > 1 && wordless(failed) && w.answersOthers(r, loadsBefore)
}

// tryEach asks for each task of a request that failed without a word, once. Where some
// are answered, the others are set apart, and asked for again at the end: they are the
// reason, or have bad luck. Where none is, the request has failed, at the price of these
// calls. One request is taken apart at a time, as in narrow.
func (w *appWork) tryEach(ctx context.Context, r request, failed *extract.Error, loadsBefore int, normalizer *transform.Normalizer) (answered bool, err error) {
	if !r.narrowed {
		w.narrowing.Lock()
		defer w.narrowing.Unlock()
	}
	tasks := w.withoutRefused(r).tasks
	if len(tasks) == len(r.tasks) && !w.answersOthers(r, loadsBefore) { // what was learnt meanwhile
		return false, w.refused(context.WithoutCancel(ctx), r, failed, loadsBefore)
	}
	w.log.WarnContext(ctx, "the request failed, and others do not: asking for each of its tasks",
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

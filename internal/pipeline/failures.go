package pipeline

import (
	"cmp"
	"context"
	"fmt"

	"pushloss/extract"
	"pushloss/load"
)

// refused handles a request without figures. loadsBefore is how many requests had been loaded when
// it began. An error stops the app.
//
// A refusal of the app stops it, unless the API answers other requests (answersOthers): then the
// task or the day is the reason. A task without an answer stops the app only if the API answers
// nothing else: each such request counts, and maxFailuresInRow of them stop the app.
func (w *appWork) refused(ctx context.Context, r request, failed *extract.Error, loadsBefore int) error {
	reason := reasonOf(r, failed)
	if !w.policy.remembered(r.day, w.now()) && failed.AboutWindow() {
		w.log.WarnContext(ctx, "the api no longer has figures for this day", "stream", r.stream, "day", r.day, "tasks", r.taskIDs(), "error", failed)
		unproven, err := w.lock.RecordFailure(ctx, load.Failure{
			Stream: r.stream, Day: r.day, Tasks: r.tasks, Reason: reason, Unavailable: true,
		}, w.now())
		w.mu.Lock()
		defer w.mu.Unlock()
		w.refusals.note(r, failed)
		w.totals.Windows += r.newWindows()
		w.totals.WindowsUnproven += int64(unproven)
		w.progress(r.day)
		return err
	}
	others := false
	switch {
	case r.ofTasks() && failed.MayBeAboutTasks(), failed.AboutAccount():
	case failed.StopsApp():
		others = w.answersOthers(ctx, r, failed)
	case r.ofTasks() && len(r.tasks) == 1 && blamesNoTask(failed):
		others = w.isApart(r.tasks[0]) || !w.dayFails(r) && w.answersOthers(ctx, r, failed)
	}
	aboutTasks := r.ofTasks() && (failed.MayBeAboutTasks() || others && len(r.tasks) == 1)
	if failed.StopsApp() && !aboutTasks && !others {
		return w.refusalOfApp(failed)
	}
	if err := w.failed(ctx, r, reason); err != nil {
		return err
	}
	if counts, err := w.noteRefusal(ctx, r, failed, aboutTasks, loadsBefore); err != nil || !counts {
		return err
	}
	return w.unanswered(ctx, failed)
}

// refusalOfApp returns why the app is refused. A task may have been refused before for another
// reason.
func (w *appWork) refusalOfApp(failed *extract.Error) *extract.Error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return cmp.Or(w.appRefused, failed)
}

// noteRefusal records a request without figures. counts says that it got no answer and that the API
// may be the reason.
func (w *appWork) noteRefusal(ctx context.Context, r request, failed *extract.Error, aboutTasks bool, loadsBefore int) (counts bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refusals.note(r, failed)
	if aboutTasks && w.refusals.setApart(r, failed) {
		w.log.WarnContext(ctx, "the api refuses a task: its other days are requested at the end", "task", r.tasks[0].ID, "error", failed)
		return false, nil
	}
	switch {
	case r.ofTasks() && len(r.tasks) == 1 && w.refusals.tasks[r.tasks[0].Key] != nil:
		return false, nil // known to fail alone
	case failed.Class == extract.Unreadable:
		return false, nil // the API answered, and may have figures for other windows
	case w.loads > loadsBefore:
		return false, nil // other requests were answered meanwhile: the API works
	case failed.Code != 0:
		w.failuresInRow, w.lastError = 0, failed
		if w.errorsInRow++; w.errorsInRow >= maxErrorsInRow {
			return false, &unreachableError{requests: w.errorsInRow, last: failed}
		}
		return false, nil
	}
	return true, nil
}

// failed records windows as failed.
func (w *appWork) failed(ctx context.Context, r request, reason string) error {
	w.log.ErrorContext(ctx, "window failed", "stream", r.stream, "day", r.day, "tasks", r.taskIDs(), "error", reason)
	_, err := w.lock.RecordFailure(ctx, load.Failure{Stream: r.stream, Day: r.day, Tasks: r.tasks, Reason: reason}, w.now())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.totals.WindowsFailed += int64(len(r.tasks))
	w.totals.Windows += r.newWindows() - int64(len(r.tasks)) // windows that were counted before have failed now
	w.lastProblem = reason
	w.progress(r.day)
	return err
}

// unreachableError says that the job gave an app up after too many failures.
type unreachableError struct {
	requests int
	last     *extract.Error
}

func (e *unreachableError) Error() string {
	return fmt.Sprintf("%d requests in a row failed, the last one: %v", e.requests, e.last)
}

func (e *unreachableError) Unwrap() error { return e.last }

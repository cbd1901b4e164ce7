package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/dustin/go-humanize/english"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/transform"
)

// one executes one request of the queue, without windows that are under way or set apart.
// answered says that the API accepted a call; an error stops the app.
func (w *appWork) one(ctx context.Context, r request, by *worker) (answered bool, err error) {
	r = w.claim(w.withoutRefused(r))
	if len(r.tasks) == 0 {
		w.progress(r.day)
		return false, nil
	}
	defer w.release(r)
	return w.ask(ctx, r, by)
}

// ask pulls, normalizes and loads one request. If the API refuses it because of some of its tasks,
// ask repeats it in parts.
func (w *appWork) ask(ctx context.Context, r request, by *worker) (answered bool, err error) {
	loadsBefore, tries := w.before()
	if r.trial || r.once {
		tries = 1
	}
	answer, err := w.client.Pull(ctx, extract.Request{Stream: r.stream, Window: r.window, Tasks: r.taskIDs(), Tries: tries, Known: r.known, Left: by.left})
	var failed *extract.Error
	if errors.As(err, &failed) {
		switch {
		case r.trial && blamesNoTask(failed):
			return false, errTrial
		case w.splits(r, failed):
			return w.split(ctx, r, failed, by)
		case w.triesEach(ctx, r, failed):
			return w.tryEach(ctx, r, failed, by)
		}
	}
	// Once a request is made, its answer is loaded even if ctx ends.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	switch {
	case failed != nil:
		return false, w.refused(ctx, r, failed, loadsBefore)
	case err != nil:
		return false, err
	}

	defer answer.Release()
	if err := w.keep(ctx); err != nil {
		return true, err
	}
	pull := load.Pull{
		RunID: w.runID, Stream: r.stream, Day: r.day, Window: calendar.Window{Start: r.window.Start, End: answer.EndTime}, Tasks: r.tasks,
		Body: answer.Body, Digest: answer.Digest, SentAt: answer.SentAt,
		Trusted: w.policy.remembered(r.day, w.now()), Settled: w.policy.settles(r.day, w.asOf()),
	}
	if !r.split { // otherwise further parts follow
		by.received()
	}
	outcome, err := w.store(ctx, &pull, answer, by)
	var unreadable *unreadableError
	switch {
	case errors.As(err, &unreadable):
		return true, w.failed(ctx, r, unreadable.Error())
	case err != nil:
		return true, err
	}
	if r.loaded != nil {
		r.loaded(r, outcome)
	}
	w.loaded(r, pull.Result, outcome, answer.Blanked)
	return true, nil
}

// store confirms or loads an answer. It completes the pull with what the answer says.
func (w *appWork) store(ctx context.Context, pull *load.Pull, answer extract.Answer, by *worker) (load.Outcome, error) {
	text := answer.JSON
	if text == nil { // the client knew the answer
		outcome, counts, confirmed, err := w.lock.Confirm(ctx, *pull, w.now())
		if err != nil || confirmed {
			pull.Result.Counts = counts
			return outcome, err
		}
		if text, err = extract.StrictJSON(answer.Body); err != nil {
			return load.Outcome{}, &unreadableError{err}
		}
	}
	var err error
	if pull.Result, err = by.normalizer.Normalize(pull.Stream, text, taskIDs(pull.Tasks)); err != nil {
		return load.Outcome{}, &unreadableError{err}
	}
	return w.lock.Load(ctx, *pull, w.now())
}

// unreadableError says why an answer cannot be loaded at all.
type unreadableError struct{ error }

// keep stores what the plan derived from the settings, once.
func (w *appWork) keep(ctx context.Context) error {
	w.keeping.Lock()
	defer w.keeping.Unlock()
	if w.plan.keep == nil {
		return nil
	}
	err := w.plan.keep(ctx)
	if err == nil {
		w.plan.keep = nil
	}
	return err
}

// before returns how many requests were loaded so far, and how often to try the next one (0 means
// the client's own limit).
func (w *appWork) before() (loads, tries int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.errorsInRow >= fullTriesInRow {
		tries = 1
	}
	return w.loads, tries
}

func (w *appWork) loaded(r request, result transform.Result, outcome load.Outcome, blanked int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loads++
	w.noteWitness(r)
	w.failuresInRow, w.errorsInRow = 0, 0
	if r.stream == stream.Loss && !r.ofTasks() && (w.oldest == nil || r.day < *w.oldest) {
		w.oldest = &r.day
	}
	if outcome.Lowered > 0 {
		w.emptied.note(r)
	}
	counts := result.Counts
	w.totals.add(Totals{
		Windows: r.newWindows() - int64(outcome.Failed), WindowsFailed: int64(outcome.Failed), WindowsUnproven: int64(outcome.Unproven), WindowsAbsent: int64(outcome.Absent),
		RowsInserted: outcome.Rows.Inserted, RowsUpdated: outcome.Rows.Updated,
		RowsDeleted: outcome.Rows.Deleted, RowsUnchanged: outcome.Rows.Unchanged, RowsKept: outcome.Rows.Kept,
		RowsMerged: int64(counts.Merged), Rejects: int64(counts.Rejected),
		RowsIgnored: int64(counts.Ignored), RowsRepeated: int64(counts.Repeated), RowsUnlisted: int64(counts.Unlisted), ZeroCounters: int64(counts.Zeros),
		TextsReplaced: int64(counts.ReplacedTexts), SecretsBlanked: int64(blanked),
	})
	if counts.Rejected > 0 {
		w.lastProblem = fmt.Sprintf("%s of %s (%s) could not be understood: %s", english.Plural(counts.Rejected, "row", ""), r.day, r.stream, result.Rejects[0].Reason)
	}
	if outcome.Failed > 0 {
		w.lastProblem = outcome.Problem
	}
	w.progress(r.day)
}

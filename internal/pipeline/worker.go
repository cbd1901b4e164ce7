package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/dustin/go-humanize/english"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/load"
	"pushloss/transform"
)

const (
	// workersPerApp is how many requests of an app are under way at once: while one
	// waits for its turn at the API, others are loaded.
	workersPerApp = 4
	// maxRows limits an answer: its text, its facts and the stored facts must fit into
	// memory. Answers of this API have some hundred rows.
	maxRows = 40_000
	// loadTimeout limits the load of one request.
	loadTimeout = 2 * time.Minute
	// maxFailuresInRow is how many requests in a row may get no answer before the job
	// gives the app up: the rest stays due.
	maxFailuresInRow = 3
	// An API that answers works: windows without figures must not prevent requests for
	// others. After fullTriesInRow error answers in a row, a request is tried only once.
	// After maxErrorsInRow of them, the job gives the app up.
	fullTriesInRow = 3
	maxErrorsInRow = 60
)

// appWork is the work on one app, under its lock.
type appWork struct {
	turn
	plan   appPlan
	policy policy
	// now is the clock for the rows' times and for what the API still remembers; asOf is
	// the clock that decides what is final.
	now, asOf func() time.Time
	progress  func(calendar.Day)
	more      func(requests int) // is called with requests that were not planned
	// givesWay, in a backfill, says what goes first.
	givesWay *giveWay
	proven   bool // the API accepted a call
	opts     Options
	began    time.Time

	keeping sync.Mutex

	mu            sync.Mutex
	totals        Totals
	loads         int // requests that were loaded
	failuresInRow int // without an answer
	errorsInRow   int // answered with an error
	lastError     *extract.Error
	lastProblem   string
	refusals      refusals
	emptied       emptied
	inFlight      inFlight
	calls         int  // for spans, and for the days that they lead to
	disagreed     bool // a span was wrong

	narrowing sync.Mutex
}

// do executes the plan. When ctx ends, the requests under way finish. The error is what
// stopped the plan before its end.
func (w *appWork) do(ctx context.Context, db *load.DB) error {
	for _, in := range order {
		err := w.doPart(ctx, db, in)
		if err == nil && in == ofTasks {
			err = w.doSpans(ctx, db)
		}
		var away *unreachableError
		if in == failedBefore && w.loads > 0 && errors.As(err, &away) {
			// The rest was answered: what failed again says nothing of the API.
			w.log.WarnContext(ctx, "what failed before fails again: the rest of it is left for the next run", "error", away)
			break
		}
		if err != nil {
			return err
		}
	}
	if err := w.askAlone(ctx); err != nil {
		return err
	}
	if w.errorsInRow >= maxFailuresInRow && w.totals.Windows == 0 {
		return &unreachableError{requests: w.errorsInRow, last: w.lastError}
	}
	return nil
}

func (w *appWork) doPart(ctx context.Context, db *load.DB, in part) error {
	return each(ctx, w, w.requestsOf(ctx, db, in), w.one)
}

// each executes requests by a few workers.
func each[R any](ctx context.Context, w *appWork, requests iter.Seq2[R, error], do func(context.Context, R, *transform.Normalizer) (answered bool, err error)) error {
	next, stop := iter.Pull2(requests)
	defer stop()

	// The first answer proves the settings. Until then only one request runs at a time,
	// so that a wrong key is refused once and not by every worker.
	normalizer := transform.Normalizer{MaxRows: maxRows}
	for !w.proven {
		request, err, ok := next()
		if !ok {
			return nil
		}
		if err == nil {
			w.proven, err = do(ctx, request, &normalizer)
		}
		if err != nil {
			return err
		}
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stopFor := func(err error) { cancel(&stopError{err}) } // the first one stays
	var wait sync.WaitGroup
	var turn sync.Mutex
	take := func() (r R, ok bool) {
		turn.Lock()
		defer turn.Unlock()
		if ctx.Err() != nil {
			return r, false
		}
		r, err, ok := next()
		if err != nil {
			stopFor(err)
		}
		return r, ok && err == nil
	}
	for range workersPerApp {
		wait.Go(func() {
			normalizer := transform.Normalizer{MaxRows: maxRows}
			for {
				request, ok := take()
				if !ok {
					return
				}
				if _, err := do(ctx, request, &normalizer); err != nil {
					stopFor(err)
					return
				}
			}
		})
	}
	wait.Wait()
	cause := context.Cause(ctx)
	var stopped *stopError
	if errors.As(cause, &stopped) {
		return stopped.err
	}
	return cause
}

// stopError ends the waiting of an app's other requests. It does not unwrap: a request
// that was cut short must not report another's failure as its own.
type stopError struct{ err error }

func (e *stopError) Error() string { return "another request stopped the app: " + e.err.Error() }

func (w *appWork) requestsOf(ctx context.Context, db *load.DB, in part) iter.Seq2[request, error] {
	return func(yield func(request, error) bool) {
		for r, err := range w.plan.queue(ctx, db, in) {
			if !w.givesWay.yields(ctx, false, yield) || !yield(r, err) || err != nil {
				return
			}
		}
		if in == order[len(order)-1] {
			w.givesWay.yields(ctx, true, yield)
		}
	}
}

// one executes one request of the queue, without windows that are under way or set apart.
// answered says that the API accepted a call; an error stops the app.
func (w *appWork) one(ctx context.Context, r request, normalizer *transform.Normalizer) (answered bool, err error) {
	r = w.claim(w.withoutRefused(r))
	if len(r.tasks) == 0 {
		w.progress(r.day)
		return false, nil
	}
	defer w.release(r)
	return w.ask(ctx, r, normalizer)
}

// ask pulls, normalizes and loads one request. It does so in parts if the API refuses the
// request because of some of its tasks.
func (w *appWork) ask(ctx context.Context, r request, normalizer *transform.Normalizer) (answered bool, err error) {
	loadsBefore, tries := w.before()
	if r.trial || r.once {
		tries = 1
	}
	answer, err := w.client.Pull(ctx, extract.Request{Stream: r.stream, Window: r.window, Tasks: r.taskIDs(), Tries: tries})
	var failed *extract.Error
	if errors.As(err, &failed) {
		switch {
		case r.trial && wordless(failed):
			return false, errWordless
		case w.narrows(r, failed):
			return w.narrow(ctx, r, failed, normalizer)
		case w.triesEach(r, failed, loadsBefore):
			return w.tryEach(ctx, r, failed, loadsBefore, normalizer)
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
	result, err := normalizer.Normalize(r.stream, answer.JSON, r.taskIDs())
	if err != nil {
		return true, w.failed(ctx, r, err.Error())
	}
	trusted := w.policy.remembered(r.day, w.now())
	outcome, err := w.lock.Load(ctx, load.Pull{
		RunID: w.runID, Stream: r.stream, Day: r.day, Window: calendar.Window{Start: r.window.Start, End: answer.EndTime}, Tasks: r.tasks,
		Result: result, Body: answer.Body, SentAt: answer.SentAt,
		Trusted: trusted, Settled: w.policy.settles(r.day, w.asOf()),
	}, w.now())
	if err != nil {
		return true, err
	}
	if r.loaded != nil {
		r.loaded(outcome)
	}
	w.loaded(r, result, outcome, trusted, answer.Blanked)
	return true, nil
}

// keep stores what the plan derives from the settings, once.
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

// before returns how many requests were loaded so far, and how often to try the next one;
// 0 means the client's own limit.
func (w *appWork) before() (loads, tries int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.errorsInRow >= fullTriesInRow {
		tries = 1
	}
	return w.loads, tries
}

func (w *appWork) loaded(r request, result transform.Result, outcome load.Outcome, trusted bool, blanked int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loads++
	w.failuresInRow, w.errorsInRow = 0, 0
	w.emptied.note(r, outcome, trusted)
	counts := result.Counts
	w.totals.add(Totals{
		Windows: int64(len(r.tasks) - outcome.Failed), WindowsFailed: int64(outcome.Failed), WindowsUnproven: int64(outcome.Unproven),
		RowsInserted: outcome.Rows.Inserted, RowsUpdated: outcome.Rows.Updated,
		RowsDeleted: outcome.Rows.Deleted, RowsUnchanged: outcome.Rows.Unchanged, RowsKept: outcome.Rows.Kept,
		RowsMerged: int64(counts.Merged), Rejects: int64(counts.Rejected),
		RowsIgnored: int64(counts.Ignored), RowsRepeated: int64(counts.Repeated), ZeroCounters: int64(counts.Zeros),
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

// refused handles a request without figures that began when loadsBefore others were
// loaded. The error that it returns stops the app.
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
		w.totals.Windows += int64(len(r.tasks))
		w.totals.WindowsUnproven += int64(unproven)
		w.progress(r.day)
		return err
	}
	// If others are answered, a task that fails without a statement may be the reason.
	aboutTasks := r.ofTasks() && (failed.MayBeAboutTasks() || wordless(failed) && len(r.tasks) == 1 && loadsBefore > 0 && w.answersOthers(r, loadsBefore))
	if failed.StopsApp() && !aboutTasks {
		return failed
	}
	if err := w.failed(ctx, r, reason); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refusals.note(r, failed)
	if aboutTasks && w.refusals.setApart(r, failed) {
		if wordless(failed) && !r.narrowed {
			w.failuresInRow++ // perhaps the first of an outage
		}
		w.log.WarnContext(ctx, "the api refuses a task: its other days are requested at the end", "task", r.tasks[0].ID, "error", failed)
		return nil
	}
	switch {
	case r.ofTasks() && len(r.tasks) == 1 && w.refusals.tasks[r.tasks[0].Key] != nil:
		return nil // known to fail alone
	case failed.Class == extract.Unreadable:
		return nil // the API answered, and may have figures for another window
	case w.loads > loadsBefore:
		return nil // others were answered meanwhile: the API works
	case failed.Code != 0:
		w.failuresInRow, w.lastError = 0, failed
		if w.errorsInRow++; w.errorsInRow >= maxErrorsInRow {
			return &unreachableError{requests: w.errorsInRow, last: failed}
		}
		return nil
	}
	if w.failuresInRow++; w.failuresInRow >= maxFailuresInRow {
		return &unreachableError{requests: w.failuresInRow, last: failed}
	}
	return nil
}

// failed records windows that could not be loaded.
func (w *appWork) failed(ctx context.Context, r request, reason string) error {
	w.log.ErrorContext(ctx, "window failed", "stream", r.stream, "day", r.day, "tasks", r.taskIDs(), "error", reason)
	_, err := w.lock.RecordFailure(ctx, load.Failure{Stream: r.stream, Day: r.day, Tasks: r.tasks, Reason: reason}, w.now())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.totals.WindowsFailed += int64(len(r.tasks))
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

package pipeline

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

const (
	// maxRows limits the rows of an answer. Its text, its facts and the stored facts must fit into
	// memory. Answers of this API have some hundred rows.
	maxRows = 40_000
	// loadTimeout limits the load of one request.
	loadTimeout = 2 * time.Minute
	// maxFailuresInRow is how many requests in a row may get no answer before the job gives up the
	// app. The rest stays due.
	maxFailuresInRow = 3
	// An API that answers with errors works: windows without figures must not prevent requests for
	// others. After fullTriesInRow such answers in a row, a request is tried only once. After
	// maxErrorsInRow of them, the job gives up the app.
	fullTriesInRow = 3
	maxErrorsInRow = 60
)

// appWork is the work on one app, under its lock.
type appWork struct {
	turn
	plan   appPlan
	policy policy
	// now is the clock for the times of rows and for what the API still remembers. asOf is the
	// clock that decides what is final.
	now, asOf func() time.Time
	progress  func(calendar.Day)
	more      func(requests int)   // called with the number of requests that were not planned
	byWeek    map[calendar.Day]int // planned requests for tasks of weeks to come; see planSize
	// givesWay, in a backfill, decides what goes first.
	givesWay *giveWay
	proven   bool // the API accepted a call
	opts     Options
	began    time.Time

	keeping sync.Mutex

	mu            sync.Mutex
	totals        Totals
	loads         int       // requests that were loaded
	witnesses     []request // the last answered request of each stream, the newest at the end
	vouches       map[stream.Stream]*vouch
	appRefused    *extract.Error // why the API refuses requests that it answered before
	failuresInRow int            // requests without an answer
	errorsInRow   int            // requests that were answered with an error
	lastError     *extract.Error
	lastProblem   string
	refusals      refusals
	emptied       emptied
	inFlight      inFlight
	// oldest is the oldest day of the whole app's losses that was loaded; nil if none was.
	oldest    *calendar.Day
	calls     int  // calls for spans, and for the days to which they led
	disagreed bool // a span was wrong
	fresh     map[freshOf]freshFigures

	splitting sync.Mutex
}

// do executes the plan. If ctx ends, the requests under way finish. An error is the reason why the
// plan was not completed.
func (w *appWork) do(ctx context.Context, ledger load.Ledger) error {
	for _, in := range order {
		err := w.doPart(ctx, ledger, in)
		var away *unreachableError
		if in == failedBefore && w.loads > 0 && errors.As(err, &away) {
			// All other requests were answered, so windows that fail again say nothing about the
			// API.
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

func (w *appWork) doPart(ctx context.Context, ledger load.Ledger, in part) error {
	if in == ofTasks && w.plan.spans != nil {
		return w.doSpans(ctx, ledger)
	}
	one := w.one
	if w.plan.spans != nil {
		one = w.onePlanned
	}
	return each(ctx, w, w.inTurn(ctx, ledger, w.plan.queue(ctx, ledger, in), in == order[len(order)-1]), one)
}

// each executes requests by a few workers.
func each[R any](ctx context.Context, w *appWork, requests iter.Seq2[R, error], do func(context.Context, R, *worker) (answered bool, err error)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stopFor := func(err error) { cancel(&stopError{err}) } // the first cause stays
	c, alone := newCrew(), newWorker()
	for request, err := range requests {
		switch {
		case err != nil:
			stopFor(err)
		case !w.proven:
			// The first answer proves the settings. Until then only one request runs at a time,
			// so that a wrong key is refused once and not by every worker.
			if w.proven, err = do(ctx, request, alone); err != nil {
				stopFor(err)
			}
		default:
			c.begin(ctx, func(by *worker) {
				err := protect(func() error {
					_, err := do(ctx, request, by)
					return err
				})
				if err != nil {
					stopFor(err)
				}
			})
		}
		if ctx.Err() != nil {
			break
		}
	}
	c.wait.Wait()
	cause := context.Cause(ctx)
	var stopped *stopError
	if errors.As(cause, &stopped) {
		return stopped.err
	}
	return cause
}

// stopError ends the waiting of an app's other requests. It does not unwrap: a request that was cut
// short must not report another request's failure as its own.
type stopError struct{ err error }

func (e *stopError) Error() string { return "another request stopped the app: " + e.err.Error() }

// knownDays is for how many days the known answers are in memory at once.
const knownDays = 7

// inTurn yields requests with what is known about their windows. In a backfill, it also yields
// those that go first. last says that no other requests follow.
func (w *appWork) inTurn(ctx context.Context, ledger load.Ledger, requests iter.Seq2[request, error], last bool) iter.Seq2[request, error] {
	return func(yield func(request, error) bool) {
		var known load.KnownAnswers
		var knownOf calendar.Span
		for r, err := range requests {
			if err == nil && (known == nil || !knownOf.Has(r.day)) {
				knownOf = calendar.Span{First: r.day, Last: r.day + knownDays - 1}
				known, err = ledger.KnownAnswers(ctx, w.Account.SDKAppID, knownOf)
			}
			r.known = known.On(r.day)
			if !w.givesWay.yields(ctx, false, yield) || !yield(r, err) || err != nil {
				return
			}
		}
		if last {
			w.givesWay.yields(ctx, true, yield)
		}
	}
}

package pipeline

import (
	"context"
	"slices"
	"time"

	"pushloss/load"
)

// defaultGiveWay is how often a backfill checks whether a run wanted its app.
const defaultGiveWay = 5 * time.Second

// giveWay lets due windows go before a long backfill. A run leaves out an app that the backfill has
// locked, so the app's newest day would wait for the next run. Therefore the backfill pulls that
// run's windows first, then continues.
type giveWay struct {
	*job
	app    App
	seen   int64     // the newest run whose windows were pulled
	looked time.Time // the time of the last check for runs
}

// newestRun returns the run that began last, in any state.
func (p *Pipeline) newestRun(ctx context.Context) (load.Run, error) {
	run, _, err := p.db.Runs.Last(ctx, KindRun, load.RunRunning, load.RunSkipped, load.RunDone, load.RunPartial,
		load.RunFailed, load.RunInterrupted, load.RunAbandoned)
	return run, err
}

// due returns the plan of a run that began since the last check; ok is false if there was none. It
// checks only from time to time, except if lastTime is set.
func (g *giveWay) due(ctx context.Context, lastTime bool) (due appPlan, ok bool, err error) {
	if !lastTime && time.Since(g.looked) < g.opts.GiveWay {
		return appPlan{}, false, nil
	}
	g.looked = time.Now()
	run, err := g.newest.Ask(ctx, struct{}{})
	if err != nil || run.ID <= g.seen {
		return appPlan{}, false, err
	}
	g.seen = run.ID
	due, _, err = g.planAppRun(ctx, g.app, g.opts.Now())
	if err != nil {
		return appPlan{}, false, err
	}
	due.tick = run.StartedAt // a pull since then is as good as the run's
	size, err := due.count(ctx, g.db.Ledger)
	if err != nil {
		return appPlan{}, false, err
	}
	g.opts.Log.InfoContext(ctx, "a run wanted this app: its windows are pulled first",
		"sdk_app_id", g.app.Account.SDKAppID, "run_id", run.ID, "windows", size.windows, "requests", size.requests)
	g.planned(size.requests)
	return due, true, nil
}

// yields yields the requests that go first, and reports whether to continue. In a run,
// nothing goes first.
func (g *giveWay) yields(ctx context.Context, lastTime bool, yield func(request, error) bool) bool {
	for g != nil {
		due, ok, err := g.due(ctx, lastTime)
		if err != nil {
			yield(request{}, err)
			return false
		}
		if !ok {
			return true
		}
		for r, err := range due.allRequests(ctx, g.db.Ledger) {
			if !yield(r, err) || err != nil {
				return false
			}
		}
	}
	return true
}

// inFlight has the windows with a request under way. A backfill and the run that goes first may
// want the same window. One load is enough, and two at once would block each other.
type inFlight map[load.WindowRef]bool

// claim removes the windows under way from a request, and adds the others to those under way.
func (w *appWork) claim(r request) request {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inFlight == nil {
		w.inFlight = make(inFlight)
	}
	r.tasks = slices.DeleteFunc(slices.Clone(r.tasks), func(task load.TaskRef) bool {
		return w.inFlight[r.windowOf(task)]
	})
	for _, task := range r.tasks {
		w.inFlight[r.windowOf(task)] = true
	}
	return r
}

func (w *appWork) release(r request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, task := range r.tasks {
		delete(w.inFlight, r.windowOf(task))
	}
}

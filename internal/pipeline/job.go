package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/problem"
	"pushloss/internal/rounds"
	"pushloss/load"
)

// finishTimeout limits recording the end of a run.
const finishTimeout = 15 * time.Second

// job is one execution of run, backfill or reconcile over all its apps.
type job struct {
	*Pipeline
	kind    string
	acquire acquire
	// work does the job's work on one app and fills in the report, even if it returns an error. An
	// error stops the app.
	work func(ctx context.Context, at turn, report *AppReport) error
	// judgeSince, if set, is the first day to judge for losses that stand out, whatever is loaded.
	judgeSince *calendar.Day

	clocks clocks
	// newest is the newest run.
	newest *rounds.Rounds[struct{}, load.Run]

	mu       sync.Mutex
	progress Progress
}

// execute works on all apps at the same time. An error concerns the whole job, before anything
// began, such as an unreachable database. The report says what happened to each app, even if ctx
// ended.
func (j *job) execute(ctx context.Context, apps []App) (Report, error) {
	session, work, err := j.db.OpenSession(ctx, j.opts.Holder)
	if err != nil {
		return Report{}, err
	}
	defer session.Close()
	database, err := j.opts.DatabaseNow(ctx)
	if err != nil {
		return Report{}, err
	}
	report := Report{Kind: j.kind, StartedAt: j.opts.Now()}
	clock := rounds.Same("read the database's clock", j.opts.DatabaseNow)
	j.clocks = clocks{now: j.opts.Now, database: func(ctx context.Context) (time.Time, error) { return clock.Ask(ctx, struct{}{}) }, databaseAhead: database.Sub(report.StartedAt)}
	j.newest = rounds.Same("look for a run that wants an app", j.newestRun)
	report.RunID, err = session.StartRun(ctx, j.kind, report.StartedAt)
	if err != nil {
		return Report{}, err
	}
	log := j.opts.Log.With("run_id", report.RunID, "kind", j.kind)
	log.InfoContext(ctx, "run started", "apps", len(apps))

	report.Apps = make([]AppReport, len(apps))
	var wait sync.WaitGroup
	for i, app := range apps {
		wait.Go(func() {
			report.Apps[i] = j.app(work, session, app, report.RunID, log.With("sdk_app_id", app.Account.SDKAppID))
		})
	}
	wait.Wait()

	report.FinishedAt = j.opts.Now()
	report.conclude()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	log.InfoContext(ctx, "run finished", "state", string(report.State),
		"requests", report.Requests, "windows", report.Windows, "windows_failed", report.WindowsFailed)
	err = j.db.Runs.Finish(ctx, report.RunID, report.State, report.run(), report.problem(), report.FinishedAt)
	if err == nil {
		j.refresh(ctx, report, log)
	}
	return report, err
}

// refresh updates what the database derives from all figures. An error does not fail the run,
// because the next run does it again.
func (j *job) refresh(ctx context.Context, report Report, log *slog.Logger) {
	if report.RowsInserted+report.RowsUpdated+report.RowsDeleted == 0 {
		return
	}
	if err := j.db.RefreshUsualTexts(ctx, report.RunID); err != nil {
		log.WarnContext(ctx, "the texts of error codes were not updated and may be out of date", "error", err)
	}
	if err := postgres.AnalyzeNew(ctx, j.db.Pool()); err != nil {
		log.WarnContext(ctx, "new tables were not analyzed: reading may take longer until autovacuum analyzes them", "error", err)
	}
}

// app takes a turn at an app and does the job's work there.
func (j *job) app(ctx context.Context, session *load.Session, app App, runID int64, log *slog.Logger) AppReport {
	report := AppReport{SDKAppID: app.Account.SDKAppID}
	at, err := j.takeTurn(ctx, session, app, runID, log)
	if err != nil {
		report.stop(ctx, err)
		return report
	}
	defer at.end(ctx)
	report.State = AppDone
	if err := j.clocks.compare(ctx, time.Time{}); err != nil { // before the first call
		report.stop(ctx, err)
		return report
	}
	err = protect(func() error { return j.work(ctx, at, &report) })
	at.calls.report(&report, app.CallsPerSecond)
	err = cmp.Or(err, protect(func() error { j.jumps(ctx, at, report.judgeSince); return nil }))
	if err != nil {
		if panicked, ok := errors.AsType[*panicError](err); ok {
			log.ErrorContext(ctx, "app panicked", "error", err, "stack", string(panicked.stack))
		}
		report.stop(ctx, err)
		log.ErrorContext(ctx, "app stopped", "state", string(report.State), "error", report.Problem, "hint", report.Hint)
	}
	return report
}

// planned adds requests to the total of the progress.
func (j *job) planned(requests int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.progress.Total += requests
}

func (j *job) step(sdkAppID int64, day calendar.Day) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.progress.SDKAppID, j.progress.Day = sdkAppID, day
	j.progress.Done++
	if j.opts.OnProgress != nil {
		j.opts.OnProgress(j.progress)
	}
}

// stop sets the state and hint of an app from the error that ended its work.
func (r *AppReport) stop(ctx context.Context, err error) {
	r.err = err
	r.Problem, r.Hint = err.Error(), ""
	var busy *load.BusyError
	var unreachable *unreachableError
	var failed *extract.Error
	var clock *ClockError
	switch {
	case errors.As(err, &busy):
		r.State, r.Hint = AppBusy, "nothing to do if that process is a run or a backfill with the same settings: it also pulls what is due; otherwise run this again after it has ended"
	case errors.Is(err, load.ErrLockLost):
		r.State, r.Hint = AppFailed, "check the database, then run again; what was loaded stays"
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		r.State, r.Problem = AppInterrupted, "interrupted"
		r.Hint = "what was loaded stays; the same command continues with the rest"
	case errors.As(err, &clock):
		r.State, r.Hint = AppRefused, clock.Hint()
	case errors.As(err, &unreachable):
		r.State, r.Hint = AppUnreachable, unreachable.last.Hint
	case errors.As(err, &failed):
		r.State, r.Hint = AppRefused, failed.Hint
	default:
		r.State = AppFailed
		r.Hint = cmp.Or(problem.HintOf(err), postgres.Hint(err))
	}
}

// appsNamed returns the app with the ID or, for 0, all apps that are not retired, with their keys of
// now.
func (p *Pipeline) appsNamed(ctx context.Context, sdkAppID int64) ([]App, error) {
	if sdkAppID == 0 {
		apps, err := p.unretired(ctx)
		if err != nil {
			return nil, err
		}
		return p.opts.Renew(ctx, apps), nil
	}
	for _, app := range p.apps {
		if app.Account.SDKAppID == sdkAppID {
			return p.opts.Renew(ctx, []App{app}), nil
		}
	}
	ids := make([]string, len(p.apps))
	for i, app := range p.apps {
		ids[i] = strconv.FormatInt(app.Account.SDKAppID, 10)
	}
	return nil, &problem.UsageError{
		Problem: fmt.Sprintf("app %d is not configured", sdkAppID), Remedy: "name one of the apps in the settings: " + strings.Join(ids, ", "),
	}
}

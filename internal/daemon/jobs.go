package daemon

import (
	"context"
	"time"

	"pushloss/internal/pipeline"
	"pushloss/load"
	"pushloss/schedules"
)

// KindPrune is the job of that name in a schedule file.
const KindPrune = "prune"

// Kinds are the jobs that a schedule file may name.
func Kinds() []string { return []string{pipeline.KindRun, pipeline.KindReconcile, KindPrune} }

// completed are the states of a run that reached its end.
var completed = []load.RunState{load.RunDone, load.RunPartial, load.RunFailed}

// runner runs the daemon's jobs by their schedules.
func (d *daemon) runner() (*schedules.Runner, error) {
	jobs := d.Pipeline(d.metrics.Call)
	return schedules.New(d.Schedules, map[string]schedules.Job{
		pipeline.KindRun: d.inTurn(func(ctx context.Context) error {
			report, err := jobs.RunTick(ctx, schedules.LastTick(d.Schedules, pipeline.KindRun, d.Now()))
			if report.RunID != 0 {
				d.metrics.Run(report)
			}
			d.Notifier.AfterScheduled(ctx, pipeline.KindRun, report, err)
			return again(report, err)
		}),
		pipeline.KindReconcile: d.inTurn(func(ctx context.Context) error {
			report, err := jobs.Reconcile(ctx, pipeline.ReconcileRequest{})
			d.Notifier.AfterScheduled(ctx, pipeline.KindReconcile, report, err)
			return again(report, err)
		}),
		KindPrune: func(ctx context.Context) error {
			pruned, err := d.Prune(ctx)
			d.Log.InfoContext(ctx, "pruned", "days", len(pruned.Days), "answers", pruned.Bodies, "bytes", pruned.Bytes, "runs", pruned.Runs)
			return againIf(load.Unreachable(err), err)
		},
	}, schedules.Options{Log: d.Log, Now: d.Now, Retries: d.Retries, LastStarted: d.lastStarted})
}

// lastStarted is when a job of the kind last began that need not be made up for.
func (d *daemon) lastStarted(ctx context.Context, kind string) (time.Time, error) {
	if kind == KindPrune { // the next tick does as well
		return d.Now(), nil
	}
	if brokenOff, err := d.DB.BrokenOff(ctx, kind, completed...); err != nil || brokenOff {
		return time.Time{}, err
	}
	last, found, err := d.DB.LastRun(ctx, kind, load.RunDone, load.RunPartial)
	if err == nil && !found && kind == pipeline.KindReconcile { // until the first run there was nothing to compare
		first, err := d.DB.FirstStarted(ctx, pipeline.KindRun)
		if err == nil && first.IsZero() {
			first = d.Now()
		}
		return first, err
	}
	return last.StartedAt, err
}

// inTurn lets a job wait until no other one of this process runs.
func (d *daemon) inTurn(job schedules.Job) schedules.Job {
	return func(ctx context.Context) error {
		select {
		case d.turn <- struct{}{}:
			defer func() { <-d.turn }()
			return job(ctx)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

package daemon

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/pipeline"
	"pushloss/load"
	"pushloss/migrations"
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
		pipeline.KindRun: d.inTurn(d.reported(pipeline.KindRun, func(ctx context.Context) (pipeline.Report, error) {
			report, err := jobs.RunTick(ctx, schedules.LastTick(d.Schedules, pipeline.KindRun, d.Now()))
			if report.RunID != 0 {
				d.metrics.Run(report)
			}
			return report, err
		})),
		pipeline.KindReconcile: d.inTurn(d.reported(pipeline.KindReconcile, func(ctx context.Context) (pipeline.Report, error) {
			return jobs.Reconcile(ctx, pipeline.ReconcileRequest{})
		})),
		KindPrune: func(ctx context.Context) error {
			if err := d.checkSchema(ctx, schemaLimit); err != nil {
				return againIf(passesByItself(err), err)
			}
			pruned, err := d.Prune(ctx)
			d.Log.InfoContext(ctx, "pruned", "days", len(pruned.Days), "answers", pruned.Bodies, "bytes", pruned.Bytes, "runs", pruned.Runs)
			return againIf(load.Unreachable(err), err)
		},
	}, schedules.Options{Log: d.Log, Now: d.Now, Retries: d.Retries, LastStarted: d.lastStarted})
}

// lastStarted returns when the last job of the kind began that did its work; the zero time if one
// broke off since.
func (d *daemon) lastStarted(ctx context.Context, kind string) (time.Time, error) {
	if kind == KindPrune { // the next tick is soon enough
		return d.Now(), nil
	}
	if brokenOff, err := d.DB.Runs.BrokenOff(ctx, kind, completed...); err != nil || brokenOff {
		return time.Time{}, err
	}
	last, found, err := d.DB.Runs.Last(ctx, kind, load.RunDone, load.RunPartial)
	if err == nil && !found && kind == pipeline.KindReconcile { // before the first run, there was nothing to compare
		first, err := d.DB.Runs.FirstStarted(ctx, pipeline.KindRun)
		if err == nil && first.IsZero() {
			first = d.Now()
		}
		return first, err
	}
	return last.StartedAt, err
}

// schemaLimit bounds the check of the schema before a job.
const schemaLimit = 15 * time.Second

// inTurn makes a job wait until no other job of this process runs.
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

// reported returns a job whose result goes to the targets of notifications. It does not start if
// another binary changed the schema since the process began.
func (d *daemon) reported(kind string, job func(context.Context) (pipeline.Report, error)) schedules.Job {
	return func(ctx context.Context) error {
		var report pipeline.Report
		err := d.checkSchema(ctx, schemaLimit)
		if err == nil {
			report, err = job(ctx)
		}
		d.Notifier.AfterScheduled(ctx, kind, report, err)
		return again(report, err)
	}
}

// checkSchema returns an error unless the schema is the one of this binary.
func (d *daemon) checkSchema(ctx context.Context, limit time.Duration) error {
	return d.DB.Read(ctx, limit, func(tx pgx.Tx) error { return migrations.CheckIn(ctx, tx) })
}

package daemon

import (
	"context"
	"slices"
	"time"

	"pushloss/internal/monitor"
	"pushloss/internal/notify"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

// readinessLimit bounds the statement of a probe, which reads one row.
const readinessLimit = 2 * time.Second

// probes report the daemon as ready if a run was completed within two periods of its schedule.
func (d *daemon) probes() monitor.Probes {
	var periods []time.Duration
	for _, s := range d.Schedules {
		if s.Job == pipeline.KindRun {
			periods = append(periods, s.Period(d.Now()))
		}
	}
	var maxAge time.Duration
	if len(periods) > 0 {
		maxAge = 2 * slices.Min(periods)
	}
	return monitor.Probes{
		LastRun: func(ctx context.Context) (time.Time, error) {
			finished, err := d.lastRun(ctx)
			if err != nil {
				d.Log.ErrorContext(ctx, "not ready", "error", err)
			}
			return finished, err
		},
		MaxAge: maxAge, Since: d.Now(), Now: d.Now,
	}
}

// lastRun returns when a run last ended, if the schema is current.
func (d *daemon) lastRun(ctx context.Context) (time.Time, error) {
	if err := d.checkSchema(ctx, readinessLimit); err != nil {
		return time.Time{}, err
	}
	last, found, err := d.DB.Runs.Last(ctx, pipeline.KindRun, completed...)
	if err != nil || !found || last.FinishedAt == nil {
		return time.Time{}, err
	}
	return *last.FinishedAt, nil
}

// freshness judges how long ago the last run was completed.
func (d *daemon) freshness(ctx context.Context, probes monitor.Probes) []notify.Verdict {
	last, err := probes.LastRun(ctx)
	if err != nil || probes.MaxAge == 0 {
		return nil
	}
	if last.Before(probes.Since) {
		last = probes.Since
	}
	return []notify.Verdict{d.Notifier.Words().OfFreshness(last, d.Now(), probes.MaxAge)}
}

// figures returns what the metrics show of the database.
func (d *daemon) figures(ctx context.Context) (monitor.Figures, error) {
	judged, others, err := d.Status(ctx)
	if err != nil {
		return monitor.Figures{}, err
	}
	open, err := notify.OpenAlerts(ctx, d.DB.Pool())
	if err != nil {
		return monitor.Figures{}, err
	}
	figures := monitor.Figures{Apps: judged}
	for _, alert := range open {
		if slices.ContainsFunc(others, func(s load.AppStatus) bool { return s.SDKAppID == alert.SDKAppID }) {
			continue
		}
		figures.Alerts = append(figures.Alerts, alert.AlertKey)
	}
	return figures, nil
}

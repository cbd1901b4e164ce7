package schedules

import (
	"context"
	"time"
)

// lastStartedTimeout bounds the lookup of a job's last start.
const lastStartedTimeout = 30 * time.Second

// missed returns, for each job that missed a tick before the runner started, its first schedule
// with such a tick. Starts by this runner count, since it is already running.
func (r *Runner) missed(ctx context.Context) []Schedule {
	if r.opts.LastStarted == nil {
		return nil
	}
	lastOf := make(map[string]time.Time)
	started := make(map[string]bool)
	var missed []Schedule
	for _, s := range r.schedules {
		last, known := lastOf[s.Job]
		if !known {
			last = r.lastStarted(ctx, s.Job)
			lastOf[s.Job] = last
		}
		if ctx.Err() != nil {
			return nil
		}
		if own := r.families[s.Job].lastStarted(); own.After(last) {
			last = own
		}
		if started[s.Job] || !Missed(s, last, r.now()) {
			continue
		}
		started[s.Job] = true
		r.opts.Log.Info("catching up on a missed tick", "schedule", s.Name, "job", s.Job, "last_started", last)
		missed = append(missed, s)
	}
	return missed
}

func (r *Runner) lastStarted(ctx context.Context, job string) time.Time {
	ctx, cancel := context.WithTimeout(ctx, lastStartedTimeout)
	defer cancel()
	last, err := r.opts.LastStarted(ctx, job)
	if err != nil {
		r.opts.Log.Warn("last start is unknown: the job counts as never run", "job", job, "error", err)
		return time.Time{}
	}
	return last
}

package schedules

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"
)

// skippedTick is logged for every tick that finds its job running.
const skippedTick = "tick skipped, the job is still running"

// family is a job and what this process knows of its runs, by whichever schedule.
type family struct {
	job Job

	mu        sync.Mutex
	busy      bool
	startedAt time.Time
}

// begin claims the family for a run, unless one is under way.
func (f *family) begin(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.busy {
		return false
	}
	f.busy, f.startedAt = true, now
	return true
}

func (f *family) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy = false
}

func (f *family) isRunning() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.busy
}

func (f *family) lastStarted() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.startedAt
}

// tick runs the schedule's job, unless the runner was stopped or the job is
// running by another schedule.
func (r *Runner) tick(ctx context.Context, s Schedule) {
	if ctx.Err() != nil {
		return
	}
	log := r.opts.Log.With("schedule", s.Name, "job", s.Job)
	f := r.families[s.Job]
	started := r.opts.Now()
	if !f.begin(started) {
		log.Warn(skippedTick)
		return
	}
	defer f.end()
	log.Info("job started")
	err := protect(ctx, s.Job, f.job)
	ended := r.opts.Now()

	log = log.With("took", ended.Sub(started))
	var panicked *PanicError
	switch {
	case err == nil:
		log.Info("job done")
	case errors.As(err, &panicked):
		log.Error("job panicked", "error", err, "stack", string(panicked.Stack))
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		log.Info("job stopped before its end", "error", err)
	default:
		log.Error("job failed", "error", err)
	}
	if r.opts.OnEnd != nil {
		r.opts.OnEnd(End{Schedule: s.Name, Job: s.Job, StartedAt: started, EndedAt: ended, Err: err})
	}
}

// protect makes an error of the job's panic.
func protect(ctx context.Context, name string, job Job) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{Job: name, Value: value, Stack: debug.Stack()}
		}
	}()
	return job(ctx)
}

package schedules

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"
)

// family is a job and its runs in this process, by all of its schedules.
type family struct {
	job Job

	mu        sync.Mutex
	busy      bool
	startedAt time.Time
	// again is the schedule for which the job is tried again at retryAt. tries counts the further
	// tries since its tick.
	again   *Schedule
	retryAt time.Time
	pause   time.Duration
	tries   int
}

// begin claims the family for a run, unless one is running. A tick resets the count of tries.
func (f *family) begin(now time.Time, again bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.busy {
		return false
	}
	f.busy, f.startedAt, f.again = true, now, nil
	if !again {
		f.tries = 0
	}
	return true
}

// tryAgain schedules another run after the next of the pauses; ok is false if none is left.
func (f *family) tryAgain(now time.Time, s Schedule, pauses []time.Duration) (pause time.Duration, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tries >= len(pauses) {
		return 0, false
	}
	f.pause = pauses[f.tries]
	f.tries++
	f.again, f.retryAt = &s, now.Add(f.pause)
	return f.pause, true
}

func (f *family) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy = false
}

// retry returns the schedule for which the job waits to be tried again, and how long it still
// waits.
func (f *family) retry(now time.Time) (s Schedule, left time.Duration, waiting bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.again == nil || f.busy {
		return Schedule{}, 0, false
	}
	left = f.retryAt.Sub(now)
	if left > f.pause { // the clock was set back
		f.retryAt, left = now.Add(f.pause), f.pause
	}
	return *f.again, left, true
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

// tick runs the schedule's job, unless the runner was stopped or another schedule runs the job.
func (r *Runner) tick(ctx context.Context, s Schedule, again bool) {
	if ctx.Err() != nil {
		return
	}
	log := r.opts.Log.With("schedule", s.Name, "job", s.Job)
	f := r.families[s.Job]
	started := r.now()
	if !f.begin(started, again) {
		log.Warn("tick skipped: the job is still running")
		return
	}
	defer func() {
		f.end()
		select {
		case r.ended <- struct{}{}:
		default:
		}
	}()
	log.Info("job started", "again", again)
	err := protect(ctx, s.Job, f.job)
	ended := r.now()

	log = log.With("took", ended.Sub(started))
	var panicked *PanicError
	var unfinished *AgainError
	switch {
	case err == nil:
		log.Info("job done")
	case errors.As(err, &panicked):
		log.Error("job panicked", "error", err, "stack", string(panicked.Stack))
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		log.Info("job was interrupted", "error", err)
	case errors.As(err, &unfinished):
		if pause, ok := f.tryAgain(ended, s, r.opts.Retries); ok {
			log.Warn("job is retried", "in", pause, "error", err)
		} else {
			log.Error("job failed: it waits for its next tick", "error", err)
		}
	default:
		log.Error("job failed", "error", err)
	}
	if r.opts.OnEnd != nil {
		r.opts.OnEnd(End{Schedule: s.Name, Job: s.Job, StartedAt: started, EndedAt: ended, Err: err})
	}
}

// protect calls a job and turns its panic into an error.
func protect(ctx context.Context, name string, job Job) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{Job: name, Value: value, Stack: debug.Stack()}
		}
	}()
	return job(ctx)
}

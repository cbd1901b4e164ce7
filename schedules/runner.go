package schedules

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// Job does what is due. It must return soon after ctx ends. An *[AgainError] asks for
// another try before the next tick.
type Job func(ctx context.Context) error

const (
	// DefaultGrace is how long a Runner waits for its jobs after it was stopped.
	DefaultGrace = time.Minute
	// rearm is the longest time between two looks at the clock. Timers do not count the time in
	// which the machine sleeps, and do not notice a clock that is set.
	rearm = time.Minute
)

// DefaultRetries returns the pauses before a job is tried again.
func DefaultRetries() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute}
}

// Options are the optional parts of a Runner.
type Options struct {
	Log *slog.Logger
	// Now is the wall clock; nil means time.Now.
	Now func() time.Time
	// LastStarted returns when any process last started a job; the zero time means never. It should
	// leave out a start that the process did not survive, so that the job runs again. Nil means no
	// catching up. If it fails, the job runs, since an additional run does no harm.
	LastStarted func(ctx context.Context, job string) (time.Time, error)
	// OnEnd, if set, is called after every run of a job.
	OnEnd func(End)
	// Retries are the pauses before further tries of a job that asked for one. After the last try,
	// the job waits for its next tick. Nil means DefaultRetries.
	Retries []time.Duration
	// Grace bounds the wait for running jobs after a stop; 0 means DefaultGrace.
	Grace time.Duration
}

// End describes an ended run of a job.
type End struct {
	Schedule  string
	Job       string
	StartedAt time.Time
	EndedAt   time.Time
	Err       error // a *PanicError if the job panicked
}

// Runner runs jobs by their schedules.
type Runner struct {
	schedules []Schedule
	families  map[string]*family
	opts      Options
	// ended wakes the loop when a job ends, since the job may need another try.
	ended chan struct{}
}

// New returns a runner of schedules. Each of their jobs must be in jobs.
func New(schedules []Schedule, jobs map[string]Job, opts Options) (*Runner, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Retries == nil {
		opts.Retries = DefaultRetries()
	}
	if opts.Grace == 0 {
		opts.Grace = DefaultGrace
	}
	families := make(map[string]*family)
	for _, s := range schedules {
		if s.ticks == nil {
			return nil, fmt.Errorf("schedule %q was not made by Parse", s.Name)
		}
		job := jobs[s.Job]
		if job == nil {
			return nil, fmt.Errorf("schedule %q: unknown job %q", s.Name, s.Job)
		}
		families[s.Job] = &family{job: job}
	}
	return &Runner{schedules: schedules, families: families, opts: opts, ended: make(chan struct{}, 1)}, nil
}

// Run runs jobs until ctx ends, which also ends the context of running jobs. It returns when these
// have returned, or after Options.Grace with a *StillRunningError.
func (r *Runner) Run(ctx context.Context) error {
	var jobs sync.WaitGroup
	jobs.Go(func() {
		// In the order of the file, since a job may depend on the result of an earlier one.
		for _, missed := range r.missed(ctx) {
			r.tickSafely(ctx, missed, false)
		}
	})
	r.loop(ctx, func(s Schedule, again bool) {
		jobs.Go(func() { r.tickSafely(ctx, s, again) })
	})
	r.opts.Log.Info("schedules stopped", "running", r.running(), "grace", r.opts.Grace)
	allDone := make(chan struct{})
	go func() {
		jobs.Wait()
		close(allDone)
	}()
	deadline := time.NewTimer(r.opts.Grace)
	defer deadline.Stop()
	select {
	case <-allDone:
		return nil
	case <-deadline.C:
		return &StillRunningError{Jobs: r.running(), Grace: r.opts.Grace}
	}
}

// loop starts what is due by the wall clock, until ctx ends. Several ticks of a schedule while the
// machine slept count as one.
func (r *Runner) loop(ctx context.Context, start func(s Schedule, again bool)) {
	seen := r.now() // ticks up to this time are handled
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-r.ended:
		}
		now := r.now()
		if now.Before(seen) {
			r.opts.Log.Warn("the clock was set back", "by", seen.Sub(now))
		}
		wait := rearm
		for _, s := range r.schedules {
			if now.After(seen) && Missed(s, seen, now) {
				start(s, false)
			}
			if next := s.Next(now); !next.IsZero() {
				wait = min(wait, next.Sub(now))
			}
		}
		seen = now
		for _, f := range r.families {
			s, left, waiting := f.retry(now)
			switch {
			case !waiting:
			case left <= 0:
				start(s, true)
			default:
				wait = min(wait, left)
			}
		}
		timer.Reset(wait)
	}
}

// now returns the wall clock's time, without a monotonic reading.
func (r *Runner) now() time.Time { return r.opts.Now().Round(0) }

// tickSafely is tick, but a panic does not end the runner.
func (r *Runner) tickSafely(ctx context.Context, s Schedule, again bool) {
	log := cronLog{r.opts.Log.With("schedule", s.Name, "job", s.Job)}
	cron.NewChain(cron.Recover(log)).Then(cron.FuncJob(func() { r.tick(ctx, s, again) })).Run()
}

// running returns the names of the running jobs.
func (r *Runner) running() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.families)) {
		if r.families[name].isRunning() {
			names = append(names, name)
		}
	}
	return names
}

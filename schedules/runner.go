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

// Job does what is due. It is to return soon after ctx ends.
type Job func(ctx context.Context) error

// DefaultGrace is how long a Runner waits for its jobs after it was stopped.
const DefaultGrace = time.Minute

// Options are the optional parts of a Runner.
type Options struct {
	Log *slog.Logger
	// Now is the clock of catching up and of End; nil means time.Now.
	Now func() time.Time
	// LastStarted tells when a job was last started, in another process too; the
	// zero time means never. A start that the process did not survive is better
	// left out, so that the job is run anew. Nil means no catching up. A job of
	// which it cannot tell is run, since a run too many does no harm.
	LastStarted func(ctx context.Context, job string) (time.Time, error)
	// OnEnd, if set, is told of every run of a job that ended.
	OnEnd func(End)
	// Grace bounds the wait for running jobs after a stop; 0 means DefaultGrace.
	Grace time.Duration
}

// End is what is known of a run of a job after it.
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
}

// New returns a runner of schedules, each of whose jobs must be in jobs.
func New(schedules []Schedule, jobs map[string]Job, opts Options) (*Runner, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
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
			return nil, fmt.Errorf("schedule %q: there is no job %q", s.Name, s.Job)
		}
		families[s.Job] = &family{job: job}
	}
	return &Runner{schedules: schedules, families: families, opts: opts}, nil
}

// Run runs jobs until ctx ends, which ends the running ones' context too. It
// returns when they have returned, or Options.Grace later with a
// *StillRunningError.
func (r *Runner) Run(ctx context.Context) error {
	// The library's defaults are the machine's zone, no chain and a logger of its
	// own. The chain is per schedule, so that its log lines name it.
	ticker := cron.New(cron.WithLocation(time.UTC), cron.WithChain(), cron.WithLogger(cronLog{r.opts.Log}))
	ticks := make([]cron.Job, len(r.schedules))
	for i, s := range r.schedules {
		log := cronLog{r.opts.Log.With("schedule", s.Name, "job", s.Job)}
		// Recover stands inside: SkipIfStillRunning skips for ever after a panic
		// that passes through it.
		chain := cron.NewChain(cron.SkipIfStillRunning(log), cron.Recover(log))
		ticks[i] = chain.Then(cron.FuncJob(func() { r.tick(ctx, s) }))
		ticker.Schedule(s.ticks, ticks[i])
	}
	ticker.Start()
	var catchingUp sync.WaitGroup
	var missed []int
	r.catchUp(ctx, func(i int) { missed = append(missed, i) })
	catchingUp.Go(func() {
		// In the file's order: what a job does may rest on what another did.
		for _, i := range missed {
			ticks[i].Run()
		}
	})
	<-ctx.Done()

	stopped := ticker.Stop()
	r.opts.Log.Info("schedules stopped", "running", r.running(), "grace", r.opts.Grace)
	allDone := make(chan struct{})
	go func() {
		<-stopped.Done()
		catchingUp.Wait()
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

// running names the jobs that are running.
func (r *Runner) running() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.families)) {
		if r.families[name].isRunning() {
			names = append(names, name)
		}
	}
	return names
}

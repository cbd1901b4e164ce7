package pipeline

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/jump"
	"pushloss/internal/stream"
	"pushloss/load"
)

// App is an app to pull, with its settings.
type App struct {
	Account extract.Account
	// Location is the time zone whose midnights separate the days.
	Location *time.Location
	// CallsPerSecond is the app's pace; 0 means no limit.
	CallsPerSecond float64
}

// Settings say what is due.
type Settings struct {
	Streams       []stream.Stream // streams to pull, in this order; an empty list means the loss stream only
	LookbackDays  int             // a day is pulled again until this many days after its end (see EffectiveLookback)
	TaskDays      int             // how many days a task is followed
	APIMemoryDays int             // how many days back the API is assumed to remember
	FirstDay      *calendar.Day   // first day to keep; nil: the first run's day less EffectiveLookback
	// DiscoverScheduled makes runs register scheduled pushes that were dispatched.
	DiscoverScheduled bool
	// Spans says that one request may prove several days of tasks, if there is evidence that the
	// API's days add up (load.Evidence).
	Spans bool
	// Jumps says which losses stand out. Without a factor, no losses are looked for, and open
	// events end.
	Jumps jump.Settings
}

// Options are the optional parts of a Pipeline.
type Options struct {
	Log *slog.Logger
	// Now is the clock for planning and for the times of rows; nil means time.Now.
	Now func() time.Time
	// Past says that Now is in the past: a window that was pulled later than Now does not mean that
	// a clock ran ahead.
	Past bool
	// DatabaseNow is the database's clock; nil reads it from the database.
	DatabaseNow func(context.Context) (time.Time, error)
	// Renew returns apps with the keys of now, at the start of each job: a key in a file may be replaced
	// while a process runs. nil returns them as they are.
	Renew func(context.Context, []App) []App
	// OnCall is called after every API call.
	OnCall func(sdkAppID int64, call extract.CallReport)
	// OnProgress is called after every request; calls never overlap.
	OnProgress func(Progress)
	// Holder is the name of this process for others that wait for its apps.
	Holder string
	// GiveWay is how often a backfill checks whether a run wanted its app; 0 means five
	// seconds.
	GiveWay time.Duration
	// FirstWait is the approximate first wait after a failed call; 0 means the client's default.
	FirstWait time.Duration
	// Pick returns a random number from 0 to n-1, which selects the proven spans to check; nil
	// means rand.IntN.
	Pick func(n int) int

	worth worth
}

// Progress is the progress of a job, over all apps.
type Progress struct {
	SDKAppID    int64
	Day         calendar.Day // of the last finished request
	Done, Total int          // requests
}

// Pipeline runs jobs over its apps. It is safe for concurrent use: the apps' locks
// separate jobs at the same app.
type Pipeline struct {
	db        *load.DB
	transport http.RoundTripper
	apps      []App
	settings  Settings
	opts      Options
	budget    *extract.Budget // for the answers of all jobs
	delays    *extract.Delays // of the calls of all jobs
}

// New returns a pipeline from the apps through transport into db.
func New(db *load.DB, transport http.RoundTripper, apps []App, settings Settings, opts Options) *Pipeline {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.DatabaseNow == nil {
		opts.DatabaseNow = db.Now
	}
	if opts.Renew == nil {
		opts.Renew = func(_ context.Context, apps []App) []App { return apps }
	}
	if opts.Holder == "" {
		opts.Holder = "another process"
	}
	if opts.GiveWay == 0 {
		opts.GiveWay = defaultGiveWay
	}
	if opts.Pick == nil {
		opts.Pick = rand.IntN
	}
	if opts.worth == (worth{}) {
		opts.worth = worth{spans: worthSpans, evidence: worthEvidence, evidenceFirst: worthEvidenceFirst, tried: spansTried}
	}
	if len(settings.Streams) == 0 {
		settings.Streams = []stream.Stream{stream.Loss}
	}
	return &Pipeline{db: db, transport: transport, apps: apps, settings: settings, opts: opts, budget: extract.NewBudget(), delays: &extract.Delays{}}
}

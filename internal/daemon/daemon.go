// Package daemon runs jobs on a schedule, notifies people of what goes wrong, and serves
// the page, the metrics and the probes over HTTP, until it is stopped.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"pushloss/extract"
	"pushloss/internal/intake"
	"pushloss/internal/language"
	"pushloss/internal/monitor"
	"pushloss/internal/notify"
	"pushloss/internal/page"
	"pushloss/internal/pipeline"
	"pushloss/internal/secret"
	"pushloss/load"
	"pushloss/schedules"
)

const (
	// httpGrace bounds the wait for HTTP requests under way at the end.
	httpGrace = 5 * time.Second
	// These bound connections whose clients send or read slowly, or not at all: callbacks may come
	// from anywhere. The context of a request ends after readTimeout. The page ends its own requests
	// sooner, and a handler that needs longer sets another deadline.
	headerTimeout = 5 * time.Second
	readTimeout   = time.Minute
	writeTimeout  = 10 * time.Minute // of large tables as CSV
	idleTimeout   = 2 * time.Minute
	// watchPeriod is how often the daemon looks for events while no job runs.
	watchPeriod = 5 * time.Minute
)

// Options configure a daemon. All fields except Retries and Language are required.
type Options struct {
	DB *load.DB
	// Pipeline returns the jobs. They report each call of the API to onCall.
	Pipeline func(onCall func(sdkAppID int64, call extract.CallReport)) *pipeline.Pipeline
	// Prune deletes data that is older than its retention.
	Prune     func(context.Context) (load.Pruned, error)
	Schedules []schedules.Schedule
	Notifier  *notify.Notifier
	// Status returns the status of the apps that are judged, and of the others.
	Status func(context.Context) (judged, others []load.AppStatus, err error)

	Intake *intake.Intake

	Listener net.Listener // closed at the end
	Token    secret.Text  // of the page; without one, only this machine may open it
	// Language is the page's language for readers who prefer none of its languages.
	Language language.Language
	// Grace is how late a pull may be without a warning.
	Grace time.Duration

	Log *slog.Logger
	Now func() time.Time
	// Retries are the pauses before a job is tried again; nil means the usual ones.
	Retries []time.Duration
}

// Run serves until ctx ends, and returns after the requests under way.
func Run(ctx context.Context, opts Options) error {
	d := &daemon{Options: opts, metrics: monitor.NewMetrics(), turn: make(chan struct{}, 1)}
	d.metrics.Watch(d.figures, d.Now, d.Log)
	if last, found, err := d.DB.Runs.Last(ctx, pipeline.KindRun, load.RunDone); err == nil && found && last.FinishedAt != nil {
		d.metrics.Succeeded(*last.FinishedAt)
	}
	runner, err := d.runner()
	if err != nil {
		_ = d.Listener.Close()
		return err
	}
	d.Intake.OnCallback = d.metrics.Callback
	probes := d.probes()
	figures := page.New(d.DB, page.Options{
		Log: d.Log, Now: d.Now, Grace: d.Grace,
		Access: page.Access{Token: d.Token, Local: page.LocalOnly(d.Listener.Addr())}, Language: d.Language,
	})
	server := newServer(handler(monitor.Handler(d.metrics, probes), d.Intake.Handler(), figures), d.Log)
	d.Log.InfoContext(ctx, "serving", "http", d.Listener.Addr().String(), "schedules", len(d.Schedules))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	httpEnded := make(chan error, 1)
	go func() {
		httpEnded <- server.Serve(d.Listener)
		stop() // a daemon that nobody can watch must not run
	}()

	var watching sync.WaitGroup
	watching.Go(func() {
		d.Notifier.Watch(ctx, watchPeriod, func(ctx context.Context) []notify.Verdict { return d.freshness(ctx, probes) })
	})

	// Requests that are under way at the end may still bring tasks.
	taking, enough := context.WithCancel(context.WithoutCancel(ctx))
	defer enough()
	var intakes sync.WaitGroup
	intakes.Go(func() { d.Intake.Run(taking) })

	err = runner.Run(ctx)
	stop()
	watching.Wait()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), httpGrace)
	defer cancel()
	_ = server.Shutdown(closing)
	enough()
	intakes.Wait()
	if httpErr := <-httpEnded; err == nil && !errors.Is(httpErr, http.ErrServerClosed) {
		err = fmt.Errorf("serve HTTP: %w", httpErr)
	}
	d.Log.Info("stopped")
	return err
}

type daemon struct {
	Options
	metrics *monitor.Metrics
	// turn keeps the jobs of this process apart. A job that found an app locked by another would
	// leave it out until the next tick.
	turn chan struct{}
}

// newServer returns a server on which no client holds a connection for ever.
func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// handler serves the probes and metrics, which have no figures and need no token; the intake of
// tasks, which has its own tokens; and the page.
func handler(probes, tasks, figures http.Handler) http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		mux.Handle(path, probes)
	}
	mux.Handle(intake.Prefix, tasks)
	mux.Handle("/", figures)
	return mux
}

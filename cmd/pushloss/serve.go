package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"pushloss/internal/config"
	"pushloss/internal/monitor"
	"pushloss/internal/notify"
	"pushloss/internal/page"
	"pushloss/internal/pipeline"
	"pushloss/internal/problem"
	"pushloss/load"
	"pushloss/migrations"
	"pushloss/schedules"
)

// httpGrace bounds the wait for HTTP requests under way at the end.
const httpGrace = 5 * time.Second

// completed are the states of a run that was seen through to its end.
var completed = []load.RunState{load.RunDone, load.RunPartial, load.RunFailed}

func newServeCommand(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run on a schedule, and tell over HTTP how it fares",
		Long: `Runs jobs by PUSHLOSS_SCHEDULES_FILE: by default run, daily at 03:00, reconcile, on
Sundays at 04:30, and prune, daily at 05:00, in PUSHLOSS_TIMEZONE. It catches up at
once if one was missed while it was down or the machine slept, and tries one that
failed as a whole (the database or the API is away, another process works on an app)
again after 1, 5 and 30 minutes. prune is not caught up: its next time does as well.

It serves a page of the figures, /healthz, /readyz and /metrics at PUSHLOSS_HTTP_ADDR.
The page is for this machine alone unless PUSHLOSS_HTTP_TOKEN, or a file named by
PUSHLOSS_HTTP_TOKEN_FILE, holds a token to ask for. SIGTERM ends it after the requests
under way; SIGHUP, and the end of what reads its log, do nothing.`,
		Example: "  pushloss serve",
		Args:    exactly(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := configure(cmd, env, config.Needs{Database: true, Credentials: true, Page: true})
			if err != nil {
				return err
			}
			defer a.close()
			list, err := a.schedules()
			if err != nil {
				return err
			}
			db, events, err := a.openWithNotifier(cmd.Context())
			if err != nil {
				return err
			}
			return a.serve(cmd.Context(), db, events, list)
		},
	}
}

func (a *app) schedules() ([]schedules.Schedule, error) {
	name, text := "the embedded schedule file", schedules.Default()
	if path := a.settings.SchedulesFile; path != "" {
		var err error
		if text, err = os.ReadFile(path); err != nil {
			return nil, &problem.UsageError{Problem: "PUSHLOSS_SCHEDULES_FILE: " + err.Error(), Remedy: "name a readable file, or leave the variable out for a daily run"}
		}
		name = path
	}
	return schedules.Parse(name, text, []string{pipeline.KindRun, pipeline.KindReconcile, kindPrune}, a.settings.Location)
}

func (a *app) serve(ctx context.Context, db *load.DB, events notifier, list []schedules.Schedule) error {
	if a.env.Detach != nil {
		a.env.Detach()
	}
	metrics := monitor.NewMetrics()
	metrics.Watch(a.figures(db), a.env.Now, a.log)
	if last, found, err := db.LastRun(ctx, pipeline.KindRun, load.RunDone); err == nil && found && last.FinishedAt != nil {
		metrics.Succeeded(*last.FinishedAt)
	}

	jobs := a.pipeline(db, pipeline.Options{OnCall: metrics.Call})
	turn := make(chan struct{}, 1)
	runner, err := schedules.New(list, map[string]schedules.Job{
		pipeline.KindRun: inTurn(turn, func(ctx context.Context) error {
			report, err := jobs.RunTick(ctx, schedules.LastTick(list, pipeline.KindRun, a.env.Now()))
			if report.RunID != 0 {
				metrics.Run(report)
			}
			events.afterScheduled(ctx, pipeline.KindRun, report, err)
			return again(report, err)
		}),
		pipeline.KindReconcile: inTurn(turn, func(ctx context.Context) error {
			report, err := jobs.Reconcile(ctx, pipeline.ReconcileRequest{})
			events.afterScheduled(ctx, pipeline.KindReconcile, report, err)
			return again(report, err)
		}),
		kindPrune: a.pruneJob(db),
	}, schedules.Options{
		Log: a.log, Now: a.env.Now, Retries: a.env.Retries,
		LastStarted: func(ctx context.Context, kind string) (time.Time, error) {
			if kind == kindPrune { // the next tick does as well
				return a.env.Now(), nil
			}
			if brokenOff, err := db.BrokenOff(ctx, kind, completed...); err != nil || brokenOff {
				return time.Time{}, err
			}
			last, found, err := db.LastRun(ctx, kind, load.RunDone, load.RunPartial) // one that failed is made up for
			if err == nil && !found && kind == pipeline.KindReconcile {
				return a.nothingToReconcileUntil(ctx, db)
			}
			return last.StartedAt, err
		},
	})
	if err != nil {
		return err
	}

	listener, err := net.Listen("tcp", a.settings.HTTPAddr)
	if err != nil {
		return &problem.UsageError{Problem: "PUSHLOSS_HTTP_ADDR: " + err.Error(), Remedy: "set it to a free address, such as 127.0.0.1:9461"}
	}
	probes := a.probes(db, list)
	figures := page.New(db, page.Options{
		Log: a.log, Now: a.env.Now, Grace: statusGrace,
		Access: page.Access{Token: a.settings.HTTPToken, Local: page.LocalOnly(listener.Addr())},
	})
	server := &http.Server{Handler: handler(monitor.Handler(metrics, probes), figures), ReadHeaderTimeout: 5 * time.Second}
	a.log.InfoContext(ctx, "serving", "http", listener.Addr().String(), "schedules", len(list))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	httpEnded := make(chan error, 1)
	go func() {
		httpEnded <- server.Serve(listener)
		stop() // a daemon that cannot be watched is no daemon
	}()

	var watching sync.WaitGroup
	watching.Go(func() { events.watch(ctx, probes) })

	err = runner.Run(ctx)
	stop()
	watching.Wait()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), httpGrace)
	defer cancel()
	_ = server.Shutdown(closing)
	if httpErr := <-httpEnded; err == nil && !errors.Is(httpErr, http.ErrServerClosed) {
		err = fmt.Errorf("serve HTTP: %w", httpErr)
	}
	a.log.Info("stopped")
	return err
}

// handler serves the probes and the metrics, which hold no figures and ask for no
// token, and the page beside them.
func handler(probes, figures http.Handler) http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		mux.Handle(path, probes)
	}
	mux.Handle("/", figures)
	return mux
}

// inTurn keeps jobs of this process apart: one that met another at an app would
// leave the app out until its next tick.
func inTurn(turn chan struct{}, job schedules.Job) schedules.Job {
	return func(ctx context.Context) error {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
			return job(ctx)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// nothingToReconcileUntil is what a first reconcile is counted from: until the first
// run began there was nothing to compare.
func (a *app) nothingToReconcileUntil(ctx context.Context, db *load.DB) (time.Time, error) {
	first, err := db.FirstStarted(ctx, pipeline.KindRun)
	if err == nil && first.IsZero() {
		first = a.env.Now()
	}
	return first, err
}

func (a *app) probes(db *load.DB, list []schedules.Schedule) monitor.Probes {
	var periods []time.Duration
	for _, s := range list {
		if s.Job == pipeline.KindRun {
			periods = append(periods, s.Period(a.env.Now()))
		}
	}
	var maxAge time.Duration
	if len(periods) > 0 {
		maxAge = 2 * slices.Min(periods)
	}
	return monitor.Probes{
		LastRun: func(ctx context.Context) (time.Time, error) {
			finished, err := a.lastRun(ctx, db)
			if err != nil {
				a.log.ErrorContext(ctx, "not ready", "error", err)
			}
			return finished, err
		},
		MaxAge: maxAge, Since: a.env.Now(), Now: a.env.Now,
	}
}

// readinessLimit bounds a statement of a probe, which asks for a row.
const readinessLimit = 2 * time.Second

// lastRun returns when a run last finished, if the schema is current.
func (a *app) lastRun(ctx context.Context, db *load.DB) (time.Time, error) {
	err := db.Read(ctx, readinessLimit, func(tx pgx.Tx) error { return migrations.CheckIn(ctx, tx) })
	if err != nil {
		return time.Time{}, err
	}
	last, found, err := db.LastRun(ctx, pipeline.KindRun, completed...)
	if err != nil || !found || last.FinishedAt == nil {
		return time.Time{}, err
	}
	return *last.FinishedAt, nil
}

// figures returns what reads the metrics' figures.
func (a *app) figures(db *load.DB) func(context.Context) (monitor.Figures, error) {
	return func(ctx context.Context) (monitor.Figures, error) {
		apps, others, err := a.status(ctx, db)
		if err != nil {
			return monitor.Figures{}, err
		}
		open, err := notify.OpenAlerts(ctx, db.Pool())
		if err != nil {
			return monitor.Figures{}, err
		}
		figures := monitor.Figures{Apps: apps}
		for _, alert := range open {
			if slices.ContainsFunc(others, func(s load.AppStatus) bool { return s.SDKAppID == alert.SDKAppID }) {
				continue
			}
			figures.Alerts = append(figures.Alerts, alert.AlertKey)
		}
		return figures, nil
	}
}

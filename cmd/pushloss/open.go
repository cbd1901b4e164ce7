package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"pushloss/extract"
	"pushloss/internal/config"
	"pushloss/internal/localpg"
	"pushloss/internal/pipeline"
	"pushloss/internal/postgres"
	"pushloss/internal/problem"
	"pushloss/load"
	"pushloss/migrations"
)

// versionLimit bounds a short read about the state of the database, such as the schema's version.
const versionLimit = 15 * time.Second

// stopTimeout bounds the stopping of an embedded database.
const stopTimeout = time.Minute

// app is a command's settings and what it opened with them.
type app struct {
	env      Environment
	settings config.Settings
	log      *slog.Logger
	database string // URL, which may hold a password
	closers  []func()
}

// configure reads the settings, and reports variables that are probably misspelt.
func configure(cmd *cobra.Command, env Environment, needs config.Needs) (*app, error) {
	a, err := configureSilently(cmd, env, needs)
	if err != nil {
		return nil, err
	}
	a.reportUnknown(cmd.Context())
	return a, nil
}

// configureSilently is configure without the report. It is for commands that report such variables
// themselves, and for those that run every few seconds beside a process that did.
func configureSilently(cmd *cobra.Command, env Environment, needs config.Needs) (*app, error) {
	settings, err := config.Load(cmd.Context(), env.Lookuper, needs, env.Now())
	if err != nil {
		return nil, err
	}
	return &app{env: env, settings: settings, log: settings.Log.Logger(env.Stderr)}, nil
}

// reportUnknown logs an error, which no log level hides: the default of a misspelt setting
// changes figures without another sign. It does not end the command, because an older
// version that gets the settings of a newer one must go on pulling.
func (a *app) reportUnknown(ctx context.Context) {
	if len(a.settings.Unknown) == 0 {
		return
	}
	names := make([]string, len(a.settings.Unknown))
	for i, variable := range a.settings.Unknown {
		names[i] = variable.String()
	}
	a.log.ErrorContext(ctx, "unknown settings are ignored", "variables", strings.Join(names, ", "), "hint", "correct or unset them")
}

func (a *app) close() {
	for i := len(a.closers) - 1; i >= 0; i-- {
		a.closers[i]()
	}
}

// findDatabase sets the database's URL. It starts the database if it is an embedded one.
func (a *app) findDatabase(ctx context.Context) error {
	if !a.settings.Database.Embedded {
		a.database = a.settings.Database.URL
		return nil
	}
	server, err := localpg.Start(ctx, localpg.Options{
		Dir: a.settings.Database.EmbeddedDir, BinDir: a.settings.PostgresBin,
		Port: a.settings.PostgresPort, Log: a.log,
	})
	var known *localpg.Error
	if err != nil && !errors.As(err, &known) && ctx.Err() == nil {
		return &localpg.Error{
			Kind: localpg.ErrStart, Problem: "the local database cannot be kept in " + a.settings.Database.EmbeddedDir,
			Remedy: "give another folder: DATABASE_URL=embedded:DIR", Cause: err,
		}
	}
	if err != nil {
		return err
	}
	a.closers = append(a.closers, func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		if err := server.Close(ctx); err != nil {
			a.log.Warn("the embedded database was left running", "error", err)
		}
	})
	a.database = server.URL()
	return nil
}

// open connects to a database whose schema is current.
func (a *app) open(ctx context.Context) (*load.DB, error) {
	if err := a.findDatabase(ctx); err != nil {
		return nil, err
	}
	db, err := load.OpenPatiently(ctx, a.database, a.settings.Connections(), sayWaiting(a.log))
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, db.Close)
	// Use the open connection: the server may have no other one left.
	if err := checkIn(ctx, db); err != nil {
		return nil, err
	}
	return db, nil
}

// checkIn returns an error unless the schema is this binary's.
func checkIn(ctx context.Context, db *load.DB) error {
	return db.Read(ctx, versionLimit, func(tx pgx.Tx) error { return migrations.CheckIn(ctx, tx) })
}

const (
	worthSaying = time.Second // shorter waits for a connection are normal
	sayAgain    = 30 * time.Second
)

// sayWaiting logs that work waits for a connection: one line for all that waits at once.
func sayWaiting(log *slog.Logger) postgres.Waiting {
	var mu sync.Mutex
	var said time.Time
	return func(why error, waited, limit time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		if waited < worthSaying || time.Since(said) < sayAgain {
			return
		}
		said = time.Now()
		log.Warn("waiting for a connection: the database has none left", "error", why,
			"waited_seconds", int(waited.Seconds()), "at_most_seconds", int(limit.Seconds()), "hint", postgres.Hint(why))
	}
}

// configureAndOpen is configure and open, for commands that do nothing between the two. The caller
// closes the app.
func configureAndOpen(cmd *cobra.Command, env Environment) (*app, *load.DB, error) {
	a, err := configure(cmd, env, config.Needs{Database: true})
	if err != nil {
		return nil, nil, err
	}
	db, err := a.open(cmd.Context())
	if err != nil {
		a.close()
		return nil, nil, err
	}
	return a, db, nil
}

// pipeline returns the jobs over the configured apps.
func (a *app) pipeline(db *load.DB, opts pipeline.Options) *pipeline.Pipeline {
	apps := make([]pipeline.App, len(a.settings.Apps))
	for i, configured := range a.settings.Apps {
		apps[i] = pipeline.App{
			Account:        a.account(configured),
			Location:       configured.Location,
			CallsPerSecond: configured.Rate,
		}
	}
	if a.env.Working != nil {
		a.env.Working(len(apps))
	}
	opts.Log = a.log
	opts.Now = a.env.Now
	opts.Holder = holder()
	return pipeline.New(db, extract.NewTransport(), apps, a.pipelineSettings(), opts)
}

// renewed returns apps with their keys as the settings have them now. The earlier keys serve while the
// settings cannot be read, as in the middle of a change.
func (a *app) renewed(ctx context.Context, apps []pipeline.App) []pipeline.App {
	now, err := config.Load(ctx, a.env.Lookuper, config.Needs{Credentials: true}, a.env.Now())
	if err != nil {
		a.log.WarnContext(ctx, "the keys of the apps cannot be read again: the earlier ones serve", "error", err, "hint", problem.HintOf(err))
		return apps
	}
	apps = slices.Clone(apps)
	for i := range apps {
		for _, app := range now.Apps {
			if app.SDKAppID == apps[i].Account.SDKAppID {
				apps[i].Account.SecretKey = app.SecretKey
			}
		}
	}
	return apps
}

func (a *app) pipelineSettings() pipeline.Settings {
	return pipeline.Settings{
		Streams: a.settings.Streams, LookbackDays: a.settings.LookbackDays, TaskDays: a.settings.TaskDays,
		APIMemoryDays: a.settings.APIMemoryDays, Spans: a.settings.Spans, FirstDay: a.settings.FirstDay, Jumps: a.settings.Jumps,
		DiscoverScheduled: a.settings.DiscoverScheduled,
	}
}

func (a *app) account(configured config.App) extract.Account {
	return extract.Account{
		SDKAppID: configured.SDKAppID, SecretKey: configured.SecretKey,
		Identifier: configured.Identifier, BaseURLs: configured.BaseURLs(),
		WindowEnd: a.settings.WindowEnd,
	}
}

// holder names this process to others that wait for an app.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("process %d on %s", os.Getpid(), host)
}

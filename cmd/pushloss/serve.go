package main

import (
	"context"
	"net"
	"time"

	"github.com/spf13/cobra"

	"pushloss/extract"
	"pushloss/internal/config"
	"pushloss/internal/daemon"
	"pushloss/internal/intake"
	"pushloss/internal/notify"
	"pushloss/internal/pipeline"
	"pushloss/internal/problem"
	"pushloss/load"
	"pushloss/schedules"
)

func newServeCommand(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run on a schedule, and report its state over HTTP",
		Long: `Runs the jobs of PUSHLOSS_SCHEDULES_FILE. The default is run daily at 03:00, reconcile on
Sundays at 04:30 and prune daily at 05:00, in PUSHLOSS_TIMEZONE. If it missed a job
(except prune) while it was down or the machine slept, it catches up at once. It repeats
a job that failed as a whole (the database or the API is away, another process works on
an app, or clocks differ) after 1, 5 and 30 minutes.

It serves a page of the figures, /healthz, /readyz and /metrics at PUSHLOSS_HTTP_ADDR.
Only this machine may open the page unless PUSHLOSS_HTTP_TOKEN, or a file named by
PUSHLOSS_HTTP_TOKEN_FILE, sets a token. POST /v1/tasks accepts push tasks from
programs that know PUSHLOSS_TASKS_TOKEN, and POST /v1/callback the vendor's callbacks
that are signed with PUSHLOSS_CALLBACK_TOKEN. SIGTERM ends it after the requests
under way. SIGHUP does nothing. serve survives the end of the program that reads its log.`,
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
		if text, err = config.ReadFile(path, config.MaxFile); err != nil {
			return nil, &problem.UsageError{Problem: "PUSHLOSS_SCHEDULES_FILE: " + err.Error(), Remedy: "name a readable file, or leave the variable out for a daily run"}
		}
		name = path
	}
	return schedules.Parse(name, text, daemon.Kinds(), a.settings.Location)
}

func (a *app) serve(ctx context.Context, db *load.DB, events *notify.Notifier, list []schedules.Schedule) error {
	if a.env.Detach != nil {
		a.env.Detach()
	}
	listener, err := net.Listen("tcp", a.settings.HTTPAddr)
	if err != nil {
		return &problem.UsageError{Problem: "PUSHLOSS_HTTP_ADDR: " + err.Error(), Remedy: "set it to a free address, such as 127.0.0.1:9461"}
	}
	return daemon.Run(ctx, daemon.Options{
		DB: db, Schedules: list, Notifier: events,
		Pipeline: func(onCall func(int64, extract.CallReport)) *pipeline.Pipeline {
			return a.pipeline(db, pipeline.Options{OnCall: onCall, Renew: a.renewed})
		},
		Prune:  func(ctx context.Context) (load.Pruned, error) { return a.prune(ctx, db.Archive) },
		Status: func(ctx context.Context) (judged, others []load.AppStatus, err error) { return a.status(ctx, db) },

		Intake: a.intake(db),

		Listener: listener, Token: a.settings.HTTPToken, Language: a.settings.Language, Grace: statusGrace,
		Log: a.log, Now: a.env.Now, Retries: a.env.Retries,
	})
}

// intake registers tasks of the configured apps.
func (a *app) intake(db *load.DB) *intake.Intake {
	apps := make([]intake.App, len(a.settings.Apps))
	for i, configured := range a.settings.Apps {
		apps[i] = intake.App{SDKAppID: configured.SDKAppID, CallbackToken: configured.CallbackToken, Location: configured.Location}
	}
	return intake.New(intake.Options{
		Registry: currentRegistry{db.Tasks, db}, Apps: apps, TasksToken: a.settings.TasksToken,
		Outlooks: func(ctx context.Context, tasks []load.Task) ([]string, error) { return a.outlooks(ctx, db.Apps, tasks) },
		Log:      a.log, Now: a.env.Now,
	})
}

// currentRegistry registers tasks while the schema is this binary's: it may change while serve runs.
type currentRegistry struct {
	load.Registry
	db *load.DB
}

// Save is that of the registry.
func (r currentRegistry) Save(ctx context.Context, tasks []load.Task, now time.Time) (load.TaskChanges, error) {
	if err := checkIn(ctx, r.db); err != nil {
		return load.TaskChanges{}, err
	}
	return r.Registry.Save(ctx, tasks, now)
}

// Register is that of the registry.
func (r currentRegistry) Register(ctx context.Context, tasks []load.Task, now time.Time) (int, error) {
	if err := checkIn(ctx, r.db); err != nil {
		return 0, err
	}
	return r.Registry.Register(ctx, tasks, now)
}

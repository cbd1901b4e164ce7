package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"pushloss/internal/calendar"
	"pushloss/internal/config"
	"pushloss/internal/problem"
	"pushloss/load"
)

// The states of an app.
const (
	appActive        = "active"
	appRetired       = "retired"
	appNotConfigured = "not configured"
)

// allRetired is what a command prints if every app is retired.
const allRetired = "all apps are retired: nothing is pulled or judged; to change that: pushloss apps restore SDKAPPID"

func newAppsCommand(env Environment) *cobra.Command {
	return parent("apps", "List, retire and restore apps",
		newAppsListCommand(env),
		newAppsChangeCommand(env, "retire", "Leave an app out of runs, status, metrics and alerts; its figures stay",
			`Leaves an app out of run, status, metrics and alerts, and out of backfill and reconcile
unless --app names it. Its open alerts are closed without a message, and its figures
stay. "apps restore" brings it back.`,
			func(ctx context.Context, apps load.Apps, id int64) (bool, error) {
				return apps.Retire(ctx, id, env.Now())
			}),
		newAppsChangeCommand(env, "restore", "Pull and judge a retired app again",
			`Pulls and judges a retired app again. The next run also pulls the days that were missed,
as far as the API remembers them.`,
			func(ctx context.Context, apps load.Apps, id int64) (bool, error) { return apps.Restore(ctx, id) }))
}

// appEntry is an app as apps list prints it.
type appEntry struct {
	SDKAppID         int64         `json:"sdk_app_id"`
	State            string        `json:"state"`
	Timezone         string        `json:"timezone"`
	FirstDay         *calendar.Day `json:"first_day"`
	NewestSettledDay *calendar.Day `json:"newest_settled_day"`
	RetiredAt        *time.Time    `json:"retired_at"`
}

func newAppsListCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "list",
		Short: "List the apps of the database and of the settings",
		Long: `An app of the database that is missing in the settings is "not configured". Runs skip
it, and they skip retired apps. status, metrics and alerts judge neither.`,
		Example: "  pushloss apps list",
		Args:    exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		a, db, err := configureAndOpen(cmd, env)
		if err != nil {
			return err
		}
		defer a.close()
		stored, err := db.Status(cmd.Context(), env.Now(), statusGrace)
		if err != nil {
			return err
		}
		entries := []appEntry{}
		for _, s := range stored {
			entries = append(entries, appEntry{s.SDKAppID, a.stateOf(s), s.Timezone, s.FirstDay, s.NewestSettledDay, s.RetiredAt})
		}
		for _, configured := range a.settings.Apps {
			if !slices.ContainsFunc(entries, func(e appEntry) bool { return e.SDKAppID == configured.SDKAppID }) {
				entries = append(entries, appEntry{SDKAppID: configured.SDKAppID, State: appActive, Timezone: configured.Location.String()})
			}
		}
		if *output == asJSON {
			return printJSON(env.Stdout, entries)
		}
		t := newTable(env.Stdout, "app", "state", "time zone", "first day", "newest settled day", "retired at")
		for _, e := range entries {
			t.AppendRow([]any{e.SDKAppID, e.State, e.Timezone, optional(e.FirstDay), optional(e.NewestSettledDay), shortTime(e.RetiredAt)})
		}
		t.Render()
		return nil
	}
	return command
}

// newAppsChangeCommand is a command that changes one app.
func newAppsChangeCommand(env Environment, verb, short, long string, change func(context.Context, load.Apps, int64) (found bool, err error)) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " SDKAPPID",
		Short:   short,
		Long:    long,
		Example: "  pushloss apps " + verb + " 1400000001",
		Args:    exactly(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseUint(args[0], 10, 32)
			if err != nil {
				return &problem.UsageError{Problem: fmt.Sprintf("%q is not an SDKAppID", args[0]), Remedy: "give the app's number, as pushloss apps list shows it"}
			}
			a, db, err := configureAndOpen(cmd, env)
			if err != nil {
				return err
			}
			defer a.close()
			found, err := change(cmd.Context(), db.Apps, int64(id))
			if err != nil {
				return err
			}
			if !found {
				return &problem.UsageError{Problem: fmt.Sprintf("the database has no app %d", id), Remedy: "pushloss apps list shows those that it has"}
			}
			fmt.Fprintf(env.Stdout, "app %d: %sd\n", id, verb)
			return nil
		},
	}
}

// stateOf returns the state of an app of the database: whether it is pulled and judged. If the
// settings name no app, every app that is not retired is active.
func (a *app) stateOf(s load.AppStatus) string {
	switch {
	case s.RetiredAt != nil:
		return appRetired
	case len(a.settings.Apps) > 0 && !slices.ContainsFunc(a.settings.Apps, func(c config.App) bool { return c.SDKAppID == s.SDKAppID }):
		return appNotConfigured
	}
	return appActive
}

// status returns the status of the apps that are judged, and of the others.
func (a *app) status(ctx context.Context, db *load.DB) (judged, others []load.AppStatus, err error) {
	all, err := db.Status(ctx, a.env.Now(), statusGrace)
	for _, s := range all {
		if a.stateOf(s) == appActive {
			judged = append(judged, s)
		} else {
			others = append(others, s)
		}
	}
	return judged, others, err
}

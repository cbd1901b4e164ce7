package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pushloss/internal/config"
	"pushloss/internal/problem"
	"pushloss/load"
)

func newTasksRetireCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "retire ID...",
		Short: "Stop following push tasks; their figures stay",
		Long: `Stops following push tasks. Their figures stay, and their windows are final as they
are. A list, or a command that names a task, follows it again; the vendor's own answers
and callbacks do not.`,
		Example: "  pushloss tasks retire spring-sale",
		Args:    exactly(cobra.MinimumNArgs(1)),
	}
	sdkAppID := appFlag(command, "app of the tasks; required if there are several apps")
	command.RunE = func(cmd *cobra.Command, args []string) error {
		a, err := configure(cmd, env, config.Needs{Database: true})
		if err != nil {
			return err
		}
		defer a.close()
		return a.changeTasks(cmd, *sdkAppID, "%d retired", func(ctx context.Context, tasks load.Registry, appID int64) (int, []string, error) {
			return tasks.Retire(ctx, appID, args, env.Now())
		})
	}
	return command
}

// changeTasks changes tasks of an app (see appOf) and prints how many, in the format done. change
// also returns the tasks that the registry lacks.
func (a *app) changeTasks(
	cmd *cobra.Command, named int64, done string, change func(context.Context, load.Registry, int64) (changed int, unknown []string, err error),
) error {
	appID, db, err := a.openForApp(cmd.Context(), named)
	if err != nil {
		return err
	}
	changed, unknown, err := change(cmd.Context(), db.Tasks, appID)
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		return notRegistered(appID, unknown)
	}
	_, err = fmt.Fprintf(a.env.Stdout, "tasks: "+done+"\n", changed)
	return err
}

// openForApp opens the database for a command about tasks of an app (see appOf).
func (a *app) openForApp(ctx context.Context, named int64) (appID int64, db *load.DB, err error) {
	if appID, err = a.appOf(named); err != nil {
		return 0, nil, err
	}
	db, err = a.open(ctx)
	return appID, db, err
}

func notRegistered(sdkAppID int64, ids []string) error {
	return &problem.UsageError{
		Problem: fmt.Sprintf("not in the registry of app %d: %s", sdkAppID, strings.Join(ids, ", ")),
		Remedy:  "nothing was changed; see pushloss tasks list",
	}
}

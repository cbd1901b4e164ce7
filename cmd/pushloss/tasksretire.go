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

func newTasksDeleteCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "delete ID...",
		Short: "Delete push tasks without figures, such as mistyped ones",
		Long: `Deletes tasks from the registry, and what is known of their windows. A task that ever
had figures is not deleted, but can be retired. The command waits until no other process
works on the app.`,
		Example: "  pushloss tasks delete spring-slae",
		Args:    exactly(cobra.MinimumNArgs(1)),
	}
	sdkAppID := appFlag(command, "app of the tasks; required if there are several apps")
	command.RunE = func(cmd *cobra.Command, args []string) error {
		a, err := configure(cmd, env, config.Needs{Database: true})
		if err != nil {
			return err
		}
		defer a.close()
		appID, db, err := a.openForApp(cmd.Context(), *sdkAppID)
		if err != nil {
			return err
		}
		deleted, not, err := db.Tasks.Delete(cmd.Context(), appID, args, holder(), env.sayBusy)
		switch {
		case err != nil:
			return err
		case len(not.Unknown) > 0:
			return notRegistered(appID, not.Unknown)
		case len(not.WithFacts) > 0:
			return &problem.UsageError{
				Problem: fmt.Sprintf("these tasks of app %d have figures: %s", appID, strings.Join(not.WithFacts, ", ")),
				Remedy:  "nothing was deleted; pushloss tasks retire stops following them",
			}
		}
		_, err = fmt.Fprintf(env.Stdout, "tasks: %d deleted\n", deleted)
		return err
	}
	return command
}

// noSentAt, given as a time, removes the stored time.
const noSentAt = "none"

// forgetSentAt removes the time of tasks, so that they count from their registration.
func (a *app) forgetSentAt(cmd *cobra.Command, named int64, ids []string) error {
	return a.changeTasks(cmd, named, "%d without sent_at now", func(ctx context.Context, tasks load.Registry, appID int64) (int, []string, error) {
		return tasks.ForgetSentAt(ctx, appID, ids)
	})
}

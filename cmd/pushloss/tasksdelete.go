package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pushloss/internal/config"
	"pushloss/internal/problem"
)

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

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pushloss/load"
)

func newGrantCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "grant ROLE",
		Short: "Let a database role read schema analytics, and nothing else",
		Long: `Gives a role that exists read access to schema analytics: all views and functions
that are there, and those that later migrations make. It gets no right on schema
pushloss. Giving it again changes nothing.

The database must be connected to as the role that migrates, or as a superuser.`,
		Example: `  psql -c "CREATE ROLE metabase LOGIN PASSWORD '...'" "$DATABASE_URL"
  pushloss grant metabase`,
		Args: exactly(cobra.ExactArgs(1)),
	}
	output := outputFlag(command)
	command.RunE = func(cmd *cobra.Command, args []string) error {
		a, db, err := configureAndOpen(cmd, env)
		if err != nil {
			return err
		}
		defer a.close()
		access, err := db.Grant(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		if *output == asJSON {
			return printJSON(env.Stdout, access)
		}
		printAccess(env, access)
		fmt.Fprintf(env.Stdout, "%s reads analytics: %s granted, %d unchanged\n",
			access.Role, many(access.Changed(), "right"), len(access.Rights)-access.Changed())
		return nil
	}
	return command
}

// printAccess prints rights and notes.
func printAccess(env Environment, access load.Access) {
	if len(access.Rights) > 0 {
		t := newTable(env.Stdout, "on", "right", "result")
		for _, right := range access.Rights {
			t.AppendRow([]any{right.On, right.Right, right.Result})
		}
		t.Render()
	}
	for _, note := range access.Notes {
		fmt.Fprintf(env.Stdout, "note: %s\n", note)
	}
}

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pushloss/internal/access"
)

func newGrantCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "grant ROLE",
		Short: "Let a database role read schema analytics, and nothing else",
		Long: `Gives an existing role read access to schema analytics: to all views and functions,
and to those that later migrations create. The role gets no right on schema pushloss,
except on Citus: there it also reads the tables under the views, and must exist on every
worker. Granting again changes nothing. With --search-path the role finds the views in
this database without "analytics." before their names: some tools need that.

Connect to the database as the role that migrates, or as a superuser.`,
		Example: `  psql -c "CREATE ROLE metabase LOGIN PASSWORD '...'" "$DATABASE_URL"
  pushloss grant metabase
  pushloss grant --search-path analyst`,
		Args: exactly(cobra.ExactArgs(1)),
	}
	output := outputFlag(command)
	searchPath := command.Flags().Bool("search-path", false, "set the role's search_path in this database, so that it finds the views by their names alone")
	command.RunE = func(cmd *cobra.Command, args []string) error {
		a, db, err := configureAndOpen(cmd, env)
		if err != nil {
			return err
		}
		defer a.close()
		report, err := access.Grant(cmd.Context(), db.Pool(), args[0], *searchPath)
		if err != nil {
			return err
		}
		if *output == asJSON {
			return printJSON(env.Stdout, report)
		}
		printAccess(env, report)
		fmt.Fprintf(env.Stdout, "%s reads analytics: %s granted, %d unchanged\n",
			report.Role, many(report.Changed(), "right"), len(report.Rights)-report.Changed())
		if !report.SearchPath {
			fmt.Fprintf(env.Stdout, "write analytics. before each view, or grant with --search-path\n")
		}
		fmt.Fprintf(env.Stdout, "first query to try: %s\n", report.First)
		return nil
	}
	return command
}

// printAccess prints rights and notes.
func printAccess(env Environment, report access.Report) {
	if len(report.Rights) > 0 {
		t := newTable(env.Stdout, "on", "right", "result")
		for _, right := range report.Rights {
			t.AppendRow([]any{right.On, right.Right, right.Result})
		}
		t.Render()
	}
	for _, note := range report.Notes {
		fmt.Fprintf(env.Stdout, "note: %s\n", note)
	}
}

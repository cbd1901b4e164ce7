package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pushloss/internal/access"
	"pushloss/internal/problem"
)

func newRevokeCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "revoke ROLE",
		Short: "Take back the rights that grant gave; exit 1 if the role can still read in other ways",
		Long: `Takes back a role's rights on schema analytics, including those on later views and
functions, so that the role can be dropped. Rights through PUBLIC or through another
role stay: the command reports them and exits 1.`,
		Example: `  pushloss revoke metabase
  psql -c "DROP ROLE metabase" "$DATABASE_URL"`,
		Args: exactly(cobra.ExactArgs(1)),
	}
	output := outputFlag(command)
	command.RunE = func(cmd *cobra.Command, args []string) error {
		a, db, err := configureAndOpen(cmd, env)
		if err != nil {
			return err
		}
		defer a.close()
		report, err := access.Revoke(cmd.Context(), db.Pool(), args[0])
		if err != nil {
			return err
		}
		if *output == asJSON {
			err = printJSON(env.Stdout, report)
		} else {
			printAccess(env, report)
			_, err = fmt.Fprintf(env.Stdout, "%s: %s revoked\n", report.Role, many(report.Changed(), "right"))
		}
		if err == nil && report.Reads {
			return &exitError{code: problem.Partly}
		}
		return err
	}
	return command
}

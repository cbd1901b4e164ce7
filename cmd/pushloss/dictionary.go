package main

import (
	"github.com/spf13/cobra"

	"pushloss/internal/dictionary"
)

func newDictionaryCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "dictionary",
		Short: "Explain every view and column of schema analytics",
		Long: `Prints the comments of schema analytics in the database, as Markdown, or as JSON for
a data catalogue. It leaves out the tables of schema pushloss: they may change at any
time, and analysts do not read them.`,
		Example: `  pushloss dictionary > dictionary.md
  pushloss dictionary --output json | jq '.views[].name'`,
		Args: exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		a, db, err := configureAndOpen(cmd, env)
		if err != nil {
			return err
		}
		defer a.close()
		described, err := dictionary.Read(cmd.Context(), db.Pool())
		if err != nil {
			return err
		}
		if *output == asJSON {
			return printJSON(env.Stdout, described)
		}
		return dictionary.Write(env.Stdout, described)
	}
	return command
}

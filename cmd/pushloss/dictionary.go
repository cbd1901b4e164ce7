package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pushloss/internal/dictionary"
	"pushloss/internal/problem"
	"pushloss/internal/suggest"
)

func newDictionaryCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "dictionary",
		Short: "Explain every view and column of schema analytics",
		Long: `Prints the comments of schema analytics in the database as Markdown, or as JSON for a
data catalogue. The JSON also has the keys and the grain of each view, its joins with
other views, and what may be added up. --model prints a semantic model of the views for
dbt (sources), Cube or Malloy. The tables of schema pushloss are left out: analysts do
not read them, and they may change at any time.`,
		Example: `  pushloss dictionary > dictionary.md
  pushloss dictionary --output json | jq '.views[] | {name, grain, keys, joins}'
  pushloss dictionary --model dbt > models/pushloss/sources.yml`,
		Args: exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	model := command.Flags().String("model", "", "print a semantic model instead: "+strings.Join(dictionary.ModelNames(), ", "))
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		write := dictionary.Write
		if *model != "" {
			if *output == asJSON {
				return &problem.UsageError{Problem: "--model and --output json do not go together", Remedy: "leave one of them out"}
			}
			if write = dictionary.Models[*model]; write == nil {
				return &problem.UsageError{
					Problem: fmt.Sprintf("unknown model %q", *model),
					Remedy:  "give one of " + strings.Join(dictionary.ModelNames(), ", ") + suggest.Near(*model, dictionary.ModelNames()),
				}
			}
		}
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
		return write(env.Stdout, described)
	}
	return command
}

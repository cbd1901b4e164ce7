package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"pushloss/internal/config"
	"pushloss/load"
	"pushloss/migrations"
)

func newMigrateCommand(env Environment) *cobra.Command {
	return parent("migrate", "Bring the database's schema up or down, or show where it is",
		newMigrateUpCommand(env), newMigrateDownCommand(env), newMigrateStatusCommand(env))
}

func newMigrateUpCommand(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:     "up",
		Short:   "Bring the schema to this binary's version",
		Example: "  pushloss migrate up",
		Args:    exactly(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return migrateWith(cmd, env, func(url string) error { return migrations.Up(cmd.Context(), url) })
		},
	}
}

func newMigrateDownCommand(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:     "down N",
		Short:   "Take back the newest N migrations, with the data in what they made",
		Example: "  pushloss migrate down 1",
		Args:    exactly(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			steps, err := strconv.Atoi(args[0])
			if err != nil || steps < 1 {
				return &usageError{problem: fmt.Sprintf("%q is not a number of migrations", args[0]), remedy: "write: pushloss migrate down 1"}
			}
			return migrateWith(cmd, env, func(url string) error {
				status, err := migrations.Read(cmd.Context(), url)
				if err == nil && steps > status.Version {
					return &usageError{
						problem: fmt.Sprintf("cannot take back %d migrations", steps),
						remedy:  fmt.Sprintf("%d are applied", status.Version),
					}
				}
				return migrations.Down(cmd.Context(), url, steps)
			})
		},
	}
}

// migrateWith changes the schema and tells where it is then.
func migrateWith(cmd *cobra.Command, env Environment, change func(url string) error) error {
	a, err := configure(cmd, env, config.Needs{Database: true})
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.findMigratable(cmd.Context()); err != nil {
		return err
	}
	if err := change(a.database); err != nil {
		return err
	}
	status, err := migrations.Read(cmd.Context(), a.database)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "the schema is at version %d of %d\n", status.Version, status.Newest)
	return err
}

// findMigratable is findDatabase for commands that work without a load.DB, which
// refuses such poolers by itself.
func (a *app) findMigratable(ctx context.Context) error {
	if err := a.findDatabase(ctx); err != nil {
		return err
	}
	return load.CheckPooling(ctx, a.database)
}

func newMigrateStatusCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:     "status",
		Short:   "Show the schema's version; exit 3 unless it is this binary's",
		Example: "  pushloss migrate status",
		Args:    exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		a, err := configure(cmd, env, config.Needs{Database: true})
		if err != nil {
			return err
		}
		defer a.close()
		if err := a.findMigratable(cmd.Context()); err != nil {
			return err
		}
		status, err := migrations.Read(cmd.Context(), a.database)
		if err != nil {
			return err
		}
		if *output == asJSON {
			err = printJSON(env.Stdout, status)
		} else {
			_, err = fmt.Fprintf(env.Stdout, "the schema is at version %d of %d\n", status.Version, status.Newest)
		}
		if err == nil && !status.Current() {
			return &migrations.StateError{Status: status}
		}
		return err
	}
	return command
}

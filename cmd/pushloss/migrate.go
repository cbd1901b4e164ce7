package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"pushloss/internal/config"
	"pushloss/internal/postgres"
	"pushloss/internal/problem"
	"pushloss/migrations"
)

func newMigrateCommand(env Environment) *cobra.Command {
	return parent("migrate", "Migrate the database's schema up or down, or show its version",
		newMigrateUpCommand(env), newMigrateDownCommand(env), newMigrateStatusCommand(env))
}

func newMigrateUpCommand(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "up",
		Short: "Bring the schema to this binary's version",
		Long: `Applies the migrations that the database lacks, and creates the views that differ from
this binary's, or that were altered. Each migration commits together with its
version. One that fails or is killed leaves nothing behind, and the next "migrate up"
continues from there. If another session holds a lock, migrate up asks for it a few
times, for 3 seconds each, and names the holder. If there is nothing to do, it only
reads the database.`,
		Example: "  pushloss migrate up",
		Args:    exactly(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return migrateWith(cmd, env, func(_ string, m *migrations.Migrator) error { return m.Up(cmd.Context()) })
		},
	}
}

func newMigrateDownCommand(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:     "down N",
		Short:   "Revert the newest N migrations; the data that they added is lost",
		Example: "  pushloss migrate down 1",
		Args:    exactly(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			steps, err := strconv.Atoi(args[0])
			if err != nil || steps < 1 {
				return &problem.UsageError{Problem: fmt.Sprintf("%q is not a number of migrations", args[0]), Remedy: "write: pushloss migrate down 1"}
			}
			return migrateWith(cmd, env, func(url string, m *migrations.Migrator) error {
				status, err := migrations.Read(cmd.Context(), url)
				if applied := status.Applied(); err == nil && steps > applied {
					return &problem.UsageError{
						Problem: "cannot revert " + many(steps, "migration"),
						Remedy:  fmt.Sprintf("revert %s at most: the schema is at version %d", many(applied, "migration"), status.Version),
					}
				}
				return m.Down(cmd.Context(), steps)
			})
		},
	}
}

// migrateWith changes the schema and prints its new version.
func migrateWith(cmd *cobra.Command, env Environment, change func(url string, m *migrations.Migrator) error) error {
	a, err := configureToMigrate(cmd, env)
	if err != nil {
		return err
	}
	defer a.close()
	migrator := migrations.New(a.database, migrations.Options{
		Notice: func(text string) { a.log.Warn("the migration waits", "why", text) },
	})
	if err := change(a.database, migrator); err != nil {
		return err
	}
	status, err := migrations.Read(cmd.Context(), a.database)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "the schema is at version %d of %d\n", status.Version, status.Newest)
	return err
}

// configureToMigrate is configure and findDatabase for commands without a load.DB. Like a load.DB,
// it refuses poolers; it also refuses engines that cannot hold the schema. The caller closes the
// app.
func configureToMigrate(cmd *cobra.Command, env Environment) (*app, error) {
	a, err := configure(cmd, env, config.Needs{Database: true})
	if err != nil {
		return nil, err
	}
	ctx := cmd.Context()
	if err = a.findDatabase(ctx); err == nil {
		err = postgres.Patiently(ctx, func() error {
			if err := postgres.CheckPooling(ctx, a.database); err != nil {
				return err
			}
			return postgres.CheckEngine(ctx, a.database)
		}, sayWaiting(a.log))
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func newMigrateStatusCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "status",
		Short: "Show the schema's version; exit 3 if it is another one than the binary's, or was altered",
		Long: `Prints the schema's version. At this binary's version, it also compares tables, views,
triggers and sequences with what the migrations make, and says what to do about each
difference. It changes nothing.`,
		Example: "  pushloss migrate status",
		Args:    exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		a, err := configureToMigrate(cmd, env)
		if err != nil {
			return err
		}
		defer a.close()
		status, err := migrations.Read(cmd.Context(), a.database)
		if err != nil {
			return err
		}
		var deviations []migrations.Deviation
		if status.Current() {
			if deviations, err = migrations.Deviations(cmd.Context(), a.database); err != nil {
				return err
			}
		}
		if err := printSchema(env, *output, status, deviations); err != nil {
			return err
		}
		switch {
		case !status.Current():
			return &migrations.StateError{Status: status}
		case len(deviations) > 0:
			return &exitError{code: problem.Database}
		}
		return nil
	}
	return command
}

func printSchema(env Environment, output format, status migrations.Status, deviations []migrations.Deviation) error {
	if output == asJSON {
		return printJSON(env.Stdout, struct {
			migrations.Status
			Schema []migrations.Deviation `json:"schema"`
		}{status, append([]migrations.Deviation{}, deviations...)})
	}
	_, err := fmt.Fprintf(env.Stdout, "the schema is at version %d of %d\n", status.Version, status.Newest)
	printDeviations(env.Stdout, deviations)
	return err
}

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pushloss/internal/distribute"
	"pushloss/migrations"
)

func newDistributeCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "distribute",
		Short: "Spread the tables over the workers of a Citus cluster; only dump and restore undo it",
		Long: `Spreads the facts, their history and the ledger over the workers of a Citus cluster, by
app, and copies the tables of names to every node. The other tables stay on the
coordinator. DATABASE_URL names the coordinator. Create the schema with "migrate up".

Stop serve and the jobs first. Run the command again after an interruption, after you
add a worker, and after each "migrate up": it leaves distributed tables as they are.
A new worker gets no shards by itself: docs/citus.md says how to move some there.

It cannot be undone, because Citus cannot undistribute a table with an identity column.
To leave Citus, pg_dump the coordinator's database and pg_restore it into a plain
Postgres.`,
		Example: `  pushloss distribute --plan
  pushloss distribute --shards 64`,
		Args: exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	planOnly := command.Flags().Bool("plan", false, "show what would happen to each table, and change nothing")
	shards := command.Flags().Int("shards", distribute.DefaultShards, "number of shards; it cannot be changed later")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		a, err := configureToMigrate(cmd, env)
		if err != nil {
			return err
		}
		defer a.close()
		if err := migrations.Check(cmd.Context(), a.database); err != nil {
			return err
		}
		report, err := distribute.Run(cmd.Context(), a.database, *shards, *planOnly)
		if err != nil {
			return err
		}
		if *output == asJSON {
			return printJSON(env.Stdout, report)
		}
		printDistribution(env, report, *planOnly)
		return nil
	}
	return command
}

func printDistribution(env Environment, report distribute.Report, planOnly bool) {
	t := newTable(env.Stdout, "table", "is", "becomes", "why")
	due := 0
	for _, step := range report.Steps {
		becomes := "stays"
		if step.Due() {
			becomes = string(step.Becomes)
			due++
		}
		t.AppendRow([]any{step.Table, step.Now, becomes, step.Why})
	}
	t.Render()
	switch {
	case due == 0:
		fmt.Fprintf(env.Stdout, "%s: all tables are where they belong, in %s\n", report.Engine, many(report.Shards, "shard"))
	case planOnly:
		fmt.Fprintf(env.Stdout, "%s: %s would be placed, the distributed ones in %s each\n", report.Engine, many(due, "table"), many(report.Shards, "shard"))
		fmt.Fprintln(env.Stdout, "only pg_dump and pg_restore into a plain Postgres undo it")
	default:
		fmt.Fprintf(env.Stdout, "%s: %s placed, the distributed ones in %s each\n", report.Engine, many(report.Changed, "table"), many(report.Shards, "shard"))
		fmt.Fprintln(env.Stdout, "readers need their rights on the workers too: run pushloss grant for each role")
	}
}

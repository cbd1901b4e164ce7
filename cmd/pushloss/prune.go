package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pushloss/load"
)

func newPruneCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "prune",
		Short: "Remove raw answers and records of runs that are older than their retention",
		Long: `Removes raw answers older than PUSHLOSS_RAW_DAYS and records of runs older than
PUSHLOSS_RUN_DAYS; 0 keeps all. The answers of a day are removed together, once the
newest of them is old enough, so that a day is replayed as a whole or not at all.
Facts, changes and the ledger are never pruned. serve prunes on its schedule.`,
		Example: `  pushloss prune --plan
  pushloss prune`,
		Args: exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	planOnly := command.Flags().Bool("plan", false, "show what would be removed, and change nothing")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		a, db, err := configureAndOpen(cmd, env)
		if err != nil {
			return err
		}
		defer a.close()
		prune, verb := a.prune, "pruned"
		if *planOnly {
			prune, verb = a.planPrune, "would be pruned"
		}
		pruned, err := prune(cmd.Context(), db.Archive)
		if err != nil {
			return err
		}
		if *output == asJSON {
			return printJSON(env.Stdout, pruned)
		}
		printPruned(env, pruned, verb)
		return nil
	}
	return command
}

func (a *app) retention() load.Retention {
	before := func(days int) time.Time {
		if days == 0 {
			return time.Time{}
		}
		return a.env.Now().Add(-time.Duration(days) * 24 * time.Hour)
	}
	return load.Retention{Answers: before(a.settings.RawDays), Runs: before(a.settings.RunDays)}
}

func (a *app) prune(ctx context.Context, archive load.Archive) (load.Pruned, error) {
	return archive.Prune(ctx, a.retention(), a.env.Now())
}

func (a *app) planPrune(ctx context.Context, archive load.Archive) (load.Pruned, error) {
	return archive.PlanPrune(ctx, a.retention())
}

func printPruned(env Environment, pruned load.Pruned, verb string) {
	if len(pruned.Days) > 0 {
		t := newTable(env.Stdout, "app", "from day", "to day", "days", "pulls")
		for first := 0; first < len(pruned.Days); {
			next, pulls := first, int64(0)
			for next < len(pruned.Days) && pruned.Days[next].SDKAppID == pruned.Days[first].SDKAppID {
				pulls += pruned.Days[next].Pulls
				next++
			}
			t.AppendRow([]any{pruned.Days[first].SDKAppID, pruned.Days[first].Day, pruned.Days[next-1].Day, next - first, count(pulls)})
			first = next
		}
		t.Render()
	}
	fmt.Fprintf(env.Stdout, "%s of %s and %s %s\n",
		many(pruned.Bodies, "answer"), many(pruned.Bytes, "byte"), many(pruned.Runs, "run"), verb)
}

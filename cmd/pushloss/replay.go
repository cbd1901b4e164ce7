package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"pushloss/internal/problem"
	"pushloss/load"
)

func newReplayCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "replay",
		Short: "Rebuild facts and history from the stored answers, without calling the API",
		Long: `Replays the stored answers in the order of their pulls, and corrects facts, changes and
the ledger's figures accordingly. It writes only differences, one day per transaction,
so that readers never see half of a day. It waits for an app that another process works
on.

It does not change a window with a lost or damaged answer, counts it, and exits 1. It
does not change windows whose answers were pruned either, but that is not a failure.`,
		Example: `  pushloss replay
  pushloss replay ` + exampleDays(env.Now(), 30) + ` --app 1400000001`,
		Args: exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	selected := selectionFlags(command)
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		return withArchive(cmd, env, selected, func(ctx context.Context, a *app, archive load.Archive, selection load.Selection) error {
			bar := newProgress(env)
			restored, err := archive.Replay(ctx, selection, holder(), env.Now, load.Observer{
				Day: bar.day,
				Difference: func(d load.Difference) error {
					if d.Of == "archive" {
						fmt.Fprintln(env.Stderr, differenceLine(d))
					} else {
						a.log.Debug("repaired", "difference", differenceLine(d))
					}
					return nil
				},
				Waiting: env.sayBusy,
			})
			bar.finish()
			if err != nil {
				return err
			}
			if *output == asJSON {
				err = printJSON(env.Stdout, restored)
			} else {
				fmt.Fprintf(env.Stdout, "%s replayed: ", archiveSize(restored.Checked))
				if restored.Differences == restored.NotProvable {
					fmt.Fprintln(env.Stdout, "nothing had to be repaired")
				} else {
					fmt.Fprintf(env.Stdout, "%s inserted, %s updated, %s deleted, %s written\n",
						many(restored.Rows.Inserted, "fact"), count(restored.Rows.Updated), count(restored.Rows.Deleted), many(restored.ChangesWritten, "change"))
				}
				printUnprovable(env.Stdout, restored.Checked)
			}
			if err == nil && restored.NotProvable > 0 {
				err = &exitError{code: problem.Partly}
			}
			return err
		})
	}
	return command
}

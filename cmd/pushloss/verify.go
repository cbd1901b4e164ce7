package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"pushloss/internal/problem"
	"pushloss/load"
	"pushloss/migrations"
)

func newVerifyCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "verify",
		Short: "Compare facts and history with what the API answered; exit 1 if they differ",
		Long: `Replays the stored answers in memory, in the order of their pulls, and compares facts,
changes and the ledger's figures with the tables. It prints every difference, changes
nothing, and does not call the API. It counts windows whose answers were pruned as
beyond the archive, and compares only their numbers of rows with the ledger's. It also
reports keys, constraints, columns, views and names that a restore lost or somebody
changed, and keys that are stored repeatedly.`,
		Example: `  pushloss verify
  pushloss verify ` + exampleDays(env.Now(), 30) + ` --app 1400000001`,
		Args: exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	selected := selectionFlags(command)
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		return withArchive(cmd, env, selected, func(ctx context.Context, a *app, archive load.Archive, selection load.Selection) error {
			deviations, err := migrations.DeviationsAndRepeats(ctx, a.database)
			if err != nil {
				return err
			}
			differences := &differencePrinter{out: env.Stdout, output: *output, deviations: deviations}
			bar := newProgress(env)
			checked, err := archive.Verify(ctx, selection, load.Observer{Day: bar.day, Difference: differences.print})
			bar.finish()
			if err != nil {
				return err
			}
			return differences.conclude(checked, func() {
				printDeviations(env.Stdout, deviations)
				fmt.Fprintf(env.Stdout, "%s checked: ", archiveSize(checked))
				switch {
				case checked.Differences == 0 && checked.Pulls == 0:
					fmt.Fprintln(env.Stdout, "no answers are stored for this selection")
				case checked.Differences == 0 && len(deviations) > 0:
					fmt.Fprintln(env.Stdout, "the figures are as the API answered, the tables are not as they were made")
				case checked.Differences == 0:
					fmt.Fprintln(env.Stdout, "everything is as the API answered")
				default:
					fmt.Fprintln(env.Stdout, many(checked.Differences, "difference"))
				}
				printUnprovable(env.Stdout, checked)
			})
		})
	}
	return command
}

// printDeviations prints what is wrong with the tables and views, and what to do.
func printDeviations(w io.Writer, deviations []migrations.Deviation) {
	for _, d := range deviations {
		fmt.Fprintf(w, "%v\n  %s\n", d, d.Hint())
	}
}

// differencePrinter prints differences as they are found, because there may be any number.
type differencePrinter struct {
	out        io.Writer
	output     format
	deviations []migrations.Deviation
	n          int
}

func (p *differencePrinter) print(d load.Difference) error {
	p.n++
	if p.output == asJSON {
		opening := "{\"differences\":[\n"
		if p.n > 1 {
			opening = ",\n"
		}
		text, err := json.Marshal(d)
		if err == nil {
			_, err = fmt.Fprintf(p.out, "%s%s", opening, text)
		}
		return err
	}
	_, err := fmt.Fprintln(p.out, differenceLine(d))
	return err
}

// conclude ends the output with the totals; words prints them for people.
func (p *differencePrinter) conclude(totals any, words func()) error {
	if p.output != asJSON {
		words()
	} else {
		if p.n == 0 {
			fmt.Fprint(p.out, "{\"differences\":[")
		}
		text, err := json.Marshal(totals)
		if err != nil {
			return err
		}
		schema, err := json.Marshal(append([]migrations.Deviation{}, p.deviations...))
		if err != nil {
			return err
		}
		fmt.Fprintf(p.out, "],\n\"schema\":%s,\n\"totals\":%s}\n", schema, text)
	}
	if p.n+len(p.deviations) > 0 {
		return &exitError{code: problem.Partly}
	}
	return nil
}

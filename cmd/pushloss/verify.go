package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"pushloss/internal/calendar"
	"pushloss/internal/pipeline"
	"pushloss/internal/postgres"
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

// archiveFlags choose a part of the archive.
type archiveFlags struct {
	dayFlags
	sdkAppID *int64
}

func selectionFlags(command *cobra.Command) archiveFlags {
	return archiveFlags{
		dayFlags: newDayFlags(command, "; without it, all days"),
		sdkAppID: appFlag(command, "only this app"),
	}
}

func (f archiveFlags) selection() (load.Selection, error) {
	from, to, err := f.days()
	if err != nil {
		return load.Selection{}, err
	}
	selection := load.Selection{SDKAppID: *f.sdkAppID, From: from, To: to}
	if selection.From != nil && selection.To != nil && *selection.To < *selection.From {
		return selection, &problem.UsageError{
			Problem: fmt.Sprintf("the range ends on %s, before it begins on %s", selection.To, selection.From),
			Remedy:  "give the earlier day to --from",
		}
	}
	return selection, nil
}

// withArchive opens the database for a command that reads the archive.
func withArchive(cmd *cobra.Command, env Environment, flags archiveFlags, do func(context.Context, *app, load.Archive, load.Selection) error) error {
	selection, err := flags.selection()
	if err != nil {
		return err
	}
	a, db, err := openFor(cmd, env, selection)
	if err != nil {
		return err
	}
	defer a.close()
	if err := postgres.Enough(cmd.Context(), db.Pool()); err != nil { // otherwise do would wait for a second connection
		return err
	}
	return do(cmd.Context(), a, db.Archive, selection)
}

// openFor is configureAndOpen for a selection. It refuses an app that the database does not know.
func openFor(cmd *cobra.Command, env Environment, selection load.Selection) (*app, *load.DB, error) {
	a, db, err := configureAndOpen(cmd, env)
	if err != nil || selection.SDKAppID == 0 {
		return a, db, err
	}
	_, found, err := db.Apps.Lookup(cmd.Context(), selection.SDKAppID)
	if err == nil && !found {
		err = &problem.UsageError{Problem: fmt.Sprintf("nothing is stored of app %d", selection.SDKAppID), Remedy: "pushloss status shows the apps"}
	}
	if err != nil {
		a.close()
		return nil, nil, err
	}
	return a, db, nil
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

func differenceLine(d load.Difference) string {
	task := d.TaskID
	if task == "" {
		task = "(whole app)"
	}
	line := fmt.Sprintf("app %d, %s, %s, %s: %s %s", d.SDKAppID, d.Stream, d.Day, task, d.Of, d.What)
	if d.Grain != "" {
		line += fmt.Sprintf(", by %s: %s", d.Grain, d.Stage)
		if d.EventType != nil {
			line += fmt.Sprintf(", event %d, platform %d", *d.EventType, *d.PlatformID)
		}
		if d.ErrCode != "" {
			line += ", code " + d.ErrCode
		}
	}
	switch {
	case d.Stored == "":
		return line + ": " + d.Archived
	case d.Archived == "":
		return line + ": stored " + d.Stored
	}
	return line + ": stored " + d.Stored + ", by the archive " + d.Archived
}

func archiveSize(c load.Checked) string {
	return fmt.Sprintf("%s, %s, %s, %s, %s", many(c.Days, "day"), many(c.Windows, "window"), many(c.Pulls, "pull"), many(c.Facts, "fact"), many(c.Changes, "change"))
}

func printUnprovable(w io.Writer, c load.Checked) {
	if c.BeyondArchive > 0 {
		fmt.Fprintf(w, "%s %s beyond the archive: the answers were pruned\n",
			many(c.BeyondArchive, "window"), english.PluralWord(int(c.BeyondArchive), "is", "are"))
	}
	if c.NotProvable > 0 {
		fmt.Fprintf(w, "%s cannot be proven: an answer is lost or damaged\n", many(c.NotProvable, "window"))
	}
}

// day shows the progress of going through days.
func (p *progress) day(sdkAppID int64, day calendar.Day, done, total int) {
	p.step(pipeline.Progress{SDKAppID: sdkAppID, Day: day, Done: done, Total: total})
}

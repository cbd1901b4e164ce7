package main

import (
	"context"
	"fmt"
	"io"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"pushloss/internal/calendar"
	"pushloss/internal/pipeline"
	"pushloss/internal/postgres"
	"pushloss/internal/problem"
	"pushloss/load"
)

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

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pushloss/internal/calendar"
	"pushloss/internal/intake"
	"pushloss/internal/problem"
	"pushloss/internal/taskfile"
	"pushloss/load"
)

// maxWarnings is how many warnings stderr shows; JSON has all of them.
const maxWarnings = 20

// saveTasks saves the entries of a list in the registry. An entry without an app belongs to the
// only configured one. from names the list in problems: a file, or an option.
func (a *app) saveTasks(cmd *cobra.Command, from string, origin load.TaskSource, list taskfile.List, output format) error {
	resolved := intake.Resolve(list.Entries, a.appOf, origin, a.env.Now())
	if err := refused(from, resolved.Refusals); err != nil {
		return err
	}
	tasks, warnings := resolved.Tasks, resolved.Warnings
	db, err := a.open(cmd.Context())
	if err != nil {
		return err
	}
	outlooks, err := a.outlooks(cmd.Context(), db.Apps, tasks)
	if err != nil {
		return err
	}
	warnings = append(warnings, outlooks...)
	changes, err := db.Tasks.Save(cmd.Context(), tasks, a.env.Now())
	if err != nil {
		return err
	}
	for i, warning := range warnings {
		if i == maxWarnings {
			fmt.Fprintf(a.env.Stderr, "warning: and %d more (all of them: --output json)\n", len(warnings)-maxWarnings)
			break
		}
		fmt.Fprintf(a.env.Stderr, "warning: %s\n", warning)
	}
	if output == asJSON {
		return printJSON(a.env.Stdout, struct {
			Added        int      `json:"added"`
			Updated      int      `json:"updated"`
			Unchanged    int      `json:"unchanged"`
			SentAtFromID int      `json:"sent_at_from_id"`
			Failed       int      `json:"failed_answers"`
			Taskless     int      `json:"without_task"`
			Unknown      int      `json:"unknown_fields"`
			Retired      int      `json:"retired_skipped"`
			Warnings     []string `json:"warnings"`
		}{changes.Added, changes.Updated, changes.Unchanged, changes.SentAtFromID, list.Failed, list.Taskless, list.Unknown, list.Retired, append([]string{}, warnings...)})
	}
	fmt.Fprintf(a.env.Stdout, "tasks: %d added, %d updated, %d unchanged\n", changes.Added, changes.Updated, changes.Unchanged)
	if changes.SentAtFromID > 0 {
		fmt.Fprintf(a.env.Stdout, "%d have no sent_at and were given the time in their ID\n", changes.SentAtFromID)
	}
	if skipped := list.Skipped.String(); skipped != "" {
		fmt.Fprintln(a.env.Stdout, skipped)
	}
	return nil
}

const givePast = "give the time at which the push was sent, or leave it out"

// refused returns the error for refused entries: all that were sent in the future, or else the
// first of the others.
func refused(from string, refusals []intake.Refusal) error {
	var futures taskfile.Problems
	for _, refusal := range refusals {
		var future *intake.FutureError
		if errors.As(refusal.Err, &future) {
			futures = append(futures, taskfile.Problem{Name: from, Line: refusal.Entry.Line, Text: future.Error()})
		}
	}
	var again *intake.AgainError
	switch {
	case len(refusals) == 0:
		return nil
	case len(futures) > 0 && futures[0].Line == 0:
		return &problem.UsageError{Problem: from + ": " + futures[0].Text, Remedy: "nothing was added; " + givePast}
	case len(futures) > 0:
		return &problem.UsageError{Problem: futures.Error(), Remedy: "nothing was imported; " + givePast}
	case errors.As(refusals[0].Err, &again):
		return &problem.UsageError{Problem: again.Error(), Remedy: "nothing was imported; keep one of them"}
	}
	return refusals[0].Err
}

// outlooks returns warnings about days of the tasks that runs will not pull.
func (a *app) outlooks(ctx context.Context, apps load.Apps, tasks []load.Task) ([]string, error) {
	type known struct {
		location *time.Location
		kept     *calendar.Day
	}
	byApp := make(map[int64]known)
	var list []string
	for _, task := range tasks {
		app, looked := byApp[task.SDKAppID]
		if !looked {
			kept, _, err := apps.Lookup(ctx, task.SDKAppID)
			if err != nil {
				return nil, err
			}
			app = known{a.locationOf(task.SDKAppID), kept.FirstDay}
			byApp[task.SDKAppID] = app
		}
		if outlook := a.pipelineSettings().Outlook(task, app.location, app.kept, a.env.Now()); outlook != "" {
			list = append(list, outlook)
		}
	}
	return list, nil
}

// locationOf returns the zone whose midnights cut the app's days. 0 stands for the only app.
func (a *app) locationOf(sdkAppID int64) *time.Location {
	if sdkAppID == 0 && len(a.settings.Apps) == 1 {
		return a.settings.Apps[0].Location
	}
	for _, configured := range a.settings.Apps {
		if configured.SDKAppID == sdkAppID {
			return configured.Location
		}
	}
	return a.settings.Location
}

// noSentAt, given as a time, removes the stored time.
const noSentAt = "none"

// forgetSentAt removes the time of tasks, so that they count from their registration.
func (a *app) forgetSentAt(cmd *cobra.Command, named int64, ids []string) error {
	return a.changeTasks(cmd, named, "%d without sent_at now", func(ctx context.Context, tasks load.Registry, appID int64) (int, []string, error) {
		return tasks.ForgetSentAt(ctx, appID, ids)
	})
}

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pushloss/internal/calendar"
	"pushloss/internal/problem"
	"pushloss/internal/taskfile"
	"pushloss/load"
)

const (
	// clockTolerance is how far ahead a sent_at may lie of a clock that lags.
	clockTolerance = 5 * time.Minute
	// hintTolerance is how far a sent_at may lie from the time in the TaskID.
	hintTolerance = 7 * 24 * time.Hour
	// maxWarnings are shown on stderr; JSON has all of them.
	maxWarnings = 20
)

// saveTasks puts the entries of a list into the registry, for the app that they name or the only one
// there is. from is where they come from: a file, or an option.
func (a *app) saveTasks(cmd *cobra.Command, from string, list taskfile.List, output format) error {
	if err := a.refuseFuture(from, list.Entries); err != nil {
		return err
	}
	entries, err := a.entriesOfApps(list.Entries)
	if err != nil {
		return err
	}
	var tasks []load.Task
	var warnings []string
	hints := 0
	for _, entry := range entries {
		sdkAppID := entry.SDKAppID
		task := load.Task{SDKAppID: sdkAppID, TaskID: entry.TaskID, SentAt: entry.SentAt, RegisteredAt: a.env.Now(), Source: sourceOf(entry)}
		if entry.Label != "" {
			task.Label = &entry.Label
		}
		if hint, ok := taskfile.HintFrom(entry.TaskID, a.env.Now()); ok {
			switch {
			case hint.SDKAppID != sdkAppID:
				warnings = append(warnings, fmt.Sprintf("by its ID, task %s seems to belong to app %d, not to %d", entry.TaskID, hint.SDKAppID, sdkAppID))
			case task.SentAt == nil:
				task.SentAt = &hint.SentAt
				hints++
			case task.SentAt.Sub(hint.SentAt).Abs() > hintTolerance:
				warnings = append(warnings, fmt.Sprintf("by its ID, task %s seems to have been sent on %s, not on %s: is its sent_at right?",
					entry.TaskID, hint.SentAt.UTC().Format(time.DateOnly), task.SentAt.UTC().Format(time.DateOnly)))
			}
		}
		tasks = append(tasks, task)
	}
	db, err := a.open(cmd.Context())
	if err != nil {
		return err
	}
	outlooks, err := a.outlooks(cmd.Context(), db, tasks)
	if err != nil {
		return err
	}
	warnings = append(warnings, outlooks...)
	changes, err := db.SaveTasks(cmd.Context(), tasks, a.env.Now())
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
		}{changes.Added, changes.Updated, changes.Unchanged, hints, list.Failed, list.Taskless, list.Unknown, list.Retired, append([]string{}, warnings...)})
	}
	fmt.Fprintf(a.env.Stdout, "tasks: %d added, %d updated, %d unchanged\n", changes.Added, changes.Updated, changes.Unchanged)
	if hints > 0 {
		fmt.Fprintf(a.env.Stdout, "%d have no sent_at and were given the time in their ID\n", hints)
	}
	if skipped := list.Skipped.String(); skipped != "" {
		fmt.Fprintln(a.env.Stdout, skipped)
	}
	return nil
}

// entriesOfApps names each entry's app, and makes one of those for the same task: a list
// may name the only app in one line and leave it out in another.
func (a *app) entriesOfApps(given []taskfile.Entry) ([]taskfile.Entry, error) {
	type key struct {
		sdkAppID int64
		taskID   string
	}
	var entries []taskfile.Entry
	indexOf := make(map[key]int)
	for _, entry := range given {
		var err error
		if entry.SDKAppID, err = a.appOf(entry.SDKAppID); err != nil {
			return nil, err
		}
		k := key{entry.SDKAppID, entry.TaskID}
		index, again := indexOf[k]
		if !again {
			indexOf[k] = len(entries)
			entries = append(entries, entry)
			continue
		}
		if earlier := &entries[index]; !earlier.Merge(entry) {
			return nil, &problem.UsageError{
				Problem: fmt.Sprintf("task %s of app %d is on lines %d and %d with different values", entry.TaskID, entry.SDKAppID, earlier.Line, entry.Line),
				Remedy:  "nothing was imported; keep one of the lines",
			}
		}
	}
	return entries, nil
}

// sourceOf says where a task came from: what the vendor wrote, however it came, or else
// what an operator typed or gave as a file.
func sourceOf(entry taskfile.Entry) load.TaskSource {
	switch {
	case entry.From == taskfile.FromPush:
		return load.SourcePushAnswer
	case entry.From == taskfile.FromCallback:
		return load.SourceCallback
	case entry.From == taskfile.FromScheduled:
		return load.SourceSchedule
	case entry.Line == 0:
		return load.SourceCommand
	}
	return load.SourceFile
}

// refuseFuture refuses pushes that were not sent yet: runs would wait for their day.
func (a *app) refuseFuture(from string, entries []taskfile.Entry) error {
	latest := a.env.Now().Add(clockTolerance)
	var problems taskfile.Problems
	for _, entry := range entries {
		if entry.SentAt != nil && entry.SentAt.After(latest) {
			problems = append(problems, taskfile.Problem{
				Name: from, Line: entry.Line,
				Text: fmt.Sprintf("sent_at %s of task %s is in the future", entry.SentAt.Format(time.RFC3339), entry.TaskID),
			})
		}
	}
	switch {
	case len(problems) == 0:
		return nil
	case problems[0].Line == 0:
		return &problem.UsageError{Problem: from + ": " + problems[0].Text, Remedy: "nothing was added; give the time at which the push was sent, or leave it out"}
	}
	return problems
}

// outlooks says what runs will not pull of the tasks.
func (a *app) outlooks(ctx context.Context, db *load.DB, tasks []load.Task) ([]string, error) {
	type known struct {
		location *time.Location
		kept     *calendar.Day
	}
	apps := make(map[int64]known)
	var list []string
	for _, task := range tasks {
		app, looked := apps[task.SDKAppID]
		if !looked {
			kept, _, err := db.LookupApp(ctx, task.SDKAppID)
			if err != nil {
				return nil, err
			}
			app = known{a.locationOf(task.SDKAppID), kept.FirstDay}
			apps[task.SDKAppID] = app
		}
		if outlook := a.pipelineSettings().Outlook(task, app.location, app.kept, a.env.Now()); outlook != "" {
			list = append(list, outlook)
		}
	}
	return list, nil
}

// locationOf returns the zone whose midnights cut the app's days.
func (a *app) locationOf(sdkAppID int64) *time.Location {
	for _, configured := range a.settings.Apps {
		if configured.SDKAppID == sdkAppID {
			return configured.Location
		}
	}
	return a.settings.Location
}

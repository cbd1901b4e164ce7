package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pushloss/internal/calendar"
	"pushloss/internal/config"
	"pushloss/internal/pipeline"
)

func newReconcileCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "reconcile [--from DAY --to DAY]",
		Short: "Compare the stored days with what the API reports for a week; exit 1 if they differ or nothing can be compared",
		Long: `Requests spans of up to 7 days from the API, of the whole app and of its tasks, and
compares the answers with the sums of the stored days. analytics.reconciliations
stores every figure. Without a range it chooses the newest days that the API is
believed to remember for another day. It cuts a longer range into spans. It compares
only stored days, lists the days that it leaves out, and exits 1 if none is left.

If figures differ, their days are opened: the next run pulls them again and repeats
the check. If they still differ, status warns until a later reconcile of these days
agrees, or a backfill --reprocess all has pulled them again. A span that the API no
longer has to remember proves nothing: it is stored as unproven and opens no day.`,
		Example: `  pushloss reconcile
  pushloss reconcile ` + exampleDays(env.Now(), 4) + ` --output json`,
		Args: exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	days := newDayFlags(command, "")
	sdkAppID := appFlag(command, "only this app")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		from, to, err := days.days()
		if err != nil {
			return err
		}
		a, err := configure(cmd, env, config.Needs{Database: true, Credentials: true})
		if err != nil {
			return err
		}
		defer a.close()
		db, events, err := a.openWithNotifier(cmd.Context())
		if err != nil {
			return err
		}
		bar := newProgress(env)
		report, err := a.pipeline(db, pipeline.Options{OnProgress: bar.step}).
			Reconcile(cmd.Context(), pipeline.ReconcileRequest{From: from, To: to, SDKAppID: *sdkAppID})
		bar.finish()
		err = printReport(env, *output, report, err)
		events.AfterJob(cmd.Context(), report)
		return err
	}
	return command
}

// maxLeftOut is how many lines about omitted spans a table shows.
const maxLeftOut = 20

func printReconciliation(env Environment, report pipeline.Report) {
	t := newTable(env.Stdout, "app", "state", "spans", "requests", "retries", "checks", "figures", "differ", "days opened", "left out", "pace used")
	unequal := newTable(env.Stdout, "app", "first day", "last day", "task", "figures", "differ", "state")
	leftOut := newTable(env.Stdout, "app", "first day", "last day", "tasks", "left out because")
	more := 0
	for _, app := range report.Apps {
		r := app.Reconciliation
		if r == nil {
			r = new(pipeline.Reconciliation)
		}
		t.AppendRow([]any{app.SDKAppID, app.State, spansOf(r.Spans), app.Requests, app.Retries, r.Checks, r.Keys, r.Differences,
			r.DaysOpened, len(r.LeftOut), paceOf(app)})
		for _, check := range r.Unequal {
			unequal.AppendRow([]any{app.SDKAppID, check.First, check.Last, taskOf(check.TaskID), check.Keys, check.Differences, check.State})
		}
		for _, left := range sameLeftOut(r.LeftOut) {
			if leftOut.Length() == maxLeftOut {
				more++
				continue
			}
			leftOut.AppendRow([]any{app.SDKAppID, left.First, left.Last, left.TaskID, left.Why})
		}
	}
	t.Render()
	fmt.Fprintf(env.Stdout, "%s %d: %s in %s\n", report.Kind, report.RunID, report.State,
		report.FinishedAt.Sub(report.StartedAt).Round(time.Millisecond))
	if unequal.Length() > 0 {
		unequal.Render()
	}
	if leftOut.Length() > 0 {
		leftOut.Render()
	}
	if more > 0 {
		fmt.Fprintf(env.Stdout, "and %s: see --output json\n", many(more, "more line"))
	}
	printProblems(env, report)
}

// sameLeftOut merges the tasks whose same days were left out for the same reason into one entry.
func sameLeftOut(list []pipeline.LeftOut) []pipeline.LeftOut {
	type reason struct {
		days calendar.Span
		why  string
	}
	at := make(map[reason]int)
	var together []pipeline.LeftOut
	var tasks [][]string
	for _, left := range list {
		key := reason{left.Span, left.Why}
		i, known := at[key]
		if !known {
			i = len(together)
			at[key] = i
			together, tasks = append(together, left), append(tasks, nil)
		}
		tasks[i] = append(tasks[i], taskOf(left.TaskID))
	}
	for i, names := range tasks {
		together[i].TaskID = strings.Join(names, ", ")
		if len(names) > 3 {
			together[i].TaskID = fmt.Sprintf("%s and %d more", strings.Join(names[:2], ", "), len(names)-2)
		}
	}
	return together
}

func spansOf(spans []calendar.Span) string {
	switch len(spans) {
	case 0:
		return "none"
	case 1:
		return spans[0].String()
	}
	return fmt.Sprintf("%d: %s", len(spans), calendar.Span{First: spans[0].First, Last: spans[len(spans)-1].Last})
}

func taskOf(id string) string {
	if id == "" {
		return "(whole app)"
	}
	return id
}

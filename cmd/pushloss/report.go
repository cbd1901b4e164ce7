package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/dustin/go-humanize/english"

	"pushloss/internal/pipeline"
	"pushloss/internal/problem"
)

// printReport prints what a job did; its error has the exit code.
func printReport(env Environment, output format, report pipeline.Report, err error) error {
	if report.RunID == 0 {
		return err
	}
	if output == asJSON {
		if printErr := printJSON(env.Stdout, report); printErr != nil {
			return printErr
		}
	} else if report.Kind == pipeline.KindReconcile {
		printReconciliation(env, report)
	} else {
		printSummary(env, report)
	}
	if err != nil {
		return err
	}
	if code := reportCode(report); code != problem.Done {
		var causes []error
		for _, app := range report.Apps {
			causes = append(causes, app.Err())
		}
		return &exitError{code: code, cause: errors.Join(causes...)}
	}
	return nil
}

func printSummary(env Environment, report pipeline.Report) {
	t := newTable(env.Stdout, "app", "state", "requests", "retries", "windows", "failed",
		"inserted", "updated", "deleted", "unchanged", "rejects", "pace used")
	for _, app := range report.Apps {
		t.AppendRow([]any{app.SDKAppID, app.State, app.Requests, app.Retries, app.Windows, app.WindowsFailed,
			app.RowsInserted, app.RowsUpdated, app.RowsDeleted, app.RowsUnchanged, app.Rejects, paceOf(app)})
	}
	t.Render()
	took := report.FinishedAt.Sub(report.StartedAt).Round(time.Millisecond)
	fmt.Fprintf(env.Stdout, "%s %d: %s in %s\n", report.Kind, report.RunID, report.State, took)
	printOddities(env.Stdout, report.Totals)
	for _, app := range report.Apps {
		if r := app.Reconciliation; r != nil {
			fmt.Fprintf(env.Stdout, "app %d: %s that had differed %s made again, %d %s still\n",
				app.SDKAppID, many(r.Checks, "reconciliation"), english.PluralWord(int(r.Checks), "was", "were"),
				len(r.Unequal), english.PluralWord(len(r.Unequal), "differs", "differ"))
		}
	}
	printProblems(env, report)
}

// printOddities prints what the answers had that is not stored as received.
func printOddities(w io.Writer, t pipeline.Totals) {
	if t.WindowsUnproven > 0 {
		fmt.Fprintf(w, "unproven: %s, of days that the API no longer had to remember as a whole: their figures may be incomplete, and without figures there may still have been pushes\n",
			many(t.WindowsUnproven, "window"))
	}
	if t.WindowsAbsent > 0 {
		fmt.Fprintf(w, "absent: the answers lack the task in %s: there may still have been pushes\n", many(t.WindowsAbsent, "window"))
	}
	if t.WindowsBySpan > 0 {
		saved := "which saved " + many(t.CallsSaved, "call")
		if t.CallsSaved < 0 {
			saved = "which took " + many(-t.CallsSaved, "call") + " more than single days"
		}
		fmt.Fprintf(w, "spans: answers for several days proved %s, %s\n", many(t.WindowsBySpan, "window"), saved)
	}
	if t.RowsKept > 0 {
		fmt.Fprintf(w, "kept: %s that the answers leave out or report less of: counters, or figures of days older than the API is believed to remember\n", many(t.RowsKept, "stored row"))
	}
	if t.DaysRemoved > 0 {
		fmt.Fprintf(w, "removed: figures of %s were removed by the API's answers, or lowered by more than a tenth; analytics.loss_changes and push_changes have them as they were\n",
			many(t.DaysRemoved, "day"))
	}
	for _, oddity := range []struct {
		n          int64
		noun, what string
	}{
		{t.RowsMerged, "row", "added to another with the same key"},
		{t.RowsIgnored, "row", "of tasks that were not asked for, not stored"},
		{t.RowsRepeated, "row", "of tasks that an answer gives twice, stored once"},
		{t.RowsUnlisted, "row", "of lists that this version of pushloss does not know, only in the archive: see whether there is a newer version"},
		{t.ZeroCounters, "counter", "of zero where all counters are zero: counted as no figures"},
		{t.TextsReplaced, "text", "with characters that Postgres cannot hold, replaced by U+FFFD"},
		{t.SecretsBlanked, "credential", "repeated by the API, blanked out"},
	} {
		if oddity.n > 0 {
			fmt.Fprintf(w, "in the answers: %s %s\n", many(oddity.n, oddity.noun), oddity.what)
		}
	}
}

func paceOf(app pipeline.AppReport) string {
	if app.PaceUsed == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f%%", 100*app.PaceUsed)
}

func printProblems(env Environment, report pipeline.Report) {
	if len(report.Apps) == 0 {
		fmt.Fprintln(env.Stdout, allRetired)
	}
	// Many apps may have the same reason: its hint is printed once.
	var hints []string
	problems := make(map[string][]string)
	for _, app := range report.Apps {
		if app.Problem == "" && app.Hint == "" {
			continue
		}
		if !slices.Contains(hints, app.Hint) {
			hints = append(hints, app.Hint)
		}
		if app.Problem != "" {
			problems[app.Hint] = append(problems[app.Hint], app.NamedProblem())
		}
	}
	for _, hint := range hints {
		for _, problem := range problems[hint] {
			fmt.Fprintln(env.Stderr, problem)
		}
		if hint != "" {
			fmt.Fprintf(env.Stderr, "what to do: %s\n", hint)
		}
	}
}

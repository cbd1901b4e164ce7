package main

import (
	"fmt"
	"time"

	"pushloss/internal/pipeline"
)

// printReport tells what a job did; its error bears the exit code.
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
	if code := reportCode(report); code != exitDone {
		return &exitError{code: code}
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
	if report.RowsMerged > 0 || report.RowsIgnored > 0 || report.TextsReplaced > 0 {
		fmt.Fprintf(env.Stdout, "in the answers: %d rows summed into others of their key, %d rows not asked for ignored, %d texts mended\n",
			report.RowsMerged, report.RowsIgnored, report.TextsReplaced)
	}
	for _, app := range report.Apps {
		if r := app.Reconciliation; r != nil {
			fmt.Fprintf(env.Stdout, "app %d: %d reconciliations that had differed were made again, %d differ still\n",
				app.SDKAppID, r.Checks, len(r.Unequal))
		}
	}
	printProblems(env, report)
}

func paceOf(app pipeline.AppReport) string {
	if app.PaceUsed == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f%%", 100*app.PaceUsed)
}

func printProblems(env Environment, report pipeline.Report) {
	for _, app := range report.Apps {
		if app.Problem != "" {
			fmt.Fprintf(env.Stderr, "app %d: %s\n", app.SDKAppID, app.Problem)
		}
		if app.Hint != "" {
			fmt.Fprintf(env.Stderr, "what to do: %s\n", app.Hint)
		}
	}
}

package main

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"pushloss/internal/config"
	"pushloss/internal/pipeline"
	"pushloss/internal/problem"
)

func newBackfillCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "backfill --from DAY --to DAY",
		Short: "Pull a range of days, both included",
		Long: `Pulls a range of days, of the whole app and of its tasks. After an interruption, the
same command pulls only what is still missing. A run that starts meanwhile skips the
app. The backfill then pulls the windows of that run first, and continues.

--reprocess missing pulls what is not settled, including failed windows. --reprocess
failed pulls only failed windows, and --reprocess all pulls everything again. --plan
lists the first 1,000 windows, whether each would be pulled and why, counts all of them,
and does not call the API. It names the windows that are too late: nothing can prove
their figures.

It exits 1 if the API answered for a day only when it no longer had to remember the
whole day: nothing can prove that the figures, or their absence, are complete.`,
		Example: "  pushloss backfill " + exampleDays(env.Now(), 4) + ` --plan
  pushloss backfill ` + exampleDays(env.Now(), 4),
		Args: exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	flags := command.Flags()
	days := newDayFlags(command, "")
	sdkAppID := flags.Int64("app", 0, "only this SDKAppID")
	tasks := flags.StringArray("task", nil, "only this task, without the whole app's figures; may be repeated")
	reprocess := flags.String("reprocess", string(pipeline.Missing), "which windows: missing, failed or all")
	planOnly := flags.Bool("plan", false, "show what would be done, without calling the API")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		request, err := backfillRequest(days, *reprocess, env.Now())
		if err != nil {
			return err
		}
		if err := checkTaskIDs(*tasks); err != nil {
			return err
		}
		request.SDKAppID, request.Tasks = *sdkAppID, *tasks
		a, err := configure(cmd, env, config.Needs{Database: true, Credentials: true})
		if err != nil {
			return err
		}
		defer a.close()
		db, events, err := a.openWithNotifier(cmd.Context())
		if err != nil {
			return err
		}
		if *planOnly {
			plan, err := a.pipeline(db, pipeline.Options{}).PlanBackfill(cmd.Context(), request)
			if err != nil {
				return err
			}
			return printPlan(env, *output, plan)
		}
		bar := newProgress(env)
		report, err := a.pipeline(db, pipeline.Options{OnProgress: bar.step}).
			Backfill(cmd.Context(), request, env.sayBusy)
		bar.finish()
		err = printReport(env, *output, report, err)
		events.AfterJob(cmd.Context(), report)
		return err
	}
	return command
}

func backfillRequest(days dayFlags, reprocess string, now time.Time) (request pipeline.BackfillRequest, err error) {
	from, to, err := days.days()
	if err != nil {
		return request, err
	}
	if from == nil || to == nil {
		return request, &problem.UsageError{Problem: "backfill needs --from and --to", Remedy: "write: pushloss backfill " + exampleDays(now, 4)}
	}
	request = pipeline.BackfillRequest{From: *from, To: *to, Reprocess: pipeline.Reprocess(reprocess)}
	switch request.Reprocess {
	case pipeline.Missing, pipeline.Failed, pipeline.All:
		return request, nil
	}
	return request, &problem.UsageError{Problem: fmt.Sprintf("--reprocess: %q is not one of missing, failed, all", reprocess)}
}

func printPlan(env Environment, output format, plan pipeline.Plan) error {
	if output == asJSON {
		return printJSON(env.Stdout, struct {
			pipeline.Plan
			Seconds float64 `json:"seconds"`
			Longest float64 `json:"seconds_at_most"`
		}{plan, plan.Duration.Seconds(), plan.Longest.Seconds()})
	}
	t := newTable(env.Stdout, "app", "day", "stream", "task", "state", "pull", "why")
	for _, w := range plan.Windows {
		pull := "no"
		if w.Due {
			pull = "yes"
		}
		t.AppendRow([]any{w.SDKAppID, w.Day, w.Stream.String(), taskOf(w.TaskID), w.State, pull, w.Why})
	}
	t.Render()
	if left := plan.Total - len(plan.Windows); left > 0 {
		fmt.Fprintf(env.Stdout, "and %s that are not listed\n", many(left, "window"))
	}
	requests, takes := many(plan.Requests, "request"), plan.Duration.Round(time.Second).String()
	if plan.AtMost > plan.Requests {
		requests = count(int64(plan.Requests)) + " to " + many(plan.AtMost, "request")
		if longest := plan.Longest.Round(time.Second).String(); longest != takes {
			takes += " to " + longest
		}
	}
	_, err := fmt.Fprintf(env.Stdout, "%s of %s would be pulled, by %s, which %s %s at the allowed rate\n",
		count(int64(plan.Due)), many(plan.Total, "window"), requests, english.PluralWord(plan.AtMost, "takes", "take"), takes)
	switch {
	case err != nil:
	case plan.ByKind.Spans > 0:
		_, err = fmt.Fprintf(env.Stdout, "%s for single days, %s for several days, and at most %s more: for parts of these where figures changed, to check answers, and for single days instead where that saves requests\n",
			many(plan.ByKind.Days, "request"), many(plan.ByKind.Spans, "request"), count(int64(plan.ByKind.More)))
	case plan.Compares:
		_, err = fmt.Fprintf(env.Stdout, "%s by single days: but a comparison comes first, and if the days add up, requests for several days replace many of these\n", many(plan.ByKind.Days, "request"))
	}
	return err
}

package main

import (
	"fmt"
	"time"

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
shows every window, whether it would be pulled and why, and does not call the API. It
names the windows that are too late: nothing can prove their figures.

It exits 1 if the API answered for a day only when it no longer had to remember the
whole day: nothing can prove that the figures, or their absence, are complete.`,
		Example: "  pushloss backfill " + exampleDays(env.Now(), 4) + ` --plan
  pushloss backfill ` + exampleDays(env.Now(), 4),
		Args: exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	flags := command.Flags()
	days := newDayFlags(command, "")
	sdkAppID := appFlag(command, "only this app")
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
			return printPlan(env, *output, func(list func(pipeline.PlannedWindow)) (pipeline.Plan, error) {
				return a.pipeline(db, pipeline.Options{}).PlanBackfill(cmd.Context(), request, list)
			})
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

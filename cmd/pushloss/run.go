package main

import (
	"time"

	"github.com/spf13/cobra"

	"pushloss/internal/config"
	"pushloss/internal/pipeline"
	"pushloss/internal/problem"
	"pushloss/internal/taskfile"
)

func newRunCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "run",
		Short: "Pull everything that is due, for every app, then exit",
		Long: `Pulls every day that has ended and is not settled (final) yet, from the first day kept:
of the whole app, and of each task while it is followed. Start it from cron, Kubernetes
or Airflow. serve does the same on its own schedule.

--plan shows every window, whether it would be pulled and why, and does not call the API.
--as-of decides what is due and final as if it were that time. Days that are not over
yet are left out. The first run of an app sets the first day kept, also with --as-of.
PUSHLOSS_FIRST_DAY changes it afterwards.`,
		Example: `  pushloss run
  pushloss run --as-of 2025-03-10T03:00:00+08:00`,
		Args: exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	planOnly := command.Flags().Bool("plan", false, "show what would be done, without calling the API")
	asOf := command.Flags().String("as-of", "", "decide what is due as if it were this `time`")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		a, err := configure(cmd, env, config.Needs{Database: true, Credentials: true})
		if err != nil {
			return err
		}
		defer a.close()
		var at time.Time
		if *asOf != "" {
			if at, err = taskfile.ParseTime(*asOf, a.settings.Location); err != nil {
				return &problem.UsageError{Problem: "--as-of: " + err.Error()}
			}
			if at.Year() < 2000 { // the first run's day is kept for good
				return &problem.UsageError{Problem: "--as-of: " + *asOf + " is long before there was a push service"}
			}
		}
		db, events, err := a.openWithNotifier(cmd.Context())
		if err != nil {
			return err
		}
		if *planOnly {
			return printPlan(env, *output, func(list func(pipeline.PlannedWindow)) (pipeline.Plan, error) {
				return a.pipeline(db, pipeline.Options{}).PlanRun(cmd.Context(), at, list)
			})
		}
		bar := newProgress(env)
		report, err := a.pipeline(db, pipeline.Options{OnProgress: bar.step}).Run(cmd.Context(), at)
		bar.finish()
		err = printReport(env, *output, report, err)
		events.AfterJob(cmd.Context(), report)
		return err
	}
	return command
}

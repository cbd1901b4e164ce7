package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/calibrate"
	"pushloss/internal/config"
	"pushloss/internal/pipeline"
	"pushloss/internal/problem"
	"pushloss/load"
)

func newCalibrateCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "calibrate",
		Short: "Measure what the API's pages leave open, and recommend settings",
		Long: fmt.Sprintf(`Measures what the API's pages leave open, with at most %d requests at the app's pace:

  whether the service cuts days, and in which time zone
  whether the second EndTime belongs to a window
  whether days add up to a week
  how far back the service remembers
  how late figures still change (from the stored changes)

It prints the answers, the windows that show them, and how to find out what is still
unknown. It recommends PUSHLOSS_TIMEZONE, PUSHLOSS_WINDOW_END, PUSHLOSS_LOOKBACK_DAYS
and PUSHLOSS_API_MEMORY_DAYS.

It measures days with losses of the whole app or, if the app lost nothing, of the
newest tasks. It loads nothing, changes no setting, and waits for another process
that works on the app. Exit codes: 0 measured, even if something is still unknown; 4
the API refused; 130 interrupted, with the findings so far.`, calibrate.MostRequests),
		Example: `  pushloss calibrate
  pushloss calibrate --app 1400000001 --day 2025-03-09 --output json`,
		Args: exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	sdkAppID := appFlag(command, "the app to measure with; required if there are several apps")
	dayText := command.Flags().String("day", "", "the `day` to measure, instead of a recent one with losses")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		a, err := configure(cmd, env, config.Needs{Database: true, Credentials: true})
		if err != nil {
			return err
		}
		defer a.close()
		app, err := a.appToCalibrate(*sdkAppID)
		if err != nil {
			return err
		}
		day, err := dayToCalibrate(*dayText, app, env.Now())
		if err != nil {
			return err
		}
		db, err := a.open(cmd.Context())
		if err != nil {
			return err
		}
		report, err := a.calibrate(cmd.Context(), db, app, day)
		if report.SDKAppID == 0 {
			return err
		}
		if printErr := printCalibration(env, *output, report); printErr != nil {
			return printErr
		}
		return err
	}
	return command
}

func (a *app) appToCalibrate(sdkAppID int64) (config.App, error) {
	apps := a.settings.Apps
	if sdkAppID == 0 && len(apps) == 1 {
		return apps[0], nil
	}
	if i := slices.IndexFunc(apps, func(app config.App) bool { return app.SDKAppID == sdkAppID }); i >= 0 {
		return apps[i], nil
	}
	wrong := fmt.Sprintf("--app: app %d is not configured", sdkAppID)
	if sdkAppID == 0 {
		wrong = "several apps are configured"
	}
	var names []string
	for _, app := range apps {
		names = append(names, fmt.Sprint(app.SDKAppID))
	}
	return config.App{}, &problem.UsageError{Problem: wrong, Remedy: "name one by --app: " + strings.Join(names, ", ")}
}

func dayToCalibrate(text string, app config.App, now time.Time) (*calendar.Day, error) {
	day, err := parseDay("--day", text)
	if err != nil || day == nil {
		return nil, err
	}
	if last := calendar.DayOf(now, app.Location) - 1; *day > last {
		return nil, &problem.UsageError{
			Problem: fmt.Sprintf("--day: %s is not over yet (%s)", day, app.Location),
			Remedy:  fmt.Sprintf("the newest day that can be looked into is %s", last),
		}
	}
	return day, nil
}

// calibrate measures under the app's lock and at its pace.
func (a *app) calibrate(ctx context.Context, db *load.DB, configured config.App, day *calendar.Day) (report calibrate.Report, err error) {
	err = db.UnderLock(ctx, configured.SDKAppID, holder(), a.env.sayBusy, func(ctx context.Context, lock *load.AppLock) error {
		report, err = a.measure(ctx, db, lock, configured, day)
		return err
	})
	return report, err
}

func (a *app) measure(ctx context.Context, db *load.DB, lock *load.AppLock, configured config.App, day *calendar.Day) (calibrate.Report, error) {
	settings := calibrate.Settings{
		SDKAppID: configured.SDKAppID, Location: configured.Location, WindowEnd: a.settings.WindowEnd,
		LookbackDays: a.settings.LookbackDays, APIMemoryDays: a.settings.APIMemoryDays,
	}
	kept, _, err := db.Apps.Lookup(ctx, configured.SDKAppID)
	if err != nil {
		return calibrate.Report{}, err
	}
	settings.StoredTimezone = kept.Timezone
	tasks, err := newestTasks(ctx, db.Tasks, configured.SDKAppID)
	if err != nil {
		return calibrate.Report{}, err
	}

	account := a.account(configured)
	account.WindowEnd = extract.EndExclusive // it measures how the API interprets EndTime
	paced := pipeline.App{Account: account, Location: configured.Location, CallsPerSecond: configured.Rate}
	fmt.Fprintf(a.env.Stderr, "app %d is measured by at most %d requests, which take at most %s at the allowed rate\n",
		configured.SDKAppID, calibrate.MostRequests, paced.Duration(calibrate.MostRequests).Round(time.Second))
	bar := newProgress(a.env)
	defer bar.finish()
	client := paced.Client(extract.NewTransport(), lock, extract.Options{Log: a.log.With("sdk_app_id", account.SDKAppID)})
	return calibrate.Measure(ctx, calibrate.NewAPI(client), calibrate.NewStored(db.Pool()), settings, a.env.Now(), calibrate.Options{
		Day: day, Tasks: tasks,
		OnRequest: func(made int, at time.Time) {
			bar.step(pipeline.Progress{
				SDKAppID: configured.SDKAppID, Day: calendar.DayOf(at, configured.Location), Done: made, Total: calibrate.MostRequests,
			})
		},
	})
}

// newestTasks returns the IDs of the followed tasks, the one sent last first. If any was ever
// answered, it leaves out those that never were: their IDs may be wrong.
func newestTasks(ctx context.Context, registry load.Registry, sdkAppID int64) ([]string, error) {
	tasks, err := registry.Of(ctx, sdkAppID)
	if err != nil {
		return nil, err
	}
	answered, err := registry.Answered(ctx)
	if err != nil {
		return nil, err
	}
	tasks = slices.DeleteFunc(tasks, func(task load.Task) bool {
		_, had := answered[task.Key]
		return task.RetiredAt != nil || len(answered) > 0 && !had
	})
	since := func(task load.Task) time.Time {
		if task.SentAt != nil {
			return *task.SentAt
		}
		return task.RegisteredAt
	}
	slices.SortStableFunc(tasks, func(a, b load.Task) int { return since(b).Compare(since(a)) })
	var ids []string
	for _, task := range tasks {
		ids = append(ids, task.TaskID)
	}
	return ids, nil
}

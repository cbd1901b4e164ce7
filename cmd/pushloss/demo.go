package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/config"
	"pushloss/internal/demo"
	"pushloss/internal/pipeline"
	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/migrations"
)

const (
	demoApp      = 1400000001
	demoDir      = ".pushloss"
	demoDays     = 7
	demoFollowed = 30
)

var demoTasks = []struct{ id, label string }{
	{"demo-welcome", "Welcome back"},
	{"demo-flash-sale", "Flash sale"},
	{"demo-newsletter", "Weekly newsletter"},
}

func newDemoCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "demo",
		Short: "Try everything on this machine, without settings",
		Long: `Starts a local Postgres under .pushloss and a stand-in of the API, registers three
tasks, and pulls the last 7 days of the whole app and of these tasks at the API's real
pace, one call a second. The database stays: the next demo uses it again, and so does
any other command with DATABASE_URL=embedded:.`,
		Example: `  pushloss demo
  pushloss demo --hold`,
		Args: exactly(cobra.NoArgs),
	}
	hold := command.Flags().Bool("hold", false, "stay up until Ctrl-C, so that you can use the database and the stand-in")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		a, err := configure(cmd, env, config.Needs{})
		if err != nil {
			return err
		}
		defer a.close()
		if _, set := env.Lookuper.Lookup("PUSHLOSS_LOG_LEVEL"); !set {
			a.log = config.Log{Level: slog.LevelWarn}.Logger(env.Stderr) // only the demo's own output and warnings
		}
		// Never the database that the settings name: demo figures are made up.
		a.settings.Database = config.Database{Embedded: true, EmbeddedDir: demoDir}
		return a.demo(cmd.Context(), *hold)
	}
	return command
}

func (a *app) demo(ctx context.Context, hold bool) error {
	fmt.Fprintln(a.env.Stderr, "starting Postgres …")
	if err := a.findDatabase(ctx); err != nil {
		return err
	}
	if err := migrations.Up(ctx, a.database); err != nil {
		return err
	}
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	baseURL, stop, err := startSandbox(ctx, a.env, demoApp)
	if err != nil {
		return err
	}
	defer stop()
	if err := a.addDemoTasks(ctx, db.Tasks); err != nil {
		return err
	}

	fmt.Fprintf(a.env.Stderr, "pulling %d days at one call a second …\n", demoDays)
	bar := newProgress(a.env)
	jobs := pipeline.New(db, extract.NewTransport(), []pipeline.App{{
		Account: demoAccount(demoApp, baseURL), Location: a.settings.Location, CallsPerSecond: 1,
	}}, pipeline.Settings{
		Streams:      []stream.Stream{stream.Loss, stream.Statistics},
		LookbackDays: demoDays, TaskDays: demoFollowed, APIMemoryDays: demoDays + 1,
	}, pipeline.Options{
		Log: a.log, Now: a.env.Now, Holder: holder(), OnProgress: bar.step,
	})
	report, err := jobs.Run(ctx, time.Time{})
	bar.finish()
	if err := printReport(a.env, asTable, report, err); err != nil {
		return err
	}
	if err := a.printDemo(ctx, db, report); err != nil {
		return err
	}
	if hold {
		fmt.Fprintf(a.env.Stdout, `
Staying up until Ctrl-C. Every command works on it in another terminal, after:
  export DATABASE_URL='%s'
  export TIM_SDK_APP_ID=%d TIM_SECRET_KEY=%s TIM_BASE_URL=%s
`, a.database, demoApp, sandboxKey, baseURL)
		<-ctx.Done()
	}
	return nil
}

// addDemoTasks registers the demo's tasks that are missing. They count as sent when the first of
// the days began.
func (a *app) addDemoTasks(ctx context.Context, registry load.Registry) error {
	known, err := registry.Of(ctx, demoApp)
	if err != nil {
		return err
	}
	sentAt := (calendar.DayOf(a.env.Now(), a.settings.Location) - demoDays).Window(a.settings.Location).Start
	var missing []load.Task
	for _, task := range demoTasks {
		if !slices.ContainsFunc(known, func(t load.Task) bool { return t.TaskID == task.id }) {
			missing = append(missing, load.Task{SDKAppID: demoApp, TaskID: task.id, Label: &task.label, SentAt: &sentAt, Source: load.SourceCommand})
		}
	}
	_, err = registry.Save(ctx, missing, a.env.Now())
	return err
}

func (a *app) printDemo(ctx context.Context, db *load.DB, report pipeline.Report) error {
	last := calendar.DayOf(a.env.Now(), a.settings.Location) - 1
	first := last - demoDays + 1
	summary, err := demo.Summarize(ctx, db.Pool(), demoApp, first, last)
	if err != nil {
		return err
	}
	w := a.env.Stdout
	fmt.Fprintf(w, "\nPushes lost from %s to %s, whole app:\n", first, last)
	stages := newTable(w, "stage", "lost", "of", "share", "codes")
	for _, s := range summary.Stages {
		of, share := "", ""
		if s.Of != nil && *s.Of > 0 {
			of, share = count(*s.Of), fmt.Sprintf("%.1f%%", 100*float64(s.Lost)/float64(*s.Of))
		}
		stages.AppendRow([]any{s.Stage, count(s.Lost), of, share, s.Codes})
	}
	stages.Render()
	fmt.Fprintln(w, "By channel:")
	platforms := newTable(w, "stage", "event", "platform", "lost")
	for _, p := range summary.Platforms {
		platforms.AppendRow([]any{p.Stage, p.Event, p.Platform, count(p.Lost)})
	}
	platforms.Render()
	fmt.Fprintln(w, "Most frequent codes:")
	codes := newTable(w, "stage", "code", "what the vendor says", "lost")
	for _, c := range summary.TopCodes {
		codes.AppendRow([]any{c.Stage, c.Code, c.Info, count(c.Lost)})
	}
	codes.Render()
	fmt.Fprintf(w, "and %s for %s.\n", many(summary.TaskRows, "row"), many(len(demoTasks), "task"))
	if report.State == load.RunDone && report.RowsInserted+report.RowsUpdated+report.RowsDeleted == 0 {
		fmt.Fprintf(w, "Nothing has changed since the last demo: %s unchanged.\n", many(report.RowsUnchanged, "row"))
	}
	fmt.Fprintf(w, `
Look around, while %[1]s demo --hold is running elsewhere:
  psql '%[2]s'
or at any time:
  DATABASE_URL=embedded: %[1]s status
`, os.Args[0], a.database)
	return nil
}

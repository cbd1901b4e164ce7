package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"pushloss/internal/calendar"
	"pushloss/internal/monitor"
	"pushloss/internal/pipeline"
	"pushloss/internal/problem"
	"pushloss/load"
	"pushloss/migrations"
)

// statusGrace is how late a pull may be before status reports it: the day until the next daily run,
// and half a day.
const statusGrace = 36 * time.Hour

// appStatus is what status reports of an app.
type appStatus struct {
	SDKAppID         int64         `json:"sdk_app_id"`
	OK               bool          `json:"ok"`
	NewestSettledDay *calendar.Day `json:"newest_settled_day"`
	LagDays          *int          `json:"lag_days"`
	Failed           int           `json:"failed"`
	Missing          int           `json:"missing"`
	Late             int           `json:"late"`
	Unproven         int           `json:"unproven"`
	Absent           int           `json:"absent"`
	Rejects          int64         `json:"rejects"`
	Differences      int           `json:"differences"`
	Unanswered       int           `json:"unanswered_tasks"`
	DaysRemoved      int           `json:"days_removed"`
	OldestProblem    *calendar.Day `json:"oldest_problem"`
	LastError        *string       `json:"last_error"`
	Note             string        `json:"note,omitempty"`
}

type runStatus struct {
	RunID     int64     `json:"run_id"`
	State     string    `json:"state"`
	StartedAt time.Time `json:"started_at"`
	Error     *string   `json:"error"`
}

func newStatusCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "status",
		Short: "Show how fresh and complete the figures are; exit 1 if something is late, missing or failed",
		Long: `Freshness is the newest settled (final) day, never the newest load. A window is one
day of a task or of the whole app.

  missing     windows that ended more than 36 hours ago and were never pulled
  late        windows that were not pulled again after their lookback ended
  failed      windows whose last pull failed
  unproven    windows that were first pulled when the API no longer had to remember
              the whole day, for 30 days
  absent      windows whose answers lack their task, though other answers have it, for 30
              days; the note counts them
  rejects     rows of the last answers that could not be understood, for 30 days
  differs     spans of days that do not add up to what the API reports for them,
              even after they were pulled again: see reconcile
  unanswered  tasks that no answer ever had, two days after their push: an ID is
              wrong, or runs do not pull its days

The status is also not ok if the API's answers removed the figures of a window, or lowered
their sum by more than a tenth, until they are back, or for 30 days. The note names the
days. Nor is it ok if the settings name another time zone for an app than that of its
stored days, because jobs refuse such an app.

If a view of analytics, or a name of a stage, platform or stream, is missing or was
altered, status says so and exits 3: the figures above may be wrong until "pushloss
migrate up" restores it.`,
		Example: "  pushloss status",
		Args:    exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		a, db, err := configureAndOpen(cmd, env)
		if err != nil {
			return err
		}
		defer a.close()
		views, err := a.deviatingViews(cmd.Context(), db)
		if err != nil {
			return err
		}
		stored, others, err := a.status(cmd.Context(), db)
		if err != nil && len(views) > 0 { // the views may be why: the status is read from them
			printDeviations(env.Stderr, views)
			return &exitError{code: problem.Database}
		}
		if err != nil {
			return err
		}
		refused, err := a.refusedZones(cmd.Context(), db, stored)
		if err != nil {
			return err
		}
		last, found, err := db.Runs.Last(cmd.Context(), pipeline.KindRun,
			load.RunDone, load.RunPartial, load.RunFailed, load.RunInterrupted, load.RunAbandoned)
		if err != nil {
			return err
		}
		apps := a.judge(stored, others, refused, found)
		ok := len(apps) > 0 && !slices.ContainsFunc(apps, func(s appStatus) bool { return !s.OK })
		var run *runStatus
		if found {
			run = &runStatus{last.ID, string(last.State), last.StartedAt, last.Error}
			ok = ok && last.State != load.RunFailed
		}
		if err := printStatus(env, *output, ok && len(views) == 0, apps, a.unjudged(others), run, views); err != nil {
			return err
		}
		if len(views) > 0 {
			return &exitError{code: problem.Database}
		}
		if !ok {
			return &exitError{code: problem.Partly}
		}
		return nil
	}
	return command
}

// deviatingViews returns the views that are not as migrate up made them. Figures that are read from
// them may be wrong.
func (a *app) deviatingViews(ctx context.Context, db *load.DB) (views []migrations.Deviation, _ error) {
	err := db.Read(ctx, versionLimit, func(tx pgx.Tx) (err error) {
		views, err = migrations.ViewsIn(ctx, tx)
		return err
	})
	return views, err
}

// refusedZones returns the apps that jobs refuse because the settings name another time zone than
// that of the stored days.
func (a *app) refusedZones(ctx context.Context, db *load.DB, stored []load.AppStatus) (map[int64]*load.TimezoneError, error) {
	refused := make(map[int64]*load.TimezoneError)
	for _, configured := range a.settings.Apps {
		id, zone := configured.SDKAppID, configured.Location
		if !slices.ContainsFunc(stored, func(s load.AppStatus) bool { return s.SDKAppID == id && s.Timezone != zone.String() }) {
			continue
		}
		err := db.Apps.CheckTimezone(ctx, id, zone)
		if other, ok := errors.AsType[*load.TimezoneError](err); ok {
			refused[id] = other
		} else if err != nil {
			return nil, err
		}
	}
	return refused, nil
}

// judge returns the status of each app, including configured apps that were never pulled. refused
// are the apps whose time zone jobs refuse. ran says that there was a run.
func (a *app) judge(stored, others []load.AppStatus, refused map[int64]*load.TimezoneError, ran bool) []appStatus {
	var apps []appStatus
	known := make(map[int64]bool)
	for _, s := range others {
		known[s.SDKAppID] = true
	}
	for _, s := range stored {
		known[s.SDKAppID] = true
		status := appStatus{
			SDKAppID: s.SDKAppID, NewestSettledDay: s.NewestSettledDay,
			Failed: s.Failed, Missing: s.Missing, Late: s.Late, Unproven: s.Unproven, Absent: s.Absent, Rejects: s.Rejects, Differences: s.Differences, Unanswered: s.Unanswered.Tasks, DaysRemoved: s.Emptied.Days,
			OldestProblem: s.OldestProblem, LastError: s.LastError,
			OK: s.Failed+s.Missing+s.Late+s.Unproven+s.Absent+s.Differences+s.Unanswered.Tasks+s.Emptied.Days == 0 && s.Rejects == 0,
		}
		status.Note = noteOf(s)
		if lag, ok := monitor.Lag(s, a.env.Now()); ok {
			status.LagDays = &lag
		}
		if status.LagDays != nil && *status.LagDays < 0 {
			status.OK, status.Note = false, "days are final that are not over yet: a clock ran ahead; once the clocks are right, run and backfill pull them again"
		}
		if s.UnknownZone {
			status.OK, status.Note = false, "the database does not know the time zone "+s.Timezone+": bring its time zone data up to date"
			apps = append(apps, status)
			continue
		}
		if s.FirstDay == nil { // backfills alone do not keep figures fresh
			status.OK = false
			switch {
			case s.Failed > 0: // last_error says more than a note
			case ran:
				status.Note = "no run has loaded anything yet: see the last one"
			default:
				status.Note = "no run yet: pushloss run"
			}
		}
		if zone := refused[s.SDKAppID]; zone != nil {
			status.OK, status.Note = false, zone.Error()+": "+zone.Hint()
		}
		apps = append(apps, status)
	}
	for _, configured := range a.settings.Apps {
		if !known[configured.SDKAppID] {
			apps = append(apps, appStatus{SDKAppID: configured.SDKAppID, Note: "never pulled: pushloss run"})
		}
	}
	return apps
}

// unjudgedApp is an app of the database that status does not judge.
type unjudgedApp struct {
	SDKAppID int64  `json:"sdk_app_id"`
	State    string `json:"state"`
}

func (a *app) unjudged(others []load.AppStatus) []unjudgedApp {
	apps := []unjudgedApp{}
	for _, s := range others {
		apps = append(apps, unjudgedApp{s.SDKAppID, a.stateOf(s)})
	}
	return apps
}

// noteOf returns where to look for each problem of an app.
func noteOf(s load.AppStatus) string {
	var notes []string
	if s.Unproven > 0 {
		notes = append(notes, "days were first pulled when the API no longer had to remember all of them: see analytics.stream_coverage where state is unproven or unavailable")
	}
	if s.Absent > 0 {
		notes = append(notes, "the answers lack a task, which other answers have, in "+many(s.Absent, "window")+": see analytics.stream_coverage where state is absent")
	}
	if s.Rejects > 0 {
		notes = append(notes, many(s.Rejects, "row")+" of the last answers could not be understood, and are not in the figures: see pushloss.reject")
	}
	if s.Differences > 0 {
		notes = append(notes, "days do not add up to what the API says: see analytics.reconciliations where state = 'stays'")
	}
	if s.Unanswered.Tasks > 0 {
		notes = append(notes, noteOfUnanswered(s.Unanswered))
	}
	if s.Emptied.Days > 0 {
		notes = append(notes, s.Emptied.String()+": see analytics.loss_changes and push_changes")
	}
	if s.SpansOff != nil {
		notes = append(notes, s.SpansOff.String())
	}
	return strings.Join(notes, "; ")
}

func noteOfUnanswered(u load.Unanswered) string {
	ids := strings.Join(u.First, ", ")
	if u.Tasks > len(u.First) {
		ids += ", …"
	}
	return fmt.Sprintf("no answer ever had %s (%s): check the TaskID (pushloss tasks list), backfill its days (pushloss backfill --task ID), or: pushloss tasks delete ID or tasks retire ID",
		english.Plural(u.Tasks, "task", ""), ids)
}

func printStatus(env Environment, output format, ok bool, apps []appStatus, unjudged []unjudgedApp, last *runStatus, views []migrations.Deviation) error {
	if output == asJSON {
		return printJSON(env.Stdout, struct {
			OK      bool                   `json:"ok"`
			Apps    []appStatus            `json:"apps"`
			Others  []unjudgedApp          `json:"not_judged"`
			LastRun *runStatus             `json:"last_run"`
			Schema  []migrations.Deviation `json:"schema"`
		}{ok, append([]appStatus{}, apps...), unjudged, last, append([]migrations.Deviation{}, views...)})
	}
	t := newTable(env.Stdout, "app", "status", "newest settled day", "lag days", "missing", "late", "failed", "unproven", "rejects", "differs", "unanswered", "oldest problem", "note")
	for _, s := range apps {
		verdict, lag, note := "ok", "", s.Note
		if !s.OK {
			verdict = "NOT OK"
		}
		if s.LagDays != nil {
			lag = fmt.Sprint(*s.LagDays)
		}
		if s.LastError != nil {
			note = strings.TrimPrefix(note+"; "+*s.LastError, "; ")
		}
		t.AppendRow([]any{s.SDKAppID, verdict, optional(s.NewestSettledDay), lag, s.Missing, s.Late, s.Failed, s.Unproven, s.Rejects, s.Differences, s.Unanswered, optional(s.OldestProblem), note})
	}
	t.Render()
	for _, app := range unjudged {
		fmt.Fprintf(env.Stdout, "not judged: app %d, which is %s\n", app.SDKAppID, app.State)
	}
	switch {
	case len(apps) == 0 && len(unjudged) > 0:
		fmt.Fprintln(env.Stdout, allRetired)
	case len(apps) == 0:
		fmt.Fprintln(env.Stdout, "no app was ever pulled")
	case last == nil:
		fmt.Fprintln(env.Stdout, "no scheduled run has finished yet")
	default:
		fmt.Fprintf(env.Stdout, "last run: %d, %s, started %s\n", last.RunID, last.State, last.StartedAt.Format(time.RFC3339))
		if last.Error != nil {
			fmt.Fprintf(env.Stdout, "its problem: %s\n", *last.Error)
		}
	}
	printDeviations(env.Stdout, views)
	return nil
}

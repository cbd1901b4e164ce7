package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pushloss/extract"
	"pushloss/internal/check"
	"pushloss/internal/config"
	"pushloss/internal/pipeline"
	"pushloss/internal/postgres"
	"pushloss/internal/problem"
	"pushloss/load"
	"pushloss/migrations"
	"pushloss/schedules"
)

func newCheckCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "check",
		Short: "Check whether a run can work: settings, clocks, database, schema, and one API call for each stream",
		Long: `Checks the settings, the schedule file, the targets of notifications, the database,
its schema, and the clocks. It makes one real API call for each stream of each app
(PUSHLOSS_STREAMS), at the app's pace. It changes nothing and sends no notification.
The exit code is that of the worst finding.`,
		Example: "  pushloss check",
		Args:    exactly(cobra.NoArgs),
	}
	output := outputFlag(command)
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		findings := findAll(cmd, env)
		if err := printFindings(env, *output, findings); err != nil {
			return err
		}
		code := problem.Done
		for _, finding := range findings {
			if !finding.OK {
				code = problem.Worse(code, problem.Partly)
				if finding.Err() != nil {
					code = problem.Worse(code, exitCode(finding.Err()))
				}
			}
		}
		if code != problem.Done {
			return &exitError{code: code}
		}
		return nil
	}
	return command
}

func findAll(cmd *cobra.Command, env Environment) []check.Finding {
	ctx := cmd.Context()
	a, err := configureSilently(cmd, env, config.Needs{Database: true, Credentials: true, Page: true})
	var problems config.Problems
	if errors.As(err, &problems) {
		var findings []check.Finding
		for _, problem := range problems {
			findings = append(findings, check.Bad("settings", config.Problems{problem}, problem.Hint()))
		}
		return findings
	}
	if err != nil {
		return []check.Finding{check.Bad("settings", err, "")}
	}
	defer a.close()
	findings := []check.Finding{check.Good("settings", fmt.Sprintf("apps: %d", len(a.settings.Apps)))}
	for _, unknown := range a.settings.Unknown {
		findings = append(findings, check.Warning("settings", unknown.Name+" is not a setting and is ignored"+unknown.Meant, "correct or unset "+unknown.Name))
	}
	if shared := a.sharedCallbackToken(); shared != "" {
		findings = append(findings, check.Warning("callbacks", shared, "give each app its own token, in the console and as its callback_token in TIM_APPS_FILE"))
	}
	findings = append(findings, a.findScheduleProblems(),
		check.Lookback(a.settings.LookbackDays, a.settings.APIMemoryDays))
	findings = append(findings, a.findTargetProblems()...)

	db, reachable, found := a.findDatabaseProblems(ctx)
	findings = append(findings, found...)
	if reachable && db == nil {
		// A process of another version may be calling: its locks may be in that database.
		return append(findings, check.Bad("api", errors.New("not called: another process may be calling it"),
			"correct the database first, as the findings above say"))
	}
	if db != nil && postgres.CheckWritable(ctx, db.Pool()) != nil { // a finding above says why
		return append(findings, check.Good("api", "not called: its lock would be in the database, which takes no writes"))
	}
	transport := extract.NewTransport()
	var retired []int64
	if db != nil {
		if retired, err = db.Apps.Retired(ctx); err != nil {
			return append(findings, check.Bad("apps", err, hintOf(err)))
		}
	}
	left := 0 // apps that are not retired
	for _, configured := range a.settings.Apps {
		if db != nil {
			findings = append(findings, check.Zone(ctx, db, configured.SDKAppID, configured.Location, env.Now()))
		}
		if slices.Contains(retired, configured.SDKAppID) {
			findings = append(findings, check.Good(fmt.Sprintf("api of app %d", configured.SDKAppID), "not called: the app is retired"))
			continue
		}
		left++
		warning, found, err := a.findEarlyFirstDay(ctx, db, configured)
		if err != nil {
			return append(findings, check.Bad("apps", err, hintOf(err)))
		}
		if found {
			findings = append(findings, warning)
		}
		app := pipeline.App{Account: a.account(configured), Location: configured.Location, CallsPerSecond: configured.Rate}
		findings = append(findings, check.API(ctx, db, transport, app, a.settings.Streams, holder(), env.Now)...)
	}
	if left == 0 {
		findings = append(findings, check.Warning("apps", "all are retired", "jobs pull nothing; to change that: pushloss apps restore SDKAPPID"))
	}
	return findings
}

// findEarlyFirstDay warns of days that a first run would pull too late; db may be nil.
func (a *app) findEarlyFirstDay(ctx context.Context, db *load.DB, of config.App) (warning check.Finding, found bool, err error) {
	if a.settings.FirstDay == nil {
		return check.Finding{}, false, nil
	}
	var kept load.App
	if db != nil {
		if kept, _, err = db.Apps.Lookup(ctx, of.SDKAppID); err != nil {
			return check.Finding{}, false, err
		}
	}
	warning, found = check.FirstDay(of.SDKAppID, *a.settings.FirstDay, kept.FirstDay, a.settings.APIMemoryDays, of.Location, a.env.Now())
	return warning, found, nil
}

// sharedCallbackToken names two apps that can sign for each other, if there are any.
func (a *app) sharedCallbackToken() string {
	for i, one := range a.settings.Apps {
		for _, other := range a.settings.Apps[i+1:] {
			if !one.CallbackToken.IsZero() && one.CallbackToken == other.CallbackToken {
				return fmt.Sprintf("apps %d and %d share a token, so each can sign callbacks for the other", one.SDKAppID, other.SDKAppID)
			}
		}
	}
	return ""
}

// findScheduleProblems reads what serve reads.
func (a *app) findScheduleProblems() check.Finding {
	list, err := a.schedules()
	if err != nil {
		return check.Bad("schedules", err, hintOf(err))
	}
	var next time.Time
	for _, s := range list {
		if tick := s.Next(a.env.Now()); s.Job == pipeline.KindRun && (next.IsZero() || tick.Before(next)) {
			next = tick
		}
	}
	if next.IsZero() {
		return check.Warning("schedules", fmt.Sprintf("%d, but none of them has the job run: serve pulls no figures", len(list)),
			"add a daily entry with job: run, unless cron or another program starts pushloss run")
	}
	if from, to, found := schedules.LongestGap(list, pipeline.KindRun, a.env.Now(), statusGrace); found {
		var zones []*time.Location
		for _, configured := range a.settings.Apps {
			zones = append(zones, configured.Location)
		}
		if finding := check.Gap(from, to, a.settings.APIMemoryDays, zones); !finding.OK || finding.Hint != "" {
			return finding
		}
	}
	return check.Good("schedules", fmt.Sprintf("%d, serve runs next at %s", len(list), next.Format(time.RFC3339)))
}

// findTargetProblems reads the notification targets, and sends nothing.
func (a *app) findTargetProblems() []check.Finding {
	const name = "notifications"
	targets, err := a.targets()
	if err != nil {
		var findings []check.Finding
		for _, each := range eachOf(err) {
			findings = append(findings, check.Bad(name, each, hintOf(each)))
		}
		return findings
	}
	if len(targets) == 0 {
		return []check.Finding{check.Good(name, "none: PUSHLOSS_NOTIFY_URLS names no target")}
	}
	var names []string
	for _, target := range targets {
		names = append(names, target.Name())
	}
	return []check.Finding{check.Good(name, strings.Join(names, ", ")+"; pushloss notify test sends a message to each")}
}

// eachOf returns the errors that were joined.
func eachOf(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// findDatabaseProblems returns the database, or nil if commands cannot work with it. reachable says
// that a database answers.
func (a *app) findDatabaseProblems(ctx context.Context) (db *load.DB, reachable bool, _ []check.Finding) {
	if err := a.findDatabase(ctx); err != nil {
		return nil, false, []check.Finding{check.Bad("database", err, hintOf(err))}
	}
	db, err := load.Open(ctx, a.database, min(4, a.settings.Connections()))
	if err != nil {
		var pooling *postgres.PoolingError
		var full *postgres.NoConnectionError
		return nil, errors.As(err, &pooling) || errors.As(err, &full), []check.Finding{check.Bad("database", err, a.remedy(ctx, err))}
	}
	a.closers = append(a.closers, db.Close)
	findings := []check.Finding{check.Good("database", "answers")}
	if err := postgres.CheckWritable(ctx, db.Pool()); err != nil {
		findings = []check.Finding{check.Bad("database", err, a.remedy(ctx, err))}
	}
	room := check.Connections(ctx, db.Pool(), a.settings.Connections())
	findings = append(findings, room)
	if !room.OK {
		return nil, true, findings // everything else that needs a connection fails for the same reason
	}
	engine := check.Engine(ctx, db.Pool(), a.database)
	if postgres.Denied(engine.Err()) {
		engine.Hint = a.remedy(ctx, engine.Err())
	}
	findings = append(findings, engine)
	if !engine.OK {
		return nil, true, findings
	}
	if now, err := db.Now(ctx); err == nil {
		findings = append(findings, check.Clock("clock against the database", a.env.Now(), now, time.Time{}))
	}
	rights := check.Rights(ctx, a.database)
	findings = append(findings, rights...)
	if slices.ContainsFunc(rights, func(f check.Finding) bool { return !f.OK }) {
		return nil, true, findings // without these rights, the other checks fail for the same reason
	}
	if err := migrations.Check(ctx, a.database); err != nil {
		return nil, true, append(findings, check.Bad("schema", err, hintOf(err)))
	}
	findings = append(findings, check.Good("schema", fmt.Sprintf("version %d", migrations.Newest())))
	findings = append(findings, check.Distribution(ctx, db.Pool())...)
	return db, true, append(findings, check.Tables(ctx, a.database)...)
}

// remedy returns hintOf or, if a right is missing, what the database says about it.
func (a *app) remedy(ctx context.Context, err error) string {
	if reasons := askDatabase(ctx, a.env, err); len(reasons) > 0 {
		return reasons[0].Hint()
	}
	return hintOf(err)
}

func printFindings(env Environment, output format, findings []check.Finding) error {
	ok, warned := true, false
	for _, finding := range findings {
		ok = ok && finding.OK
		warned = warned || finding.OK && finding.Hint != ""
	}
	if output == asJSON {
		return printJSON(env.Stdout, struct {
			OK       bool            `json:"ok"`
			Findings []check.Finding `json:"findings"`
		}{ok, findings})
	}
	t := newTable(env.Stdout, "check", "result", "finding")
	for _, f := range findings {
		result := "ok"
		switch {
		case !f.OK:
			result = "FAILED"
		case f.Hint != "":
			result = "warning"
		}
		t.AppendRow([]any{f.Check, result, f.Detail})
	}
	t.Render()
	said := make(map[string]bool)
	for _, f := range findings {
		if hint := fmt.Sprintf("%s: %s", f.Check, f.Hint); f.Hint != "" && !said[hint] {
			said[hint] = true
			fmt.Fprintln(env.Stdout, hint)
		}
	}
	switch {
	case !ok:
		fmt.Fprintln(env.Stdout, "not ready: see the findings marked FAILED")
	case warned:
		fmt.Fprintln(env.Stdout, "everything is in order, but see the warnings")
	default:
		fmt.Fprintln(env.Stdout, "everything is in order")
	}
	return nil
}

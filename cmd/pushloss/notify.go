package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"pushloss/internal/config"
	"pushloss/internal/monitor"
	"pushloss/internal/notify"
	"pushloss/internal/pipeline"
	"pushloss/internal/problem"
	"pushloss/load"
)

// watchPeriod is how often serve looks for events beside its jobs.
const watchPeriod = 5 * time.Minute

func newNotifyCommand(env Environment) *cobra.Command {
	test := &cobra.Command{
		Use:   "test",
		Short: "Send a test message to every target",
		Long: `Sends a message to every target of PUSHLOSS_NOTIFY_URLS now, and tells how each
fared; exit 1 if one failed. Targets are URLs of the shoutrrr library, separated by
blanks: slack, smtp, wecom, teams, ntfy, generic webhooks and others.`,
		Example: "  pushloss notify test",
		Args:    exactly(cobra.NoArgs),
	}
	output := outputFlag(test)
	test.RunE = func(cmd *cobra.Command, _ []string) error {
		a, err := configure(cmd, env, config.Needs{})
		if err != nil {
			return err
		}
		targets, err := a.targets()
		if err != nil {
			return err
		}
		if len(targets) == 0 {
			return &problem.UsageError{Problem: "PUSHLOSS_NOTIFY_URLS names no target", Remedy: "set it to one or more URLs, like slack://hook:TOKEN@webhook"}
		}
		return testTargets(cmd.Context(), env, *output, targets)
	}
	return parent("notify", "Tell people when something goes wrong", test)
}

func testTargets(ctx context.Context, env Environment, output format, targets []notify.Target) error {
	type outcome struct {
		Target string `json:"target"`
		Sent   bool   `json:"sent"`
		Error  string `json:"error,omitempty"`
	}
	var outcomes []outcome
	failed := false
	for _, target := range targets {
		o := outcome{Target: target.Name(), Sent: true}
		err := target.Send(ctx, notify.Notice{
			Title: "pushloss: test",
			Body:  "Sent at " + env.Now().UTC().Format(time.RFC3339) + " by pushloss notify test. Events will be told here.",
		})
		if err != nil {
			o.Sent, o.Error, failed = false, err.Error(), true
		}
		outcomes = append(outcomes, o)
	}
	if output == asJSON {
		if err := printJSON(env.Stdout, outcomes); err != nil {
			return err
		}
	} else {
		t := newTable(env.Stdout, "target", "result", "error")
		for _, o := range outcomes {
			result := "sent"
			if !o.Sent {
				result = "FAILED"
			}
			t.AppendRow([]any{o.Target, result, o.Error})
		}
		t.Render()
	}
	if failed {
		return &exitError{code: problem.Partly}
	}
	return nil
}

func (a *app) targets() ([]notify.Target, error) {
	return notify.Targets(a.settings.NotifyURLs, a.log)
}

// notifier tells of events.
type notifier struct {
	app *app
	db  *load.DB
	*notify.Notifier
}

func (a *app) notifier(db *load.DB, targets []notify.Target) notifier {
	return notifier{app: a, db: db, Notifier: notify.New(db.Pool(), targets, a.log, a.env.Now)}
}

// after tells what a job that ended has brought about. A job that was stopped says
// nothing.
func (n notifier) after(ctx context.Context, report pipeline.Report) {
	if ctx.Err() != nil || report.RunID == 0 {
		return
	}
	n.TellOfJob(ctx, append(notify.OfReport(report), n.status(ctx)...))
}

// afterScheduled is after for a job of serve, which may not even have begun: what cannot be
// sent now is sent later.
func (n notifier) afterScheduled(ctx context.Context, kind string, report pipeline.Report, err error) {
	if report.RunID == 0 && err != nil && ctx.Err() == nil {
		reason := err.Error()
		if load.Unreachable(err) { // what a driver says of it is for the log alone
			reason = "the database was out of reach"
		}
		n.TellOfJob(ctx, []notify.Verdict{notify.OfFailure(kind, reason)})
		return
	}
	n.after(ctx, report)
}

func (n notifier) status(ctx context.Context) []notify.Verdict {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	busy, err := n.db.BusyApps(ctx)
	var statuses []load.AppStatus
	if err == nil {
		statuses, _, err = n.app.status(ctx, n.db)
	}
	if err != nil {
		n.app.log.ErrorContext(ctx, "the status cannot be read, and is not judged", "error", err)
		return nil
	}
	return notify.OfStatus(statuses, busy)
}

// watch looks for events from time to time, also while nothing runs. The daemon's
// probes say when a run is too long ago.
func (n notifier) watch(ctx context.Context, probes monitor.Probes) {
	ticker := time.NewTicker(watchPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		verdicts := n.status(ctx)
		if last, err := probes.LastRun(ctx); err == nil && probes.MaxAge > 0 {
			if last.Before(probes.Since) {
				last = probes.Since
			}
			verdicts = append(verdicts, notify.OfFreshness(last, n.app.env.Now(), probes.MaxAge))
		}
		if ctx.Err() == nil {
			n.Tell(ctx, verdicts)
		}
	}
}

// openWithNotifier joins the reading of the targets and the opening of the database for
// commands that run a job.
func (a *app) openWithNotifier(ctx context.Context) (*load.DB, notifier, error) {
	targets, err := a.targets()
	if err != nil {
		return nil, notifier{}, err
	}
	db, err := a.open(ctx)
	if err != nil {
		return nil, notifier{}, err
	}
	return db, a.notifier(db, targets), nil
}

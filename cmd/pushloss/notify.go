package main

import (
	"context"

	"github.com/spf13/cobra"

	"pushloss/internal/config"
	"pushloss/internal/notify"
	"pushloss/internal/problem"
	"pushloss/load"
)

func newNotifyCommand(env Environment) *cobra.Command {
	test := &cobra.Command{
		Use:   "test",
		Short: "Send a test message to every target",
		Long: `Sends a message to every target of PUSHLOSS_NOTIFY_URLS now, and prints which ones
accepted it. It exits 1 if one failed. Targets are URLs of the shoutrrr library,
separated by blanks: slack, smtp, wecom, teams, ntfy, generic webhooks and others.`,
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
			return &problem.UsageError{Problem: "PUSHLOSS_NOTIFY_URLS names no target", Remedy: "set it to one or more URLs, like " + notify.Examples}
		}
		return testTargets(cmd.Context(), env, *output, targets, notify.In(a.settings.Language))
	}
	return parent("notify", "Test the notifications of problems", test)
}

func testTargets(ctx context.Context, env Environment, output format, targets []notify.Target, words notify.Words) error {
	type outcome struct {
		Target string `json:"target"`
		Sent   bool   `json:"sent"`
		Error  string `json:"error,omitempty"`
	}
	var outcomes []outcome
	failed := false
	for _, target := range targets {
		o := outcome{Target: target.Name(), Sent: true}
		err := target.Send(ctx, words.Test(env.Now()))
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

func (a *app) notifier(db *load.DB, targets []notify.Target) *notify.Notifier {
	judge := func(ctx context.Context) ([]load.AppStatus, []int64, error) {
		busy, err := db.Apps.Busy(ctx)
		if err != nil {
			return nil, nil, err
		}
		statuses, _, err := a.status(ctx, db)
		return statuses, busy, err
	}
	return notify.New(db.Pool(), targets, judge, notify.In(a.settings.Language), a.log, a.env.Now)
}

// openWithNotifier reads the notification targets and opens the database, for commands that run a
// job.
func (a *app) openWithNotifier(ctx context.Context) (*load.DB, *notify.Notifier, error) {
	targets, err := a.targets()
	if err != nil {
		return nil, nil, err
	}
	db, err := a.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	return db, a.notifier(db, targets), nil
}

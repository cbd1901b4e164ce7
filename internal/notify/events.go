package notify

import (
	"context"
	"time"

	"pushloss/internal/pipeline"
	"pushloss/internal/postgres"
	"pushloss/load"
)

// Judge returns the status of the judged apps, and the apps that a process is pulling now.
type Judge func(ctx context.Context) (statuses []load.AppStatus, busy []int64, err error)

// judgeTimeout bounds reading the status.
const judgeTimeout = time.Minute

// AfterJob notifies people of the result of a job. A job that was stopped proves nothing.
func (n *Notifier) AfterJob(ctx context.Context, report pipeline.Report) {
	if ctx.Err() != nil || report.RunID == 0 {
		return
	}
	n.NotifyOfJob(ctx, append(n.words.OfReport(report), n.ofStatus(ctx)...))
}

// AfterScheduled is AfterJob for a job of a daemon, which may have failed before its start.
// Messages that cannot be sent now are sent later.
func (n *Notifier) AfterScheduled(ctx context.Context, kind string, report pipeline.Report, err error) {
	if report.RunID == 0 && err != nil && ctx.Err() == nil {
		reason := err.Error()
		switch { // only the log gets the driver's text
		case postgres.ReadOnly(err):
			reason = n.words.Text("failed.readonly")
		case load.Unreachable(err):
			reason = n.words.Text("failed.unreachable")
		}
		n.NotifyOfJob(ctx, []Verdict{n.words.OfFailure(kind, reason)})
		return
	}
	n.AfterJob(ctx, report)
}

func (n *Notifier) ofStatus(ctx context.Context) []Verdict {
	ctx, cancel := context.WithTimeout(ctx, judgeTimeout)
	defer cancel()
	statuses, busy, err := n.judge(ctx)
	if err != nil {
		n.log.ErrorContext(ctx, "the status cannot be read: no events are derived from it", "error", err)
		return nil
	}
	return n.words.OfStatus(statuses, busy)
}

// Watch looks for events every period until ctx ends, also while no job runs. more returns
// additional verdicts of the caller.
func (n *Notifier) Watch(ctx context.Context, period time.Duration, more func(context.Context) []Verdict) {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		verdicts := append(n.ofStatus(ctx), more(ctx)...)
		if ctx.Err() == nil {
			n.NotifyOfNow(ctx, verdicts)
		}
	}
}

// Words returns the words of the notifier's language.
func (n *Notifier) Words() Words { return n.words }

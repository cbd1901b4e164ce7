package notify

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"pushloss/internal/postgres"
)

const (
	// roundTimeout bounds one round of notifications: it delays a run by no more.
	roundTimeout = 30 * time.Second
	// giveUpAfter is the greatest age of a message. An older one would mislead.
	giveUpAfter = 72 * time.Hour
	// longestBackoff bounds the time between two attempts.
	longestBackoff = time.Hour
	// manyAttempts take some ten minutes.
	manyAttempts = 5
)

// Notifier stores events and notifies targets about them.
type Notifier struct {
	pool    *postgres.Pool
	targets []Target
	judge   Judge
	words   Words
	log     *slog.Logger
	now     func() time.Time

	mu sync.Mutex
	// unstored are verdicts that could not be stored because the database was away, the newest one
	// for each event.
	unstored []Verdict
}

// New returns a notifier. Without targets, it only stores events. judge may be nil if nobody calls
// AfterJob or Watch.
func New(pool *postgres.Pool, targets []Target, judge Judge, words Words, log *slog.Logger, now func() time.Time) *Notifier {
	return &Notifier{pool: pool, targets: targets, judge: judge, words: words, log: log, now: now}
}

// NotifyOfJob opens and closes events by the verdicts after a job, and sends waiting messages. It
// takes a bounded time and works even after ctx ended. It logs its errors: a notification never
// makes a run fail.
func (n *Notifier) NotifyOfJob(ctx context.Context, verdicts []Verdict) {
	n.notify(ctx, verdicts, true)
}

// NotifyOfNow is NotifyOfJob for verdicts that do not come from a job.
func (n *Notifier) NotifyOfNow(ctx context.Context, verdicts []Verdict) {
	n.notify(ctx, verdicts, false)
}

func (n *Notifier) notify(ctx context.Context, verdicts []Verdict, ofJob bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), roundTimeout)
	defer cancel()
	if err := n.keep(ctx, verdicts, ofJob); err != nil {
		n.log.ErrorContext(ctx, "events are not stored yet: the next round stores them", "error", err)
		return
	}
	var wait sync.WaitGroup
	for _, target := range n.targets {
		wait.Go(func() { n.deliver(ctx, target) })
	}
	wait.Wait()
}

// keep opens and closes events by the verdicts, including verdicts that could not be stored before.
func (n *Notifier) keep(ctx context.Context, verdicts []Verdict, ofJob bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, v := range verdicts {
		n.unstored = slices.DeleteFunc(n.unstored, func(old Verdict) bool { return old.AlertKey == v.AlertKey })
		n.unstored = append(n.unstored, v)
	}
	now := n.now().UTC()
	names := make([]string, len(n.targets))
	for i, target := range n.targets {
		names[i] = target.name
	}
	err := updateAlerts(ctx, n.pool, names, now, now.Add(-remembered), func(known []Alert, retired []int64) []AlertChange {
		n.unstored = slices.DeleteFunc(n.unstored, func(v Verdict) bool { return slices.Contains(retired, v.SDKAppID) })
		changes := n.words.Decide(known, n.unstored, ofJob, now)
		for _, c := range changes {
			if c.Counts != nil || c.Repeats != nil {
				continue
			}
			n.log.WarnContext(ctx, c.Notice.Title, "kind", c.Key.Kind, "over", c.Closes != nil, "detail", c.Detail)
		}
		return changes
	})
	if err == nil {
		n.unstored = nil
	}
	return err
}

// deliver sends a target's waiting messages in order, up to the first failure.
func (n *Notifier) deliver(ctx context.Context, target Target) {
	for ctx.Err() == nil {
		sent, err := deliverNext(ctx, n.pool, target.name, n.now, func(ctx context.Context, notice Notice) error {
			err := target.Send(ctx, notice)
			if err != nil {
				n.log.WarnContext(ctx, "notification was not sent: it is retried later", "target", target.name, "error", err)
			}
			return err
		})
		if err != nil {
			n.log.ErrorContext(ctx, "notifications cannot be read", "error", err)
		}
		if err != nil || !sent {
			return
		}
	}
}

// nextTry returns when a message is sent again: when its target says, but within an hour, and not
// before the wait that follows a first failure.
func nextTry(failure error, attempt int, now time.Time) time.Time {
	var wait time.Duration
	if refused, ok := errors.AsType[*sendError](failure); ok {
		wait = refused.wait.from(now)
	}
	if wait <= 0 {
		return now.Add(backoff(attempt))
	}
	return now.Add(min(max(wait, backoff(1)), longestBackoff))
}

// backoff returns half a minute for the first attempt, and twice as much for each further one.
func backoff(attempt int) time.Duration {
	wait := 30 * time.Second
	for range attempt - 1 {
		if wait *= 2; wait >= longestBackoff {
			return longestBackoff
		}
	}
	return wait
}

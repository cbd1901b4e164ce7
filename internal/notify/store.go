package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
	"pushloss/load"
)

// AlertKey identifies an open event.
type AlertKey struct {
	Kind     string
	SDKAppID int64  // 0 for an event of all apps
	Job      string // the failed job; empty for other kinds of events
	Cause    string // of a jump; empty for other kinds of events
}

// Alert is an event: something went wrong.
type Alert struct {
	ID int64
	AlertKey
	Detail   string // what was known when it began
	OpenedAt time.Time
	// ClosedAt is when the event was found to be over; nil while it is open.
	ClosedAt *time.Time
	// GoodJobs is how many jobs in a row found the open event over.
	GoodJobs int
	// Told are the targets that have a message about the event, if it is open.
	Told []string
}

// Notice is a message about an event, for every target.
type Notice struct{ Title, Body string }

// AlertChange opens an event, closes one, stores its number of good jobs, or repeats an event for
// other targets.
type AlertChange struct {
	Key    AlertKey
	Closes *Alert // the event that ends
	Counts *Alert // an open event, with its new number of good jobs; it makes no message
	// Repeats is an event that stays open. The notice goes to targets without a message about it,
	// because another process opened it, or because they were added later.
	Repeats *Alert
	Detail  string
	Notice  Notice
}

const (
	sqlAlerts = `
		SELECT alert_id, kind, sdk_app_id, job, cause, detail, opened_at, closed_at, good_jobs, coalesce(told, '{}')
		FROM pushloss.alert LEFT JOIN (
			SELECT alert_id, array_agg(DISTINCT target) AS told FROM pushloss.message
			WHERE state <> 'given_up' AND alert_id IN (SELECT alert_id FROM pushloss.alert WHERE closed_at IS NULL) GROUP BY alert_id
		) AS m USING (alert_id)
		WHERE closed_at IS NULL OR closed_at > $1 ORDER BY alert_id`
	sqlCountGood = `UPDATE pushloss.alert SET good_jobs = $2 WHERE alert_id = $1`
	sqlOpenAlert = `
		INSERT INTO pushloss.alert (kind, sdk_app_id, job, cause, detail, opened_at)
		VALUES ($1, $2, $3, $4, $5, $6) RETURNING alert_id`
	sqlCloseAlert = `UPDATE pushloss.alert SET closed_at = $2 WHERE alert_id = $1`
	// A recovery goes only to targets that got, or will get, the alert.
	sqlInsertMessages = `
		INSERT INTO pushloss.message (alert_id, target, title, body, state, created_at, next_try_at)
		SELECT $1, target, $3, $4, 'waiting', $5, $5
		FROM unnest($2::text[]) AS g (target)
		WHERE NOT $6 OR EXISTS (SELECT 1 FROM pushloss.message AS m
			WHERE m.alert_id = $1 AND m.target = g.target AND m.state <> 'given_up')`

	// Gives up a message together with those that follow about the same event: a recovery alone
	// would be a riddle.
	sqlGiveUp = `
		UPDATE pushloss.message AS m SET state = 'given_up'
		WHERE state = 'waiting' AND EXISTS (SELECT 1 FROM pushloss.message AS old
			WHERE old.target = m.target AND old.alert_id = m.alert_id AND old.state = 'waiting' AND old.created_at < $1)`

	sqlTryTarget = `SELECT pg_try_advisory_xact_lock(hashtextextended('pushloss notify ' || $1::text, 0))`
	// A message that failed often may be one that its target will never accept. Others go before
	// it, except those about the same event.
	sqlNextMessage = `
		SELECT message_id, title, body, attempts, next_try_at <= $2
		FROM pushloss.message AS m JOIN pushloss.alert AS a USING (alert_id)
		WHERE target = $1 AND state = 'waiting' AND NOT EXISTS (
			SELECT 1 FROM pushloss.message AS earlier JOIN pushloss.alert AS b USING (alert_id)
			WHERE earlier.target = $1 AND earlier.state = 'waiting' AND earlier.message_id < m.message_id
				AND (b.kind, b.sdk_app_id, b.job, b.cause) = (a.kind, a.sdk_app_id, a.job, a.cause))
		ORDER BY attempts >= $3, CASE WHEN attempts >= $3 THEN next_try_at END, message_id LIMIT 1`
	// A target that accepts one message may accept all that wait.
	sqlMessageSent = `
		WITH sent AS (
			UPDATE pushloss.message SET state = 'sent', sent_at = $2, attempts = attempts + 1, last_error = NULL
			WHERE message_id = $1)
		UPDATE pushloss.message SET next_try_at = $2
		WHERE target = $3 AND state = 'waiting' AND next_try_at > $2 AND message_id <> $1`
	sqlMessageFailed = `
		UPDATE pushloss.message SET attempts = attempts + 1, next_try_at = $2, last_error = $3
		WHERE message_id = $1`
)

// updateAlerts calls decide to open and close events, in one process at a time, and stores a
// message of each change for every target. decide gets the open events and those that ended since,
// and the retired apps. Messages that are too old are given up first.
func updateAlerts(ctx context.Context, pool *postgres.Pool, targets []string, now, since time.Time, decide func(known []Alert, retired []int64) []AlertChange) error {
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, load.SQLLockAlerts); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlGiveUp, now.Add(-giveUpAfter)); err != nil {
			return err
		}
		known, err := alertsSince(ctx, tx, &since)
		if err != nil {
			return err
		}
		// Nothing is expected of a retired app, and no run would find its events over.
		retired, err := postgres.List(ctx, tx, pgx.RowTo[int64], load.SQLRetiredApps)
		if err != nil {
			return err
		}
		for _, c := range decide(known, retired) {
			var id int64
			to := targets
			switch {
			case c.Counts != nil:
				if _, err := tx.Exec(ctx, sqlCountGood, c.Counts.ID, c.Counts.GoodJobs); err != nil {
					return err
				}
				continue
			case c.Closes != nil:
				id = c.Closes.ID
				_, err = tx.Exec(ctx, sqlCloseAlert, id, now)
			case c.Repeats != nil:
				id = c.Repeats.ID
				to = slices.DeleteFunc(slices.Clone(targets), func(target string) bool { return slices.Contains(c.Repeats.Told, target) })
				if len(to) == 0 {
					continue
				}
			default:
				err = tx.QueryRow(ctx, sqlOpenAlert, c.Key.Kind, c.Key.SDKAppID, c.Key.Job, c.Key.Cause, postgres.Storable(c.Detail), now).Scan(&id)
			}
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, sqlInsertMessages, id, to, postgres.Storable(c.Notice.Title), postgres.Storable(c.Notice.Body), now, c.Closes != nil)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("update alerts: %w", err)
	}
	return nil
}

// alertsSince reads the open events and, if a time is given, those that ended since.
func alertsSince(ctx context.Context, on postgres.Reader, since *time.Time) ([]Alert, error) {
	return postgres.List(ctx, on, func(row pgx.CollectableRow) (a Alert, err error) {
		err = row.Scan(&a.ID, &a.Kind, &a.SDKAppID, &a.Job, &a.Cause, &a.Detail, &a.OpenedAt, &a.ClosedAt, &a.GoodJobs, &a.Told)
		return a, err
	}, sqlAlerts, since)
}

// OpenAlerts returns the events that are not over, oldest first.
func OpenAlerts(ctx context.Context, pool *postgres.Pool) ([]Alert, error) {
	open, err := alertsSince(ctx, pool, nil)
	if err != nil {
		return nil, fmt.Errorf("read the open alerts: %w", err)
	}
	return open, nil
}

// deliverNext sends the next message that waits for a target, if it is due and no other process is
// sending to the target. sent means that another message may wait. send's error is recorded, so it
// must not contain the target's URL. If the process dies between sending and recording, the message
// is sent again.
func deliverNext(ctx context.Context, pool *postgres.Pool, target string, clock func() time.Time, send func(context.Context, Notice) error) (sent bool, err error) {
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var alone bool
		if err := tx.QueryRow(ctx, sqlTryTarget, target).Scan(&alone); err != nil || !alone {
			return err
		}
		var id int64
		var notice Notice
		var attempts int
		var due bool
		now := clock()
		err := tx.QueryRow(ctx, sqlNextMessage, target, now, manyAttempts).Scan(&id, &notice.Title, &notice.Body, &attempts, &due)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return nil
		case err != nil, !due:
			return err
		}
		if failure := send(ctx, notice); failure != nil {
			_, err = tx.Exec(ctx, sqlMessageFailed, id, nextTry(failure, attempts+1, now), postgres.Storable(failure.Error()))
			return err
		}
		sent = true
		_, err = tx.Exec(ctx, sqlMessageSent, id, clock(), target)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("deliver a notification: %w", err)
	}
	return sent, nil
}

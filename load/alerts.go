package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// AlertKey identifies an event among those that are open.
type AlertKey struct {
	Kind     string
	SDKAppID int64  // 0 where it is about all
	Job      string // that failed; empty for events of other kinds
}

// Alert is an event: something went wrong.
type Alert struct {
	ID int64
	AlertKey
	Detail   string // what was known when it began
	OpenedAt time.Time
	// ClosedAt is when it was seen to be over; nil while it is open.
	ClosedAt *time.Time
	// GoodJobs is how many jobs in a row found an open one over.
	GoodJobs int
}

// Notice is a message about an event, for every target.
type Notice struct{ Title, Body string }

// AlertChange opens an event, closes one, or keeps how many good jobs it has seen.
type AlertChange struct {
	Key    AlertKey
	Closes *Alert // that ends
	Counts *Alert // that stays open, with its new number of good jobs; it makes no message
	Detail string
	Notice Notice
}

// Target names where messages go. It tells nothing of the URL, which is a secret.
type Target string

const (
	sqlLockAlerts = `SELECT pg_advisory_xact_lock(hashtextextended('pushloss alerts', 0))`
	sqlAlerts     = `
		SELECT alert_id, kind, sdk_app_id, job, detail, opened_at, closed_at, good_jobs
		FROM pushloss.alert WHERE closed_at IS NULL OR closed_at > $1 ORDER BY alert_id`
	sqlCountGood = `UPDATE pushloss.alert SET good_jobs = $2 WHERE alert_id = $1`
	sqlOpenAlert = `
		INSERT INTO pushloss.alert (kind, sdk_app_id, job, detail, opened_at)
		VALUES ($1, $2, $3, $4, $5) RETURNING alert_id`
	sqlCloseAlert = `UPDATE pushloss.alert SET closed_at = $2 WHERE alert_id = $1`
	// The end of an event is told to those who were, or will be, told of its
	// beginning.
	sqlInsertMessages = `
		INSERT INTO pushloss.message (alert_id, target, title, body, state, created_at, next_try_at)
		SELECT $1, target, $3, $4, 'waiting', $5, $5
		FROM unnest($2::text[]) AS g (target)
		WHERE NOT $6 OR EXISTS (SELECT FROM pushloss.message AS m
			WHERE m.alert_id = $1 AND m.target = g.target AND m.state <> 'given_up')`

	sqlTryTarget   = `SELECT pg_try_advisory_xact_lock(hashtextextended('pushloss notify ' || $1::text, 0))`
	sqlNextMessage = `
		SELECT message_id, title, body, attempts, created_at, next_try_at <= $2
		FROM pushloss.message
		WHERE target = $1 AND state = 'waiting' ORDER BY message_id LIMIT 1`
	sqlMessageSent = `
		UPDATE pushloss.message SET state = 'sent', sent_at = $2, attempts = attempts + 1, last_error = NULL
		WHERE message_id = $1`
	sqlMessageFailed = `
		UPDATE pushloss.message SET state = CASE WHEN $4 THEN 'given_up' ELSE 'waiting' END,
			attempts = attempts + 1, next_try_at = $2, last_error = $3
		WHERE message_id = $1`
)

// UpdateAlerts lets decide open and close events, one process at a time, and
// leaves a message of each for every target. decide is told of the open ones, and of
// those that ended since.
func (db *DB) UpdateAlerts(ctx context.Context, targets []Target, now, since time.Time, decide func([]Alert) []AlertChange) error {
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlLockAlerts); err != nil {
			return err
		}
		known, err := alertsSince(ctx, tx, &since)
		if err != nil {
			return err
		}
		for _, c := range decide(known) {
			var id int64
			switch {
			case c.Counts != nil:
				if _, err := tx.Exec(ctx, sqlCountGood, c.Counts.ID, c.Counts.GoodJobs); err != nil {
					return err
				}
				continue
			case c.Closes != nil:
				id = c.Closes.ID
				_, err = tx.Exec(ctx, sqlCloseAlert, id, now)
			default:
				err = tx.QueryRow(ctx, sqlOpenAlert, c.Key.Kind, c.Key.SDKAppID, c.Key.Job, storable(c.Detail), now).Scan(&id)
			}
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, sqlInsertMessages, id, targets, storable(c.Notice.Title), storable(c.Notice.Body), now, c.Closes != nil)
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

// alertsSince reads the open events and, with a time, those that ended since.
func alertsSince(ctx context.Context, on interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}, since *time.Time) ([]Alert, error) {
	rows, err := on.Query(ctx, sqlAlerts, since)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Alert, err error) {
		err = row.Scan(&a.ID, &a.Kind, &a.SDKAppID, &a.Job, &a.Detail, &a.OpenedAt, &a.ClosedAt, &a.GoodJobs)
		return a, err
	})
}

// OpenAlerts returns the events that are not over, oldest first.
func (db *DB) OpenAlerts(ctx context.Context) ([]Alert, error) {
	open, err := alertsSince(ctx, db.pool, nil)
	if err != nil {
		return nil, fmt.Errorf("read the open alerts: %w", err)
	}
	return open, nil
}

// Delivery is how messages are tried again.
type Delivery struct {
	// Backoff is how long after its attempt of that number a message waits for the
	// next one.
	Backoff func(attempt int) time.Duration
	// GiveUpAfter is how old a message may get.
	GiveUpAfter time.Duration
	Now         func() time.Time
}

// DeliverNext sends the oldest message that waits for a target, if its time has
// come and no other process is sending to the target. more is true if it was sent,
// so that there may be another one. send's error is for the record; it must not
// bear the target's URL. If the process dies between sending and recording, the
// message is sent again.
func (db *DB) DeliverNext(ctx context.Context, target Target, delivery Delivery, send func(context.Context, Notice) error) (more bool, err error) {
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		var alone bool
		if err := tx.QueryRow(ctx, sqlTryTarget, target).Scan(&alone); err != nil || !alone {
			return err
		}
		var id int64
		var notice Notice
		var attempts int
		var created time.Time
		var due bool
		now := delivery.Now()
		err := tx.QueryRow(ctx, sqlNextMessage, target, now).Scan(&id, &notice.Title, &notice.Body, &attempts, &created, &due)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return nil
		case err != nil, !due:
			return err
		}
		if failure := send(ctx, notice); failure != nil {
			givenUp := delivery.Now().Sub(created) > delivery.GiveUpAfter
			more = givenUp
			_, err = tx.Exec(ctx, sqlMessageFailed, id, now.Add(delivery.Backoff(attempts+1)), storable(failure.Error()), givenUp)
			return err
		}
		more = true
		_, err = tx.Exec(ctx, sqlMessageSent, id, delivery.Now())
		return err
	})
	if err != nil {
		return false, fmt.Errorf("deliver a notification: %w", err)
	}
	return more, nil
}

const sqlBusyApps = `
	SELECT DISTINCT a.sdk_app_id
	FROM pushloss.app_lease AS a
	JOIN pg_locks AS l
		ON l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
		AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('pushloss app ' || a.sdk_app_id, 0)
	JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database()`

// BusyApps returns the apps that some process is working on.
func (db *DB) BusyApps(ctx context.Context) ([]int64, error) {
	rows, err := db.pool.Query(ctx, sqlBusyApps)
	if err != nil {
		return nil, fmt.Errorf("read which apps are worked on: %w", err)
	}
	apps, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("read which apps are worked on: %w", err)
	}
	return apps, nil
}

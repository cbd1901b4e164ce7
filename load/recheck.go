package load

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
)

// UnequalCheck is a check in the state CheckDiffers or CheckStays, with the state of its days.
type UnequalCheck struct {
	ID          int64
	Task        TaskRef
	First, Last calendar.Day
	State       CheckState
	// Pulled says that figures of all its days are stored and no day waits to be pulled again.
	Pulled bool
	// Failed says that the last pull of one of its days failed.
	Failed bool
}

const (
	sqlUnequalChecks = `
		SELECT r.reconciliation_id, r.task_key, coalesce(t.task_id, ''), r.first_day, r.last_day, r.state,
			d.pulled, d.failed
		FROM pushloss.reconciliation AS r
		LEFT JOIN pushloss.task AS t ON t.task_key = r.task_key
		CROSS JOIN LATERAL (
			SELECT coalesce(bool_and(l.opened_at IS NULL AND l.state IN ('loaded', 'empty')), false) AS pulled,
				coalesce(bool_or(l.state = 'failed'), false) AS failed
			FROM pushloss.ledger AS l
			WHERE l.sdk_app_id = $1 AND l.task_key = r.task_key AND l.stream_id = 0 AND l.day BETWEEN r.first_day AND r.last_day
		) AS d
		WHERE r.sdk_app_id = $1 AND r.state IN ('differs', 'stays')
		ORDER BY r.first_day, r.last_day, r.task_key`
	sqlHaveUnequalChecks = `SELECT DISTINCT sdk_app_id FROM pushloss.reconciliation WHERE sdk_app_id = ANY($1::bigint[]) AND state IN ('differs', 'stays')`
	sqlOpenedWindows     = `
		SELECT l.stream_id, l.day, l.task_key
		FROM pushloss.ledger AS l
		LEFT JOIN pushloss.task AS t ON t.task_key = l.task_key
		WHERE l.sdk_app_id = $1 AND l.opened_at IS NOT NULL AND t.retired_at IS NULL`
	sqlExpireChecks = `
		UPDATE pushloss.reconciliation SET state = 'unproven'
		WHERE sdk_app_id = $1 AND reconciliation_id = ANY($2::bigint[]) AND state IN ('differs', 'stays')`
)

// UnequalChecks returns the app's checks in the states CheckDiffers and CheckStays, oldest span first.
func (l Ledger) UnequalChecks(ctx context.Context, sdkAppID int64) ([]UnequalCheck, error) {
	if has, err := l.db.reads.unequal.Ask(ctx, daysOf{app: sdkAppID}); err != nil || !has {
		return nil, err
	}
	checks, err := postgres.List(ctx, l.db.pool, func(row pgx.CollectableRow) (UnequalCheck, error) {
		var c UnequalCheck
		err := row.Scan(&c.ID, &c.Task.Key, &c.Task.ID, &c.First, &c.Last, &c.State, &c.Pulled, &c.Failed)
		return c, err
	}, sqlUnequalChecks, sdkAppID)
	if err != nil {
		return nil, fmt.Errorf("read the reconciliations of app %d: %w", sdkAppID, err)
	}
	return checks, nil
}

// Opened returns the app's windows that wait to be pulled again, without those of retired tasks.
// The order is undefined.
func (l Ledger) Opened(ctx context.Context, sdkAppID int64) ([]WindowRef, error) {
	windows, err := postgres.List(ctx, l.db.pool, pgx.RowToStructByPos[WindowRef], sqlOpenedWindows, sdkAppID)
	if err != nil {
		return nil, fmt.Errorf("read the opened windows of app %d: %w", sdkAppID, err)
	}
	return windows, nil
}

// ExpireChecks turns checks in the states CheckDiffers and CheckStays into unproven ones. It is too late to
// find out whether they would agree.
func (l *AppLock) ExpireChecks(ctx context.Context, ids []int64) error {
	err := l.transact(ctx, func(ctx context.Context, tx pgx.Tx, batch *pgx.Batch) error {
		batch.Queue(sqlExpireChecks, l.sdkAppID, ids)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("expire reconciliations of app %d: %w", l.sdkAppID, err)
	}
	return nil
}

package load

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/calendar"
)

const (
	// The windows keep the facts of their last trusted answer, and the note of a later
	// failure.
	sqlSettleForgotten = `
		UPDATE pushloss.ledger SET
			settled = true, settled_reason = 'api_memory', opened_at = NULL,
			state = CASE WHEN state = 'absent' THEN state WHEN row_count > 0 THEN 'loaded' ELSE 'empty' END
		WHERE sdk_app_id = $1 AND day <= $2 AND NOT settled AND (last_trusted_at IS NOT NULL OR proven_at IS NOT NULL)`
	// The clock of a process that ran ahead may have settled days that were not over.
	sqlReopenDays = `
		UPDATE pushloss.ledger SET settled = false, settled_reason = NULL
		WHERE sdk_app_id = $1 AND day > $2 AND settled AND settled_reason <> 'retired'`
	sqlSettleRetired = `
		UPDATE pushloss.ledger AS l SET settled = true, settled_reason = 'retired'
		FROM pushloss.task AS t
		WHERE t.task_key = l.task_key AND t.retired_at IS NOT NULL AND l.sdk_app_id = $1 AND NOT l.settled`
	// An app with nothing to settle and no tasks needs no transaction.
	sqlToSettle = `
		SELECT sdk_app_id FROM pushloss.ledger
		WHERE sdk_app_id = ANY($1::bigint[]) AND day <= $2 AND NOT settled AND (last_trusted_at IS NOT NULL OR proven_at IS NOT NULL)
		UNION
		SELECT sdk_app_id FROM pushloss.ledger
		WHERE sdk_app_id = ANY($1::bigint[]) AND day > $3 AND settled AND settled_reason <> 'retired'
		UNION
		SELECT sdk_app_id FROM pushloss.task WHERE sdk_app_id = ANY($1::bigint[])`
	sqlHasTasks    = `SELECT EXISTS (SELECT 1 FROM pushloss.task WHERE sdk_app_id = $1)`
	sqlReopenTasks = `
		UPDATE pushloss.ledger AS l SET settled = false, settled_reason = NULL
		FROM pushloss.task AS t
		WHERE t.task_key = l.task_key AND t.retired_at IS NULL AND l.settled_reason = 'retired'
			AND (t.sdk_app_id, t.task_id) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))`
)

// Settle makes windows final for which nothing more can come: those up to lastForgotten that a
// trusted answer loaded or proved, and those of retired tasks. Days after lastEnded become open
// again. Settle also notes up to which day each task's windows are in the ledger. It returns how
// many windows it settled.
func (l *AppLock) Settle(ctx context.Context, lastForgotten, lastEnded calendar.Day) (int64, error) {
	due, err := l.session.db.reads.unsettled.Ask(ctx, daysOf{l.sdkAppID, calendar.Span{First: lastForgotten, Last: lastEnded}})
	if err != nil {
		return 0, fmt.Errorf("look for windows to settle of app %d: %w", l.sdkAppID, err)
	}
	if !due {
		return 0, nil
	}
	var settled int64
	err = l.transact(ctx, func(ctx context.Context, tx pgx.Tx, batch *pgx.Batch) error {
		settled = 0
		var hasTasks bool
		count := func(tag pgconn.CommandTag) error {
			settled += tag.RowsAffected()
			return nil
		}
		batch.Queue(sqlSettleForgotten, l.sdkAppID, lastForgotten.UTC()).Exec(count)
		batch.Queue(sqlSettleRetired, l.sdkAppID).Exec(count)
		batch.Queue(sqlReopenDays, l.sdkAppID, lastEnded.UTC())
		batch.Queue(sqlHasTasks, l.sdkAppID).QueryRow(func(row pgx.Row) error { return row.Scan(&hasTasks) })
		if err := tx.SendBatch(ctx, batch).Close(); err != nil || !hasTasks {
			return err
		}
		return l.cover(ctx, tx, lastEnded)
	})
	if err != nil {
		return 0, fmt.Errorf("settle windows of app %d: %w", l.sdkAppID, err)
	}
	return settled, nil
}

package load

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// deletedTask replaces the only TaskID of a pull whose task was deleted: a pull without any is one
// for the whole app. No TaskID has a blank.
const deletedTask = "(deleted task)"

const (
	sqlTaskKeys = `SELECT task_key FROM pushloss.task WHERE sdk_app_id = $1 AND task_id = ANY($2) ORDER BY task_key FOR UPDATE`
	// History counts too: a fact that was removed was a fact.
	sqlTasksWithFacts = `
		SELECT t.task_id FROM pushloss.task AS t
		WHERE t.sdk_app_id = $1 AND t.task_id = ANY($2) AND (
			EXISTS (SELECT 1 FROM pushloss.stage_loss AS f WHERE f.sdk_app_id = $1 AND f.task_key = t.task_key)
			OR EXISTS (SELECT 1 FROM pushloss.platform_loss AS f WHERE f.sdk_app_id = $1 AND f.task_key = t.task_key)
			OR EXISTS (SELECT 1 FROM pushloss.push_count AS f WHERE f.sdk_app_id = $1 AND f.task_key = t.task_key)
			OR EXISTS (SELECT 1 FROM pushloss.platform_push_count AS f WHERE f.sdk_app_id = $1 AND f.task_key = t.task_key)
			OR EXISTS (SELECT 1 FROM pushloss.loss_change AS f WHERE f.sdk_app_id = $1 AND f.task_key = t.task_key))
		ORDER BY t.task_id`
	sqlForgetInPulls = `
		UPDATE pushloss.pull SET task_ids = coalesce(nullif(array_remove(task_ids, $2), '{}'), ARRAY[$3]),
			proven_task_ids = array_replace(proven_task_ids, $2, $3)
		WHERE sdk_app_id = $1 AND task_ids @> ARRAY[$2]`
	sqlDeleteTasks  = `DELETE FROM pushloss.task WHERE task_key = ANY($2) AND sdk_app_id = $1`
	sqlForgetSentAt = `UPDATE pushloss.task SET sent_at = NULL, covered_to = '-infinity' WHERE sdk_app_id = $1 AND task_id = ANY($2) AND sent_at IS NOT NULL`
)

// sqlForgetTasks deletes what is known of tasks without facts.
var sqlForgetTasks = []string{
	`DELETE FROM pushloss.ledger WHERE sdk_app_id = $1 AND task_key = ANY($2)`,
	`DELETE FROM pushloss.task_summary WHERE sdk_app_id = $1 AND task_key = ANY($2)`,
	`DELETE FROM pushloss.reject WHERE sdk_app_id = $1 AND task_key = ANY($2)`,
	`DELETE FROM pushloss.reconciliation_key AS k USING pushloss.reconciliation AS r
		WHERE r.sdk_app_id = $1 AND k.sdk_app_id = $1 AND k.reconciliation_id = r.reconciliation_id AND r.task_key = ANY($2)`,
	`DELETE FROM pushloss.reconciliation WHERE sdk_app_id = $1 AND task_key = ANY($2)`,
	sqlDeleteTasks,
}

// TasksNotDeleted says why no task was deleted.
type TasksNotDeleted struct {
	Unknown   []string // not in the registry
	WithFacts []string
}

// Delete deletes tasks of an app that have no facts, and everything else that is stored for them:
// all or none. The archive's answers stay. Delete waits until no other process works on the app,
// since that process might load an answer for a deleted task.
func (r Registry) Delete(ctx context.Context, sdkAppID int64, ids []string, holder string, waiting func(*BusyError)) (deleted int, not TasksNotDeleted, err error) {
	err = r.db.UnderLock(ctx, sdkAppID, holder, waiting, func(ctx context.Context, lock *AppLock) error {
		deleted, not, err = lock.deleteTasks(ctx, ids)
		return err
	})
	return deleted, not, err
}

func (l *AppLock) deleteTasks(ctx context.Context, ids []string) (deleted int, not TasksNotDeleted, err error) {
	err = l.transact(ctx, func(ctx context.Context, tx pgx.Tx, first *pgx.Batch) error {
		deleted, not = 0, TasksNotDeleted{}
		var keys []int32
		collect := func(sql string, into *[]string) {
			first.Queue(sql, l.sdkAppID, ids).Query(func(rows pgx.Rows) (err error) {
				*into, err = pgx.CollectRows(rows, pgx.RowTo[string])
				return err
			})
		}
		collect(sqlUnknownTasks, &not.Unknown)
		first.Queue(sqlTaskKeys, l.sdkAppID, ids).Query(func(rows pgx.Rows) (err error) {
			keys, err = pgx.CollectRows(rows, pgx.RowTo[int32])
			return err
		})
		collect(sqlTasksWithFacts, &not.WithFacts)
		if err := tx.SendBatch(ctx, first).Close(); err != nil || len(not.Unknown)+len(not.WithFacts) > 0 {
			return err
		}
		batch := &pgx.Batch{}
		for _, id := range ids {
			batch.Queue(sqlForgetInPulls, l.sdkAppID, id, deletedTask)
		}
		for _, sql := range sqlForgetTasks {
			batch.Queue(sql, l.sdkAppID, keys)
		}
		deleted = len(keys)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return 0, TasksNotDeleted{}, fmt.Errorf("delete tasks of app %d: %w", l.sdkAppID, err)
	}
	return deleted, not, nil
}

// ForgetSentAt removes a wrong sent_at, so that the tasks count from their registration. If the
// registry lacks any of them, ForgetSentAt does nothing and returns those in unknown.
func (r Registry) ForgetSentAt(ctx context.Context, sdkAppID int64, ids []string) (changed int, unknown []string, err error) {
	unknown, err = r.change(ctx, sdkAppID, ids, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sqlForgetSentAt, sdkAppID, ids)
		changed = int(tag.RowsAffected())
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("remove the time of tasks: %w", err)
	}
	return changed, unknown, nil
}

package load

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// SQLLockAlerts keeps those who open and close alerts from each other, until the
// transaction ends.
const SQLLockAlerts = `SELECT pg_advisory_xact_lock(hashtextextended('pushloss alerts', 0))`

const (
	sqlRetireApp = `UPDATE pushloss.app SET retired_at = coalesce(retired_at, $2) WHERE sdk_app_id = $1`
	// Nobody is told of the end: the app is judged no more, which is no recovery.
	sqlCloseAlerts = `UPDATE pushloss.alert SET closed_at = $2 WHERE sdk_app_id = $1 AND closed_at IS NULL`
	sqlRestoreApp  = `UPDATE pushloss.app SET retired_at = NULL WHERE sdk_app_id = $1`
	sqlRetiredApps = `SELECT sdk_app_id FROM pushloss.app WHERE retired_at IS NOT NULL ORDER BY sdk_app_id`
)

// RetireApp lets runs leave an app out and ends what is open of it; its figures stay.
// found is false if the database does not know the app.
func (db *DB) RetireApp(ctx context.Context, sdkAppID int64, now time.Time) (found bool, err error) {
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, SQLLockAlerts); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlRetireApp, sdkAppID, now)
		if err != nil {
			return err
		}
		found = tag.RowsAffected() > 0
		_, err = tx.Exec(ctx, sqlCloseAlerts, sdkAppID, now)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("retire app %d: %w", sdkAppID, err)
	}
	return found, nil
}

// RestoreApp lets runs pull an app again.
func (db *DB) RestoreApp(ctx context.Context, sdkAppID int64) (found bool, err error) {
	tag, err := db.pool.Exec(ctx, sqlRestoreApp, sdkAppID)
	if err != nil {
		return false, fmt.Errorf("restore app %d: %w", sdkAppID, err)
	}
	return tag.RowsAffected() > 0, nil
}

// RetiredApps returns the apps that runs leave out.
func (db *DB) RetiredApps(ctx context.Context) ([]int64, error) {
	rows, err := db.pool.Query(ctx, sqlRetiredApps)
	if err != nil {
		return nil, fmt.Errorf("read the retired apps: %w", err)
	}
	apps, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("read the retired apps: %w", err)
	}
	return apps, nil
}

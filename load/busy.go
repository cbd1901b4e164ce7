package load

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

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

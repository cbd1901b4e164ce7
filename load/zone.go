package load

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
)

const sqlOffsets = `
	SELECT extract(epoch FROM (at AT TIME ZONE $1) - (at AT TIME ZONE 'UTC'))::int
	FROM unnest($2::timestamptz[]) WITH ORDINALITY AS asked (at, nth) ORDER BY nth`

// Offsets returns what the database adds to UTC in a time zone at each of the times, in
// seconds. A zone that it does not know is a *ZoneError.
func (db *DB) Offsets(ctx context.Context, zone string, times []time.Time) ([]int, error) {
	rows, err := db.pool.Query(ctx, sqlOffsets, zone, times)
	if err != nil {
		return nil, fmt.Errorf("ask the database for the time zone %s: %w", zone, err)
	}
	offsets, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if postgres.Code(err) == pgerrcode.InvalidParameterValue {
		return nil, &ZoneError{Timezone: zone, cause: err}
	}
	if err != nil {
		return nil, fmt.Errorf("ask the database for the time zone %s: %w", zone, err)
	}
	return offsets, nil
}

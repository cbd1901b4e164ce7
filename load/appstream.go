package load

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/stream"
)

const (
	// A stream that is chosen after the app got its first figures starts on the given day: nobody
	// asked for its whole past.
	sqlSaveStreams = `
		INSERT INTO pushloss.app_stream AS s (sdk_app_id, stream_id, active, first_day)
		SELECT $1::bigint, stream_id, stream_id = ANY($2::smallint[]), CASE
			WHEN stream_id = ANY($2::smallint[]) AND stream_id <> 0 AND $4 THEN $3::date
		END
		FROM pushloss.stream
		ORDER BY stream_id
		ON CONFLICT (sdk_app_id, stream_id) DO UPDATE SET
			active = excluded.active,
			first_day = CASE WHEN excluded.active THEN excluded.first_day ELSE s.first_day END
		WHERE s.active <> excluded.active`
	sqlStreams = `
		SELECT s.stream_id, a.active, a.first_day
		FROM pushloss.stream AS s
		LEFT JOIN pushloss.app_stream AS a ON a.sdk_app_id = $1 AND a.stream_id = s.stream_id
		ORDER BY s.stream_id`
)

// ActiveStream is a stream that scheduled runs pull for an app.
type ActiveStream struct {
	Stream stream.Stream
	// FirstDay is the first day that is due; nil means the app's first day.
	FirstDay *calendar.Day
}

// SaveStreams records which streams runs pull for an app from now on, and returns them. Streams
// that are new to an app with figures start on the given day.
func (a Apps) SaveStreams(ctx context.Context, sdkAppID int64, streams []stream.Stream, begin calendar.Day) ([]ActiveStream, error) {
	return a.streams(ctx, sdkAppID, streams, begin, pgx.Tx.Commit)
}

// PlanStreams returns what SaveStreams would return, and records nothing.
func (a Apps) PlanStreams(ctx context.Context, sdkAppID int64, streams []stream.Stream, begin calendar.Day) ([]ActiveStream, error) {
	return a.streams(ctx, sdkAppID, streams, begin, pgx.Tx.Rollback)
}

func (a Apps) streams(ctx context.Context, sdkAppID int64, streams []stream.Stream, begin calendar.Day, end func(pgx.Tx, context.Context) error) ([]ActiveStream, error) {
	active, same, err := readStreams(ctx, a.db.pool, sdkAppID, streams)
	if err == nil && !same {
		active, err = a.changeStreams(ctx, sdkAppID, streams, begin, end)
	}
	if err != nil {
		return nil, fmt.Errorf("streams of app %d: %w", sdkAppID, err)
	}
	return active, nil
}

// readStreams returns the app's active streams. same says that they are exactly the chosen ones.
func readStreams(ctx context.Context, from postgres.Reader, sdkAppID int64, chosen []stream.Stream) (active []ActiveStream, same bool, err error) {
	rows, err := from.Query(ctx, sqlStreams, sdkAppID)
	if err != nil {
		return nil, false, err
	}
	var of stream.Stream
	var isActive *bool
	var first *calendar.Day
	same = true
	_, err = pgx.ForEachRow(rows, []any{&of, &isActive, &first}, func() error {
		same = same && isActive != nil && *isActive == slices.Contains(chosen, of)
		if isActive != nil && *isActive {
			active = append(active, ActiveStream{Stream: of, FirstDay: first})
		}
		return nil
	})
	return active, same, err
}

func (a Apps) changeStreams(ctx context.Context, sdkAppID int64, streams []stream.Stream, begin calendar.Day, end func(pgx.Tx, context.Context) error) ([]ActiveStream, error) {
	numbers := make([]int16, len(streams))
	for i, stream := range streams {
		numbers[i] = int16(stream)
	}
	tx, err := a.db.pool.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, sqlHoldSettings, sdkAppID); err != nil {
		return nil, err
	}
	var hasLedger bool
	if err := tx.QueryRow(ctx, sqlHasLedger, sdkAppID).Scan(&hasLedger); err != nil {
		return nil, err
	}
	saved, err := tx.Exec(ctx, sqlSaveStreams, sdkAppID, numbers, begin.UTC(), hasLedger)
	if err != nil {
		return nil, err
	}
	if saved.RowsAffected() > 0 {
		if _, err := tx.Exec(ctx, sqlUncover, sdkAppID); err != nil {
			return nil, err
		}
	}
	active, _, err := readStreams(ctx, tx, sdkAppID, streams)
	if err != nil {
		return nil, err
	}
	return active, end(tx, ctx)
}

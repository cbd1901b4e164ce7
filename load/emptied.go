package load

import (
	"context"
	"fmt"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
)

// Emptied are the days of an app whose figures the answers of one run removed, all those
// of a stream at once: no window of it that had figures kept any.
type Emptied struct {
	SDKAppID    int64
	Days        int
	First, Last calendar.Day
}

// EmptiedTold is how long the status reports such days, unless their figures come back.
const EmptiedTold = 30 * 24 * time.Hour

const sqlEmptied = `
	WITH emptying AS (
		SELECT p.sdk_app_id, p.run_id, p.stream_id, p.day
		FROM pushloss.pull AS p
		WHERE p.trusted AND p.rows_deleted > 0 AND p.rows_updated + p.rows_unchanged = 0 AND p.loaded_at > $1
			AND NOT EXISTS (
				SELECT FROM pushloss.pull AS other
				WHERE other.sdk_app_id = p.sdk_app_id AND other.run_id = p.run_id AND other.stream_id = p.stream_id
					AND other.trusted AND other.rows_updated + other.rows_unchanged > 0)
	)
	SELECT e.sdk_app_id, count(DISTINCT e.day), min(e.day), max(e.day)
	FROM emptying AS e
	WHERE EXISTS (
		SELECT FROM pushloss.loss_change AS h
		JOIN pushloss.ledger AS l ON l.sdk_app_id = h.sdk_app_id AND l.day = h.day AND l.stream_id = h.stream_id AND l.task_key = h.task_key
		LEFT JOIN pushloss.task AS t ON t.task_key = h.task_key
		WHERE h.sdk_app_id = e.sdk_app_id AND h.day = e.day AND h.stream_id = e.stream_id AND h.run_id = e.run_id
			AND h.new_count IS NULL AND l.row_count = 0 AND t.retired_at IS NULL)
	GROUP BY e.sdk_app_id`

// readEmptied returns the apps with such days.
func readEmptied(ctx context.Context, from postgres.Reader, now time.Time) ([]Emptied, error) {
	emptied, err := postgres.List(ctx, from, func(row pgx.CollectableRow) (e Emptied, err error) {
		var first, last time.Time
		err = row.Scan(&e.SDKAppID, &e.Days, &first, &last)
		e.First, e.Last = calendar.DayOf(first, time.UTC), calendar.DayOf(last, time.UTC)
		return e, err
	}, sqlEmptied, now.Add(-EmptiedTold))
	if err != nil {
		return nil, fmt.Errorf("read which days were emptied: %w", err)
	}
	return emptied, nil
}

// String says which figures are gone.
func (e Emptied) String() string {
	return fmt.Sprintf("figures of %s (%s) were removed by the API's answers: every window that had figures turned empty in one run",
		english.Plural(e.Days, "day", ""), calendar.Span{First: e.First, Last: e.Last})
}

package load

import (
	"context"
	"fmt"
	"time"

	"pushloss/internal/postgres"
)

const sqlAbsent = `
	SELECT l.sdk_app_id, sum(l.windows)::bigint
	FROM (
		SELECT sdk_app_id, task_key, stream_id, count(*) AS windows
		FROM pushloss.ledger
		WHERE state = 'absent' AND updated_at > $1
		GROUP BY sdk_app_id, task_key, stream_id
	) AS l
	JOIN pushloss.task AS t USING (task_key)
	JOIN pushloss.task_summary AS a ON a.sdk_app_id = l.sdk_app_id AND a.task_key = l.task_key
	LEFT JOIN pushloss.app_stream AS c ON c.sdk_app_id = l.sdk_app_id AND c.stream_id = l.stream_id
	WHERE t.retired_at IS NULL AND a.answered
		AND coalesce(c.active, l.stream_id = 0)
	GROUP BY l.sdk_app_id`

// readAbsent returns, by app, the number of recent windows whose answers lack their task
// although it was answered in others. What they lack may be missing in the figures.
func readAbsent(ctx context.Context, from postgres.Reader, now time.Time) (map[int64]int, error) {
	absent, err := postgres.Map[int64, int](ctx, from, sqlAbsent, now.Add(-unprovenTold))
	if err != nil {
		return nil, fmt.Errorf("read which windows are absent: %w", err)
	}
	return absent, nil
}

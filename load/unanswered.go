package load

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
)

// unansweredAfter is how long after a push an answer must contain its task. Without a known time of
// the push, it counts from the task's registration.
const unansweredAfter = 48 * time.Hour

// Unanswered are the tasks of an app that never had an answer.
type Unanswered struct {
	SDKAppID int64
	Tasks    int
	First    []string // the IDs of the first few
}

// The apps with an active stream of tasks are looked up once, not for each task.
const sqlUnanswered = `
	SELECT t.sdk_app_id, count(*), (array_agg(t.task_id ORDER BY t.task_key))[1:5]
	FROM pushloss.task AS t
	JOIN (
		SELECT DISTINCT a.sdk_app_id
		FROM pushloss.app AS a
		CROSS JOIN pushloss.stream AS s
		LEFT JOIN pushloss.app_stream AS c USING (sdk_app_id, stream_id)
		WHERE a.first_day IS NOT NULL AND s.by_task AND coalesce(c.active, s.stream_id = 0)
	) AS a USING (sdk_app_id)
	LEFT JOIN (SELECT sdk_app_id, task_key, answered, lacked FROM pushloss.task_summary) AS l USING (sdk_app_id, task_key)
	WHERE t.retired_at IS NULL AND NOT t.answered AND NOT coalesce(l.answered, false)
		AND (t.registered_at + $2::interval < $1 OR l.lacked AND coalesce(t.sent_at, t.registered_at) + $2::interval < $1)
	GROUP BY t.sdk_app_id`

// ReadUnanswered returns, by app, the active tasks that never had an answer. Their IDs are
// mistyped, or runs do not pull the days of the push.
func ReadUnanswered(ctx context.Context, from postgres.Reader, now time.Time) (map[int64]Unanswered, error) {
	list, err := postgres.List(ctx, from, pgx.RowToStructByPos[Unanswered], sqlUnanswered, now, unansweredAfter)
	if err != nil {
		return nil, fmt.Errorf("read which tasks were answered: %w", err)
	}
	unanswered := make(map[int64]Unanswered, len(list))
	for _, u := range list {
		unanswered[u.SDKAppID] = u
	}
	return unanswered, nil
}

// Answered returns, by key, the tasks that had an answer, each with the time at which one last had
// figures of it. That time is nil if none had: nothing was lost, or the API answers a wrong ID with
// zeros.
func (r Registry) Answered(ctx context.Context) (map[int32]*time.Time, error) {
	answered, err := postgres.Map[int32, *time.Time](ctx, r.db.pool, `SELECT task_key, last_figures_at FROM pushloss.task_summary WHERE answered`)
	if err != nil {
		return nil, fmt.Errorf("read which tasks were answered: %w", err)
	}
	return answered, nil
}

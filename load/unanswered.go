package load

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// UnansweredAfter is how long after a push, or the registration of its task where that
// is all that is known, an answer must have had the task.
const UnansweredAfter = 48 * time.Hour

// Unanswered are the tasks of an app that no answer ever had.
type Unanswered struct {
	SDKAppID int64
	Tasks    int
	First    []string // the IDs of the first few
}

// A window counts as answered with a zero that is unproven: the answer had the task.
const sqlAnswered = `
	SELECT task_key, bool_or(first_loaded_at IS NOT NULL OR state = 'unproven') AS answered, bool_or(state = 'absent') AS absent,
		max(last_loaded_at) FILTER (WHERE row_count > 0) AS last_figures
	FROM pushloss.ledger
	WHERE task_key <> 0
	GROUP BY task_key`

const sqlUnanswered = `
	SELECT t.sdk_app_id, count(*), (array_agg(t.task_id ORDER BY t.task_key))[1:5]
	FROM pushloss.task AS t
	JOIN pushloss.app AS a USING (sdk_app_id)
	LEFT JOIN (` + sqlAnswered + `) AS l USING (task_key)
	WHERE t.retired_at IS NULL AND a.first_day IS NOT NULL AND NOT coalesce(l.answered, false)
		AND (t.registered_at + $2::interval < $1 OR l.absent AND coalesce(t.sent_at, t.registered_at) + $2::interval < $1)
		AND EXISTS (
			SELECT FROM pushloss.stream AS s
			LEFT JOIN pushloss.app_stream AS c ON c.sdk_app_id = t.sdk_app_id AND c.stream_id = s.stream_id
			WHERE s.by_task AND coalesce(c.active, s.stream_id = 0)
		)
	GROUP BY t.sdk_app_id`

// Querier is a connection, a pool or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// ReadUnanswered returns the apps that have tasks which are followed and were never
// answered: their IDs are mistyped, or lie outside of what runs pull.
func ReadUnanswered(ctx context.Context, from Querier, now time.Time) ([]Unanswered, error) {
	rows, err := from.Query(ctx, sqlUnanswered, now, UnansweredAfter)
	if err != nil {
		return nil, fmt.Errorf("read which tasks were answered: %w", err)
	}
	unanswered, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Unanswered])
	if err != nil {
		return nil, fmt.Errorf("read which tasks were answered: %w", err)
	}
	return unanswered, nil
}

// TaskAnswers is what answers ever said of a task that any of them had.
type TaskAnswers struct {
	// LastFigures is when an answer last had a figure of it; nil if none ever had: nothing
	// was lost of it, or its ID is wrong and the API answers it nevertheless.
	LastFigures *time.Time
}

// TasksAnswered returns what answers said of the tasks that they had, by key.
func (db *DB) TasksAnswered(ctx context.Context) (map[int32]TaskAnswers, error) {
	rows, err := db.pool.Query(ctx, `SELECT task_key, last_figures FROM (`+sqlAnswered+`) AS l WHERE answered`)
	if err != nil {
		return nil, fmt.Errorf("read which tasks were answered: %w", err)
	}
	answered := make(map[int32]TaskAnswers)
	var key int32
	var last *time.Time
	_, err = pgx.ForEachRow(rows, []any{&key, &last}, func() error {
		answered[key] = TaskAnswers{LastFigures: last}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read which tasks were answered: %w", err)
	}
	return answered, nil
}

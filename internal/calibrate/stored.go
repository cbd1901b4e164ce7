package calibrate

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/transform"
)

// Stored reads what the database has about the days of apps.
type Stored struct{ pool *postgres.Pool }

// NewStored reads from the pool.
func NewStored(pool *postgres.Pool) Stored { return Stored{pool: pool} }

// DayHistory says when a day was pulled, for all its windows together.
type DayHistory struct {
	Day calendar.Day
	// FirstLoadedAt and LastLoadedAt are the first and the last load of any of its
	// windows; nil if there was none.
	FirstLoadedAt, LastLoadedAt *time.Time
	Pulls                       int // of the window that was pulled most often
	// Rows is the number of stored facts of the requested tasks.
	Rows int64
}

// CountChange is what one load changed in a day that had been loaded before.
type CountChange struct {
	Day  calendar.Day
	At   time.Time
	Rows int64 // facts whose count changed
	// Less is how many of them were removed or lowered.
	Less int64
}

// sqlAskedTasks returns the keys of the tasks $2 of the app $1. The empty task is the whole app.
const sqlAskedTasks = `
	WITH asked AS (
		SELECT 0 AS task_key, '' AS task_id WHERE '' = ANY($2::text[])
		UNION ALL
		SELECT task_key, task_id FROM pushloss.task WHERE sdk_app_id = $1 AND task_id = ANY($2::text[])
	)`

const (
	sqlDayHistories = sqlAskedTasks + `
		SELECT l.day, min(l.first_loaded_at), max(l.last_loaded_at), max(l.pulls),
			coalesce(sum(l.row_count) FILTER (WHERE a.task_key IS NOT NULL), 0)::bigint
		FROM pushloss.ledger AS l
		LEFT JOIN asked AS a USING (task_key)
		WHERE l.sdk_app_id = $1 AND l.stream_id = 0
		GROUP BY l.day ORDER BY l.day`
	sqlKeptFacts = sqlAskedTasks + `
		SELECT f.day, a.task_id, 0, f.stage_id, 0::smallint, 0::smallint, c.err_code, f.err_count
		FROM pushloss.stage_loss AS f
		JOIN asked AS a USING (task_key)
		JOIN pushloss.err_code AS c USING (err_code_key)
		WHERE f.sdk_app_id = $1 AND f.day BETWEEN $3 AND $4
		UNION ALL
		SELECT f.day, a.task_id, 1, f.stage_id, f.event_type, f.platform_id, c.err_code, f.err_count
		FROM pushloss.platform_loss AS f
		JOIN asked AS a USING (task_key)
		JOIN pushloss.err_code AS c USING (err_code_key)
		WHERE f.sdk_app_id = $1 AND f.day BETWEEN $3 AND $4
		ORDER BY 1, 2, 3`
	sqlCountChanges = `
		SELECT day, changed_at, count(*), count(*) FILTER (WHERE new_count IS NULL OR new_count < old_count)
		FROM pushloss.loss_change
		WHERE sdk_app_id = $1 AND stream_id = 0 AND old_count IS DISTINCT FROM new_count
		GROUP BY day, changed_at ORDER BY day, changed_at`
)

// DayHistories returns when each day of an app was pulled, oldest first, and how many facts of the
// tasks are stored. The empty task is the whole app.
func (s Stored) DayHistories(ctx context.Context, sdkAppID int64, tasks []string) ([]DayHistory, error) {
	histories, err := postgres.List(ctx, s.pool, func(row pgx.CollectableRow) (DayHistory, error) {
		var h DayHistory
		err := row.Scan(&h.Day, &h.FirstLoadedAt, &h.LastLoadedAt, &h.Pulls, &h.Rows)
		return h, err
	}, sqlDayHistories, sdkAppID, tasks)
	if err != nil {
		return nil, fmt.Errorf("read when the days of app %d were pulled: %w", sdkAppID, err)
	}
	return histories, nil
}

// CountChanges returns what loads changed in an app's days, by day and time.
func (s Stored) CountChanges(ctx context.Context, sdkAppID int64) ([]CountChange, error) {
	changes, err := postgres.List(ctx, s.pool, func(row pgx.CollectableRow) (CountChange, error) {
		var c CountChange
		err := row.Scan(&c.Day, &c.At, &c.Rows, &c.Less)
		return c, err
	}, sqlCountChanges, sdkAppID)
	if err != nil {
		return nil, fmt.Errorf("read the changes of app %d: %w", sdkAppID, err)
	}
	return changes, nil
}

// KeptFacts returns the stored facts of the tasks, without texts, by day. The days from first to
// last are included; the empty task is the whole app.
func (s Stored) KeptFacts(ctx context.Context, sdkAppID int64, tasks []string, first, last calendar.Day) (map[calendar.Day][]transform.Snapshot, error) {
	rows, err := s.pool.Query(ctx, sqlKeptFacts, sdkAppID, tasks, first.UTC(), last.UTC())
	if err != nil {
		return nil, fmt.Errorf("read the facts of app %d: %w", sdkAppID, err)
	}
	kept := make(map[calendar.Day][]transform.Snapshot)
	var day calendar.Day
	var task string
	var fact transform.Fact
	into := []any{&day, &task, &fact.Grain, &fact.Stage, &fact.EventType, &fact.Platform, &fact.Code, &fact.Count}
	_, err = pgx.ForEachRow(rows, into, func() error {
		snapshots := kept[day]
		if n := len(snapshots); n == 0 || snapshots[n-1].TaskID != task {
			snapshots = append(snapshots, transform.Snapshot{TaskID: task})
		}
		of := &snapshots[len(snapshots)-1]
		of.Facts = append(of.Facts, fact)
		kept[day] = snapshots
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the facts of app %d: %w", sdkAppID, err)
	}
	return kept, nil
}

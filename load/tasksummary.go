package load

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// What is known stays known: a later failure does not take an answer back. A row that says
// as much already is not written again.
const sqlSaveTaskSummaries = `
	INSERT INTO pushloss.task_summary AS s (sdk_app_id, task_key, answered, lacked, last_figures_at)
	SELECT $1, task_key, answered, lacked, last_figures_at
	FROM unnest($2::int[], $3::bool[], $4::bool[], $5::timestamptz[]) AS g (task_key, answered, lacked, last_figures_at)
	ORDER BY task_key
	ON CONFLICT (sdk_app_id, task_key) DO UPDATE SET
		answered = s.answered OR excluded.answered,
		lacked = s.lacked OR excluded.lacked,
		last_figures_at = greatest(s.last_figures_at, excluded.last_figures_at)
	WHERE (s.answered, s.lacked, s.last_figures_at) IS DISTINCT FROM
		(s.answered OR excluded.answered, s.lacked OR excluded.lacked, greatest(s.last_figures_at, excluded.last_figures_at))`

// queueTaskSummaries adds to a batch the statement that adds entries of one day to the
// summaries of their tasks, which status and the page read instead of the whole ledger.
func queueTaskSummaries(batch *pgx.Batch, sdkAppID int64, entries []Entry) {
	var (
		keys             []int32
		answered, lacked []bool
		lastFiguresAt    []*time.Time
	)
	for _, e := range entries {
		if e.TaskKey == 0 {
			continue
		}
		keys = append(keys, e.TaskKey)
		answered, lacked = append(answered, e.answered()), append(lacked, e.lacked())
		figuresAt := e.LastLoadedAt
		if e.RowCount == 0 {
			figuresAt = nil
		}
		lastFiguresAt = append(lastFiguresAt, figuresAt)
	}
	if len(keys) > 0 {
		batch.Queue(sqlSaveTaskSummaries, sdkAppID, keys, answered, lacked, lastFiguresAt)
	}
}

// answered reports whether an answer had the task. An unproven zero counts, unless its note
// says that the answer lacked the task.
func (e Entry) answered() bool {
	return e.FirstLoadedAt != nil || e.State == StateUnproven && e.LastError == nil
}

// lacked reports whether the last answer lacked the task.
func (e Entry) lacked() bool {
	return e.State == StateAbsent || e.State == StateUnproven && e.LastError != nil
}

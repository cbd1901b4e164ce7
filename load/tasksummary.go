package load

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// A summary never loses what it says: a later failure does not undo an answer. A row that already
// says as much is not written again.
const sqlSaveTaskSummaries = `
	INSERT INTO pushloss.task_summary AS s (sdk_app_id, task_key, answered, lacked, last_figures_at)
	SELECT sdk_app_id, task_key, answered, lacked, last_figures_at
	FROM unnest($1::bigint[], $2::int[], $3::bool[], $4::bool[], $5::timestamptz[]) AS g (sdk_app_id, task_key, answered, lacked, last_figures_at)
	ORDER BY sdk_app_id, task_key
	ON CONFLICT (sdk_app_id, task_key) DO UPDATE SET
		answered = s.answered OR excluded.answered,
		lacked = s.lacked OR excluded.lacked,
		last_figures_at = greatest(s.last_figures_at, excluded.last_figures_at)
	WHERE (s.answered, s.lacked, s.last_figures_at) IS DISTINCT FROM
		(s.answered OR excluded.answered, s.lacked OR excluded.lacked, greatest(s.last_figures_at, excluded.last_figures_at))`

type taskOfApp struct {
	app  int64
	task int32
}

// summaryColumns are what entries add to the summaries of their tasks. Status and the page read
// these instead of the whole ledger.
type summaryColumns struct {
	at               map[taskOfApp]int // the index of a task, since a statement can write it only once
	apps             []int64
	taskKeys         []int32
	answered, lacked []bool
	lastFiguresAt    []*time.Time
}

func (c *summaryColumns) add(sdkAppID int64, e Entry) {
	figuresAt := e.LastLoadedAt
	if e.RowCount == 0 {
		figuresAt = nil
	}
	task := taskOfApp{sdkAppID, e.TaskKey}
	if i, ok := c.at[task]; ok {
		c.answered[i], c.lacked[i] = c.answered[i] || e.answered(), c.lacked[i] || e.lacked()
		if before := c.lastFiguresAt[i]; before == nil || figuresAt != nil && figuresAt.After(*before) {
			c.lastFiguresAt[i] = figuresAt
		}
		return
	}
	if c.at == nil {
		c.at = make(map[taskOfApp]int)
	}
	c.at[task] = len(c.apps)
	c.apps, c.taskKeys, c.lastFiguresAt = append(c.apps, sdkAppID), append(c.taskKeys, e.TaskKey), append(c.lastFiguresAt, figuresAt)
	c.answered, c.lacked = append(c.answered, e.answered()), append(c.lacked, e.lacked())
}

func (c *summaryColumns) queue(batch *pgx.Batch) {
	if len(c.taskKeys) > 0 {
		batch.Queue(sqlSaveTaskSummaries, c.apps, c.taskKeys, c.answered, c.lacked, c.lastFiguresAt)
	}
}

// answered reports whether an answer had the task. An unproven window without figures counts,
// unless its note says that the answer lacked the task.
func (e Entry) answered() bool {
	return e.FirstLoadedAt != nil || e.State == StateUnproven && e.LastError == nil
}

// lacked reports whether the last answer lacked the task.
func (e Entry) lacked() bool {
	return e.State == StateAbsent || e.State == StateUnproven && e.LastError != nil
}

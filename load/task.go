package load

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
)

// Task is one entry of the registry of push tasks.
type Task struct {
	Key      int32 // in the facts
	SDKAppID int64
	TaskID   string
	SentAt   *time.Time
	// SentAtFromID makes Save give SentAt only to a new task: a known one has a better
	// time, or lost a wrong one. It is false in what Of returns.
	SentAtFromID bool `db:"-"`
	Label        *string
	RegisteredAt time.Time
	RetiredAt    *time.Time
	Source       TaskSource
}

// Ref returns the key and ID of the task.
func (t Task) Ref() TaskRef { return TaskRef{Key: t.Key, ID: t.TaskID} }

// Registry is the registry of push tasks.
type Registry struct{ db *DB }

// TaskSource says where a task first came from; "" is not known.
type TaskSource string

// Sources of tasks.
const (
	SourceCommand    TaskSource = "command"
	SourceFile       TaskSource = "file"
	SourcePushAnswer TaskSource = "push_answer"
	SourceRequest    TaskSource = "request"
	SourceCallback   TaskSource = "callback"
	SourceSchedule   TaskSource = "schedule"
)

// maxTaskID is the longest TaskID that is stored, in bytes. The API documents no limit.
const maxTaskID = 512

// CanBeTaskID reports whether a text from the vendor can be stored and shown as a TaskID. IDs are
// opaque: only the vendor knows which exist.
func CanBeTaskID(id string) bool {
	return id != "" && len(id) <= maxTaskID && utf8.ValidString(id) &&
		!strings.ContainsFunc(id, func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) })
}

// TaskChanges counts the effects of an import.
type TaskChanges struct {
	Added, Updated, Unchanged int
	SentAtFromID              int // of those added
}

const (
	// A value that is not given keeps the stored one. A retired task that a person names is active
	// again; a report of the vendor's leaves it retired. The first source of a task stays.
	sqlUpsertTasks = `
		WITH given AS (
			SELECT g.sdk_app_id, g.task_id, g.label, g.source,
				CASE WHEN g.from_id AND t.task_key IS NOT NULL THEN t.sent_at ELSE g.sent_at END AS sent_at,
				CASE WHEN g.source IN ('push_answer', 'callback', 'schedule') THEN t.retired_at END AS retired_at
			FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $6::text[], $7::boolean[])
				AS g (sdk_app_id, task_id, sent_at, label, source, from_id)
			LEFT JOIN pushloss.task AS t USING (sdk_app_id, task_id)
		)
		INSERT INTO pushloss.task AS t (sdk_app_id, task_id, sent_at, label, registered_at, source, retired_at)
		SELECT sdk_app_id, task_id, sent_at, label, $5, nullif(source, ''), retired_at FROM given
		ORDER BY sdk_app_id, task_id
		ON CONFLICT (sdk_app_id, task_id) DO UPDATE SET
			sent_at = coalesce(excluded.sent_at, t.sent_at),
			label = coalesce(excluded.label, t.label),
			retired_at = excluded.retired_at,
			covered_to = '-infinity'
		WHERE (t.sent_at, t.label, t.retired_at)
			IS DISTINCT FROM (coalesce(excluded.sent_at, t.sent_at), coalesce(excluded.label, t.label), excluded.retired_at)
		RETURNING sdk_app_id, task_id`
	sqlKnownTasks = `
		SELECT sdk_app_id, task_id FROM pushloss.task
		WHERE (sdk_app_id, task_id) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))`
	sqlRegisterTasks = `
		INSERT INTO pushloss.task (sdk_app_id, task_id, sent_at, registered_at, source)
		SELECT sdk_app_id, task_id, g.sent_at, $4, nullif(g.source, '')
		FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $5::text[]) AS g (sdk_app_id, task_id, sent_at, source)
		LEFT JOIN pushloss.task AS t USING (sdk_app_id, task_id)
		WHERE t.task_key IS NULL
		ORDER BY sdk_app_id, task_id
		ON CONFLICT (sdk_app_id, task_id) DO NOTHING`
	sqlNewestScheduled = `SELECT max(sent_at) FROM pushloss.task WHERE sdk_app_id = $1 AND source = 'schedule'`
	sqlTasks           = `
		SELECT task_key, sdk_app_id, task_id, sent_at, label, registered_at, retired_at, coalesce(source, '')
		FROM pushloss.task
		WHERE sdk_app_id = ANY($1::bigint[]) OR $1 IS NULL
		ORDER BY sdk_app_id, task_key`
	sqlRetireTasks = `
		UPDATE pushloss.task SET retired_at = $3
		WHERE sdk_app_id = $1 AND task_id = ANY($2) AND retired_at IS NULL`
	sqlUnknownTasks = `
		SELECT given.task_id
		FROM unnest($2::text[]) AS given (task_id)
		LEFT JOIN pushloss.task AS t ON t.sdk_app_id = $1 AND t.task_id = given.task_id
		WHERE t.task_id IS NULL`
)

// Save adds tasks to the registry or updates them: all or none. No task may occur in tasks twice.
func (r Registry) Save(ctx context.Context, tasks []Task, now time.Time) (TaskChanges, error) {
	var (
		changes TaskChanges
		apps    = make([]int64, len(tasks))
		ids     = make([]string, len(tasks))
		sentAt  = make([]*time.Time, len(tasks))
		labels  = make([]*string, len(tasks))
		sources = make([]string, len(tasks))
		fromID  = make([]bool, len(tasks))
	)
	for i, task := range tasks {
		apps[i], ids[i], sentAt[i], labels[i] = task.SDKAppID, task.TaskID, task.SentAt, task.Label
		sources[i], fromID[i] = string(task.Source), task.SentAtFromID
	}
	var known, written []taskName
	err := pgx.BeginFunc(ctx, r.db.pool, func(tx pgx.Tx) (err error) {
		if known, err = postgres.List(ctx, tx, pgx.RowToStructByPos[taskName], sqlKnownTasks, apps, ids); err != nil {
			return err
		}
		written, err = postgres.List(ctx, tx, pgx.RowToStructByPos[taskName], sqlUpsertTasks, apps, ids, sentAt, labels, now, sources, fromID)
		if err != nil || len(written) == 0 {
			return err
		}
		_, err = tx.Exec(ctx, sqlReopenTasks, apps, ids)
		return err
	})
	if err != nil {
		return changes, fmt.Errorf("save tasks: %w", err)
	}
	existed := make(map[taskName]bool, len(known))
	for _, task := range known {
		existed[task] = true
	}
	for _, task := range written {
		if existed[task] {
			changes.Updated++
		} else {
			changes.Added++
		}
	}
	for _, task := range tasks {
		if task.SentAtFromID && !existed[taskName{task.SDKAppID, task.TaskID}] {
			changes.SentAtFromID++
		}
	}
	changes.Unchanged = len(tasks) - len(written)
	return changes, nil
}

// taskName is what a task is known by outside the database.
type taskName struct {
	SDKAppID int64
	TaskID   string
}

// Register adds the tasks that the registry lacks, all or none. It leaves the others as they are,
// also retired ones.
func (r Registry) Register(ctx context.Context, tasks []Task, now time.Time) (added int, err error) {
	var (
		apps    = make([]int64, len(tasks))
		ids     = make([]string, len(tasks))
		sentAt  = make([]*time.Time, len(tasks))
		sources = make([]string, len(tasks))
	)
	for i, task := range tasks {
		apps[i], ids[i], sentAt[i], sources[i] = task.SDKAppID, task.TaskID, task.SentAt, string(task.Source)
	}
	tag, err := r.db.pool.Exec(ctx, sqlRegisterTasks, apps, ids, sentAt, now, sources)
	if err != nil {
		return 0, fmt.Errorf("register tasks: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// NewestScheduled returns the time of the registry's newest scheduled push; nil if it has none.
func (r Registry) NewestScheduled(ctx context.Context, sdkAppID int64) (newest *time.Time, err error) {
	err = r.db.pool.QueryRow(ctx, sqlNewestScheduled, sdkAppID).Scan(&newest)
	if err != nil {
		return nil, fmt.Errorf("read the newest scheduled push: %w", err)
	}
	return newest, nil
}

// Of returns the registered tasks of the apps, including retired ones, in the order in which they
// were added.
func (r Registry) Of(ctx context.Context, sdkAppIDs ...int64) ([]Task, error) {
	if len(sdkAppIDs) == 1 {
		return r.db.reads.tasks.Ask(ctx, daysOf{app: sdkAppIDs[0]})
	}
	return r.read(ctx, append([]int64{}, sdkAppIDs...)) // nil would mean every app
}

// All is Of for every app.
func (r Registry) All(ctx context.Context) ([]Task, error) { return r.read(ctx, nil) }

func (r Registry) read(ctx context.Context, sdkAppIDs []int64) ([]Task, error) {
	tasks, err := postgres.List(ctx, r.db.pool, pgx.RowToStructByPos[Task], sqlTasks, sdkAppIDs)
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	return tasks, nil
}

// Retire stops following tasks of an app. Their facts stay, and their windows become final. If the
// registry lacks any of them, Retire does nothing and returns those in unknown.
func (r Registry) Retire(ctx context.Context, sdkAppID int64, ids []string, now time.Time) (retired int, unknown []string, err error) {
	unknown, err = r.change(ctx, sdkAppID, ids, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sqlRetireTasks, sdkAppID, ids, now)
		if err != nil {
			return err
		}
		retired = int(tag.RowsAffected())
		_, err = tx.Exec(ctx, sqlSettleRetired, sdkAppID)
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("retire tasks: %w", err)
	}
	return retired, unknown, nil
}

// change changes tasks in one transaction or, if the registry lacks any of them, none.
func (r Registry) change(ctx context.Context, sdkAppID int64, ids []string, change func(pgx.Tx) error) (unknown []string, err error) {
	err = pgx.BeginFunc(ctx, r.db.pool, func(tx pgx.Tx) error {
		unknown, err = postgres.List(ctx, tx, pgx.RowTo[string], sqlUnknownTasks, sdkAppID, ids)
		if err != nil || len(unknown) > 0 {
			return err
		}
		return change(tx)
	})
	return unknown, err
}

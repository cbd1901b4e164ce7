package load

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/stream"
)

// State is the result of the last pull of a window.
type State string

// The states of a window.
const (
	StateLoaded      State = "loaded"
	StateEmpty       State = "empty"       // no push was lost
	StateAbsent      State = "absent"      // the answer lacks the task; its facts stay
	StateUnproven    State = "unproven"    // never loaded while the API remembered the whole day; with or without facts
	StateUnavailable State = "unavailable" // an error for a day outside the API's memory; facts stay
	StateFailed      State = "failed"      // facts stay
	StateOpen        State = "open"        // to be pulled
)

// SettledReason says why a window is final; empty if it is not.
type SettledReason string

// The reasons for which a window is final.
const (
	NotSettled  SettledReason = ""
	ByLookback  SettledReason = "lookback"   // pulled long enough after the day's end
	ByAPIMemory SettledReason = "api_memory" // another request brings nothing more
	ByRetiring  SettledReason = "retired"    // its task is no longer followed
)

// Entry is the ledger's row for one window.
type Entry struct {
	Stream        stream.Stream
	Day           calendar.Day
	TaskKey       int32 // 0 for the whole app
	State         State
	Settled       SettledReason
	Pulls         int
	RowCount      int
	RejectCount   int
	FirstLoadedAt *time.Time
	LastLoadedAt  *time.Time
	LastTrustedAt *time.Time // when a trusted answer last loaded it
	ProvenAt      *time.Time // when a trusted answer for a span last equalled the stored days, this one among them
	// Most are the greatest sums of counts that the window ever had, by grain.
	Most      [2]int64
	LoweredAt *time.Time // when a sum was last lowered that is still far below its greatest
	LastError *string
	UpdatedAt time.Time // when it was last pulled
}

// Ledger is the state of every window, and the results of comparing spans.
type Ledger struct{ db *DB }

// Confirmed reports whether a trusted answer ever loaded or proved the window.
func (e Entry) Confirmed() bool { return e.LastTrustedAt != nil || e.ProvenAt != nil }

const (
	sqlEntry = `
		SELECT stream_id, day, task_key, state, coalesce(settled_reason, ''), pulls, row_count, reject_count,
			first_loaded_at, last_loaded_at, last_trusted_at, proven_at, most_by_stage, most_by_platform, lowered_at, last_error, updated_at`
	sqlLedgerOfStream = sqlEntry + `
		FROM pushloss.ledger
		WHERE sdk_app_id = $1 AND day BETWEEN $2 AND $3 AND stream_id = $4`
	sqlLedgerOfTasks = sqlLedgerOfStream + ` AND task_key = ANY($5)`
	sqlLedgerOfLoads = sqlEntry + `, load
		FROM unnest($1::bigint[], $2::date[], $3::smallint[], $4::int[], $5::int[]) AS g (sdk_app_id, day, stream_id, task_key, load)
		JOIN pushloss.ledger USING (sdk_app_id, day, stream_id, task_key)`
	sqlFailedWindows = `SELECT stream_id, day, task_key, sdk_app_id FROM pushloss.ledger WHERE sdk_app_id = ANY($1::bigint[]) AND state = 'failed' AND NOT settled`
	sqlDenseTasks    = `
		SELECT stream_id, task_key FROM pushloss.ledger
		WHERE sdk_app_id = $1 AND day BETWEEN $2 AND $3 AND task_key <> 0 AND row_count > 0
		GROUP BY stream_id, task_key HAVING count(*) >= $4`
	sqlSaveLedger = `
		INSERT INTO pushloss.ledger AS l (sdk_app_id, day, stream_id, task_key, state, settled, settled_reason,
			pulls, row_count, reject_count, first_loaded_at, last_loaded_at, last_trusted_at, proven_at,
			most_by_stage, most_by_platform, lowered_at, last_error, updated_at)
		SELECT sdk_app_id, day, stream_id, task_key, state, settled_reason <> '', nullif(settled_reason, ''),
			pulls, row_count, reject_count, first_loaded_at, last_loaded_at, last_trusted_at, proven_at,
			most_by_stage, most_by_platform, lowered_at, last_error, updated_at
		FROM unnest($1::bigint[], $2::date[], $3::smallint[], $4::int[], $5::text[], $6::text[], $7::int[], $8::int[], $9::int[],
				$10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[],
				$14::bigint[], $15::bigint[], $16::timestamptz[], $17::text[], $18::timestamptz[])
			AS g (sdk_app_id, day, stream_id, task_key, state, settled_reason, pulls, row_count, reject_count,
				first_loaded_at, last_loaded_at, last_trusted_at, proven_at, most_by_stage, most_by_platform, lowered_at, last_error, updated_at)
		ORDER BY sdk_app_id, day, task_key, stream_id
		ON CONFLICT (sdk_app_id, day, task_key, stream_id) DO UPDATE SET
			state = excluded.state, settled = excluded.settled, settled_reason = excluded.settled_reason,
			pulls = excluded.pulls, row_count = excluded.row_count, reject_count = excluded.reject_count,
			first_loaded_at = excluded.first_loaded_at, last_loaded_at = excluded.last_loaded_at, last_trusted_at = excluded.last_trusted_at,
			proven_at = excluded.proven_at, most_by_stage = excluded.most_by_stage, most_by_platform = excluded.most_by_platform,
			lowered_at = excluded.lowered_at, last_error = excluded.last_error, updated_at = excluded.updated_at,
			opened_at = CASE WHEN excluded.state = 'failed' THEN l.opened_at END`
)

// WindowRef names a window of an app.
type WindowRef struct {
	Stream  stream.Stream
	Day     calendar.Day
	TaskKey int32 // 0 for the whole app
}

// Failed returns the windows of an app whose last pull failed. The order is undefined.
func (l Ledger) Failed(ctx context.Context, sdkAppID int64) ([]WindowRef, error) {
	windows, err := l.db.reads.failed.Ask(ctx, daysOf{app: sdkAppID})
	if err != nil {
		return nil, fmt.Errorf("read the failed windows of app %d: %w", sdkAppID, err)
	}
	return windows, nil
}

// TaskOfStream names a task's windows of one stream.
type TaskOfStream struct {
	Stream  stream.Stream
	TaskKey int32
}

// DenseTasks returns the tasks of an app that have figures on at least the given number of days.
// The order is undefined.
func (l Ledger) DenseTasks(ctx context.Context, sdkAppID int64, days calendar.Span, least int) ([]TaskOfStream, error) {
	dense, err := postgres.List(ctx, l.db.pool, pgx.RowToStructByPos[TaskOfStream], sqlDenseTasks, sdkAppID, days.First.UTC(), days.Last.UTC(), least)
	if err != nil {
		return nil, fmt.Errorf("read which tasks of app %d had figures on most days of %s: %w", sdkAppID, days, err)
	}
	return dense, nil
}

// queueEntries adds to a batch a query for entries, one that begins with sqlEntry.
func queueEntries(batch *pgx.Batch, each func(Entry), sql string, args ...any) {
	batch.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		entries, err := pgx.CollectRows(rows, scanEntry)
		for _, entry := range entries {
			each(entry)
		}
		return err
	})
}

func scanEntry(row pgx.CollectableRow) (e Entry, err error) {
	err = row.Scan(e.columns()...)
	return e, err
}

// columns are the fields that sqlEntry fills.
func (e *Entry) columns() []any {
	return []any{
		&e.Stream, &e.Day, &e.TaskKey, &e.State, &e.Settled, &e.Pulls, &e.RowCount, &e.RejectCount,
		&e.FirstLoadedAt, &e.LastLoadedAt, &e.LastTrustedAt, &e.ProvenAt,
		&e.Most[stream.ByStage], &e.Most[stream.ByPlatform], &e.LoweredAt, &e.LastError, &e.UpdatedAt,
	}
}

// queueLedger adds to a batch the statements that save a stream's entries of one day.
func queueLedger(batch *pgx.Batch, sdkAppID int64, of stream.Stream, day calendar.Day, now time.Time, entries []Entry) {
	var c ledgerColumns
	c.add(sdkAppID, of, day, now, entries)
	c.queue(batch)
}

// ledgerColumns are entries to be saved, which may be of several apps.
type ledgerColumns struct {
	apps                                             []int64
	days                                             []time.Time
	streams                                          []int16
	taskKeys                                         []int32
	states, settled                                  []string
	pulls, rowCounts, rejectCounts                   []int32
	firstLoadedAt, lastLoadedAt, trustedAt, provenAt []*time.Time
	mostByStage, mostByPlatform                      []int64
	loweredAt                                        []*time.Time
	lastErrors                                       []*string
	updatedAt                                        []time.Time
	summaries                                        summaryColumns
}

func (c *ledgerColumns) add(sdkAppID int64, of stream.Stream, day calendar.Day, now time.Time, entries []Entry) {
	for _, e := range entries {
		c.apps, c.days, c.streams = append(c.apps, sdkAppID), append(c.days, day.UTC()), append(c.streams, int16(of))
		c.taskKeys, c.states, c.settled = append(c.taskKeys, e.TaskKey), append(c.states, string(e.State)), append(c.settled, string(e.Settled))
		c.pulls, c.rowCounts, c.rejectCounts = append(c.pulls, int32(e.Pulls)), append(c.rowCounts, int32(e.RowCount)), append(c.rejectCounts, int32(e.RejectCount))
		c.firstLoadedAt, c.lastLoadedAt = append(c.firstLoadedAt, e.FirstLoadedAt), append(c.lastLoadedAt, e.LastLoadedAt)
		c.trustedAt, c.provenAt = append(c.trustedAt, e.LastTrustedAt), append(c.provenAt, e.ProvenAt)
		c.mostByStage, c.mostByPlatform = append(c.mostByStage, e.Most[stream.ByStage]), append(c.mostByPlatform, e.Most[stream.ByPlatform])
		c.loweredAt, c.lastErrors, c.updatedAt = append(c.loweredAt, e.LoweredAt), append(c.lastErrors, e.LastError), append(c.updatedAt, now)
		if e.TaskKey != 0 {
			c.summaries.add(sdkAppID, e)
		}
	}
}

func (c *ledgerColumns) queue(batch *pgx.Batch) {
	batch.Queue(sqlSaveLedger, c.apps, c.days, c.streams, c.taskKeys, c.states, c.settled, c.pulls, c.rowCounts, c.rejectCounts,
		c.firstLoadedAt, c.lastLoadedAt, c.trustedAt, c.provenAt, c.mostByStage, c.mostByPlatform, c.loweredAt, c.lastErrors, c.updatedAt).
		Exec(affecting(len(c.apps)))
	c.summaries.queue(batch)
}

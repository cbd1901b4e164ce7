package load

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/stream"
)

const (
	sqlPriorChecks = `
		WITH opened AS MATERIALIZED (
			SELECT DISTINCT task_key FROM pushloss.ledger
			WHERE sdk_app_id = $1 AND task_key = ANY($4::int[]) AND stream_id = 0 AND day BETWEEN $2 AND $3 AND opened_at IS NOT NULL
		)
		SELECT r.task_key, r.state, r.attempt, opened.task_key IS NOT NULL
		FROM pushloss.reconciliation AS r
		LEFT JOIN opened USING (task_key)
		WHERE r.sdk_app_id = $1 AND r.first_day = $2 AND r.last_day = $3 AND r.task_key = ANY($4::int[])
			AND r.state IN ('differs', 'stays')`
	// A check that agrees replaces every check within its span; an unproven one replaces
	// only unproven checks of the same span.
	sqlSupersedeChecks = `
		UPDATE pushloss.reconciliation AS r SET state = 'superseded'
		FROM unnest($4::int[], $5::text[]) AS g (task_key, state)
		WHERE r.sdk_app_id = $1 AND r.task_key = g.task_key AND r.state <> 'superseded'
			AND r.first_day >= $2 AND r.last_day <= $3
			AND (g.state = 'agreed' OR (r.first_day = $2 AND r.last_day = $3))
			AND (g.state <> 'unproven' OR r.state = 'unproven')`
	sqlInsertChecks = `
		INSERT INTO pushloss.reconciliation (sdk_app_id, first_day, last_day, run_id, checked_at, trusted,
			task_key, keys, differences, attempt, state)
		SELECT $1, $2, $3, $4, $5, $6, g.*
		FROM unnest($7::int[], $8::int[], $9::int[], $10::int[], $11::text[]) AS g
		RETURNING task_key, reconciliation_id`
	sqlInsertCheckKeys = `
		INSERT INTO pushloss.reconciliation_key (sdk_app_id, reconciliation_id, by_platform,
			stage_id, event_type, platform_id, err_code_key, stored, reported)
		SELECT $1, g.*
		FROM unnest($2::bigint[], $3::boolean[], $4::smallint[], $5::smallint[], $6::smallint[], $7::int[],
			$8::bigint[], $9::bigint[]) AS g`
	// The state stays because the facts do.
	sqlOpenDays = `
		UPDATE pushloss.ledger SET settled = false, settled_reason = NULL, opened_at = $5
		WHERE sdk_app_id = $1 AND day BETWEEN $2 AND $3 AND task_key = $4 AND stream_id = 0 AND opened_at IS NULL`
)

// queueTallies adds to a batch the reads of the facts of tasks on every day of a span.
func queueTallies(batch *pgx.Batch, into *[]tally, sdkAppID int64, of stream.Stream, days calendar.Span, keys []int32) {
	for _, table := range tables[of] {
		batch.Queue(table.selectSpan, sdkAppID, days.First.UTC(), days.Last.UTC(), keys, slices.Min(keys), slices.Max(keys)).Query(func(rows pgx.Rows) error {
			facts, err := table.appendFacts(nil, rows)
			*into = append(*into, tallies(facts)...)
			return err
		})
	}
}

// readSpan returns the facts of every day of the span, and the checks of exactly this
// span that differed.
func (l *AppLock) readSpan(ctx context.Context, tx pgx.Tx, batch *pgx.Batch, check Check, tasks []TaskRef) (stored []tally, priors map[int32]*prior, err error) {
	first, last, keys := check.First.UTC(), check.Last.UTC(), Pull{Tasks: tasks}.taskKeys()
	priors = make(map[int32]*prior)
	queueTallies(batch, &stored, l.sdkAppID, stream.Loss, calendar.Span{First: check.First, Last: check.Last}, keys)
	batch.Queue(sqlPriorChecks, l.sdkAppID, first, last, keys).Query(func(rows pgx.Rows) error {
		var key int32
		var p prior
		_, err := pgx.ForEachRow(rows, []any{&key, &p.state, &p.attempt, &p.opened}, func() error {
			found := p
			priors[key] = &found
			return nil
		})
		return err
	})
	return stored, priors, tx.SendBatch(ctx, batch).Close()
}

// writeSpan records checks with every key that they compared, opens days, and sets
// DaysOpened of each check.
func (l *AppLock) writeSpan(ctx context.Context, tx pgx.Tx, check Check, list []taskCheck, now time.Time) error {
	first, last := check.First.UTC(), check.Last.UTC()
	n := len(list)
	taskKeys, keys, differences, attempts, states := make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n), make([]string, n)
	for i, c := range list {
		taskKeys[i], keys[i], differences[i] = c.Task.Key, int32(c.Keys), int32(c.Differences)
		attempts[i], states[i] = int32(c.attempt), string(c.State)
	}
	var ids map[int32]int64
	batch := &pgx.Batch{}
	batch.Queue(sqlSupersedeChecks, l.sdkAppID, first, last, taskKeys, states)
	batch.Queue(sqlInsertChecks, l.sdkAppID, first, last, check.RunID, now, check.Trusted,
		taskKeys, keys, differences, attempts, states).Query(func(rows pgx.Rows) (err error) {
		ids, err = postgres.CollectMap[int32, int64](rows)
		return err
	})
	for i := range list {
		if c := &list[i]; c.open {
			batch.Queue(sqlOpenDays, l.sdkAppID, first, last, c.Task.Key, now).Exec(func(tag pgconn.CommandTag) error {
				c.DaysOpened = int(tag.RowsAffected())
				return nil
			})
		}
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return insertCheckKeys(ctx, tx, l.sdkAppID, list, ids)
}

func insertCheckKeys(ctx context.Context, tx pgx.Tx, sdkAppID int64, list []taskCheck, ids map[int32]int64) error {
	var checks, stored, reported []int64
	var byPlatform []bool
	var keys columns
	for _, check := range list {
		for _, c := range check.compared {
			checks, byPlatform = append(checks, ids[check.Task.Key]), append(byPlatform, c.grain == stream.ByPlatform)
			keys.add(factRow{factKey: c.factKey})
			stored, reported = append(stored, c.stored), append(reported, c.reported)
		}
	}
	if len(checks) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, sqlInsertCheckKeys, sdkAppID, checks, byPlatform,
		keys.stages, keys.events, keys.platforms, keys.codeKeys, stored, reported)
	return err
}

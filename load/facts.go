package load

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/extract"
	"pushloss/transform"
)

// factTable is one of the two fact tables and the statements on it. All take the
// app as $1 and the day as $2. selectRows is also told the least and greatest task
// key: without statistics, as in a first load, Postgres takes the list of keys for
// a filter only and reads the whole day.
type factTable struct {
	byPlatform                         bool
	selectRows, insert, update, remove string
	// selectSpan is selectRows of a range of days, its last one as $3.
	selectSpan string
}

var stageTable = factTable{
	selectRows: `
		SELECT task_key, stage_id, 0::smallint, 0::smallint, err_code_key, err_count, err_info_key
		FROM pushloss.stage_loss
		WHERE sdk_app_id = $1 AND day = $2 AND task_key = ANY($3::int[]) AND task_key BETWEEN $4 AND $5`,
	insert: `
		INSERT INTO pushloss.stage_loss
			(sdk_app_id, day, task_key, stage_id, err_code_key, err_count, err_info_key, updated_at)
		SELECT $1, $2, task_key, stage_id, err_code_key, err_count, err_info_key, $3
		FROM unnest($4::int[], $5::smallint[], $6::int[], $7::bigint[], $8::int[])
			AS g (task_key, stage_id, err_code_key, err_count, err_info_key)`,
	update: `
		UPDATE pushloss.stage_loss AS f
		SET err_count = g.err_count, err_info_key = g.err_info_key, updated_at = $3
		FROM unnest($4::int[], $5::smallint[], $6::int[], $7::bigint[], $8::int[])
			AS g (task_key, stage_id, err_code_key, err_count, err_info_key)
		WHERE f.sdk_app_id = $1 AND f.day = $2 AND f.task_key = g.task_key
			AND f.stage_id = g.stage_id AND f.err_code_key = g.err_code_key`,
	remove: `
		DELETE FROM pushloss.stage_loss AS f
		USING unnest($3::int[], $4::smallint[], $5::int[])
			AS g (task_key, stage_id, err_code_key)
		WHERE f.sdk_app_id = $1 AND f.day = $2 AND f.task_key = g.task_key
			AND f.stage_id = g.stage_id AND f.err_code_key = g.err_code_key`,
	selectSpan: `
		SELECT task_key, stage_id, 0::smallint, 0::smallint, err_code_key, err_count, err_info_key
		FROM pushloss.stage_loss
		WHERE sdk_app_id = $1 AND day BETWEEN $2 AND $3 AND task_key = ANY($4::int[]) AND task_key BETWEEN $5 AND $6`,
}

var platformTable = factTable{
	byPlatform: true,
	selectRows: `
		SELECT task_key, stage_id, event_type, platform_id, err_code_key, err_count, err_info_key
		FROM pushloss.platform_loss
		WHERE sdk_app_id = $1 AND day = $2 AND task_key = ANY($3::int[]) AND task_key BETWEEN $4 AND $5`,
	insert: `
		INSERT INTO pushloss.platform_loss
			(sdk_app_id, day, task_key, stage_id, event_type, platform_id, err_code_key, err_count, err_info_key, updated_at)
		SELECT $1, $2, task_key, stage_id, event_type, platform_id, err_code_key, err_count, err_info_key, $3
		FROM unnest($4::int[], $5::smallint[], $6::smallint[], $7::smallint[], $8::int[], $9::bigint[], $10::int[])
			AS g (task_key, stage_id, event_type, platform_id, err_code_key, err_count, err_info_key)`,
	update: `
		UPDATE pushloss.platform_loss AS f
		SET err_count = g.err_count, err_info_key = g.err_info_key, updated_at = $3
		FROM unnest($4::int[], $5::smallint[], $6::smallint[], $7::smallint[], $8::int[], $9::bigint[], $10::int[])
			AS g (task_key, stage_id, event_type, platform_id, err_code_key, err_count, err_info_key)
		WHERE f.sdk_app_id = $1 AND f.day = $2 AND f.task_key = g.task_key AND f.stage_id = g.stage_id
			AND f.event_type = g.event_type AND f.platform_id = g.platform_id AND f.err_code_key = g.err_code_key`,
	remove: `
		DELETE FROM pushloss.platform_loss AS f
		USING unnest($3::int[], $4::smallint[], $5::smallint[], $6::smallint[], $7::int[])
			AS g (task_key, stage_id, event_type, platform_id, err_code_key)
		WHERE f.sdk_app_id = $1 AND f.day = $2 AND f.task_key = g.task_key AND f.stage_id = g.stage_id
			AND f.event_type = g.event_type AND f.platform_id = g.platform_id AND f.err_code_key = g.err_code_key`,
	selectSpan: `
		SELECT task_key, stage_id, event_type, platform_id, err_code_key, err_count, err_info_key
		FROM pushloss.platform_loss
		WHERE sdk_app_id = $1 AND day BETWEEN $2 AND $3 AND task_key = ANY($4::int[]) AND task_key BETWEEN $5 AND $6`,
}

// columns is rows turned on their side: one array per column, as unnest takes
// them.
type columns struct {
	taskKeys                  []int32
	stages, events, platforms []int16
	codeKeys                  []int32
	counts                    []int64
	infoKeys                  []int32
}

func newColumns(n int) columns {
	return columns{
		taskKeys: make([]int32, 0, n),
		stages:   make([]int16, 0, n), events: make([]int16, 0, n), platforms: make([]int16, 0, n),
		codeKeys: make([]int32, 0, n), counts: make([]int64, 0, n), infoKeys: make([]int32, 0, n),
	}
}

func (c *columns) add(row factRow) {
	c.taskKeys = append(c.taskKeys, row.taskKey)
	c.stages = append(c.stages, row.stage)
	c.events = append(c.events, row.eventType)
	c.platforms = append(c.platforms, row.platform)
	c.codeKeys = append(c.codeKeys, row.errCodeKey)
	c.counts = append(c.counts, row.count)
	c.infoKeys = append(c.infoKeys, row.infoKey)
}

// keys are the arguments that name rows, values the ones that fill them.
func (c *columns) keys(byPlatform bool) []any {
	if byPlatform {
		return []any{c.taskKeys, c.stages, c.events, c.platforms, c.codeKeys}
	}
	return []any{c.taskKeys, c.stages, c.codeKeys}
}

func (c *columns) values() []any { return []any{c.counts, c.infoKeys} }

// queue adds the writing of a difference to a batch.
func (t factTable) queue(batch *pgx.Batch, sdkAppID int64, day extract.Day, now time.Time, d difference) {
	if len(d.deleted) > 0 {
		gone := newColumns(len(d.deleted))
		for _, row := range d.deleted {
			gone.add(row)
		}
		args := append([]any{sdkAppID, day.UTC()}, gone.keys(t.byPlatform)...)
		batch.Queue(t.remove, args...).Exec(affecting(len(d.deleted)))
	}
	if len(d.updated) > 0 {
		changed := newColumns(len(d.updated))
		for _, u := range d.updated {
			changed.add(u.new)
		}
		batch.Queue(t.update, t.written(sdkAppID, day, now, changed)...).Exec(affecting(len(d.updated)))
	}
	if len(d.inserted) > 0 {
		fresh := newColumns(len(d.inserted))
		for _, row := range d.inserted {
			fresh.add(row)
		}
		batch.Queue(t.insert, t.written(sdkAppID, day, now, fresh)...).Exec(affecting(len(d.inserted)))
	}
}

func (t factTable) written(sdkAppID int64, day extract.Day, now time.Time, c columns) []any {
	args := append([]any{sdkAppID, day.UTC(), now}, c.keys(t.byPlatform)...)
	return append(args, c.values()...)
}

// affecting checks that a statement met as many rows as the difference told:
// anything else means that the rows are not those that were read.
func affecting(want int) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		if got := tag.RowsAffected(); got != int64(want) {
			return fmt.Errorf("%d rows were affected, not %d: the window changed under the load", got, want)
		}
		return nil
	}
}

// collectFacts reads the rows of a table's selectRows, up to about capacity.
func collectFacts(rows pgx.Rows, capacity int) ([]factRow, error) {
	facts := make([]factRow, 0, capacity)
	var f factRow
	into := []any{&f.taskKey, &f.stage, &f.eventType, &f.platform, &f.errCodeKey, &f.count, &f.infoKey}
	_, err := pgx.ForEachRow(rows, into, func() error {
		facts = append(facts, f)
		return nil
	})
	return facts, err
}

// toRows gives facts the keys under which they are stored.
func toRows(rows []factRow, taskKey int32, facts []transform.Fact, words vocabulary) []factRow {
	for _, f := range facts {
		rows = append(rows, factRow{
			factKey: factKey{
				taskKey: taskKey, stage: int16(f.Stage), eventType: f.EventType, platform: f.Platform,
				errCodeKey: words.codes[f.Code],
			},
			count: f.Count, infoKey: words.infos[f.Info],
		})
	}
	return rows
}

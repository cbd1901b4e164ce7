package load

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/calendar"
	"pushloss/transform"
)

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

// keys are the arguments that name the table's rows, values the ones that fill
// them.
func (t factTable) keys(c columns) []any {
	keys := []any{c.taskKeys, c.stages}
	if t.byPlatform {
		keys = append(keys, c.events, c.platforms)
	}
	if t.coded {
		keys = append(keys, c.codeKeys)
	}
	return keys
}

func (t factTable) values(c columns) []any {
	values := []any{c.counts}
	if t.coded {
		values = append(values, c.infoKeys)
	}
	return values
}

// queue adds the writing of a difference to a batch.
func (t factTable) queue(batch *pgx.Batch, sdkAppID int64, day calendar.Day, now time.Time, d difference) {
	if len(d.deleted) > 0 {
		gone := newColumns(len(d.deleted))
		for _, row := range d.deleted {
			gone.add(row)
		}
		args := append([]any{sdkAppID, day.UTC()}, t.keys(gone)...)
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

func (t factTable) written(sdkAppID int64, day calendar.Day, now time.Time, c columns) []any {
	args := append([]any{sdkAppID, day.UTC(), now}, t.keys(c)...)
	return append(args, t.values(c)...)
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

// toRows gives facts the keys under which they are stored. Those without a code
// have neither a key for it nor one for a text.
func toRows(rows []factRow, taskKey int32, facts []transform.Fact, words vocabulary) []factRow {
	for _, f := range facts {
		row := factRow{
			factKey: factKey{taskKey: taskKey, stage: int16(f.Stage), eventType: f.EventType, platform: f.Platform},
			count:   f.Count,
		}
		if f.Code != "" {
			row.errCodeKey, row.infoKey = words.codes[f.Code], words.infos[f.Info]
		}
		rows = append(rows, row)
	}
	return rows
}

package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/transform"
)

// columns holds rows by column: one array per column, as unnest takes them.
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

// row returns the row at an index.
func (c *columns) row(i int, grain stream.Grain) factRow {
	return factRow{
		factKey: factKey{taskKey: c.taskKeys[i], grain: grain, stage: c.stages[i], eventType: c.events[i], platform: c.platforms[i], errCodeKey: c.codeKeys[i]},
		count:   c.counts[i], infoKey: c.infoKeys[i],
	}
}

func (c *columns) len() int { return len(c.taskKeys) }

// keys are the arguments that identify the table's rows; values are those that fill them.
func (t factTable) keys(c columns) []any {
	keys := []any{c.taskKeys, c.stages}
	if t.grain == stream.ByPlatform {
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

// queue adds to a batch the statements that write the rows of the table's grain. If
// something on the table may change what is written, they return what is stored, which is
// compared: that takes a sixth of the time of a first load.
func (t factTable) queue(batch *pgx.Batch, sdkAppID int64, day calendar.Day, now time.Time, d rowDiff, interfered bool) {
	own := func(n int, at func(i int) factRow) columns {
		c := newColumns(n)
		for i := range n {
			if row := at(i); row.grain == t.grain {
				c.add(row)
			}
		}
		return c
	}
	write := func(sql string, c columns) {
		if !interfered {
			batch.Queue(sql, t.written(sdkAppID, day, now, c)...).Exec(affecting(c.len()))
			return
		}
		batch.Queue(sql+t.returning, t.written(sdkAppID, day, now, c)...).Query(func(rows pgx.Rows) error { return t.storing(sdkAppID, day, now, c, rows) })
	}
	if gone := own(len(d.deleted), func(i int) factRow { return d.deleted[i] }); gone.len() > 0 {
		args := append([]any{sdkAppID, day.UTC()}, t.keys(gone)...)
		batch.Queue(t.remove, args...).Exec(affecting(gone.len()))
	}
	if changed := own(len(d.updated), func(i int) factRow { return d.updated[i].new }); changed.len() > 0 {
		write(t.update, changed)
	}
	if fresh := own(len(d.inserted), func(i int) factRow { return d.inserted[i] }); fresh.len() > 0 {
		write(t.insert, fresh)
	}
}

func (t factTable) written(sdkAppID int64, day calendar.Day, now time.Time, c columns) []any {
	args := append([]any{sdkAppID, day.UTC(), now}, t.keys(c)...)
	return append(args, t.values(c)...)
}

// affecting checks that a statement affected as many rows as the difference has: any
// other number means that the rows changed since they were read.
func affecting(want int) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		if got := tag.RowsAffected(); got != int64(want) {
			return &MismatchError{Got: got, Want: want}
		}
		return nil
	}
}

// storing checks that a statement stored the rows that it was given. Their order is that of
// Postgres.
func (t factTable) storing(sdkAppID int64, day calendar.Day, now time.Time, written columns, rows pgx.Rows) error {
	stored := make([]factRow, 0, written.len())
	f := factRow{factKey: factKey{grain: t.grain}}
	var app int64
	var on, at time.Time
	into := []any{&f.taskKey, &f.stage, &f.eventType, &f.platform, &f.errCodeKey, &f.count, &f.infoKey, &app, &on, &at}
	_, err := pgx.ForEachRow(rows, into, func() error {
		row := f
		if app != sdkAppID || calendar.DayOf(on, time.UTC) != day || !at.Equal(now) {
			row.taskKey = -1 // a row that got another app, day or time belongs to no task
		}
		stored = append(stored, row)
		return nil
	})
	if err != nil {
		return err
	}
	if len(stored) != written.len() {
		return &MismatchError{Got: int64(len(stored)), Want: written.len()}
	}
	want := make([]factRow, written.len())
	for i := range want {
		want[i] = written.row(i, t.grain)
	}
	if slices.Equal(stored, want) {
		return nil
	}
	if d := diff(stored, want); d.unchanged < len(want) {
		return &MismatchError{Got: int64(len(want)), Want: len(want), Changed: len(want) - d.unchanged}
	}
	return nil
}

// MismatchError says that Postgres wrote another number of rows than expected, or others.
// Nothing of the answer is loaded then.
type MismatchError struct {
	Got     int64
	Want    int
	Changed int // rows that are not stored as they were written
}

func (e *MismatchError) Error() string {
	if e.Changed > 0 {
		return fmt.Sprintf("the database changed %d of the %d rows that it was given: nothing of this answer was loaded", e.Changed, e.Want)
	}
	return fmt.Sprintf("the database wrote %d rows, not %d: nothing of this answer was loaded", e.Got, e.Want)
}

// Hint says what an operator should do.
func (*MismatchError) Hint() string {
	return "something in the database changes what is written, such as a rule or a trigger that was added: pushloss check names it, with the statement that drops it"
}

// sqlInterfered reports whether tables have rules or triggers. Our tables have none; Citus adds internal
// ones.
const sqlInterfered = `
	SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class WHERE oid = ANY($1::text[]::regclass[]) AND relhasrules)
		OR EXISTS (SELECT 1 FROM pg_catalog.pg_trigger WHERE tgrelid = ANY($1::text[]::regclass[]) AND NOT tgisinternal)`

const sqlInterference = `
	SELECT format('trigger %s on %s', t.tgname, t.tgrelid::regclass) FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
	WHERE c.relnamespace = 'pushloss'::regnamespace AND NOT t.tgisinternal
	UNION ALL
	SELECT format('rule %s on %s', r.rulename, r.ev_class::regclass) FROM pg_catalog.pg_rewrite AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
	WHERE c.relnamespace = 'pushloss'::regnamespace AND r.rulename <> '_RETURN'
	ORDER BY 1`

// nameInterference adds to a *MismatchError the rules and triggers that were added.
func (db *DB) nameInterference(ctx context.Context, err error) error {
	var mismatch *MismatchError
	if !errors.As(err, &mismatch) {
		return err
	}
	rows, queryErr := db.pool.Query(ctx, sqlInterference)
	if queryErr != nil {
		return err // which says enough
	}
	if names, queryErr := pgx.CollectRows(rows, pgx.RowTo[string]); queryErr == nil && len(names) > 0 {
		return fmt.Errorf("%w; perhaps by %s", err, strings.Join(names, ", "))
	}
	return err
}

// appendFacts adds the rows of a table's selectRows to facts.
func (t factTable) appendFacts(facts []factRow, rows pgx.Rows) ([]factRow, error) {
	f := factRow{factKey: factKey{grain: t.grain}}
	into := []any{&f.taskKey, &f.stage, &f.eventType, &f.platform, &f.errCodeKey, &f.count, &f.infoKey}
	_, err := pgx.ForEachRow(rows, into, func() error {
		facts = append(facts, f)
		return nil
	})
	return facts, err
}

// toRows gives facts the keys under which they are stored. A fact without a code has no
// key for a code or a text.
func toRows(rows []factRow, taskKey int32, facts []transform.Fact, words vocabulary) []factRow {
	for _, f := range facts {
		row := factRow{
			factKey: factKey{taskKey: taskKey, grain: f.Grain, stage: int16(f.Stage), eventType: f.EventType, platform: f.Platform},
			count:   f.Count,
		}
		if f.Code != "" {
			row.errCodeKey, row.infoKey = words.codes[f.Code], words.infos[f.Info]
		}
		rows = append(rows, row)
	}
	return rows
}

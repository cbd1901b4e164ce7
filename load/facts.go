package load

import (
	"context"
	"errors"
	"fmt"
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
	windows                   windows
	taskKeys                  []int32
	stages, events, platforms []int16
	codeKeys                  []int32
	counts                    []int64
	infoKeys                  []int32
}

// newColumns has room for n rows.
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

// addOf adds a row if it is of the grain.
func (c *columns) addOf(grain stream.Grain, row factRow) {
	if row.grain == grain {
		c.add(row)
	}
}

// windows are the app, day and time of the rows of columns, in groups. A group has the rows from
// its first to its last, counted from 1.
type windows struct {
	apps         []int64
	days, at     []time.Time
	firsts, ends []int32
}

// belong makes the rows that were added since its last call a group.
func (c *columns) belong(sdkAppID int64, day calendar.Day, at time.Time) {
	w, first := &c.windows, int32(1)
	if n := len(w.ends); n > 0 {
		first = w.ends[n-1] + 1
	}
	w.apps, w.days, w.at = append(w.apps, sdkAppID), append(w.days, day.UTC()), append(w.at, at)
	w.firsts, w.ends = append(w.firsts, first), append(w.ends, int32(c.len()))
}

// row returns the row at an index.
func (c *columns) row(i int, grain stream.Grain) factRow {
	return factRow{
		factKey: factKey{taskKey: c.taskKeys[i], grain: grain, stage: c.stages[i], eventType: c.events[i], platform: c.platforms[i], errCodeKey: c.codeKeys[i]},
		count:   c.counts[i], infoKey: c.infoKeys[i],
	}
}

func (c *columns) len() int { return len(c.taskKeys) }

// keys are the arguments that identify the table's rows. values are those that fill them.
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

// queueChanged adds to a batch the statements that update and delete rows of the table's
// grain.
func (t factTable) queueChanged(batch *pgx.Batch, sdkAppID int64, day calendar.Day, now time.Time, d rowDiff, interfered bool) {
	var gone, changed columns
	for _, row := range d.deleted {
		gone.addOf(t.grain, row)
	}
	for _, u := range d.updated {
		changed.addOf(t.grain, u.new)
	}
	if gone.len() > 0 {
		args := append([]any{sdkAppID, day.UTC()}, t.keys(gone)...)
		batch.Queue(t.remove, args...).Exec(affecting(gone.len()))
	}
	if changed.len() > 0 {
		changed.belong(sdkAppID, day, now)
		t.write(batch, t.update, append([]any{sdkAppID, day.UTC(), now}, t.written(changed)...), changed, interfered)
	}
}

// queueInserted adds to a batch the statement that inserts rows, which may be of several
// apps.
func (t factTable) queueInserted(batch *pgx.Batch, fresh columns, interfered bool) {
	if w := fresh.windows; fresh.len() > 0 {
		t.write(batch, t.insert, append([]any{w.apps, w.days, w.at, w.firsts, w.ends}, t.written(fresh)...), fresh, interfered)
	}
}

// write queues a statement that writes rows. If a rule or trigger may change what is written, the
// statement returns the stored rows, which are compared. Comparing always would take a sixth of the
// time of a first load.
func (t factTable) write(batch *pgx.Batch, sql string, args []any, c columns, interfered bool) {
	if !interfered {
		batch.Queue(sql, args...).Exec(affecting(c.len()))
		return
	}
	batch.Queue(sql+t.returning, args...).Query(func(rows pgx.Rows) error { return t.storing(c, rows) })
}

func (t factTable) written(c columns) []any { return append(t.keys(c), t.values(c)...) }

// affecting checks that a statement affected as many rows as the difference has. Another number
// means that rows changed after they were read.
func affecting(want int) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		if got := tag.RowsAffected(); got != int64(want) {
			return &MismatchError{Got: got, Want: want}
		}
		return nil
	}
}

// storing checks that a statement stored the rows that it was given, in the order of Postgres.
func (t factTable) storing(written columns, rows pgx.Rows) error {
	type storedRow struct {
		app     int64
		day, at int64
		factRow
	}
	of := func(app int64, day, at time.Time, row factRow) storedRow {
		return storedRow{app, day.Unix(), at.UnixMicro(), row}
	}
	missing := make(map[storedRow]bool, written.len())
	for n, app := range written.windows.apps {
		for i := written.windows.firsts[n] - 1; i < written.windows.ends[n]; i++ {
			missing[of(app, written.windows.days[n], written.windows.at[n], written.row(int(i), t.grain))] = true
		}
	}
	f := factRow{factKey: factKey{grain: t.grain}}
	var app int64
	var day, at time.Time
	got := 0
	_, err := pgx.ForEachRow(rows, append(f.columns(), &app, &day, &at), func() error {
		got++
		delete(missing, of(app, day, at, f))
		return nil
	})
	if err != nil {
		return err
	}
	switch {
	case got != written.len():
		return &MismatchError{Got: int64(got), Want: written.len()}
	case len(missing) > 0:
		return &MismatchError{Got: int64(got), Want: written.len(), Changed: len(missing)}
	}
	return nil
}

// MismatchError says that Postgres wrote other rows, or another number of rows, than expected. Then
// nothing of the answer is loaded.
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
// ones. The inner SELECT has Postgres resolve the names once, not for each row of a catalogue.
const sqlInterfered = `
	SELECT EXISTS (
		SELECT FROM pg_catalog.pg_class AS c
		WHERE c.oid = ANY(ARRAY(SELECT name::regclass::oid FROM unnest($1::text[]) AS name)) AND (c.relhasrules OR c.relhastriggers
			AND EXISTS (SELECT FROM pg_catalog.pg_trigger AS t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)))`

const sqlInterference = `
	SELECT format('trigger %s on %s', t.tgname, t.tgrelid::regclass) FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
	WHERE c.relnamespace = 'pushloss'::regnamespace AND NOT t.tgisinternal
	UNION ALL
	SELECT format('rule %s on %s', r.rulename, r.ev_class::regclass) FROM pg_catalog.pg_rewrite AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
	WHERE c.relnamespace = 'pushloss'::regnamespace AND r.rulename <> '_RETURN'
	ORDER BY 1`

// nameInterference adds the rules and triggers that were added to a *MismatchError.
func (db *DB) nameInterference(ctx context.Context, err error) error {
	var mismatch *MismatchError
	if !errors.As(err, &mismatch) {
		return err
	}
	rows, queryErr := db.pool.Query(ctx, sqlInterference)
	if queryErr != nil {
		return err // the error says enough
	}
	if names, queryErr := pgx.CollectRows(rows, pgx.RowTo[string]); queryErr == nil && len(names) > 0 {
		return fmt.Errorf("%w; perhaps by %s", err, strings.Join(names, ", "))
	}
	return err
}

// appendFacts adds the rows of a table's selectRows to facts.
func (t factTable) appendFacts(facts []factRow, rows pgx.Rows) ([]factRow, error) {
	f := factRow{factKey: factKey{grain: t.grain}}
	_, err := pgx.ForEachRow(rows, f.columns(), func() error {
		facts = append(facts, f)
		return nil
	})
	return facts, err
}

// columns are the fields that a row of a fact table fills.
func (f *factRow) columns() []any {
	return []any{&f.taskKey, &f.stage, &f.eventType, &f.platform, &f.errCodeKey, &f.count, &f.infoKey}
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

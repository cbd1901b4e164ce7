package load

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
)

const (
	sqlDeleteRejects = `
		DELETE FROM pushloss.reject WHERE sdk_app_id = $1 AND day = $2 AND stream_id = $3 AND task_key = ANY($4::int[])`
	sqlInsertRejects = `
		INSERT INTO pushloss.reject (sdk_app_id, day, stream_id, run_id, rejected_at, task_key, task_id, list, row_json, reason, row_count)
		SELECT $1, $2, $3, $4, $5, g.*
		FROM unnest($6::int[], $7::text[], $8::text[], $9::text[], $10::text[], $11::int[]) AS g`
)

// Load makes the windows of a pull equal to its answer, in one transaction. From an answer that is
// not trusted, it only adds rows and raises counts. If ctx ends, everything stays as it was, unless
// other loads share the transaction. now becomes the time of every row that changes.
func (l *AppLock) Load(ctx context.Context, pull Pull, now time.Time) (Outcome, error) {
	m := &loading{lock: l, pull: pull, sum: pull.bodySHA256(), now: now.UTC().Truncate(time.Microsecond)} // the precision of Postgres
	err := l.session.whileHeld(ctx, func(ctx context.Context) (err error) {
		db, snapshots := l.session.db, pull.Result.Snapshots
		if m.words, err = db.dimensions.resolve(ctx, db, snapshots); err != nil {
			return err
		}
		if err = db.places.note(ctx, db, pull.Stream, pull.Day, m.words, snapshots); err != nil {
			return err
		}
		return l.session.loads.join(ctx, m, func() error {
			return l.transact(ctx, func(ctx context.Context, tx pgx.Tx, first *pgx.Batch) error {
				return db.load(ctx, tx, first, []*loading{m})
			})
		})
	})
	if err != nil {
		return Outcome{}, fmt.Errorf("load %s (%s) of app %d: %w", pull.Day, pull.Stream, l.sdkAppID, err)
	}
	return m.outcome, nil
}

// loading is a pull on its way into the database.
type loading struct {
	lock  *AppLock
	pull  Pull
	words vocabulary
	sum   bodyHash
	now   time.Time

	stored  stored
	outcome Outcome
	// again is the result of a confirmation.
	again confirmation

	turn
}

// load reads what is stored for pulls of different windows and writes the differences. first must
// begin with the check for newer holders. Pulls that the check refuses are left out.
func (db *DB) load(ctx context.Context, tx pgx.Tx, first *pgx.Batch, all []*loading) error {
	var known bodies
	var interfered bool
	var digests [][]byte
	var names []string
	queueStored(first, all)
	for _, m := range all {
		digests = append(digests, m.sum[:])
		names = append(names, "pushloss."+tables[m.pull.Stream][0].name, "pushloss."+tables[m.pull.Stream][1].name)
	}
	queueKnownBodies(first, digests, &known)
	first.Queue(sqlInterfered, names).QueryRow(func(row pgx.Row) error { return row.Scan(&interfered) })
	if err := tx.SendBatch(ctx, first).Close(); err != nil {
		return fmt.Errorf("read what is stored: %w", err)
	}
	batch := &pgx.Batch{}
	w := writing{interfered: interfered, bodies: make(map[bodyHash][]byte)}
	for _, m := range all {
		if m.err != nil {
			continue
		}
		m.write(&w, batch)
		if !known[m.sum] {
			w.bodies[m.sum] = m.pull.Body
		}
	}
	db.queueWriting(batch, w)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// writing collects what several pulls write by the same statements.
type writing struct {
	inserted [len(tables)][2]columns
	ledger   ledgerColumns
	pulls    pullColumns
	bodies   map[bodyHash][]byte
	// interfered says that a rule or trigger on the fact tables may change what is written.
	interfered bool
}

func (w *writing) insert(sdkAppID int64, of stream.Stream, day calendar.Day, now time.Time, rows []factRow) {
	for grain := range w.inserted[of] {
		c := &w.inserted[of][grain]
		if c.len() == 0 {
			*c = newColumns(len(rows))
		}
		for _, row := range rows {
			c.addOf(stream.Grain(grain), row)
		}
		c.belong(sdkAppID, day, now)
	}
}

func (db *DB) queueWriting(batch *pgx.Batch, w writing) {
	for of, inserted := range w.inserted {
		for grain, fresh := range inserted {
			tables[of][grain].queueInserted(batch, fresh, w.interfered)
		}
	}
	w.ledger.queue(batch)
	db.queueBodies(batch, w.bodies)
	w.pulls.queue(batch)
}

// write adds the pull's changes.
func (m *loading) write(w *writing, batch *pgx.Batch) {
	pull, s, app, now := m.pull, m.stored, m.lock.sdkAppID, m.stored.after(m.now)
	e := effectOf(pull, m.words, s, now)
	outcome := Outcome{Rows: e.rows(), Lowered: e.lowered, Failed: e.failed, Problem: e.problem}
	for _, entry := range e.entries {
		switch {
		case entry.State.Unproven():
			outcome.Unproven++
		case entry.State == StateAbsent && entry.LastError == nil:
			outcome.Absent++
		}
	}
	for _, table := range tables[pull.Stream] {
		table.queueChanged(batch, app, pull.Day, now, e.facts, w.interfered)
	}
	w.insert(app, pull.Stream, pull.Day, now, e.facts.inserted)
	queueChanges(batch, app, pull.Stream, pull.Day, e.changes)
	w.ledger.add(app, pull.Stream, pull.Day, now, e.entries)
	m.lock.queueRejects(batch, pull, s.ledger, now)
	w.pulls.add(app, pull, outcome, now, m.sum, pull.repeatable(e))
	m.outcome = outcome
}

// queueRejects replaces the rejects of the windows with those of this answer.
func (l *AppLock) queueRejects(batch *pgx.Batch, pull Pull, ledger map[int32]Entry, now time.Time) {
	for _, entry := range ledger {
		if entry.RejectCount > 0 {
			batch.Queue(sqlDeleteRejects, l.sdkAppID, pull.Day.UTC(), int16(pull.Stream), pull.taskKeys())
			break
		}
	}
	rejects := pull.Result.Rejects
	if len(rejects) == 0 {
		return
	}
	var keys, counts []int32
	var ids, lists, bodies, reasons []string
	for _, r := range rejects {
		keys, ids, lists = append(keys, pull.taskKeyOf(r)), append(ids, r.TaskID), append(lists, r.Array)
		bodies, reasons, counts = append(bodies, r.JSON), append(reasons, r.Reason), append(counts, int32(r.Rows))
	}
	batch.Queue(sqlInsertRejects, l.sdkAppID, pull.Day.UTC(), int16(pull.Stream), pull.RunID, now, keys, ids, lists, bodies, reasons, counts)
}

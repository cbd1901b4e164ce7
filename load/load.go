package load

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	sqlHasBody    = `SELECT EXISTS (SELECT 1 FROM pushloss.raw_body WHERE sha256 = $1)`
	sqlInsertBody = `
		INSERT INTO pushloss.raw_body (sha256, size, body) VALUES ($1, $2, $3)
		ON CONFLICT DO NOTHING`
	sqlInsertPull = `
		INSERT INTO pushloss.pull (sdk_app_id, run_id, stream_id, day, window_start, window_end, task_ids,
			sent_at, loaded_at, body_sha256, trusted, rules, rows_in, rows_inserted, rows_updated,
			rows_deleted, rows_unchanged, rows_merged, rows_rejected, rows_ignored, rows_kept)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`
	sqlDeleteRejects = `
		DELETE FROM pushloss.reject WHERE sdk_app_id = $1 AND day = $2 AND stream_id = $3 AND task_key = ANY($4::int[])`
	sqlInsertRejects = `
		INSERT INTO pushloss.reject (sdk_app_id, day, stream_id, run_id, rejected_at, task_key, task_id, list, row_json, reason, row_count)
		SELECT $1, $2, $3, $4, $5, g.*
		FROM unnest($6::int[], $7::text[], $8::text[], $9::text[], $10::text[], $11::int[]) AS g`
)

// Load makes the windows of a pull equal to its answer, in one transaction. From an
// answer that is not trusted it only adds rows and raises counts. If ctx ends, everything
// stays as it was. now becomes the time of every row that changes.
func (l *AppLock) Load(ctx context.Context, pull Pull, now time.Time) (Outcome, error) {
	now = now.UTC().Truncate(time.Microsecond) // the precision of Postgres
	var outcome Outcome
	var words vocabulary
	err := l.session.whileHeld(ctx, func(ctx context.Context) (err error) {
		db, snapshots := l.session.db, pull.Result.Snapshots
		if words, err = db.dimensions.resolve(ctx, db, snapshots); err != nil {
			return err
		}
		return db.places.note(ctx, db, pull.Stream, pull.Day, words, snapshots)
	})
	if err == nil {
		digest := pull.bodySHA256()
		err = l.transact(ctx, func(ctx context.Context, tx pgx.Tx, first *pgx.Batch) error {
			stored, err := l.read(ctx, tx, first, pull, digest[:])
			if err != nil {
				return err
			}
			outcome, err = l.write(ctx, tx, pull, words, stored, digest[:], stored.after(now))
			return err
		})
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("load %s (%s) of app %d: %w", pull.Day, pull.Stream, l.sdkAppID, err)
	}
	return outcome, nil
}

// stored is what the database has for a pull's windows.
type stored struct {
	ledger  map[int32]Entry
	facts   []factRow
	hasBody bool
	// interfered says that something on the tables of facts may change what is written.
	interfered bool
}

// rowCount is the number of the windows' facts, by the ledger.
func (s stored) rowCount() (n int) {
	for _, entry := range s.ledger {
		n += entry.RowCount
	}
	return n
}

// after returns now or, if the clock of the process that loaded last was ahead of this
// one's, the instant after that load: the history of a window never goes back in time.
func (s stored) after(now time.Time) time.Time {
	for _, entry := range s.ledger {
		if last := entry.LastLoadedAt; last != nil && !now.After(*last) {
			now = last.Add(time.Microsecond)
		}
	}
	return now
}

func (l *AppLock) read(ctx context.Context, tx pgx.Tx, batch *pgx.Batch, pull Pull, digest []byte) (stored, error) {
	s := stored{ledger: make(map[int32]Entry, len(pull.Tasks))}
	day, keys := pull.Day.UTC(), pull.taskKeys()
	batch.Queue(sqlShareBodies)
	batch.Queue(sqlLedgerOfTasks, l.sdkAppID, day, day, int16(pull.Stream), keys).Query(func(rows pgx.Rows) error {
		entries, err := pgx.CollectRows(rows, scanEntry)
		for _, entry := range entries {
			s.ledger[entry.TaskKey] = entry
		}
		return err
	})
	for _, table := range tables[pull.Stream] {
		batch.Queue(table.selectRows, l.sdkAppID, day, keys, slices.Min(keys), slices.Max(keys)).Query(func(rows pgx.Rows) (err error) {
			s.facts, err = table.appendFacts(slices.Grow(s.facts, max(0, s.rowCount()-len(s.facts))), rows)
			return err
		})
	}
	batch.Queue(sqlHasBody, digest).QueryRow(func(row pgx.Row) error { return row.Scan(&s.hasBody) })
	batch.Queue(sqlInterfered, []string{"pushloss." + tables[pull.Stream][0].name, "pushloss." + tables[pull.Stream][1].name}).
		QueryRow(func(row pgx.Row) error { return row.Scan(&s.interfered) })
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return s, fmt.Errorf("read what is stored: %w", err)
	}
	return s, nil
}

// write sends the statements for the differences.
func (l *AppLock) write(ctx context.Context, tx pgx.Tx, pull Pull, words vocabulary, s stored, digest []byte, now time.Time) (Outcome, error) {
	e := effectOf(pull, words, s, now)
	outcome := Outcome{Rows: e.rows(), Lowered: e.lowered, Failed: e.failed, Problem: e.problem}
	for _, entry := range e.entries {
		switch {
		case entry.State.Unproven():
			outcome.Unproven++
		case entry.State == StateAbsent && entry.LastError == nil:
			outcome.Absent++
		}
	}
	batch := &pgx.Batch{}
	for _, table := range tables[pull.Stream] {
		table.queue(batch, l.sdkAppID, pull.Day, now, e.facts, s.interfered)
	}
	queueChanges(batch, l.sdkAppID, pull.Stream, pull.Day, e.changes)
	queueLedger(batch, l.sdkAppID, pull.Stream, pull.Day, now, e.entries)
	l.queueRejects(batch, pull, s.ledger, now)
	if !s.hasBody {
		batch.Queue(sqlInsertBody, digest, len(pull.Body), l.session.db.encoder.EncodeAll(pull.Body, nil))
	}
	counts := pull.Result.Counts
	batch.Queue(sqlInsertPull, l.sdkAppID, pull.RunID, int16(pull.Stream), pull.Day.UTC(), pull.Window.Start, pull.Window.End, pull.taskIDs(),
		pull.SentAt, now, digest, pull.Trusted, pull.repeatable(e), counts.RowsIn, outcome.Rows.Inserted, outcome.Rows.Updated,
		outcome.Rows.Deleted, outcome.Rows.Unchanged, counts.Merged, counts.Rejected, counts.Ignored, outcome.Rows.Kept)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return Outcome{}, fmt.Errorf("write: %w", err)
	}
	return outcome, nil
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

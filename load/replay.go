package load

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/transform"
)

const (
	sqlDeleteChanges = `
		DELETE FROM pushloss.loss_change
		WHERE sdk_app_id = $1 AND day = $2 AND stream_id = $3 AND task_key = ANY($4::int[])`
	sqlMendLedger = `
		UPDATE pushloss.ledger SET row_count = $5, first_loaded_at = $6, last_loaded_at = $7, last_trusted_at = $8, proven_at = $9,
			most_by_stage = $10, most_by_platform = $11, lowered_at = $12,
			state = CASE
				WHEN state NOT IN ('loaded', 'empty', 'unproven') THEN state
				WHEN coalesce($8::timestamptz, $9::timestamptz) IS NULL THEN 'unproven'
				WHEN $5 = 0 THEN 'empty'
				ELSE 'loaded'
			END
		WHERE sdk_app_id = $1 AND day = $2 AND stream_id = $3 AND task_key = $4`
)

// Restored counts what Replay wrote.
type Restored struct {
	Checked
	Rows           Changes `json:"rows"`
	ChangesWritten int64   `json:"changes_written"`
}

// Replay rebuilds facts and their history from the archive, in the order of the pulls, and corrects
// the ledger's figures. It writes only differences, each day in one transaction under the app's
// lock, for which it waits. Windows that cannot be replayed from their start are counted and left
// alone.
func (a Archive) Replay(ctx context.Context, selection Selection, holder string, now func() time.Time, observer Observer) (Restored, error) {
	var restored Restored
	session, work, err := a.db.OpenSession(ctx, holder)
	if err != nil {
		return restored, err
	}
	defer session.Close()
	var lock *AppLock
	words := new(dimensions) // what the tables have now, not what the DB remembers
	enter := func(ctx context.Context, sdkAppID int64) (func(), error) {
		waiting := observer.Waiting
		if waiting == nil {
			waiting = func(*BusyError) {}
		}
		lock, err = session.WaitForApp(ctx, sdkAppID, time.Second, waiting)
		return func() { _ = lock.Unlock(context.WithoutCancel(ctx)) }, err
	}
	err = a.eachDay(work, selection, observer, enter, func(ctx context.Context, reader *archiveReader, app *archivedApp, day calendar.Day) error {
		return lock.replayDay(ctx, reader, app, day, now().UTC().Truncate(time.Microsecond), words, observer, &restored)
	})
	return restored, err
}

func (l *AppLock) replayDay(ctx context.Context, reader *archiveReader, app *archivedApp, day calendar.Day, now time.Time, words *dimensions, observer Observer, restored *Restored) error {
	db := l.session.db
	var total Restored
	var mismatches []mismatch
	// The transaction may have the only other connection.
	resolve := func(ctx context.Context, snapshots []transform.Snapshot) (keys vocabulary, err error) {
		err = l.session.do(ctx, func(ctx context.Context, conn *pgx.Conn) error {
			keys, err = words.learn(ctx, conn, snapshots, true)
			return err
		})
		return keys, err
	}
	err := l.transact(ctx, func(ctx context.Context, tx pgx.Tx, first *pgx.Batch) error {
		total, mismatches = Restored{}, nil
		batch := &pgx.Batch{}
		for _, stream := range stream.All() {
			s, r, err := reader.readDay(ctx, tx, first, app.id, stream, day, app.tasks, resolve)
			if err != nil {
				return err
			}
			first = &pgx.Batch{}
			found := total.count(s, r)
			total.queue(batch, app.id, day, now, r, found)
			mismatches = append(mismatches, found...)
		}
		if batch.Len() == 0 {
			return nil
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return err
	}
	restored.add(total)
	return db.Archive.report(ctx, observer, app, day, mismatches, nil)
}

func (r *Restored) add(o Restored) {
	r.Checked.add(o.Checked)
	r.Rows = r.Rows.Add(o.Rows)
	r.ChangesWritten += o.ChangesWritten
}

// queue adds to a batch the statements that make the tables equal to the replay.
func (r *Restored) queue(batch *pgx.Batch, sdkAppID int64, day calendar.Day, now time.Time, replayed *replayedDay, mismatches []mismatch) {
	// Each row has the time of the load that wrote it, so each time needs its own statements.
	byTime := make(map[time.Time]rowDiff)
	rewritten := make(map[int32]bool) // windows whose history differs
	repaired := make(map[int32]bool)  // windows whose facts, or whose ledger's figures, differ
	for _, m := range mismatches {
		if m.what == repeated {
			continue // without the lost unique key, nothing shows which of the rows must stay
		}
		switch m.of {
		case "fact":
			r.Rows = r.Rows.Add(m.addTo(byTime))
			repaired[m.taskKey] = true
		case "change":
			rewritten[m.taskKey] = true
		case "ledger":
			e := m.replayedEntry
			if m.what == missing {
				queueLedger(batch, sdkAppID, replayed.stream, day, now, []Entry{*e})
			} else {
				repaired[e.TaskKey] = true
			}
		}
	}
	for _, table := range tables[replayed.stream] {
		var fresh columns
		for _, at := range slices.SortedFunc(maps.Keys(byTime), time.Time.Compare) {
			table.queueChanged(batch, sdkAppID, day, at, byTime[at], true)
			for _, row := range byTime[at].inserted {
				fresh.addOf(table.grain, row)
			}
			fresh.belong(sdkAppID, day, at)
		}
		table.queueInserted(batch, fresh, true)
	}
	for _, key := range slices.Sorted(maps.Keys(repaired)) {
		e := replayed.windows[key].entry
		batch.Queue(sqlMendLedger, sdkAppID, day.UTC(), int16(replayed.stream), e.TaskKey, e.RowCount, e.FirstLoadedAt, e.LastLoadedAt, e.LastTrustedAt, e.ProvenAt,
			e.Most[stream.ByStage], e.Most[stream.ByPlatform], e.LoweredAt)
	}
	if len(rewritten) == 0 {
		return
	}
	keys := slices.Sorted(maps.Keys(rewritten))
	batch.Queue(sqlDeleteChanges, sdkAppID, day.UTC(), int16(replayed.stream), keys)
	for _, key := range keys {
		changes := replayed.windows[key].changes
		queueChanges(batch, sdkAppID, replayed.stream, day, changes)
		r.ChangesWritten += int64(len(changes))
	}
}

// addTo adds the correction of a fact to the writes of the fact's time.
func (m mismatch) addTo(writes map[time.Time]rowDiff) Changes {
	if m.replayedRow == nil {
		d := writes[m.storedRow.updatedAt]
		d.deleted = append(d.deleted, m.storedRow.factRow)
		writes[m.storedRow.updatedAt] = d
		return Changes{Deleted: 1}
	}
	at := m.replayedRow.updatedAt
	d := writes[at]
	defer func() { writes[at] = d }()
	if m.storedRow == nil {
		d.inserted = append(d.inserted, m.replayedRow.factRow)
		return Changes{Inserted: 1}
	}
	d.updated = append(d.updated, update{old: m.storedRow.factRow, new: m.replayedRow.factRow})
	return Changes{Updated: 1}
}

package load

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/transform"
)

// SpanPull is the answer to one request for several days of some tasks.
type SpanPull struct {
	RunID  int64
	Stream stream.Stream
	// Days are the days of the request, Window their range of time.
	Days   calendar.Span
	Window calendar.Window
	// TaskIDs are those of the request. Tasks are the tasks whose windows it may prove.
	TaskIDs []string
	Tasks   []SpanTask
	Result  transform.Result
	// Body is the answer as received.
	Body   []byte
	SentAt time.Time
	// Trusted says that the API remembered all of the tasks' days, so that what the answer
	// lacks is zero.
	Trusted bool
	// Settled returns why a window without figures becomes final, if it does.
	Settled func(calendar.Day) SettledReason
	// Exists reports whether the zone's calendar has a date.
	Exists func(calendar.Day) bool
}

// SpanTask is a task and the days of a span that the answer must prove. Without Due there are none.
type SpanTask struct {
	TaskRef
	Due calendar.Span
}

// SpanOutcome is what a span's answer proved.
type SpanOutcome struct {
	// Windows counts the proven ones, Rows their facts.
	Windows, Rows int
	// Differing are the tasks whose answer differs from the sum of the stored days.
	Differing []SpanTask
	// Unusable are the tasks that the answer lacks or that cannot be read in it.
	Unusable []SpanTask
}

const (
	sqlInsertProof = `
		INSERT INTO pushloss.pull (sdk_app_id, run_id, stream_id, first_day, day, window_start, window_end, task_ids,
			sent_at, loaded_at, body_sha256, trusted, rows_in, rows_inserted, rows_updated,
			rows_deleted, rows_unchanged, rows_merged, rows_rejected, rows_ignored, rows_kept,
			proven_task_ids, proven_first_days, proven_last_days)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 0, 0, $14, $15, $16, $17, 0, $18, $19, $20)`
)

// Prove compares a span's answer with the sums of the stored days. If they are equal key by key,
// it records the task's windows as proven, in one transaction: counts are never negative, so no
// day can have gained figures. Facts never change.
//
// A proof settles a window without figures, like an answer of its own. It does not settle
// a window with figures: a shift from one day of the span to another would not show.
func (l *AppLock) Prove(ctx context.Context, pull SpanPull, now time.Time) (SpanOutcome, error) {
	now = now.UTC().Truncate(time.Microsecond)
	usable, unusable := pull.usable()
	outcome := SpanOutcome{Unusable: unusable}
	if len(usable) == 0 {
		return outcome, nil
	}
	sum := sha256.Sum256(pull.Body)
	err := l.transactWithCodes(ctx, pull.Result.Snapshots, func(ctx context.Context, tx pgx.Tx, first *pgx.Batch, codes vocabulary) error {
		outcome.Windows, outcome.Rows, outcome.Differing = 0, 0, nil
		known, err := l.readProof(ctx, tx, first, pull, usable, sum)
		if err != nil {
			return fmt.Errorf("read what is stored: %w", err)
		}
		var proven []SpanTask
		differing := pull.differing(usable, known.facts, codes)
		for _, task := range usable {
			switch {
			case differing[task.Key]:
				outcome.Differing = append(outcome.Differing, task)
			case task.Due.First <= task.Due.Last:
				proven = append(proven, task)
			}
		}
		if len(proven) == 0 {
			return nil
		}
		outcome.Windows, outcome.Rows, err = l.writeProof(ctx, tx, pull, proven, known, sum, now)
		return err
	})
	if err != nil {
		return SpanOutcome{}, fmt.Errorf("prove %s to %s (%s) of app %d: %w", pull.Days.First, pull.Days.Last, pull.Stream, l.sdkAppID, err)
	}
	return outcome, nil
}

// usable returns the tasks whose answer is complete, and the others.
func (p SpanPull) usable() (usable, unusable []SpanTask) {
	answered := make(map[string]bool)
	for _, snapshot := range p.Result.Snapshots {
		answered[snapshot.TaskID] = true
	}
	for _, reject := range p.Result.Rejects {
		delete(answered, reject.TaskID)
	}
	for _, task := range p.Tasks {
		if answered[task.ID] {
			usable = append(usable, task)
		} else {
			unusable = append(unusable, task)
		}
	}
	return usable, unusable
}

// compare compares the sums of the stored days with the answer, for the given tasks. It is pure.
func (p SpanPull) compare(tasks []SpanTask, stored []tally, codes vocabulary) []comparison {
	refs := make([]TaskRef, len(tasks))
	for i, task := range tasks {
		refs[i] = task.TaskRef
	}
	return compare(stored, Check{Tasks: refs, Snapshots: p.Result.Snapshots}.reported(codes))
}

// differing returns the tasks for which a sum differs from the answer.
func (p SpanPull) differing(tasks []SpanTask, stored []tally, codes vocabulary) map[int32]bool {
	differing := make(map[int32]bool)
	for _, c := range p.compare(tasks, stored, codes) {
		if c.differs() {
			differing[c.taskKey] = true
		}
	}
	return differing
}

// spanStored is what is stored for a span's tasks.
type spanStored struct {
	ledger map[WindowRef]Entry
	facts  []tally
	bodies bodies
}

func (l *AppLock) readProof(ctx context.Context, tx pgx.Tx, batch *pgx.Batch, pull SpanPull, tasks []SpanTask, sum bodyHash) (spanStored, error) {
	s := spanStored{ledger: make(map[WindowRef]Entry)}
	keys := make([]int32, len(tasks))
	for i, task := range tasks {
		keys[i] = task.Key
	}
	first, last := pull.Days.First.UTC(), pull.Days.Last.UTC()
	queueEntries(batch, func(e Entry) { s.ledger[WindowRef{pull.Stream, e.Day, e.TaskKey}] = e },
		sqlLedgerOfTasks, l.sdkAppID, first, last, int16(pull.Stream), keys)
	queueTallies(batch, &s.facts, l.sdkAppID, pull.Stream, pull.Days, keys)
	queueKnownBodies(batch, [][]byte{sum[:]}, &s.bodies)
	return s, tx.SendBatch(ctx, batch).Close()
}

func (l *AppLock) writeProof(ctx context.Context, tx pgx.Tx, pull SpanPull, proven []SpanTask, s spanStored, sum bodyHash, now time.Time) (windows, rowsConfirmed int, err error) {
	batch := &pgx.Batch{}
	ids := make([]string, len(proven))
	firsts, lasts := make([]time.Time, len(proven)), make([]time.Time, len(proven))
	for i, task := range proven {
		ids[i], firsts[i], lasts[i] = task.ID, task.Due.First.UTC(), task.Due.Last.UTC()
	}
	var ledger ledgerColumns
	for day := pull.Days.First; day <= pull.Days.Last; day++ {
		var entries []Entry
		for _, task := range proven {
			if !task.Due.Has(day) || !pull.Exists(day) {
				continue
			}
			entry, known := s.ledger[WindowRef{pull.Stream, day, task.Key}]
			if !known {
				entry = Entry{Stream: pull.Stream, Day: day, TaskKey: task.Key}
			}
			rowsConfirmed += entry.RowCount
			entry.prove(pull.Trusted, pull.Settled(day), now)
			entries = append(entries, entry)
		}
		ledger.add(l.sdkAppID, pull.Stream, day, now, entries)
		windows += len(entries)
	}
	ledger.queue(batch)
	if !s.bodies[sum] {
		l.session.db.queueBodies(batch, map[bodyHash][]byte{sum: pull.Body})
	}
	counts := pull.Result.Counts
	batch.Queue(sqlInsertProof, l.sdkAppID, pull.RunID, int16(pull.Stream), pull.Days.First.UTC(), pull.Days.Last.UTC(),
		pull.Window.Start, pull.Window.End, pull.TaskIDs, pull.SentAt, now, sum[:], pull.Trusted,
		counts.RowsIn, rowsConfirmed, counts.Merged, counts.Rejected, counts.Ignored, ids, firsts, lasts)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, 0, fmt.Errorf("write: %w", err)
	}
	return windows, rowsConfirmed, nil
}

// prove records that a span's answer equals the stored days, including this window. It is pure;
// replay uses it too.
func (e *Entry) prove(trusted bool, settled SettledReason, now time.Time) {
	e.Pulls++
	e.LastError = nil
	if trusted {
		e.ProvenAt = &now
		e.loadedAt(now)
		if e.RowCount == 0 && settled != NotSettled {
			e.Settled = settled
		}
	} else {
		e.settleForgotten()
	}
	e.State = e.stateOfFacts()
}

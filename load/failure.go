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

// Failure is a request without an answer, for the ledger.
type Failure struct {
	Stream stream.Stream
	Day    calendar.Day
	Tasks  []TaskRef
	Reason string // without credentials
	// Unavailable says that the day is outside the API's memory, so that another request
	// brings nothing more.
	Unavailable bool
}

// RecordFailure records the failure in the ledger. Facts stay as they are. unproven counts the
// windows that nothing can prove any more.
func (l *AppLock) RecordFailure(ctx context.Context, failure Failure, now time.Time) (unproven int, err error) {
	now = now.UTC().Truncate(time.Microsecond)
	reason := postgres.Storable(failure.Reason)
	pull := Pull{Stream: failure.Stream, Day: failure.Day, Tasks: failure.Tasks}
	err = l.transact(ctx, func(ctx context.Context, tx pgx.Tx, batch *pgx.Batch) error {
		known := make(map[int32]Entry)
		queueEntries(batch, func(e Entry) { known[e.TaskKey] = e },
			sqlLedgerOfTasks, l.sdkAppID, pull.Day.UTC(), pull.Day.UTC(), int16(pull.Stream), pull.taskKeys())
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		var entries []Entry
		unproven = 0
		for _, task := range pull.Tasks {
			entry := known[task.Key]
			entry.TaskKey = task.Key
			entry.Pulls++
			entry.fail(reason)
			switch {
			case !failure.Unavailable:
			case entry.Confirmed():
				entry.State = entry.stateOfFacts()
				entry.settleForgotten()
			default:
				entry.State = StateUnavailable
				entry.settleForgotten()
			}
			if entry.State.Unproven() {
				unproven++
			}
			entries = append(entries, entry)
		}
		write := &pgx.Batch{}
		queueLedger(write, l.sdkAppID, pull.Stream, pull.Day, now, entries)
		return tx.SendBatch(ctx, write).Close()
	})
	if err != nil {
		return 0, fmt.Errorf("record the failure of %s of app %d: %w", failure.Day, l.sdkAppID, err)
	}
	return unproven, nil
}

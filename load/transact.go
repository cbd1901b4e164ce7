package load

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// maxConflicts is how often a transaction is tried after a deadlock or serialization
// failure.
const maxConflicts = 3

// transact runs a step of a writer in one transaction, under the app's lock. The end of
// the session's work does not cancel it. A newer holder of the app refuses it
// (ErrSuperseded). A conflict with another transaction repeats it. first is a batch that
// begins with the check for a newer holder; the step adds its reads and sends it before
// it writes.
func (l *AppLock) transact(ctx context.Context, step func(ctx context.Context, tx pgx.Tx, first *pgx.Batch) error) error {
	return l.session.whileHeld(ctx, func(ctx context.Context) error {
		for attempt := 1; ; attempt++ {
			err := pgx.BeginFunc(ctx, l.session.db.pool, func(tx pgx.Tx) error {
				first := &pgx.Batch{}
				l.queueFence(first)
				return step(ctx, tx, first)
			})
			if err == nil || !conflict(err) || attempt == maxConflicts {
				return l.session.db.nameInterference(ctx, err)
			}
		}
	})
}

// queueFence adds the check that this process is still the app's newest holder. The check
// holds until the transaction ends.
func (l *AppLock) queueFence(batch *pgx.Batch) {
	batch.Queue(sqlFenceLoad, l.sdkAppID)
	batch.Queue(sqlCheckLease, l.sdkAppID, l.epoch).QueryRow(func(row pgx.Row) error {
		var current bool
		if err := row.Scan(&current); err != nil {
			return err
		}
		if !current {
			return ErrSuperseded
		}
		return nil
	})
}

package load

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pushloss/transform"
)

// maxConflicts is how often a transaction is tried after a deadlock or serialization
// failure.
const maxConflicts = 3

// transact runs a step of a writer in one transaction, under the app's lock. The end of the
// session's work does not cancel it. It fails with ErrSuperseded if the app has a newer holder, and
// repeats the step after a conflict with another transaction. first is a batch that begins with the
// check for a newer holder. The step adds its reads and sends the batch before it writes.
func (l *AppLock) transact(ctx context.Context, step func(ctx context.Context, tx pgx.Tx, first *pgx.Batch) error) error {
	return l.session.whileHeld(ctx, func(ctx context.Context) error {
		for attempt := 1; ; attempt++ {
			err := pgx.BeginFunc(ctx, l.session.db.pool, func(tx pgx.Tx) error {
				first := &pgx.Batch{}
				l.queueFence(first)
				return l.session.db.pool.Naming(ctx, tx.Conn(), func() error { return step(ctx, tx, first) })
			})
			if err == nil || !conflict(err) || attempt == maxConflicts {
				return l.session.db.nameInterference(ctx, err)
			}
		}
	})
}

// transactWithCodes is transact for a step that compares an answer with stored facts, and
// needs the keys of the answer's codes.
func (l *AppLock) transactWithCodes(
	ctx context.Context, answer []transform.Snapshot, step func(ctx context.Context, tx pgx.Tx, first *pgx.Batch, codes vocabulary) error,
) error {
	codes, err := l.session.db.dimensions.resolveCodes(ctx, l.session.db, answer)
	if err != nil {
		return err
	}
	return l.transact(ctx, func(ctx context.Context, tx pgx.Tx, first *pgx.Batch) error { return step(ctx, tx, first, codes) })
}

// queueFence adds the check that this process is still the app's newest holder. The check holds
// until the transaction ends.
func (l *AppLock) queueFence(batch *pgx.Batch) {
	queueFences(batch, []int64{l.sdkAppID}, func(epochs map[int64]int64) error {
		if epochs[l.sdkAppID] != l.epoch {
			return ErrSuperseded
		}
		return nil
	})
}

// queueFences adds that check for several apps. judge gets the epochs of their newest holders.
func queueFences(batch *pgx.Batch, apps []int64, judge func(epochs map[int64]int64) error) {
	batch.Queue(sqlFenceLoads, apps)
	batch.Queue(sqlEpochs, apps).Query(func(rows pgx.Rows) error {
		epochs := make(map[int64]int64, len(apps))
		var id, epoch int64
		if _, err := pgx.ForEachRow(rows, []any{&id, &epoch}, func() error { epochs[id] = epoch; return nil }); err != nil {
			return err
		}
		return judge(epochs)
	})
}

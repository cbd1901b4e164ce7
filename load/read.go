package load

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Compiling a query over many days takes longer than running it.
const sqlLimitReading = `SELECT set_config('statement_timeout', $1, true), set_config('jit', 'off', true)`

// Read calls f with a transaction that can only read and sees one state of the
// database throughout. None of its statements takes longer than limit.
func (db *DB) Read(ctx context.Context, limit time.Duration, f func(pgx.Tx) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, db.pool, options, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlLimitReading, fmt.Sprint(limit.Milliseconds())); err != nil {
			return fmt.Errorf("limit the time to read: %w", err)
		}
		return f(tx)
	})
}

package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/semaphore"

	"pushloss/internal/postgres"
)

// DB is the database of facts: one field for each subject, and what all of them need. It is safe
// for concurrent use.
type DB struct {
	Tasks   Registry
	Apps    Apps
	Ledger  Ledger
	Runs    Runs
	Archive Archive

	pool       *postgres.Pool
	encoder    *zstd.Encoder
	dimensions dimensions
	places     places
	// learning makes loads store new words and places one at a time. Many apps that start together
	// meet the same ones: they would wait for each other in the database and hold all connections.
	learning *semaphore.Weighted
	reads    reads
	waits    waits
}

// Open connects to the database. Unreachable accepts the error if no database answers. A
// *postgres.PoolingError means that the connection goes through a pooler in a mode that
// does not work.
func Open(ctx context.Context, databaseURL string, maxConns int) (*DB, error) {
	return with(postgres.Open(ctx, databaseURL, maxConns))
}

// OpenPatiently is Open, but waits for a free connection as postgres.OpenPatiently does.
func OpenPatiently(ctx context.Context, databaseURL string, maxConns int, waiting postgres.Waiting) (*DB, error) {
	return with(postgres.OpenPatiently(ctx, databaseURL, maxConns, waiting))
}

func with(pool *postgres.Pool, err error) (*DB, error) {
	if err != nil {
		return nil, err
	}
	// Raw bodies: many loads run at the same time, so windows and buffers are small.
	encoder, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true))
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	db := &DB{pool: pool, encoder: encoder, learning: semaphore.NewWeighted(1), waits: newWaits()}
	db.Tasks, db.Apps, db.Ledger, db.Runs, db.Archive = Registry{db}, Apps{db}, Ledger{db}, Runs{db}, Archive{db}
	db.reads = newReads(db)
	return db, nil
}

// Close ends all connections.
func (db *DB) Close() { db.pool.Close() }

// Pool is the connection pool, for readers and writers of other tables.
func (db *DB) Pool() *postgres.Pool { return db.pool }

// Now is the database's clock.
func (db *DB) Now(ctx context.Context) (time.Time, error) {
	var now time.Time
	err := db.pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
	if err != nil {
		return now, fmt.Errorf("read the database's clock: %w", err)
	}
	return now, nil
}

// Unreachable reports whether err says that the database could not be reached,
// refused the login, or went away.
func Unreachable(err error) bool {
	return errors.Is(err, ErrLockLost) && !errors.Is(err, context.Canceled) || postgres.Unreachable(err)
}

// conflict reports whether a transaction failed only because of a concurrent one and may be
// retried.
func conflict(err error) bool {
	code := postgres.Code(err)
	return code == pgerrcode.DeadlockDetected || code == pgerrcode.SerializationFailure
}

// JIT is off: compiling a query over many days takes longer than running it.
const sqlLimitReading = `SELECT set_config('statement_timeout', $1, true), set_config('jit', 'off', true)`

// Read calls f with a read-only transaction that sees one state of the database
// throughout. No statement takes longer than limit.
func (db *DB) Read(ctx context.Context, limit time.Duration, f func(pgx.Tx) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, db.pool, options, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlLimitReading, fmt.Sprint(limit.Milliseconds())); err != nil {
			return fmt.Errorf("limit the time to read: %w", err)
		}
		return f(tx)
	})
}

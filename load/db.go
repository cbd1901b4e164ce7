package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/klauspost/compress/zstd"
)

// statementTimeout bounds every statement: none of them takes seconds.
const statementTimeout = 60 * time.Second

// silence is how long a server waits for a client that does not answer: for the
// next statement of a transaction, for the receipt of what it sent, or for the
// heartbeat of a Session. It is longer than a Session itself takes to find its
// connection broken, and lets another process take over within the next minute.
const silence = 30 * time.Second

// sqlPrepareConnection goes by SET, since poolers refuse unknown startup
// parameters.
const sqlPrepareConnection = `SELECT
	set_config('application_name', 'pushloss', false),
	set_config('timezone', 'UTC', false),
	set_config('jit', 'off', false),
	set_config('default_transaction_isolation', 'read committed', false),
	set_config('statement_timeout', $1, false),
	set_config('idle_in_transaction_session_timeout', $2, false),
	set_config('tcp_user_timeout', $3, false),
	set_config('tcp_keepalives_idle', '15', false),
	set_config('tcp_keepalives_interval', '5', false),
	set_config('tcp_keepalives_count', '3', false)`

// DB is the database of facts. It is safe for concurrent use.
type DB struct {
	pool       *pgxpool.Pool
	encoder    *zstd.Encoder
	dimensions dimensions
}

// Open connects to the database; an error that Unreachable accepts says that
// there is none to be had there, a *PoolingError that it cannot be worked with by
// that way.
func Open(ctx context.Context, databaseURL string, maxConns int) (*DB, error) {
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, urlError(err)
	}
	pooled, err := checkPooling(ctx, config.ConnConfig)
	if err != nil {
		return nil, err
	}
	config.MaxConns = int32(maxConns)
	if pooled {
		config.MaxConns = min(config.MaxConns, pooledConns)
	}
	limitConnecting(config.ConnConfig)
	config.ConnConfig.Tracer = deadlines{}
	config.PingTimeout = pingTimeout
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		return firstAnswer(ctx, func(ctx context.Context) error {
			_, err := conn.Exec(ctx, sqlPrepareConnection, fmt.Sprint(statementTimeout.Milliseconds()),
				fmt.Sprint(silence.Milliseconds()), fmt.Sprint(silence.Milliseconds()))
			return err
		})
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	// Raw bodies: small windows and buffers, since many loads run beside each other.
	encoder, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true))
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	return &DB{pool: pool, encoder: encoder}, nil
}

// Close ends all connections.
func (db *DB) Close() { db.pool.Close() }

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
	var connectErr *pgconn.ConnectError
	var netErr *net.OpError
	var pgErr *pgconn.PgError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &connectErr), errors.Is(err, ErrLockLost):
		return true
	case errors.As(err, &pgErr):
		return pgerrcode.IsConnectionException(pgErr.Code) ||
			pgerrcode.IsOperatorIntervention(pgErr.Code) ||
			pgerrcode.IsInvalidAuthorizationSpecification(pgErr.Code) ||
			pgerrcode.IsInsufficientResources(pgErr.Code) ||
			pgErr.Code == pgerrcode.InvalidCatalogName ||
			pgErr.Code == pgerrcode.ReadOnlySQLTransaction
	}
	return errors.As(err, &netErr) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
}

// Denied reports whether err says that the role lacks a right in the database.
func Denied(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == pgerrcode.InsufficientPrivilege
}

// KeyTaken reports whether err says that a row with such a key is there already.
func KeyTaken(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == pgerrcode.UniqueViolation
}

// storable replaces what Postgres cannot hold in a text.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
}

// conflict reports whether a transaction failed only because of another one
// beside it, and may be tried again.
func conflict(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) &&
		(pgErr.Code == pgerrcode.DeadlockDetected || pgErr.Code == pgerrcode.SerializationFailure)
}

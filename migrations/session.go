package migrations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"pushloss/internal/postgres"
)

const (
	// readTimeout bounds reading the version from a server that is silent.
	readTimeout = 15 * time.Second
	// endTimeout bounds COMMIT, ROLLBACK and closing the connection, which go on after the context
	// ended.
	endTimeout = time.Minute
	// answerTimeout is how long the server may take to confirm that a statement was cancelled.
	answerTimeout = 5 * time.Second
)

// A migration of a large database may take long. But its locks must not be held while this machine
// is gone.
var limits = postgres.Limits{
	Name: "pushloss migrate", StatementTimeout: 4 * time.Hour, IdleInTransaction: time.Minute, LockTimeout: time.Minute,
}

// sqlNoticeDeath lets the server end the transaction of a killed migrator while its statement still
// runs. Not every platform can do that.
const sqlNoticeDeath = `SELECT set_config('client_connection_check_interval', '1s', false)`

// session is a migrator's own connection.
type session struct {
	conn *pgx.Conn
	// again opens another connection like this one.
	again func(context.Context) (*session, error)
}

// connect waits while the server has no connection left, and calls notice once, which may be nil.
func connect(ctx context.Context, databaseURL string, notice func(string)) (*session, error) {
	config, err := postgres.Parse(databaseURL)
	if err != nil {
		return nil, err
	}
	said := notice == nil
	waiting := func(why error, waited, limit time.Duration) {
		if !said && waited > time.Second {
			said = true
			notice(fmt.Sprintf("waits for a connection, for at most %s: %v", limit, why))
		}
	}
	return dial(ctx, config, func(ctx context.Context, limits postgres.Limits, change func(*pgx.ConnConfig)) (*pgx.Conn, error) {
		return config.ConnectPatiently(ctx, limits, change, waiting)
	})
}

type connector func(context.Context, postgres.Limits, func(*pgx.ConnConfig)) (*pgx.Conn, error)

// dial makes a session by a connector, and others like it without waiting.
func dial(ctx context.Context, config *postgres.Config, connect connector) (*session, error) {
	conn, err := connect(ctx, limits, func(config *pgx.ConnConfig) {
		// No statement here runs twice, and the simple protocol always works.
		config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
		config.StatementCacheCapacity, config.DescriptionCacheCapacity = 0, 0
		// Cancelling waits until the statement has ended in the server.
		config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
			return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: answerTimeout}
		}
	})
	if err != nil {
		return nil, ended(ctx, err)
	}
	limited, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	_, _ = conn.Exec(limited, sqlNoticeDeath)
	return &session{conn: conn, again: func(ctx context.Context) (*session, error) { return dial(ctx, config, config.Connect) }}, nil
}

// second makes another connection, to look at what this one waits for.
func (s *session) second(ctx context.Context) (postgres.Reader, func(), error) {
	other, err := s.again(ctx)
	if err != nil {
		return nil, nil, err
	}
	return other.conn, other.close, nil
}

// close also ends an open transaction.
func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	_ = s.conn.Close(ctx)
}

// rollback ends a transaction in the server, which releases its locks.
func (s *session) rollback(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTimeout)
	defer cancel()
	_, _ = s.conn.Exec(ctx, `ROLLBACK`)
}

// ended returns the error of ctx if that caused err; otherwise err.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

const (
	// sqlTryAlone and sqlAlone make migrators wait for each other, including those of older
	// versions.
	sqlTryAlone   = `SELECT pg_try_advisory_lock(hashtextextended('pushloss migrations', 0))`
	sqlAlone      = `SELECT pg_advisory_lock(hashtextextended('pushloss migrations', 0))`
	sqlWaitAtMost = `SELECT set_config('lock_timeout', $1, false)`
	sqlHolders    = postgres.SQLProcesses + `
		JOIN pg_locks AS l USING (pid)
		WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
			AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('pushloss migrations', 0)`
)

// lockMigrators waits until no other migrator is at work.
func (s *session) lockMigrators(ctx context.Context, patience time.Duration, notice func(string)) error {
	var free bool
	if err := s.conn.QueryRow(ctx, sqlTryAlone).Scan(&free); err != nil {
		return fmt.Errorf("wait for other migrators: %w", ended(ctx, err))
	}
	if free {
		return nil
	}
	holders, _ := postgres.ReadBlockers(ctx, s.conn, sqlHolders)
	notice("waits for another migrator: " + postgres.ListBlockers(holders))
	_, err := s.conn.Exec(ctx, sqlWaitAtMost, fmt.Sprint(patience.Milliseconds()))
	if err == nil {
		_, err = s.conn.Exec(ctx, sqlAlone)
	}
	switch {
	case err == nil:
		return nil
	case hasState(err, pgerrcode.LockNotAvailable):
		holders, _ := postgres.ReadBlockers(ctx, s.conn, sqlHolders)
		return &LockError{Waited: patience, Blockers: holders, cause: err}
	}
	return fmt.Errorf("wait for other migrators: %w", ended(ctx, err))
}

func hasState(err error, states ...string) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return false
	}
	for _, state := range states {
		if pgErr.Code == state {
			return true
		}
	}
	return false
}

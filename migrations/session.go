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
)

const (
	connectTimeout = 10 * time.Second
	// readTimeout bounds the reading of the version on a server that has gone
	// silent.
	readTimeout = 15 * time.Second
	// endTimeout bounds COMMIT, ROLLBACK and the end of a connection, which go on
	// after the context has ended.
	endTimeout = time.Minute
	// answerTimeout is how long a canceled statement may take to say so.
	answerTimeout = 5 * time.Second
)

// sqlPrepare sets what a role, a database or a server may have preset otherwise. By
// SET, since poolers refuse unknown startup parameters; a server that does not know
// a setting leaves it out. A migration of a large database may take long, but
// nobody holds its locks while this machine is gone.
const sqlPrepare = `
	SELECT set_config(name, value, false) FROM (VALUES
		('client_encoding', 'UTF8'), ('application_name', 'pushloss migrate'), ('search_path', ''),
		('timezone', 'UTC'), ('datestyle', 'ISO'), ('standard_conforming_strings', 'on'),
		('default_transaction_isolation', 'read committed'),
		('statement_timeout', '4h'), ('transaction_timeout', '0'),
		('idle_in_transaction_session_timeout', '60s'), ('idle_session_timeout', '0'),
		('lock_timeout', '60s'), ('jit', 'off'), ('row_security', 'on'), ('check_function_bodies', 'on'),
		('tcp_keepalives_idle', '15'), ('tcp_keepalives_interval', '5'), ('tcp_keepalives_count', '3')
	) AS wanted (name, value)
	WHERE name IN (SELECT name FROM pg_catalog.pg_settings)`

// sqlNoticeDeath lets the server end the transaction of a migrator that was killed
// although its statement is still running. Not every platform can.
const sqlNoticeDeath = `SELECT set_config('client_connection_check_interval', '1s', false)`

// session is a connection of a migrator's own.
type session struct {
	conn   *pgx.Conn
	config *pgx.ConnConfig
}

func connect(ctx context.Context, databaseURL string) (*session, error) {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		// It prints the URL, and does not find every password in it.
		if e, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
			e.ConnString = "(hidden)"
		}
		return nil, fmt.Errorf("database URL: %w", err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	// Whatever the URL says: nothing here is asked twice, and this always works.
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	config.StatementCacheCapacity, config.DescriptionCacheCapacity = 0, 0
	// A canceled statement has ended in the server too when we hear of it.
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: answerTimeout}
	}
	return dial(ctx, config)
}

func dial(ctx context.Context, config *pgx.ConnConfig) (*session, error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	s := &session{conn: conn, config: config}
	limited, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if _, err := conn.Exec(limited, sqlPrepare); err != nil {
		s.close()
		return nil, fmt.Errorf("prepare the connection: %w", ended(ctx, err))
	}
	_, _ = conn.Exec(limited, sqlNoticeDeath)
	return s, nil
}

// close also ends what is still open in the connection.
func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	_ = s.conn.Close(ctx)
}

// rollback ends a transaction in the server, so that its locks are gone.
func (s *session) rollback(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTimeout)
	defer cancel()
	_, _ = s.conn.Exec(ctx, `ROLLBACK`)
}

// ended is err, or the end of the context that caused it.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

const (
	// sqlTryAlone and sqlAlone make migrators wait for each other, also those of
	// older versions.
	sqlTryAlone   = `SELECT pg_try_advisory_lock(hashtextextended('pushloss migrations', 0))`
	sqlAlone      = `SELECT pg_advisory_lock(hashtextextended('pushloss migrations', 0))`
	sqlWaitAtMost = `SELECT set_config('lock_timeout', $1, false)`
	sqlHolders    = sqlProcesses + `
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
	holders, _ := s.processes(ctx, sqlHolders)
	notice("waits for another migrator: " + listBlockers(holders))
	_, err := s.conn.Exec(ctx, sqlWaitAtMost, fmt.Sprint(patience.Milliseconds()))
	if err == nil {
		_, err = s.conn.Exec(ctx, sqlAlone)
	}
	switch {
	case err == nil:
		return nil
	case hasState(err, pgerrcode.LockNotAvailable):
		holders, _ := s.processes(ctx, sqlHolders)
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

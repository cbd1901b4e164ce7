package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/problem"
)

// PoolingError says that the database is behind a connection pooler that changes a
// client's server connection between transactions or statements. The locks of a process
// belong to a server connection, so other clients would get them.
type PoolingError struct {
	Mode string // "transaction" or "statement"
}

func (e *PoolingError) Error() string {
	return fmt.Sprintf("the database is reached through a connection pooler in %s mode, where no lock can be kept", e.Mode)
}

// ExitCode is problem.Usage.
func (*PoolingError) ExitCode() problem.Code { return problem.Usage }

// Hint says what an operator can do.
func (e *PoolingError) Hint() string {
	return "point DATABASE_URL at Postgres itself, or at a pool in session mode (PgBouncer: pool_mode = session)"
}

// NoConnectionError says that a login succeeded but no server connection became available in time:
// all connections of a pooler are in use.
type NoConnectionError struct {
	Waited time.Duration
	cause  error
}

func (e *NoConnectionError) Error() string {
	return fmt.Sprintf("the database accepted the login and then did not answer within %s", e.Waited)
}

func (e *NoConnectionError) Unwrap() error { return e.cause }

// Hint says what an operator can do.
func (e *NoConnectionError) Hint() string {
	return fmt.Sprintf("if it is behind a connection pooler, the pooler's server connections are all in use: "+
		"give its pool room for %d of each pushloss process (PgBouncer: pool_size)", pooledConns)
}

const (
	// pooledConns bounds the pool of a process behind a pooler, which has few connections for all
	// of its clients. A client that gets none waits without a sign.
	pooledConns = 3
	// poolingRounds is how often two clients are compared, so that other clients of a busy pooler
	// do not hide its mode by chance.
	poolingRounds = 12
)

// CheckPooling returns a *PoolingError if the database is reached through a pooler
// that does not keep a client on one server connection.
func CheckPooling(ctx context.Context, databaseURL string) error {
	config, err := Parse(databaseURL)
	if err != nil {
		return err
	}
	_, err = detectPooler(ctx, config)
	return err
}

// detectPooler reports whether there is a pooler, and returns the errors of CheckPooling. It only
// asks which server connection it has. It uses the simple protocol, because poolers lose prepared
// statements first. Without a pooler, later logins outbid presets.
func detectPooler(ctx context.Context, config *Config) (pooled bool, err error) {
	var first backend
	a, err := again(ctx, config, func() (*probe, error) {
		a, err := connectTo(ctx, config.conn)
		if err != nil {
			return nil, err
		}
		if first, err = a.backend(ctx); err != nil {
			a.close(ctx)
		}
		return a, err
	})
	if err != nil {
		return false, err
	}
	defer a.close(ctx)
	// A pooler makes up the process ID that it sends to a client at the login.
	if first.pid == fmt.Sprint(a.conn.PID()) {
		if results, err := a.ask(ctx, sqlPresets); err != nil && endsEarly(ctx, err) || err == nil && len(results[0].Rows) > 0 {
			config.outbid(a.conn)
		}
		return false, nil
	}
	b, err := connectTo(ctx, config.conn)
	if err != nil {
		return true, err
	}
	defer b.close(ctx)
	for range poolingRounds {
		if err := checkRound(ctx, a, b, first); err != nil {
			return true, err
		}
	}
	return true, nil
}

// sqlTakeTime prevents preset limits of a role from ending the transaction of a round. It applies
// only to that transaction, because another client may get the session next.
const sqlTakeTime = `SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0`

// checkRound checks whether each of two clients has its own server connection, and keeps it while
// the other client holds a transaction open. By default, PgBouncer gives b the connection that a
// has just used; with server_round_robin it gives a another one.
func checkRound(ctx context.Context, a, b *probe, first backend) error {
	moved := func(now backend) error {
		if now != first {
			return &PoolingError{Mode: "transaction"}
		}
		return nil
	}
	now, err := a.backend(ctx)
	if err == nil {
		err = moved(now)
	}
	if err != nil {
		return err
	}
	if err := b.exec(ctx, "BEGIN"); err != nil {
		if statementMode(err) {
			return &PoolingError{Mode: "statement"}
		}
		return err
	}
	if err := b.exec(ctx, sqlTakeTime); err != nil {
		return err
	}
	theirs, err := b.backend(ctx)
	switch {
	case err != nil:
		return err
	case theirs == first: // and a would wait for ever for a pool of one connection
		return &PoolingError{Mode: "transaction"}
	}
	if now, err = a.backend(ctx); err == nil {
		err = moved(now)
	}
	return errors.Join(err, b.exec(ctx, "ROLLBACK"))
}

// statementMode reports whether a pooler refused a transaction because it is a transaction.
// Postgres never does that.
func statementMode(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && strings.Contains(pgErr.Message, "statement pooling")
}

// backend identifies a server connection. The start time of the server distinguishes servers with
// the same process IDs.
type backend struct{ pid, server string }

// probe is a connection that only asks for its server connection.
type probe struct{ conn *pgconn.PgConn }

func connectTo(ctx context.Context, config *pgx.ConnConfig) (*probe, error) {
	config = config.Copy()
	conn, err := pgconn.ConnectConfig(ctx, &config.Config)
	if err != nil {
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	return &probe{conn}, nil
}

// PgConn returns the driver's connection; nil if there is none.
func (p *probe) PgConn() *pgconn.PgConn {
	if p == nil {
		return nil
	}
	return p.conn
}

func (p *probe) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = p.conn.Close(ctx)
}

func (p *probe) backend(ctx context.Context) (backend, error) {
	results, err := p.ask(ctx, `SELECT pg_catalog.pg_backend_pid(), pg_catalog.pg_postmaster_start_time()`)
	if err != nil {
		return backend{}, err
	}
	row := results[0].Rows[0]
	return backend{pid: string(row[0]), server: string(row[1])}, nil
}

func (p *probe) exec(ctx context.Context, sql string) error {
	_, err := p.ask(ctx, sql)
	return err
}

func (p *probe) ask(ctx context.Context, sql string) ([]*pgconn.Result, error) {
	var results []*pgconn.Result
	err := firstAnswer(ctx, func(ctx context.Context) (err error) {
		// A probe changes nothing in a session, which another client may get next. The role may
		// preset too short a time limit; with exit_on_error, it ends the session.
		for range 5 {
			results, err = p.conn.Exec(ctx, sql).ReadAll()
			if Code(err) != pgerrcode.QueryCanceled || p.conn.IsClosed() {
				break
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ask for the server connection: %w", err)
	}
	return results, nil
}

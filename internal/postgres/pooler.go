package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"pushloss/internal/problem"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// PoolingError says that the database is reached through a connection pooler that
// gives a client another server connection from one transaction or statement to
// the next. The locks of a process, which belong to a server connection, would
// stay with others there.
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

// NoConnectionError says that a login was taken and then no server connection was
// to be had in time: all those of a connection pooler are in use.
type NoConnectionError struct {
	Waited time.Duration
	cause  error
}

func (e *NoConnectionError) Error() string {
	return fmt.Sprintf("the database took the login and then did not answer within %s", e.Waited)
}

func (e *NoConnectionError) Unwrap() error { return e.cause }

// Hint says what an operator can do.
func (e *NoConnectionError) Hint() string {
	return fmt.Sprintf("if it is behind a connection pooler, the pooler's server connections are all in use: "+
		"give its pool room for %d of each pushloss process (PgBouncer: pool_size)", pooledConns+1)
}

const (
	// pooledConns bounds the pool of a process behind a pooler, which has few
	// connections for all its clients: twenty by PgBouncer's stock settings. One
	// more reads the schema's version now and then.
	pooledConns = 5
	// poolingRounds is how often two clients are compared, lest others of a busy
	// pool hide by chance what is the rule.
	poolingRounds = 12
)

// CheckPooling returns a *PoolingError if the database is reached through a pooler
// that does not keep a client on one server connection.
func CheckPooling(ctx context.Context, databaseURL string) error {
	config, err := Parse(databaseURL)
	if err != nil {
		return err
	}
	_, err = checkPooling(ctx, config.conn)
	return err
}

// checkPooling also reports whether there is a pooler at all. All it does is ask on
// which server connection it is, in the simple protocol, since prepared
// statements are what a pooler loses first.
func checkPooling(ctx context.Context, config *pgx.ConnConfig) (pooled bool, err error) {
	a, err := connectTo(ctx, config)
	if err != nil {
		return false, err
	}
	defer a.close(ctx)
	first, err := a.backend(ctx)
	// A pooler invents the process ID that it sends to a client at the login.
	if err != nil || first.pid == fmt.Sprint(a.conn.PID()) {
		return false, err
	}
	b, err := connectTo(ctx, config)
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

// sqlTakeTime lets no limit that a role has preset end the transaction of a round. It
// holds for that transaction alone: the session may be somebody else's.
const sqlTakeTime = `SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0`

// checkRound looks whether two clients have a server connection each, and keep it
// while the other one holds a transaction open. By default PgBouncer gives b the
// one that a has just used; by turns (server_round_robin) it gives a another one.
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
	case theirs == first: // and a would wait for ever for a pool of one
		return &PoolingError{Mode: "transaction"}
	}
	if now, err = a.backend(ctx); err == nil {
		err = moved(now)
	}
	return errors.Join(err, b.exec(ctx, "ROLLBACK"))
}

// statementMode reports whether a pooler refused a transaction as such: Postgres
// never does.
func statementMode(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && strings.Contains(pgErr.Message, "statement pooling")
}

// backend names a server connection; the server's start tells servers apart that
// number alike.
type backend struct{ pid, server string }

// probe is a connection that only asks where it is.
type probe struct{ conn *pgconn.PgConn }

func connectTo(ctx context.Context, config *pgx.ConnConfig) (*probe, error) {
	config = config.Copy()
	conn, err := pgconn.ConnectConfig(ctx, &config.Config)
	if err != nil {
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	return &probe{conn}, nil
}

func (p *probe) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = p.conn.Close(ctx)
}

func (p *probe) backend(ctx context.Context) (backend, error) {
	results, err := p.ask(ctx, `SELECT pg_backend_pid(), pg_postmaster_start_time()`)
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
		// A probe sets nothing in a session that may be somebody else's next; a time
		// limit that the role presets may be too short by chance.
		for range 5 {
			results, err = p.conn.Exec(ctx, sql).ReadAll()
			if Code(err) != pgerrcode.QueryCanceled {
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

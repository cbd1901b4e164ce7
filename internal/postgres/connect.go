package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// prepareTimeout bounds the wait for the first answer on a new connection. A pooler without a free
// connection gives up only after minutes.
const prepareTimeout = 10 * time.Second

// Connect makes one connection with our session settings. change, which may be nil, changes the
// configuration at the end.
func Connect(ctx context.Context, databaseURL string, limits Limits, change func(*pgx.ConnConfig)) (*pgx.Conn, error) {
	config, err := Parse(databaseURL)
	if err != nil {
		return nil, err
	}
	return config.Connect(ctx, limits, change)
}

// Connect is the function Connect with this configuration.
func (c *Config) Connect(ctx context.Context, limits Limits, change func(*pgx.ConnConfig)) (*pgx.Conn, error) {
	session, err := again(ctx, c, func() (session, error) {
		config := c.conn.Copy()
		if change != nil {
			change(config)
		}
		conn, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			return session{}, fmt.Errorf("connect to database: %w", err)
		}
		if err := c.prepare(ctx, conn, limits); err != nil {
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = conn.Close(end)
			return session{conn}, err
		}
		return session{conn}, nil
	})
	if err != nil {
		return nil, err
	}
	return session.conn, nil
}

// ConnectPatiently is Connect, but waits as OpenPatiently does.
func (c *Config) ConnectPatiently(ctx context.Context, limits Limits, change func(*pgx.ConnConfig), waiting Waiting) (*pgx.Conn, error) {
	return whileFull(ctx, func() (*pgx.Conn, error) { return c.Connect(ctx, limits, change) }, worthWaiting, waiting)
}

// session is a connection; conn is nil if there is none.
type session struct{ conn *pgx.Conn }

// PgConn returns the driver's connection; nil if there is none.
func (s session) PgConn() *pgconn.PgConn {
	if s.conn == nil {
		return nil
	}
	return s.conn.PgConn()
}

func (c *Config) prepare(ctx context.Context, conn *pgx.Conn, limits Limits) error {
	err := firstAnswer(ctx, func(ctx context.Context) error { return prepare(ctx, conn, limits, c.named) })
	if Denied(err) && strings.Contains(err.Error(), replicationRole) { // the server quotes the name in any language
		err = &PresetError{Setting: replicationRole, User: c.conn.User, Database: c.conn.Database, cause: err}
	}
	if err != nil {
		return fmt.Errorf("prepare the session: %w", err)
	}
	if encoding := conn.PgConn().ParameterStatus("server_encoding"); encoding != "" && encoding != "UTF8" {
		return &EncodingError{Database: c.conn.Database, User: c.conn.User, Encoding: encoding}
	}
	return nil
}

// EncodingError refuses a database that cannot hold every text of the API, or whose stored bytes
// each reader may decode differently.
type EncodingError struct{ Database, User, Encoding string }

func (e *EncodingError) Error() string {
	return fmt.Sprintf("the database %s has the encoding %s, which cannot hold every text of the API; nothing was changed", e.Database, e.Encoding)
}

// Hint says what an operator can do.
func (e *EncodingError) Hint() string {
	return fmt.Sprintf("make one in UTF8, and name it in DATABASE_URL: CREATE DATABASE pushloss OWNER %s TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';",
		pgx.Identifier{e.User}.Sanitize())
}

// errLate is the cause of a context that firstAnswer cancels.
var errLate = errors.New("no answer in time")

// firstAnswer bounds the first statement on a new connection.
func firstAnswer(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, prepareTimeout, errLate)
	defer cancel()
	err := ask(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errLate) {
		return &NoConnectionError{Waited: prepareTimeout, cause: err}
	}
	return err
}

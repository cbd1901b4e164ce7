package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// hasty are the settings whose presets, for a role, a database or a server, can end a session or its first
// statements before prepare sets ours. An older server refuses a login with a setting that it does
// not know.
var hasty = []struct {
	name, off string
	since     int    // first major version with the setting
	code      string // the SQLSTATE with which a preset ends a statement or a session
}{
	{"statement_timeout", "0", 0, pgerrcode.QueryCanceled},
	{"idle_session_timeout", "0", 14, pgerrcode.IdleSessionTimeout},
	{"transaction_timeout", "0", 17, transactionTimeout},
	{"exit_on_error", "off", 0, ""},
}

// outbid makes the next logins set the hasty settings, which wins over presets. Few poolers accept
// that, so it is done only if needed.
func (c *Config) outbid(conn *pgconn.PgConn) {
	version, _, _ := strings.Cut(conn.ParameterStatus("server_version"), ".")
	digits := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' }) // 18beta1
	if digits >= 0 {
		version = version[:digits]
	}
	major, _ := strconv.Atoi(version)
	options := []string{c.options}
	for _, s := range hasty {
		if major >= s.since {
			options = append(options, "-c "+s.name+"="+s.off)
		}
	}
	c.conn.RuntimeParams["options"] = strings.TrimSpace(strings.Join(options, " "))
	c.outbids = true
}

// endsEarly reports whether a session or one of its statements ended, as a preset would end it.
func endsEarly(ctx context.Context, err error) bool {
	var netErr *net.OpError
	return err != nil && ctx.Err() == nil &&
		(presetOf(err) != "" || errors.As(err, &netErr) || errors.Is(err, io.ErrUnexpectedEOF))
}

// presetOf returns the hasty setting that ends a statement with such an error, or "".
func presetOf(err error) string {
	for _, s := range hasty {
		if code := Code(err); code != "" && code == s.code {
			return s.name
		}
	}
	return ""
}

// again takes a step at the start of a session. If the session ended early, it repeats the step
// with a login that outbids presets. The step returns its connection even if it fails.
func again[C interface{ PgConn() *pgconn.PgConn }](ctx context.Context, c *Config, step func() (C, error)) (C, error) {
	conn, first := step()
	if c.outbids || !endsEarly(ctx, first) || conn.PgConn() == nil {
		return conn, first
	}
	c.outbid(conn.PgConn())
	conn, err := step()
	if name := presetOf(first); err != nil && name != "" {
		return conn, &PresetError{Setting: name, User: c.conn.User, Database: c.conn.Database, cause: first}
	}
	return conn, err
}

// PresetError says that a preset ends each session before it can be changed, or that the role must
// not change it.
type PresetError struct {
	Setting, User, Database string
	cause                   error
}

func (e *PresetError) Error() string {
	return fmt.Sprintf("%s, preset for the role %s or the database %s, lets no session begin: %v", e.Setting, e.User, e.Database, e.cause)
}

func (e *PresetError) Unwrap() error { return e.cause }

// Hint says what an operator can do.
func (e *PresetError) Hint() string {
	return fmt.Sprintf("ALTER ROLE %s RESET %s; or, if it is the database's: ALTER DATABASE %s RESET %[2]s; behind a pooler, then let it make its connections again",
		pgx.Identifier{e.User}.Sanitize(), e.Setting, pgx.Identifier{e.Database}.Sanitize())
}

// sqlPresets finds presets, whether of the role, the database or the server.
const sqlPresets = `SELECT name FROM pg_catalog.pg_settings
	WHERE setting NOT IN ('0', 'off') AND name IN ('statement_timeout', 'idle_session_timeout', 'transaction_timeout', 'exit_on_error')`

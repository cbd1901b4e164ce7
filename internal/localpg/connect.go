package localpg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const connectLimit = 5 * time.Second

// url returns the URL for pgx and psql. It has the name of the file with the password instead of
// the password, so logs may print it.
func (p place) url(port int, database string) string {
	return "postgres://" + role + "@" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) + "/" + database +
		"?sslmode=disable&passfile=" + escapePath(p.passfile())
}

// escapePath escapes a path for readers that decode + as a space (Go) and readers that do not
// (libpq). It does not change ordinary paths.
func escapePath(path string) string {
	return strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(path))
}

// connect opens a connection to a maintenance database.
func (p place) connect(ctx context.Context, port int) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, connectLimit, fmt.Errorf("no answer within %s", connectLimit))
	defer cancel()
	return pgx.Connect(ctx, p.url(port, "postgres"))
}

// errPasswordRefused says that a server answers, but does not know our password.
var errPasswordRefused = errors.New("password refused")

// answers checks that our server answers on the port, and not another one that has taken the port
// since.
func (p place) answers(ctx context.Context, port int) error {
	conn, err := p.connect(ctx, port)
	if err != nil {
		// 28P01 invalid password, 28000 no such role.
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && (pg.Code == "28P01" || pg.Code == "28000") {
			return errPasswordRefused
		}
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var dir string
	if err := conn.QueryRow(ctx, "SELECT current_setting('data_directory')").Scan(&dir); err != nil {
		return err
	}
	theirs, err := os.Stat(dir)
	if err != nil {
		return err
	}
	ours, err := os.Stat(p.data())
	if err != nil {
		return err
	}
	if !os.SameFile(theirs, ours) {
		return fmt.Errorf("the server on port %d serves %s", port, dir)
	}
	return nil
}

// ensureDatabase makes the database if it is missing: on the first start, or after an interrupted
// first start.
func (p place) ensureDatabase(ctx context.Context, port int) error {
	conn, err := p.connect(ctx, port)
	if err != nil {
		return fmt.Errorf("local database: connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var exists bool
	const find = "SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)"
	if err := conn.QueryRow(ctx, find, role).Scan(&exists); err != nil {
		return fmt.Errorf("local database: look for database %s: %w", role, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE pushloss"); err != nil {
		return fmt.Errorf("local database: create database %s: %w", role, err)
	}
	return nil
}

package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// Owner is the role that owns the tests' databases. It is not a superuser.
	Owner = "pushloss_tests"
	// Password is the owner's.
	Password = "of-the-tests-owner"

	statementLimit = 2 * time.Minute

	// sqlLock makes the test processes that share a server wait for each other.
	sqlLock   = `SELECT pg_advisory_lock(7354102, hashtext($1))`
	sqlUnlock = `SELECT pg_advisory_unlock(7354102, hashtext($1))`
	sqlOwner  = `
		DO $$ BEGIN
			IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '` + Owner + `') THEN
				CREATE ROLE ` + Owner + ` LOGIN PASSWORD '` + Password + `';
			END IF;
		END $$`
	sqlIsTemplate = `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)`
)

// databases makes and drops databases on the server, through one connection of its administrator.
type databases struct {
	address func() (string, error) // the administrator's URL

	mu    sync.Mutex
	conn  *pgx.Conn
	ready map[string]bool // templates
	own   []string        // templates of this process alone
}

// with runs a step that uses the connection.
func (d *databases) with(step func(ctx context.Context, conn *pgx.Conn, address string) error) error {
	address, err := d.address()
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	if d.conn == nil || d.conn.IsClosed() {
		if d.conn, err = pgx.Connect(ctx, address); err != nil {
			return err
		}
	}
	return step(ctx, d.conn, address)
}

// create copies a template to a new database and returns its owner's URL. It fills the template at
// its first use on the server.
func (d *databases) create(name, template string, fill func(ctx context.Context, ownerURL string) error) (ownerURL string, err error) {
	err = d.with(func(ctx context.Context, conn *pgx.Conn, address string) error {
		if err := d.prepare(ctx, conn, address, template, fill); err != nil {
			return fmt.Errorf("prepare a template: %w", err)
		}
		if ownerURL, err = urlOf(address, name); err != nil {
			return err
		}
		return statements(ctx, conn, createDatabase(conn, name, template))
	})
	return ownerURL, err
}

// prepare makes the owner and the template if they are missing.
func (d *databases) prepare(ctx context.Context, conn *pgx.Conn, address, template string, fill func(ctx context.Context, ownerURL string) error) error {
	if d.ready[template] {
		return nil
	}
	if err := locked(ctx, conn, Owner, func() error { return statements(ctx, conn, sqlOwner) }); err != nil {
		return err
	}
	err := locked(ctx, conn, template, func() error { return d.prepareAlone(ctx, conn, address, template, fill) })
	if err == nil {
		if d.ready == nil {
			d.ready = make(map[string]bool)
		}
		d.ready[template] = true
	}
	return err
}

// locked runs a step while no other process runs a step with this name.
func locked(ctx context.Context, conn *pgx.Conn, name string, step func() error) error {
	if _, err := conn.Exec(ctx, sqlLock, name); err != nil {
		return err
	}
	defer func() { _, _ = conn.Exec(ctx, sqlUnlock, name) }()
	return step()
}

func (d *databases) prepareAlone(ctx context.Context, conn *pgx.Conn, address, template string, fill func(ctx context.Context, ownerURL string) error) error {
	var exists bool
	if err := conn.QueryRow(ctx, sqlIsTemplate, template).Scan(&exists); err != nil {
		return err
	}
	if exists {
		return nil
	}
	ownerURL, err := urlOf(address, template)
	if err != nil {
		return err
	}
	// A database that an interrupted process left is not marked as a template.
	if err := statements(ctx, conn, `DROP DATABASE IF EXISTS `+template, createDatabase(conn, template, "template1")); err != nil {
		return err
	}
	if err := fill(ctx, ownerURL); err != nil {
		return err
	}
	return statements(ctx, conn, `ALTER DATABASE `+template+` IS_TEMPLATE true`)
}

// forget drops the templates that only this process uses.
func (d *databases) forget() error {
	if len(d.own) == 0 {
		return nil
	}
	return d.with(func(ctx context.Context, conn *pgx.Conn, _ string) error {
		for _, name := range d.own {
			if err := statements(ctx, conn, `ALTER DATABASE `+name+` IS_TEMPLATE false`, `DROP DATABASE `+name); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *databases) drop(name string) error {
	return d.with(func(ctx context.Context, conn *pgx.Conn, _ string) error {
		// A test may kill a process that uses its database; the server takes a moment to notice.
		// goleak reports connections that a test itself forgot to close.
		return statements(ctx, conn, `DROP DATABASE `+name+` WITH (FORCE)`)
	})
}

func (d *databases) close(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		_ = d.conn.Close(ctx)
	}
}

// createDatabase copies the files of the template. Otherwise, since Postgres 15, the server writes
// a copy of each page to its log, which takes twice as long.
func createDatabase(conn *pgx.Conn, name, template string) string {
	sql := `CREATE DATABASE ` + name + ` OWNER ` + Owner + ` TEMPLATE ` + template
	if version := conn.PgConn().ParameterStatus("server_version"); len(version) > 2 && version[:2] >= "15" {
		sql += ` STRATEGY file_copy`
	}
	return sql
}

func statements(ctx context.Context, conn *pgx.Conn, list ...string) error {
	for _, sql := range list {
		if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	return nil
}

// urlOf returns the owner's URL for a database of the administrator's server.
func urlOf(address, database string) (string, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("the server's URL cannot be parsed")
	}
	options := parsed.Query()
	for _, name := range []string{"passfile", "password", "user", "dbname", "database"} { // those of the administrator
		options.Del(name)
	}
	if options.Get("sslmode") == "" && options.Get("host") == "" {
		options.Set("sslmode", "disable")
	}
	parsed.User, parsed.Path, parsed.RawQuery = url.UserPassword(Owner, Password), "/"+database, options.Encode()
	return parsed.String(), nil
}

// create makes a database for this test alone.
func create(t testing.TB, template string, fill func(ctx context.Context, ownerURL string) error) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	prepare := func() (string, error) { return shared.databases.create(name, template, fill) }
	drop := shared.databases.drop
	if OnCitus() && fill != nil {
		prepare = func() (string, error) { return shared.databases.createSpread(name, fill) }
		drop = shared.databases.dropSpread
	}
	ownerURL, err := prepare()
	if err != nil {
		t.Fatalf("a Postgres for the tests: %v", err)
	}
	t.Cleanup(func() {
		if err := drop(name); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return ownerURL
}

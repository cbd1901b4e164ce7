package migrations

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	driver "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

//go:embed *.sql
var files embed.FS

// lockTimeout bounds the wait for another migrator. It is set in the connection,
// since golang-migrate's own bound does not cover its first steps.
const lockTimeout = 60 * time.Second

const (
	connectTimeout = 10 * time.Second
	// readTimeout bounds the reading of the version on a server that has gone
	// silent.
	readTimeout = 15 * time.Second
)

// Up brings the schema of the database to the newest version, and its catalogue of
// error codes to that of error_codes.csv. It is no error if they are there already.
func Up(ctx context.Context, databaseURL string) error {
	if err := apply(ctx, databaseURL, (*migrate.Migrate).Up); err != nil {
		return err
	}
	db, err := open(databaseURL)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // the one that holds the lock
	if _, err := db.ExecContext(ctx, sqlAlone); err != nil {
		return fmt.Errorf("wait for other migrators: %w", err)
	}
	return explainErrorCodes(ctx, db, errorCodes)
}

// Down takes back the newest steps migrations, data included. There must be that
// many.
func Down(ctx context.Context, databaseURL string, steps int) error {
	status, err := Read(ctx, databaseURL)
	if err != nil {
		return err
	}
	if steps < 1 || steps > status.Version && !status.Dirty {
		return fmt.Errorf("cannot take back %d migrations: %d are applied", steps, status.Version)
	}
	return apply(ctx, databaseURL, func(m *migrate.Migrate) error { return m.Steps(-steps) })
}

// Newest is the version that this binary was built for: the number of its
// migrations.
func Newest() int {
	ups, err := fs.Glob(files, "*.up.sql")
	if err != nil {
		return 0 // the pattern is constant and well-formed
	}
	return len(ups)
}

// Hash identifies the embedded migrations, and the catalogue, by their content.
func Hash() string {
	digest := sha256.New()
	digest.Write([]byte(errorCodes))
	names, _ := fs.Glob(files, "*.sql") // sorted
	for _, name := range names {
		body, _ := files.ReadFile(name)
		fmt.Fprintf(digest, "%s\x00%d\x00%s", name, len(body), body)
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// sqlAlone makes migrators wait for each other. golang-migrate has a lock of its
// own for that, but no context ends the wait for it.
const sqlAlone = `SELECT pg_advisory_lock(hashtextextended('pushloss migrations', 0))`

func apply(ctx context.Context, databaseURL string, step func(*migrate.Migrate) error) error {
	db, err := open(databaseURL)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // the one that holds the lock
	if _, err := db.ExecContext(ctx, sqlAlone); err != nil {
		return fmt.Errorf("wait for other migrators: %w", err)
	}
	status, err := read(ctx, db)
	if err != nil {
		return err
	}
	if status.Dirty || status.Version > status.Newest {
		return &StateError{Status: status}
	}
	// golang-migrate puts its version table into this schema and wants it there.
	if _, err := db.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS pushloss`); err != nil {
		return fmt.Errorf("create schema pushloss: %w", err)
	}
	source, err := iofs.New(files, ".")
	if err != nil {
		return fmt.Errorf("read the embedded migrations: %w", err)
	}
	instance, err := driver.WithInstance(db, &driver.Config{SchemaName: "pushloss"})
	if err != nil {
		return fmt.Errorf("prepare migration: %w", err)
	}
	migrator, err := migrate.NewWithInstance("iofs", source, "pgx5", instance)
	if err != nil {
		return fmt.Errorf("prepare migration: %w", err)
	}
	defer migrator.Close() // closes db as well, which is this function's own
	migrator.LockTimeout = lockTimeout

	// Up takes no context: ask it to stop between two migrations.
	stopped := context.AfterFunc(ctx, func() { migrator.GracefulStop <- true })
	defer stopped()

	err = step(migrator)
	var failed database.Error
	switch {
	case err == nil, errors.Is(err, migrate.ErrNoChange):
		return ctx.Err()
	case errors.As(err, &failed): // it prints the whole file
		return fmt.Errorf("migrate: %w", failed.OrigErr)
	}
	return fmt.Errorf("migrate: %w", err)
}

// open returns a handle of its own: golang-migrate closes what it is given.
func open(databaseURL string) (*sql.DB, error) {
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
	// By SET, since poolers refuse unknown startup parameters.
	return stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `SELECT set_config('lock_timeout', $1, false)`, strconv.FormatInt(lockTimeout.Milliseconds(), 10))
		return err
	})), nil
}

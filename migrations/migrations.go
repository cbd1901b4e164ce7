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
	driver "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

//go:embed *.sql
var files embed.FS

// lockTimeout bounds the wait for another migrator. It is set in the connection,
// since golang-migrate's own bound does not cover its first steps.
const lockTimeout = 60 * time.Second

// Up brings the schema of the database to the newest version. It is no error if
// it is there already.
func Up(ctx context.Context, databaseURL string) error {
	return apply(ctx, databaseURL, (*migrate.Migrate).Up)
}

// Down takes back the newest steps migrations, data included. There must be that
// many.
func Down(ctx context.Context, databaseURL string, steps int) error {
	status, err := Read(ctx, databaseURL)
	if err != nil {
		return err
	}
	if steps < 1 || steps > status.Version {
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

// Hash identifies the embedded migrations by their content.
func Hash() string {
	digest := sha256.New()
	names, _ := fs.Glob(files, "*.sql") // sorted
	for _, name := range names {
		body, _ := files.ReadFile(name)
		fmt.Fprintf(digest, "%s\x00%d\x00%s", name, len(body), body)
	}
	return hex.EncodeToString(digest.Sum(nil))
}

func apply(ctx context.Context, databaseURL string, step func(*migrate.Migrate) error) error {
	db, err := open(databaseURL)
	if err != nil {
		return err
	}
	defer db.Close()
	// golang-migrate puts its version table into this schema and wants it there.
	if _, err := db.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS pushloss`); err != nil && !duplicate(err) {
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
	var dirty migrate.ErrDirty
	switch {
	case errors.As(err, &dirty):
		return &StateError{Status: Status{Version: dirty.Version, Dirty: true, Newest: Newest()}}
	case errors.Is(err, migrate.ErrNoChange), err == nil:
		return ctx.Err()
	}
	return fmt.Errorf("migrate: %w", err)
}

// open returns a handle of its own: golang-migrate closes what it is given.
func open(databaseURL string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	config.RuntimeParams["lock_timeout"] = strconv.FormatInt(lockTimeout.Milliseconds(), 10)
	return stdlib.OpenDB(*config), nil
}

package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"
)

// Status is the version of a database's schema against this binary's.
type Status struct {
	Version int  `json:"version"` // 0: nothing applied
	Newest  int  `json:"newest"`
	Dirty   bool `json:"dirty"` // a migration broke off halfway
}

// Current reports whether the binary can work on the schema.
func (s Status) Current() bool { return !s.Dirty && s.Version == s.Newest }

// StateError says that the schema is not the one that the binary needs.
type StateError struct{ Status Status }

func (e *StateError) Error() string {
	switch s := e.Status; {
	case s.Dirty:
		return fmt.Sprintf("the schema is dirty: a migration to version %d broke off", s.Version)
	case s.Version == 0:
		return "the database has no schema yet"
	case s.Version < s.Newest:
		return fmt.Sprintf("the schema is at version %d, behind this binary's %d", s.Version, s.Newest)
	default:
		return fmt.Sprintf("the schema is at version %d, newer than this binary's %d", s.Version, s.Newest)
	}
}

// Hint tells an operator what to do.
func (e *StateError) Hint() string {
	switch s := e.Status; {
	case s.Dirty:
		return fmt.Sprintf("restore the database from a backup, or repair what the migration to version %d left and set (version, dirty) in pushloss.schema_migrations by hand; pushloss never forces it", s.Version)
	case s.Version < s.Newest:
		return "run: pushloss migrate up"
	default:
		return "use the pushloss binary that the schema was made by, or a newer one"
	}
}

// Check returns a *StateError unless the schema is exactly the binary's.
func Check(ctx context.Context, databaseURL string) error {
	status, err := Read(ctx, databaseURL)
	if err != nil {
		return err
	}
	if !status.Current() {
		return &StateError{Status: status}
	}
	return nil
}

// Read returns the schema's status. It changes nothing.
func Read(ctx context.Context, databaseURL string) (Status, error) {
	db, err := open(databaseURL)
	if err != nil {
		return Status{}, err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return read(ctx, db)
}

func read(ctx context.Context, db *sql.DB) (Status, error) {
	status := Status{Newest: Newest()}
	err := db.QueryRowContext(ctx, `SELECT version, dirty FROM pushloss.schema_migrations`).Scan(&status.Version, &status.Dirty)
	switch {
	case errors.Is(err, sql.ErrNoRows), hasState(err, pgerrcode.UndefinedTable):
		return status, nil
	case err != nil:
		return status, fmt.Errorf("read the schema's version: %w", err)
	}
	status.Version = max(status.Version, 0) // a broken way down to nothing is kept as -1
	return status, nil
}

func hasState(err error, state string) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == state
}

package migrations

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
)

// Status compares the version of a database's schema with that of this binary.
type Status struct {
	Version int  `json:"version"` // 0: nothing applied
	Newest  int  `json:"newest"`
	Dirty   bool `json:"dirty"` // an older binary's migration broke off
	// OtherViews says that the schema is at the newest version but has other views than this
	// binary.
	OtherViews bool `json:"other_views"`
}

// Current reports whether the binary can work on the schema.
func (s Status) Current() bool { return !s.Dirty && s.Version == s.Newest && !s.OtherViews }

// Applied returns the number of the schema's migrations.
func (s Status) Applied() int {
	return len(slices.DeleteFunc(versions(), func(version int) bool { return version > s.Version }))
}

// StateError says that the schema is not the one that this binary needs.
type StateError struct {
	Status Status
	// There is the version of a dirty schema's tables. It is nil if they match no version, or if
	// nobody looked it up.
	There *int
}

func (e *StateError) Error() string {
	switch s := e.Status; {
	case s.Dirty:
		return fmt.Sprintf("the schema is dirty: a migration by an older binary to version %d was interrupted", s.Version)
	case s.Version == 0:
		return "the database has no schema yet"
	case s.Version < oldest():
		return fmt.Sprintf("the schema is at version %d, which this binary cannot upgrade: %d is the oldest", s.Version, oldest())
	case s.Version < s.Newest:
		return fmt.Sprintf("the schema is at version %d, behind this binary's %d", s.Version, s.Newest)
	case s.OtherViews:
		return fmt.Sprintf("the schema is at version %d, but its views are not those of this binary", s.Version)
	default:
		return fmt.Sprintf("the schema is at version %d, newer than this binary's %d", s.Version, s.Newest)
	}
}

// Hint says what an operator can do.
func (e *StateError) Hint() string {
	switch s := e.Status; {
	case s.Dirty && e.There != nil && *e.There == 0:
		return "no part of a migration exists. Remove the mark by hand (pushloss never forces it) and migrate:\n" +
			"  psql -c \"DELETE FROM pushloss.schema_migrations\" \"$DATABASE_URL\"\n  pushloss migrate up"
	case s.Dirty && e.There != nil:
		return fmt.Sprintf("the tables are those of version %[1]d, whole. Set the mark by hand (pushloss never forces it) and migrate:\n"+
			"  psql -c \"UPDATE pushloss.schema_migrations SET version = %[1]d, dirty = false\" \"$DATABASE_URL\"\n  pushloss migrate up", *e.There)
	case s.Dirty:
		return "run pushloss migrate up: it checks which part of the migration exists, and prints the statement that sets the mark in pushloss.schema_migrations by hand. " +
			"If it cannot find out, make the tables those of one version, or restore a backup. pushloss never forces the mark"
	case s.Version > 0 && s.Version < oldest():
		return fmt.Sprintf("run pushloss migrate up with a binary that brings it to version %d (from before the first release), then with this one; or use a new database", oldest())
	case s.Version < s.Newest || s.OtherViews:
		return "run: pushloss migrate up"
	default:
		return "use the pushloss binary that created the schema, or a newer one"
	}
}

// Check returns a *StateError unless the schema is exactly the binary's, and an
// *postgres.EncodingError if the database has another encoding than UTF8.
func Check(ctx context.Context, databaseURL string) error {
	s, err := connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer s.close()
	status, err := s.status(ctx)
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
	s, err := connect(ctx, databaseURL)
	if err != nil {
		return Status{}, err
	}
	defer s.close()
	return s.status(ctx)
}

func (s *session) status(ctx context.Context) (Status, error) {
	limited, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	status := Status{Newest: Newest()}
	err := s.conn.QueryRow(limited, `SELECT version, dirty FROM pushloss.schema_migrations`).Scan(&status.Version, &status.Dirty)
	switch {
	case errors.Is(err, pgx.ErrNoRows), hasState(err, pgerrcode.UndefinedTable, pgerrcode.InvalidSchemaName):
		return status, nil
	case err == nil:
		status.Version = max(status.Version, 0) // an interrupted way down to nothing was recorded as -1
		err := status.lookAtViews(limited, s.conn)
		return status, ended(ctx, err)
	}
	if ctx.Err() == nil && limited.Err() != nil {
		return status, fmt.Errorf("read the schema's version: no answer within %s, since the server is silent or another session locks pushloss.schema_migrations: %w", readTimeout, limited.Err())
	}
	there, known := s.explainVersionTable(limited, err)
	switch {
	case !there:
		return status, nil
	case known != nil:
		return status, known
	}
	return status, fmt.Errorf("read the schema's version: %w", ended(ctx, err))
}

// lookAtViews sets OtherViews.
func (s *Status) lookAtViews(ctx context.Context, q querier) error {
	if !s.Current() {
		return nil
	}
	same, err := sameSources(ctx, q)
	s.OtherViews = err == nil && !same
	return err
}

// whatIsThere returns the version whose tables a dirty schema has. Older binaries ran a file in one
// transaction too, but recorded its version outside. So it tries whether a file can be applied, and
// rolls back.
func (m *Migrator) whatIsThere(ctx context.Context, s *session, status Status) *int {
	applies := func(version int) bool {
		name := fileOf(version, false)
		body, err := files.ReadFile(name)
		if err != nil {
			return false
		}
		_, err = s.begin(ctx, func(ctx context.Context) error { return s.runFile(ctx, string(body)) }, m.options.LockTimeout)
		if err == nil {
			s.rollback(ctx)
		}
		return err == nil
	}
	before, tries := 0, 2
	for _, version := range versions() {
		if version >= status.Version && tries > 0 {
			tries--
			if applies(version) {
				return &before
			}
		}
		before = version
	}
	if deviations, err := s.deviations(ctx); err == nil && len(deviations) == 0 {
		return &status.Newest
	}
	return nil
}

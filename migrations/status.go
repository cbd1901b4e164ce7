package migrations

import (
	"context"
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
	// Rows is how many versions pushloss.schema_migrations has, if that is more than one. Version is
	// then the lowest.
	Rows int `json:"rows,omitempty"`
}

// Current reports whether the binary can work on the schema.
func (s Status) Current() bool {
	return !s.Dirty && s.Rows == 0 && s.Version == s.Newest && !s.OtherViews
}

// Applied returns the number of the schema's migrations.
func (s Status) Applied() int {
	return len(slices.DeleteFunc(versions(), func(version int) bool { return version > s.Version }))
}

// StateError says that the schema is not the one that this binary needs.
type StateError struct {
	Status Status
	// There is the version of the tables of a schema that is dirty or has several versions. It is nil
	// if they match no version, or if nobody looked it up.
	There *int
}

func (e *StateError) Error() string {
	switch s := e.Status; {
	case s.Rows > 0:
		return fmt.Sprintf("pushloss.schema_migrations has %d rows (lowest version: %d): it must have one", s.Rows, s.Version)
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
	unclear := e.Status.Dirty || e.Status.Rows > 0
	switch s := e.Status; {
	case unclear && e.There != nil && *e.There == 0:
		return "no part of a migration exists. Remove the mark by hand (pushloss never forces it) and migrate:\n" +
			"  psql -c \"DELETE FROM pushloss.schema_migrations\" \"$DATABASE_URL\"\n  pushloss migrate up"
	case unclear && e.There != nil:
		return fmt.Sprintf("the tables are those of version %[1]d, whole. Set the mark by hand (pushloss never forces it) and migrate:\n"+
			"  psql -c \"DELETE FROM pushloss.schema_migrations; INSERT INTO pushloss.schema_migrations VALUES (%[1]d, false)\" \"$DATABASE_URL\"\n  pushloss migrate up", *e.There)
	case unclear:
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

// Check returns a *StateError unless the schema is exactly the binary's, an *OrderError if keys are
// out of order, and an *postgres.EncodingError if the database has another encoding than UTF8.
func Check(ctx context.Context, databaseURL string) error {
	s, err := connect(ctx, databaseURL, nil)
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
	return s.checkOrder(ctx)
}

// Read returns the schema's status. It changes nothing.
func Read(ctx context.Context, databaseURL string) (Status, error) {
	s, err := connect(ctx, databaseURL, nil)
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
	err := status.read(limited, s.conn)
	switch {
	case hasState(err, pgerrcode.UndefinedTable, pgerrcode.InvalidSchemaName):
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

// sqlVersions sums up a table that should have at most one row.
const sqlVersions = `SELECT coalesce(min(version), 0), coalesce(bool_or(dirty), false), count(*) FROM pushloss.schema_migrations`

// read sets what pushloss.schema_migrations says.
func (s *Status) read(ctx context.Context, q querier) error {
	rows, err := q.Query(ctx, sqlVersions)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, []any{&s.Version, &s.Dirty, &s.Rows}, func() error { return nil })
	if s.Rows == 1 {
		s.Rows = 0
	}
	return err
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

// whatIsThere returns the version whose tables a schema has that is dirty or has several versions.
// Older binaries ran a file in one transaction too, but recorded its version outside. So it tries
// which file can be applied, and rolls back. A file that can be applied again and again says nothing:
// it is left to the next way up.
func (m *Migrator) whatIsThere(ctx context.Context, s *session, status Status) *int {
	applies := func(version, times int) bool {
		body, err := files.ReadFile(fileOf(version, false))
		if err != nil {
			return false
		}
		_, err = s.begin(ctx, func(ctx context.Context) error {
			for range times {
				if err := s.runFile(ctx, string(body)); err != nil {
					return err
				}
			}
			return nil
		}, m.options.LockTimeout)
		if err == nil {
			s.rollback(ctx)
		}
		return err == nil
	}
	before, tries := 0, 2
	if status.Rows > 0 {
		tries = Count()
	}
	for _, version := range versions() {
		if version >= status.Version && tries > 0 {
			if applies(version, 2) {
				continue
			}
			tries--
			if applies(version, 1) {
				return &before
			}
		}
		before = version
	}
	if deviations, err := s.deviations(ctx); err == nil && len(deviations) == 0 {
		return &before
	}
	return nil
}

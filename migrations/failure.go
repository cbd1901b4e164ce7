package migrations

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/postgres"
	"pushloss/internal/problem"
)

// FailedError says that a migration was not applied, and left nothing behind.
type FailedError struct {
	File     string
	Version  int // of the schema, unchanged
	Down     bool
	Unsure   bool               // the connection broke during COMMIT
	Blockers []postgres.Blocker // what refused a lock
	// Revoked names rights that every role usually has; nil if none is missing.
	Revoked *postgres.RevokedError

	cause error
}

// fileOf returns the name of the file that leads to the version, or back from it.
func fileOf(version int, down bool) string {
	direction := "up"
	if down {
		direction = "down"
	}
	names, _ := fs.Glob(files, fmt.Sprintf("%04d_*.%s.sql", version, direction))
	if len(names) == 0 {
		return fmt.Sprint("migration ", version)
	}
	return names[0]
}

func (e *FailedError) Unwrap() error { return e.cause }

func (e *FailedError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %v", e.File, e.cause)
	if pgErr, ok := errors.AsType[*pgconn.PgError](e.cause); ok {
		for _, more := range []string{pgErr.Detail, pgErr.Hint, pgErr.Where} {
			if more != "" {
				text.WriteString("\n" + more)
			}
		}
	}
	for _, b := range e.Blockers {
		fmt.Fprintf(&text, "\nthe lock is held by %s", b)
	}
	if e.Unsure {
		fmt.Fprintf(&text, "\nthe connection was lost: the migration is applied as a whole or not at all")
	} else {
		fmt.Fprintf(&text, "\nnothing was changed by it: the schema is at version %d", e.Version)
	}
	return text.String()
}

// Hint says what an operator can do.
func (e *FailedError) Hint() string {
	again := "run it again"
	if !e.Down {
		again = "run pushloss migrate up again: it continues from there"
	}
	pgErr, _ := errors.AsType[*pgconn.PgError](e.cause)
	if pgErr == nil {
		return again
	}
	if postgres.Foreign(pgErr) != "" {
		return "a trigger or an event trigger of this database refuses the change (the lines above name its function): let its maker allow it, or disable it (ALTER EVENT TRIGGER … DISABLE), then " + again
	}
	switch pgErr.Code {
	case pgerrcode.DependentObjectsStillExist:
		return "drop what depends on it (the lines above name it), " + again + ", and create it after that"
	case pgerrcode.WrongObjectType, pgerrcode.DuplicateTable, pgerrcode.DuplicateObject, pgerrcode.DuplicateFunction, pgerrcode.DuplicateSchema, pgerrcode.DuplicateColumn:
		return "something that pushloss did not make has this name, or the version in pushloss.schema_migrations is not that of the tables " +
			"(a replica that copied the row). Rename it, drop it or move it to another schema, then " + again
	case pgerrcode.UndefinedTable, pgerrcode.UndefinedColumn, pgerrcode.UndefinedFunction, pgerrcode.UndefinedObject, pgerrcode.InvalidSchemaName:
		return fmt.Sprintf("the tables are not those of version %d, which pushloss.schema_migrations names: something was dropped, renamed or copied from elsewhere. "+
			"Take that back, or restore a dump whole (docs/operations.md, Backup and restore), then %s", e.Version, again)
	case pgerrcode.InsufficientPrivilege:
		switch {
		case e.Revoked != nil:
			return e.Revoked.Hint() + " Then " + again
		case postgres.Hidden(pgErr):
			return postgres.HiddenHint + "; then " + again
		}
		return "connect as the owner of the tables, or give them to this role (docs/operations.md, Restored by another role), then " + again
	case pgerrcode.LockNotAvailable, pgerrcode.DeadlockDetected:
		if len(e.Blockers) > 0 {
			return fmt.Sprintf("wait for that transaction to end, or end it (%s), then %s", e.Blockers[0].End(), again)
		}
		return "wait for the transaction that holds the lock to end, then " + again
	case pgerrcode.ReadOnlySQLTransaction:
		return "the database takes no writes: connect to the primary, or take default_transaction_read_only back, then " + again
	case pgerrcode.DiskFull:
		return "make room on the disk of the server, then " + again
	}
	return again
}

// LockError says that another migrator worked for longer than this one waits.
type LockError struct {
	Waited   time.Duration
	Blockers []postgres.Blocker

	cause error
}

func (e *LockError) Unwrap() error { return e.cause }

func (e *LockError) Error() string {
	return fmt.Sprintf("another migrator is still at work after %s: %s; nothing was changed", e.Waited, postgres.ListBlockers(e.Blockers))
}

// Hint says what an operator can do.
func (e *LockError) Hint() string { return "wait for it to end, then run pushloss migrate up again" }

// Refusal is an error that says how the schema differs from what this binary needs, or why it could
// not be made. It also says what to do.
type Refusal interface {
	error
	Hint() string
	ExitCode() problem.Code
}

// ExitCode is problem.Database for every error of this package.
func (*StateError) ExitCode() problem.Code    { return problem.Database }
func (*FailedError) ExitCode() problem.Code   { return problem.Database }
func (*LockError) ExitCode() problem.Code     { return problem.Database }
func (*ObstacleError) ExitCode() problem.Code { return problem.Database }
func (Deviation) ExitCode() problem.Code      { return problem.Database }

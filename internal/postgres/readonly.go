package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/problem"
)

// readOnlyHint says what an operator can do about a read-only database.
const readOnlyHint = "the database is read-only: point DATABASE_URL at the primary, give its disk room, or reset default_transaction_read_only"

// ReadOnly reports whether err says that the database is read-only.
func ReadOnly(err error) bool { return Code(err) == pgerrcode.ReadOnlySQLTransaction }

// ReadOnlyError says that the database takes no writes, and why.
type ReadOnlyError struct{ Standby bool }

func (e *ReadOnlyError) Error() string {
	if e.Standby {
		return "the database is a read-only standby"
	}
	return "the database is read-only: default_transaction_read_only is on"
}

// Hint says what an operator can do.
func (e *ReadOnlyError) Hint() string {
	if e.Standby {
		return "point DATABASE_URL at the primary; status, verify and the lists work here too"
	}
	return "give the server's disk room if it is full, then reset default_transaction_read_only of the database or the server"
}

// ExitCode is problem.Database.
func (*ReadOnlyError) ExitCode() problem.Code { return problem.Database }

// CheckWritable returns a *ReadOnlyError if the database takes no writes.
func CheckWritable(ctx context.Context, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) error {
	var standby, readOnly bool
	err := db.QueryRow(ctx, `SELECT pg_catalog.pg_is_in_recovery(), current_setting('transaction_read_only')::boolean`).Scan(&standby, &readOnly)
	switch {
	case err != nil:
		return fmt.Errorf("ask whether the database can be written to: %w", err)
	case standby, readOnly:
		return &ReadOnlyError{Standby: standby}
	}
	return nil
}

package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// transactionTimeout is the SQLSTATE of a transaction timeout, from PostgreSQL 17 on.
const transactionTimeout = "25P04"

// Code returns the SQLSTATE of an error, or "".
func Code(err error) string {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return ""
	}
	return pgErr.Code
}

// ends reports whether an error ends its session. The driver compares only the severity that the
// server translates (lc_messages), and would report an unexpected EOF instead.
func ends(err *pgconn.PgError) bool {
	severity := cmp.Or(err.SeverityUnlocalized, err.Severity)
	return severity == "FATAL" || severity == "PANIC"
}

// Disconnected reports whether err ended the connection, or prevented one. Any other error of
// the server is that of one statement.
func Disconnected(err error) bool {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		var connectErr *pgconn.ConnectError
		return ends(pgErr) || errors.As(err, &connectErr)
	}
	return Unreachable(err)
}

// Unreachable reports whether err says that the database could not be reached,
// refused the login, went away, or takes no statements.
func Unreachable(err error) bool {
	var connectErr *pgconn.ConnectError
	var netErr *net.OpError
	var encoding *EncodingError
	switch code := Code(err); {
	case err == nil, errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &connectErr), errors.As(err, &encoding):
		return true
	case code == pgerrcode.IdleInTransactionSessionTimeout, code == transactionTimeout,
		code == pgerrcode.InvalidCatalogName, code == pgerrcode.ReadOnlySQLTransaction:
		return true
	case code != "":
		return pgerrcode.IsConnectionException(code) || pgerrcode.IsOperatorIntervention(code) ||
			pgerrcode.IsInvalidAuthorizationSpecification(code) || pgerrcode.IsInsufficientResources(code) ||
			pgerrcode.IsSystemError(code) || code == pgerrcode.DataCorrupted || code == pgerrcode.IndexCorrupted
	}
	return errors.As(err, &netErr) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, pgconn.ErrConnClosed) || pgconn.SafeToRetry(err)
}

// Unusable reports whether err says that the database answers, but that a right of the role
// or an object of the schema is missing, or that something in the database refuses a change.
// Another try does not help.
func Unusable(err error) bool {
	switch Code(err) {
	case pgerrcode.InsufficientPrivilege, pgerrcode.UndefinedTable, pgerrcode.UndefinedColumn, pgerrcode.UndefinedFunction,
		pgerrcode.UndefinedObject, pgerrcode.InvalidSchemaName, pgerrcode.InvalidColumnReference:
		return true
	}
	return altered(err) || Foreign(err) != ""
}

// altered reports whether err says that a table does not take a row, as it does where
// somebody gave it another constraint, column or type.
func altered(err error) bool {
	switch code := Code(err); code {
	case pgerrcode.StringDataRightTruncationDataException, pgerrcode.NumericValueOutOfRange, pgerrcode.GeneratedAlways:
		return true
	default:
		return pgerrcode.IsIntegrityConstraintViolation(code)
	}
}

// Foreign returns the line of an error's context that names the function of a trigger in which
// it arose, in any language of the server; empty for other errors, and for those that a
// function only happens to meet. pushloss itself writes through no function.
func Foreign(err error) string {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || pgerrcode.IsTransactionRollback(pgErr.Code) || pgerrcode.IsInsufficientResources(pgErr.Code) ||
		pgerrcode.IsObjectNotInPrerequisiteState(pgErr.Code) || pgerrcode.IsOperatorIntervention(pgErr.Code) || pgErr.Code == pgerrcode.ReadOnlySQLTransaction {
		return ""
	}
	for line := range strings.Lines(pgErr.Where) {
		if strings.Contains(line, "PL/") && !strings.Contains(line, " analytics.") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// Denied reports whether err says that the role lacks a right in the database.
func Denied(err error) bool { return Code(err) == pgerrcode.InsufficientPrivilege }

// Hidden reports whether err says that row-level security hides rows of a table. Its SQLSTATE is that
// of a missing right, and its text is in the server's language.
func Hidden(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && Denied(err) && (pgErr.Routine == "check_enable_rls" || pgErr.Routine == "ExecWithCheckOptions")
}

// overtaken reports whether a standby ended a statement or a session because of what it had to apply.
// Its SQLSTATE is that of other conflicts, and its text is in the server's language.
func overtaken(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgErr.Code == pgerrcode.SerializationFailure && pgErr.File == "postgres.c"
}

// Full reports whether err says that no connection is left: Postgres reports 53300. At the
// login poolers report 53400 and PgBouncer 08P01, which mean something else later.
func Full(err error) bool {
	var connectErr *pgconn.ConnectError
	switch Code(err) {
	case pgerrcode.TooManyConnections:
		return true
	case pgerrcode.ConfigurationLimitExceeded, pgerrcode.ProtocolViolation:
		return errors.As(err, &connectErr)
	}
	return false
}

// HiddenHint says what an operator can do about row-level security.
const HiddenHint = "row-level security was switched on for a table of pushloss, and hides rows from this role: pushloss check names the table, with the statement that switches it off"

// Hint says what an operator can do about an error of Postgres, or is empty.
func Hint(err error) string {
	var connectErr *pgconn.ConnectError
	if hint := loginHint(err); hint != "" {
		return hint
	}
	if where := Foreign(err); where != "" {
		return fmt.Sprintf("a function that pushloss did not make refuses the change (%s): let its maker allow it, or drop its trigger, which pushloss check names (an event trigger: \\dy in psql)", where)
	}
	if Hidden(err) {
		return HiddenHint
	}
	if overtaken(err) {
		return "this standby removed rows or took locks that the statement needed: run again; if that happens often, set hot_standby_feedback = on, or raise max_standby_streaming_delay, on the standby"
	}
	switch code := Code(err); code {
	case pgerrcode.ReadOnlySQLTransaction:
		return readOnlyHint
	case pgerrcode.DiskFull:
		return "the database's disk is full: free space on it, then run again; nothing is half loaded"
	case pgerrcode.OutOfMemory:
		return "the database server is out of memory: give it more memory, then run again"
	case pgerrcode.TooManyConnections:
		return "the server has no connection left: lower PUSHLOSS_MAX_CONNECTIONS, or raise max_connections (or the CONNECTION LIMIT of the role or the database)"
	case pgerrcode.ConfigurationLimitExceeded:
		if !Full(err) {
			return "a limit of the server is reached, which the error names: raise it, or reset its preset (ALTER ROLE … RESET, ALTER DATABASE … RESET), then run again; nothing is half loaded"
		}
	case pgerrcode.ProtocolViolation:
		if !Full(err) && Disconnected(err) {
			return "a pooler ended the session for the reason that it gives: raise that limit, or give its pool more connections (PgBouncer: pool_size), then run again; nothing is half loaded"
		}
	case pgerrcode.CannotConnectNow:
		return "the database is starting or stopping: try again in a moment"
	case pgerrcode.InvalidCatalogName:
		database := "pushloss"
		if errors.As(err, &connectErr) && connectErr.Config != nil {
			database = connectErr.Config.Database
		}
		return fmt.Sprintf("correct DATABASE_URL, or create the database: CREATE DATABASE %s ENCODING 'UTF8' TEMPLATE template0;", pgx.Identifier{database}.Sanitize())
	case pgerrcode.InvalidPassword:
		if errors.As(err, &connectErr) && connectErr.Config != nil && connectErr.Config.Password == "" {
			return "the server wants a password, and none was found: give it in DATABASE_URL, in PGPASSWORD, or in the passfile, in a line for this host (localhost for a socket), port, database and user"
		}
		return "correct DATABASE_URL: its user or its password, whose special characters are percent-encoded; or the password has expired (ALTER ROLE … VALID UNTIL)"
	case pgerrcode.InvalidAuthorizationSpecification:
		return "correct DATABASE_URL (its user, its sslmode), or let the role in: by the server's pg_hba.conf, or by ALTER ROLE … LOGIN"
	case pgerrcode.InsufficientPrivilege:
		return "pushloss check names each right that the role lacks, with the GRANT that gives it (after a restore by another role, see docs/operations.md); people who only read use their BI tool, not pushloss"
	case pgerrcode.UndefinedTable, pgerrcode.UndefinedColumn, pgerrcode.UndefinedFunction, pgerrcode.UndefinedObject, pgerrcode.InvalidSchemaName,
		pgerrcode.InvalidColumnReference: // of ON CONFLICT, where a key is missing
		return "a part of the schema was dropped or altered: pushloss migrate status names it, and says what to do"
	case pgerrcode.FeatureNotSupported:
		return "run pushloss check: it names rules that were added to a table of pushloss and may be the cause"
	case pgerrcode.ObjectNotInPrerequisiteState, pgerrcode.SequenceGeneratorLimitExceeded:
		return "a table or a sequence of pushloss was altered so that it takes no change: pushloss check names it, with the statement that mends it"
	case pgerrcode.UniqueViolation:
		return "pushloss check finds sequences that are behind their tables, as in a replica that was promoted, and prints the line that sets them"
	case pgerrcode.DataCorrupted, pgerrcode.IndexCorrupted:
		return "the database's files are damaged: restore a backup"
	case pgerrcode.IdleInTransactionSessionTimeout, transactionTimeout, pgerrcode.AdminShutdown, pgerrcode.IdleSessionTimeout:
		return "the server ended the connection, as when it stops or this process was paused: run again; nothing is half loaded"
	case pgerrcode.QueryCanceled:
		return "the database took too long, or the statement was canceled: check its load, and look for a lock of another session or of a prepared transaction (pg_locks, pg_prepared_xacts), then run again; nothing is half loaded"
	case pgerrcode.DeadlockDetected, pgerrcode.SerializationFailure:
		return "another session changed the same at the same time, such as a migration: run again; nothing is half loaded"
	case pgerrcode.LockNotAvailable:
		return "another session or a prepared transaction holds a lock (pg_locks, pg_prepared_xacts): end it, or wait for its end, then run again; nothing is half loaded"
	}
	if altered(err) {
		return alteredHint(err)
	}
	if Full(err) {
		return "a pooler refused the login: see its log, and allow more connections (PgBouncer: max_client_conn), or lower PUSHLOSS_MAX_CONNECTIONS"
	}
	if hint := termsHint(err); hint != "" {
		return hint
	}
	if _, unknown := errors.AsType[*net.DNSError](err); unknown {
		return "this machine does not find the host's address: correct the host in DATABASE_URL, or check the name service (DNS)"
	}
	switch {
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return "this process, or this machine, may open no further file: raise the limit (ulimit -n, LimitNOFILE of systemd)"
	case !Unreachable(err):
		return ""
	case errors.As(err, &connectErr):
		return "start the database, or correct DATABASE_URL; DATABASE_URL=embedded: gives a local one"
	case Code(err) != "":
		return "the database's server failed: see its log, then run again; nothing is half loaded"
	}
	return "the connection to the database broke, or its server does not answer: look at the server and at what is in between (a pooler, a firewall), then run again; nothing is half loaded"
}

func alteredHint(err error) string {
	const hint = "something was added to a table of pushloss or changed in it: pushloss check names it, and says what to do"
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || pgErr.ConstraintName == "" {
		return hint
	}
	table := pgx.Identifier{pgErr.SchemaName, pgErr.TableName}.Sanitize()
	if pgErr.Code == pgerrcode.ForeignKeyViolation && pgErr.SchemaName != "pushloss" {
		return fmt.Sprintf("rows of %s refer to what pushloss deletes: delete them, or drop the constraint: ALTER TABLE %[1]s DROP CONSTRAINT %s;", table, pgx.Identifier{pgErr.ConstraintName}.Sanitize())
	}
	return fmt.Sprintf("the constraint %s of %s refuses it. If pushloss did not make it, pushloss check names it, with the statement that drops it", pgErr.ConstraintName, table)
}

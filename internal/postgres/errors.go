package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"

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

// ends reports whether an error ends its session. The driver compares only the text that
// the server translates (lc_messages), and would report an unexpected EOF instead.
func ends(err *pgconn.PgError) bool {
	severity := cmp.Or(err.SeverityUnlocalized, err.Severity)
	return severity == "FATAL" || severity == "PANIC"
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
		errors.Is(err, io.EOF) && errors.Is(err, pgconn.ErrConnClosed) || pgconn.SafeToRetry(err)
}

// Unusable reports whether err says that the database answers, but that a right of the role,
// or an object of the schema, is missing. Another try does not help.
func Unusable(err error) bool {
	switch Code(err) {
	case pgerrcode.InsufficientPrivilege, pgerrcode.UndefinedTable, pgerrcode.UndefinedColumn, pgerrcode.UndefinedFunction,
		pgerrcode.UndefinedObject, pgerrcode.InvalidSchemaName, pgerrcode.InvalidColumnReference:
		return true
	}
	return false
}

// Denied reports whether err says that the role lacks a right in the database.
func Denied(err error) bool { return Code(err) == pgerrcode.InsufficientPrivilege }

// Full reports whether err says that no connection is left: Postgres reports 53300 and
// 53400, PgBouncer reports 08P01 at the login.
func Full(err error) bool {
	var connectErr *pgconn.ConnectError
	switch Code(err) {
	case pgerrcode.TooManyConnections, pgerrcode.ConfigurationLimitExceeded:
		return true
	case pgerrcode.ProtocolViolation:
		return errors.As(err, &connectErr)
	}
	return false
}

// Hint says what an operator can do about an error of Postgres, or is empty.
func Hint(err error) string {
	var connectErr *pgconn.ConnectError
	if Denied(err) && errors.As(err, &connectErr) && connectErr.Config != nil {
		return fmt.Sprintf("let the role in: GRANT CONNECT ON DATABASE %s TO %s;",
			pgx.Identifier{connectErr.Config.Database}.Sanitize(), pgx.Identifier{connectErr.Config.User}.Sanitize())
	}
	switch code := Code(err); code {
	case pgerrcode.ReadOnlySQLTransaction:
		return readOnlyHint
	case pgerrcode.DiskFull:
		return "the database's disk is full: give it room, then run again; nothing is half loaded"
	case pgerrcode.OutOfMemory:
		return "the database server is out of memory: give it more, then run again"
	case pgerrcode.TooManyConnections, pgerrcode.ConfigurationLimitExceeded:
		return "the server has no connection left: lower PUSHLOSS_MAX_CONNECTIONS, or raise max_connections (or the role's CONNECTION LIMIT)"
	case pgerrcode.CannotConnectNow:
		return "the database is starting or stopping: try again in a moment"
	case pgerrcode.InvalidCatalogName:
		database := "pushloss"
		if errors.As(err, &connectErr) && connectErr.Config != nil {
			database = connectErr.Config.Database
		}
		return fmt.Sprintf("correct DATABASE_URL, or create the database: CREATE DATABASE %s ENCODING 'UTF8' TEMPLATE template0;", pgx.Identifier{database}.Sanitize())
	case pgerrcode.InvalidPassword:
		return "correct DATABASE_URL: its user or its password, whose special characters are percent-encoded"
	case pgerrcode.InvalidAuthorizationSpecification:
		return "correct DATABASE_URL (its user, its sslmode), or let the role in: by the server's pg_hba.conf, or by ALTER ROLE … LOGIN"
	case pgerrcode.InsufficientPrivilege:
		return "pushloss check names each right that the role lacks, with the GRANT that gives it (after a restore by another role, see docs/operations.md); people who only read use their BI tool, not pushloss"
	case pgerrcode.UndefinedTable, pgerrcode.UndefinedColumn, pgerrcode.UndefinedFunction, pgerrcode.UndefinedObject, pgerrcode.InvalidSchemaName,
		pgerrcode.InvalidColumnReference: // of ON CONFLICT, where a key is missing
		return "something of the schema was dropped or altered: pushloss migrate status names it, and says what to do"
	case pgerrcode.FeatureNotSupported:
		return "run pushloss check: it names rules that were added to a table of pushloss, which may be in the way"
	case pgerrcode.UniqueViolation:
		return "pushloss check finds sequences that are behind their tables, as in a replica that was promoted, and prints the line that sets them"
	case pgerrcode.DataCorrupted, pgerrcode.IndexCorrupted:
		return "the database's files are damaged: restore a backup"
	case pgerrcode.IdleInTransactionSessionTimeout, transactionTimeout, pgerrcode.AdminShutdown, pgerrcode.IdleSessionTimeout:
		return "the server ended the connection, as when it stops or this process was paused: run again; nothing is half loaded"
	case pgerrcode.QueryCanceled:
		return "the database took too long, or the statement was canceled: look at its load, then run again; nothing is half loaded"
	}
	if Full(err) {
		return "a pooler refused the login: look at its log, and give it room (PgBouncer: max_client_conn), or lower PUSHLOSS_MAX_CONNECTIONS"
	}
	if hint := termsHint(err); hint != "" {
		return hint
	}
	if Unreachable(err) {
		return "start the database, or correct DATABASE_URL; DATABASE_URL=embedded: gives a local one"
	}
	return ""
}

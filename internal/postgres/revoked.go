package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/problem"
)

// RevokedError says that the role lacks rights in pg_catalog that PostgreSQL gives to everybody.
type RevokedError struct {
	User   string
	Grants []string // statements that restore the rights
}

func (e *RevokedError) Error() string {
	return fmt.Sprintf("the role %s lacks a right that PostgreSQL gives everybody", e.User)
}

// Hint says what an operator can do.
func (e *RevokedError) Hint() string { return "as a superuser: " + strings.Join(e.Grants, " ") }

// ExitCode is problem.Database.
func (*RevokedError) ExitCode() problem.Code { return problem.Database }

// The server names the object in its message, in any language. A greater OID than initdb gives is
// that of an extension's function, such as of Citus, which may withhold it from everybody.
const sqlRevoked = `
	SELECT format('GRANT SELECT ON %I.%I TO %I;', n.nspname, c.relname, current_user)
	FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
	WHERE n.nspname = 'pg_catalog' AND c.relkind IN ('r', 'v') AND $1 ~ ('\m' || c.relname || '\M') AND NOT has_table_privilege(c.oid, 'SELECT')
	UNION ALL
	SELECT format('GRANT EXECUTE ON FUNCTION %I.%I(%s) TO %I;', n.nspname, f.proname, pg_get_function_identity_arguments(f.oid), current_user)
	FROM pg_catalog.pg_proc AS f JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
	WHERE n.nspname = 'pg_catalog' AND $1 ~ ('\m' || f.proname || '\M') AND f.oid < 16384 AND NOT has_function_privilege(f.oid, 'EXECUTE')
	UNION ALL
	SELECT format('GRANT USAGE ON TYPE %I.%I TO %I;', n.nspname, t.typname, current_user)
	FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
	WHERE n.nspname = 'pg_catalog' AND t.typtype = 'b' AND t.typelem = 0 AND $1 ~ ('\m' || format_type(t.oid, NULL) || '\M') AND NOT has_type_privilege(t.oid, 'USAGE')
	UNION ALL
	SELECT format('GRANT USAGE ON LANGUAGE %I TO %I;', lanname, current_user)
	FROM pg_catalog.pg_language WHERE $1 ~ ('\m' || lanname || '\M') AND NOT has_language_privilege(oid, 'USAGE')
	ORDER BY 1`

// Revoked returns a *RevokedError if err says that the role lacks rights in pg_catalog. It returns
// nil for other errors, and if it cannot find out. It prepares no session, because that may be what
// fails.
func Revoked(ctx context.Context, databaseURL string, err error) error {
	config, bad := Parse(databaseURL)
	if !Denied(err) || bad != nil {
		return nil
	}
	conn, bad := pgx.ConnectConfig(ctx, config.conn)
	if bad != nil {
		return nil
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return RevokedFrom(ctx, conn, err)
}

// RevokedFrom is Revoked for an error of this connection.
func RevokedFrom(ctx context.Context, conn *pgx.Conn, err error) error {
	denied, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || !Denied(err) {
		return nil
	}
	var grants []string
	bad := firstAnswer(ctx, func(ctx context.Context) (err error) {
		grants, err = List(ctx, conn, pgx.RowTo[string], sqlRevoked, denied.Message)
		return err
	})
	if bad != nil || len(grants) == 0 {
		return nil
	}
	return &RevokedError{User: conn.Config().User, Grants: grants}
}

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

// The server names the object in its message, in any language.
const sqlRevoked = `
	SELECT format('GRANT SELECT ON %I.%I TO %I;', n.nspname, c.relname, current_user)
	FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
	WHERE n.nspname = 'pg_catalog' AND c.relkind IN ('r', 'v') AND $1 ~ ('\m' || c.relname || '\M') AND NOT has_table_privilege(c.oid, 'SELECT')
	UNION ALL
	SELECT format('GRANT EXECUTE ON FUNCTION %I.%I(%s) TO %I;', n.nspname, f.proname, pg_get_function_identity_arguments(f.oid), current_user)
	FROM pg_catalog.pg_proc AS f JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
	WHERE n.nspname = 'pg_catalog' AND $1 ~ ('\m' || f.proname || '\M') AND NOT has_function_privilege(f.oid, 'EXECUTE')
	ORDER BY 1`

// Revoked returns a *RevokedError if err says that the role lacks rights in pg_catalog. It returns
// nil for other errors, and if it cannot find out. It prepares no session, because that may be what
// fails.
func Revoked(ctx context.Context, databaseURL string, err error) error {
	denied, ok := errors.AsType[*pgconn.PgError](err)
	config, bad := Parse(databaseURL)
	if !ok || !Denied(err) || bad != nil {
		return nil
	}
	grants, bad := lookForRevoked(ctx, config, denied.Message)
	if bad != nil || len(grants) == 0 {
		return nil
	}
	return &RevokedError{User: config.conn.User, Grants: grants}
}

func lookForRevoked(ctx context.Context, config *Config, message string) (grants []string, err error) {
	conn, err := pgx.ConnectConfig(ctx, config.conn)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	err = firstAnswer(ctx, func(ctx context.Context) (err error) {
		grants, err = List(ctx, conn, pgx.RowTo[string], sqlRevoked, message)
		return err
	})
	return grants, err
}

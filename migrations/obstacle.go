package migrations

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
)

// ObstacleError says what in the database prevents the schema. It was found before anything was
// changed.
type ObstacleError struct {
	problem string
	remedy  string
}

func (e *ObstacleError) Error() string { return e.problem }

// Hint says what an operator can do.
func (e *ObstacleError) Hint() string { return e.remedy }

// schemaFound is one of our two schemas before a migration.
type schemaFound struct {
	name     string
	exists   bool
	owner    string
	ours     bool // the role has the owner's rights
	contents []string
}

const (
	// Every object in a schema depends on the schema in pg_depend. Default privileges and
	// publications are not objects in it. Our functions remain if only the schema pushloss was
	// dropped; they are replaced.
	sqlSchemas = `
		SELECT name, n.oid IS NOT NULL, coalesce(pg_get_userbyid(n.nspowner)::text, ''), coalesce(pg_has_role(n.nspowner, 'USAGE'), false),
			ARRAY(
				SELECT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend AS d
				WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.deptype = 'n'
					AND d.classid <> 'pg_default_acl'::regclass
					AND NOT (d.classid = 'pg_proc'::regclass AND 'function ' || d.objid::regprocedure::text = ANY ($1)
						AND obj_description(d.objid, 'pg_proc') IS NOT NULL AND EXISTS (SELECT 1 FROM pg_proc AS f WHERE f.oid = d.objid AND pg_has_role(f.proowner, 'USAGE')))
					AND NOT (name = 'pushloss' AND d.classid = 'pg_class'::regclass
						AND d.objid IN (SELECT c.oid FROM pg_class AS c WHERE c.relnamespace = n.oid AND c.relname = 'schema_migrations'))
				ORDER BY 1)
		FROM unnest(ARRAY['pushloss', 'analytics']) AS name LEFT JOIN pg_namespace AS n ON n.nspname = name`
	sqlMayCreate = `
		SELECT current_user::text, current_database()::text, has_database_privilege(current_database(), 'CREATE'),
			EXISTS (SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = 'pushloss' AND c.relname = 'app')`
	sqlFilled = `SELECT EXISTS (SELECT 1 FROM pushloss.stage)` // a migration fills this table
	sqlShape  = `
		SELECT current_user::text, pg_get_userbyid(c.relowner)::text, c.relkind = 'r',
			ARRAY(SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attname)
		FROM pg_namespace AS n JOIN pg_class AS c ON c.relnamespace = n.oid WHERE n.nspname = 'pushloss' AND c.relname = 'schema_migrations'`
)

// lookForObstacles returns an error for a migration that can only fail, before anything is changed.
func (s *session) lookForObstacles(ctx context.Context, status Status) error {
	schemas, err := postgres.List(ctx, s.conn, func(row pgx.CollectableRow) (f schemaFound, err error) {
		err = row.Scan(&f.name, &f.exists, &f.owner, &f.ours, &f.contents)
		return f, err
	}, sqlSchemas, viewNames(parseViews(viewsText)))
	if err != nil {
		return fmt.Errorf("look for schemas: %w", ended(ctx, err))
	}
	var role, database string
	var mayCreate, hasTables bool
	if err := s.conn.QueryRow(ctx, sqlMayCreate).Scan(&role, &database, &mayCreate, &hasTables); err != nil {
		return fmt.Errorf("look for rights: %w", ended(ctx, err))
	}
	if status.Version == 0 && hasTables {
		return s.versionless(ctx)
	}
	var missing []string
	for _, f := range schemas {
		switch {
		case f.exists && status.Version == 0 && len(f.contents) > 0:
			return &ObstacleError{
				problem: fmt.Sprintf("the schema %s is there already, belongs to %s, and holds what pushloss did not make: %s; nothing was changed", f.name, f.owner, several(f.contents)),
				remedy:  fmt.Sprintf("give pushloss its own database, or rename the schema: ALTER SCHEMA %s RENAME TO …", f.name),
			}
		case f.exists && !f.ours:
			return &ObstacleError{
				problem: fmt.Sprintf("the schema %s belongs to %s, and this role (%s) does not have its rights; nothing was changed", f.name, f.owner, role),
				remedy: fmt.Sprintf("connect as %s; or, as an administrator: ALTER SCHEMA %s OWNER TO %s; if it has tables, they too (docs/operations.md, Restored by another role)",
					f.owner, f.name, pgx.Identifier{role}.Sanitize()),
			}
		case !f.exists:
			missing = append(missing, f.name)
		}
	}
	if status.Version > 0 && !hasTables {
		return &ObstacleError{
			problem: fmt.Sprintf("pushloss.schema_migrations says version %d, but the tables of pushloss are not there; nothing was changed", status.Version),
			remedy: "if another program's migrations keep their version there, give pushloss its own database; if the row was copied from another database (replication), " +
				"DELETE FROM pushloss.schema_migrations and migrate again; if the tables were dropped, restore them",
		}
	}
	if len(missing) > 0 && !mayCreate {
		var lines strings.Builder
		for _, name := range missing {
			fmt.Fprintf(&lines, "\n  CREATE SCHEMA %s AUTHORIZATION %s;", name, pgx.Identifier{role}.Sanitize())
		}
		return &ObstacleError{
			problem: fmt.Sprintf("the role %s may not create the schema %s in the database %s; nothing was changed", role, strings.Join(missing, " and the schema "), database),
			remedy: fmt.Sprintf("as an administrator of this database, either\n  GRANT CREATE ON DATABASE %s TO %s;\nor%s",
				pgx.Identifier{database}.Sanitize(), pgx.Identifier{role}.Sanitize(), lines.String()),
		}
	}
	return nil
}

// versionless refuses our tables if they have no version, and says how to restore it.
func (s *session) versionless(ctx context.Context) error {
	obstacle := &ObstacleError{
		problem: "the tables of pushloss are there, but no version: pushloss.schema_migrations is missing or empty; nothing was changed",
		remedy: fmt.Sprintf("restore the dump whole (docs/operations.md, Backup and restore); or, if they are of this version of pushloss: "+
			"CREATE TABLE IF NOT EXISTS pushloss.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); "+
			"INSERT INTO pushloss.schema_migrations VALUES (%d, false); then pushloss migrate up, and pushloss verify, which compares the tables", Newest()),
	}
	var filled bool
	if err := s.conn.QueryRow(ctx, sqlFilled).Scan(&filled); err == nil && !filled {
		obstacle.problem = "the tables of pushloss are there, but nothing is in them, not even their version, as after a restore of a schema alone; nothing was changed"
		obstacle.remedy = "restore the dump with its data; or begin again: DROP SCHEMA pushloss, analytics CASCADE; then pushloss migrate up"
	}
	return obstacle
}

// explainVersionTable says why the version's table cannot be read: it is missing, or has the wrong
// rights or shape. For other reasons it returns no error.
func (s *session) explainVersionTable(ctx context.Context, err error) (there bool, _ error) {
	var role, owner string
	var table bool
	var columns []string
	if err := s.conn.QueryRow(ctx, sqlShape).Scan(&role, &owner, &table, &columns); err != nil {
		return !errors.Is(err, pgx.ErrNoRows), nil
	}
	switch {
	case hasState(err, pgerrcode.InsufficientPrivilege):
		return true, &rightsError{role: role, owner: owner, cause: err}
	case table && strings.Join(columns, ", ") == "dirty boolean, version bigint":
		return true, nil
	}
	return true, &ObstacleError{
		problem: fmt.Sprintf("pushloss.schema_migrations was not made by pushloss: it belongs to %s and has the columns %s; nothing was changed", owner, strings.Join(columns, ", ")),
		remedy:  "give pushloss its own database, or move that table: ALTER TABLE pushloss.schema_migrations SET SCHEMA …",
	}
}

// rightsError says that the role may not read the version's table.
type rightsError struct {
	role, owner string
	cause       error
}

func (e *rightsError) Unwrap() error { return e.cause }

func (e *rightsError) Error() string {
	return fmt.Sprintf("read the schema's version: %v; pushloss.schema_migrations belongs to %s, and this role is %s", e.cause, e.owner, e.role)
}

func (e *rightsError) Hint() string {
	return fmt.Sprintf("connect as the role that made the schema (%s); if a restore made it the owner, give the tables to %s (docs/operations.md, Restored by another role); "+
		"people who only read use their BI tool, not pushloss", e.owner, e.role)
}

// several names a few of many.
func several(names []string) string {
	const few = 5
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

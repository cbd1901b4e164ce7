package access

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
	"pushloss/internal/problem"
)

// heldRight is one right that reading analytics requires, and whether a role has it.
type heldRight struct {
	kind, name  string // of the object, including the arguments of a function
	privilege   string
	owner       string // of the object; only the owner gives the right and takes it back
	mayChange   bool   // this connection has the owner's rights
	roleIsOwner bool   // the role has the owner's rights too
	held        bool   // the role itself has it, not only PUBLIC or another role
}

const (
	onSchema         = "schema"
	onView           = "view"
	onFunction       = "function"
	onLaterViews     = "later views"
	onLaterFunctions = "later functions"
	onTable          = "table" // in schema pushloss, on Citus
)

func (r heldRight) isLater() bool { return r.kind == onLaterViews || r.kind == onLaterFunctions }

// on names the object of the right for people.
func (r heldRight) on() string {
	switch {
	case r.isLater():
		return r.kind + " of " + r.owner
	case r.kind == onSchema:
		return "schema " + r.name
	case r.kind == onTable:
		return "table pushloss." + r.name
	}
	return r.kind + " analytics." + r.name
}

// object names the object for Postgres.
func (r heldRight) object() string {
	switch r.kind {
	case onSchema:
		return "SCHEMA " + r.name
	case onTable:
		return "TABLE " + pgx.Identifier{"pushloss", r.name}.Sanitize()
	case onView:
		return "TABLE " + pgx.Identifier{"analytics", r.name}.Sanitize()
	case onFunction:
		return "FUNCTION analytics." + r.name // Postgres has quoted the name and its arguments
	case onLaterViews:
		return "TABLES"
	}
	return "FUNCTIONS"
}

// sqlRights also has default rights: the role that migrates, which is the owner of the schema and
// not the role that grants, owns what later migrations make. If several roles have migrated, any of
// them may be the next. A replaced object keeps its rights; an object that is dropped and made
// again has none.
const sqlRights = `
	WITH relations AS (
		SELECT relname::text AS name, relowner AS owner, relacl AS acl
		FROM pg_class
		WHERE relnamespace = 'analytics'::regnamespace AND relkind = ANY('{r,p,v,m,f}')
	), functions AS (
		SELECT format('%I(%s)', proname, pg_get_function_identity_arguments(oid)) AS name, proowner AS owner, proacl AS acl
		FROM pg_proc
		WHERE pronamespace = 'analytics'::regnamespace AND prokind <> 'p'
	), later AS (
		SELECT defaclrole AS owner, defaclobjtype AS kind, defaclacl AS acl
		FROM pg_default_acl
		WHERE defaclnamespace = 'analytics'::regnamespace
	), migrators AS (
		SELECT nspowner AS owner FROM pg_namespace WHERE nspname = 'analytics'
		UNION
		SELECT owner FROM relations
		UNION
		SELECT owner FROM functions
		UNION
		SELECT owner FROM later WHERE EXISTS (SELECT FROM aclexplode(acl) WHERE grantee = $1)
	), rights (rank, kind, name, privilege, owner, acl) AS (
		SELECT 1, 'schema', nspname::text, 'USAGE', nspowner, nspacl FROM pg_namespace WHERE nspname = 'analytics'
		UNION ALL
		SELECT 2, 'view', name, 'SELECT', owner, acl FROM relations
		UNION ALL
		SELECT 3, 'function', name, 'EXECUTE', owner, acl FROM functions
		UNION ALL
		SELECT 4, 'later views', '', 'SELECT', m.owner, l.acl FROM migrators AS m LEFT JOIN later AS l ON l.owner = m.owner AND l.kind = 'r'
		UNION ALL
		SELECT 5, 'later functions', '', 'EXECUTE', m.owner, l.acl FROM migrators AS m LEFT JOIN later AS l ON l.owner = m.owner AND l.kind = 'f'
	)
	SELECT kind, name, privilege, pg_get_userbyid(owner)::text, pg_has_role(owner, 'USAGE'), pg_has_role($1, owner, 'USAGE'),
		EXISTS (SELECT FROM aclexplode(acl) AS a WHERE a.grantee = $1 AND a.privilege_type = privilege)
	FROM rights
	ORDER BY rank, name COLLATE "C", 4`

func readRights(ctx context.Context, tx pgx.Tx, role uint32, of cluster) ([]heldRight, error) {
	rights, err := listRights(ctx, tx, sqlRights, role)
	if err != nil {
		return nil, err
	}
	more, err := of.rights(ctx, tx, role)
	return append(rights, more...), err
}

func listRights(ctx context.Context, tx pgx.Tx, sql string, role uint32) ([]heldRight, error) {
	rights, err := postgres.List(ctx, tx, func(row pgx.CollectableRow) (heldRight, error) {
		var r heldRight
		err := row.Scan(&r.kind, &r.name, &r.privilege, &r.owner, &r.mayChange, &r.roleIsOwner, &r.held)
		return r, err
	}, sql, role)
	if err != nil {
		return nil, fmt.Errorf("read rights: %w", err)
	}
	return rights, nil
}

// knownRole is a role and its effective rights.
type knownRole struct {
	oid            uint32
	superuser      bool
	database       string
	connects       bool
	readsAnalytics bool
	readsTables    bool
	makesTables    bool // in schema public, as every role could before Postgres 15
	holdsMore      bool // rights or objects in this database
	logsIn         bool
	writes         bool   // can write or make something in analytics or pushloss
	becomes        string // owners whose rights it gets only after SET ROLE
	idleMembers    string // members that get its rights only after SET ROLE
	shutMembers    string // members that never get its rights
	searchPath     string // its own setting in this database, if that has analytics
}

// sqlRole compares texts: type name would cut a long name at 63 bytes, which could then match
// another role. Since Postgres 16 a member may lack the right to SET ROLE, but one with
// the ADMIN option can give it to itself.
const sqlRole = `
	WITH option AS (
		SELECT CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET, MEMBER WITH ADMIN OPTION' END AS becomes),
	idle AS (
		SELECT m.roleid, pg_has_role(u.oid, m.roleid, becomes) AS becomes, string_agg(DISTINCT quote_ident(u.rolname), ', ') AS members
		FROM option CROSS JOIN pg_auth_members AS m JOIN pg_roles AS u ON u.oid = m.member
		WHERE NOT pg_has_role(u.oid, m.roleid, 'USAGE') GROUP BY 1, 2)
	SELECT r.oid, r.rolsuper, current_database()::text, has_database_privilege(r.oid, current_database(), 'CONNECT'),
		EXISTS (
			SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
			WHERE n.nspname = 'analytics' AND c.relkind = ANY('{r,p,v,m,f}')
				AND has_schema_privilege(r.oid, n.oid, 'USAGE') AND has_any_column_privilege(r.oid, c.oid, 'SELECT')),
		EXISTS (
			SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
			WHERE n.nspname = 'pushloss' AND c.relkind = ANY('{r,p,v,m,f}')
				AND has_schema_privilege(r.oid, n.oid, 'USAGE') AND has_any_column_privilege(r.oid, c.oid, 'SELECT')),
		EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = 'public' AND has_schema_privilege(r.oid, n.oid, 'CREATE')),
		EXISTS (
			SELECT FROM pg_shdepend AS d JOIN pg_database AS b ON b.oid = d.dbid
			WHERE b.datname = current_database() AND d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid),
		r.rolcanlogin,
		EXISTS (
			SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
			WHERE n.nspname IN ('analytics', 'pushloss') AND c.relkind = ANY('{r,p,v,m,f}')
				AND has_schema_privilege(r.oid, n.oid, 'USAGE') AND has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
			UNION ALL
			SELECT FROM pg_namespace AS n WHERE n.nspname IN ('analytics', 'pushloss') AND has_schema_privilege(r.oid, n.oid, 'CREATE')),
		coalesce((
			SELECT string_agg(quote_ident(o.rolname), ', ' ORDER BY o.rolname) FROM pg_roles AS o
			WHERE o.oid IN (SELECT nspowner FROM pg_namespace WHERE nspname IN ('analytics', 'pushloss'))
				AND pg_has_role(r.oid, o.oid, option.becomes) AND NOT pg_has_role(r.oid, o.oid, 'USAGE')), ''),
		coalesce((SELECT members FROM idle WHERE roleid = r.oid AND becomes), ''),
		coalesce((SELECT members FROM idle WHERE roleid = r.oid AND NOT becomes), ''),
		coalesce((
			SELECT substr(c, length('search_path=') + 1) FROM pg_db_role_setting AS s CROSS JOIN unnest(s.setconfig) AS c
			WHERE s.setrole = r.oid AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
				AND c ~ '^search_path=.*\yanalytics\y'
			ORDER BY s.setdatabase DESC LIMIT 1), '')
	FROM pg_roles AS r CROSS JOIN option
	WHERE r.rolname::text = $1::text`

func readRole(ctx context.Context, tx pgx.Tx, name string, change rightChange) (knownRole, error) {
	var r knownRole
	err := tx.QueryRow(ctx, sqlRole, name).
		Scan(&r.oid, &r.superuser, &r.database, &r.connects, &r.readsAnalytics, &r.readsTables, &r.makesTables, &r.holdsMore,
			&r.logsIn, &r.writes, &r.becomes, &r.idleMembers, &r.shutMembers, &r.searchPath)
	if errors.Is(err, pgx.ErrNoRows) {
		remedy := `\du in psql lists the roles`
		if change.done == Granted {
			remedy += fmt.Sprintf(`; CREATE ROLE %s LOGIN PASSWORD '...' makes this one`, pgx.Identifier{name}.Sanitize())
		}
		return r, &problem.UsageError{Problem: fmt.Sprintf("role %q does not exist", name), Remedy: remedy}
	}
	if err != nil {
		return r, fmt.Errorf("read role: %w", err)
	}
	return r, nil
}

func (r knownRole) notes(name string, done Result, of cluster) []string {
	role := pgx.Identifier{name}.Sanitize()
	var notes []string
	if done == Revoked {
		if r.readsAnalytics {
			notes = append(notes, "it still reads analytics: as a superuser, by way of PUBLIC or a role that it is a member of, or by a grant that pushloss did not make")
		}
		if r.readsTables {
			notes = append(notes, "it also reads tables of schema pushloss, by rights that pushloss did not grant")
		}
		if r.holdsMore {
			notes = append(notes, fmt.Sprintf("it has other rights or objects in this database, so DROP ROLE fails: REASSIGN OWNED BY %[1]s TO ..., then DROP OWNED BY %[1]s", role))
		}
		return notes
	}
	if !r.connects {
		notes = append(notes, fmt.Sprintf("it may not connect: GRANT CONNECT ON DATABASE %s TO %s", pgx.Identifier{r.database}.Sanitize(), role))
	}
	if !r.logsIn {
		notes = append(notes, "it may not log in: its members may, and read by its rights")
	}
	if r.idleMembers != "" {
		notes = append(notes, fmt.Sprintf("members that do not inherit its rights read nothing before SET ROLE %s: %s", role, r.idleMembers))
	}
	if r.shutMembers != "" {
		notes = append(notes, fmt.Sprintf("members that may neither inherit its rights nor SET ROLE %s read nothing: %s", role, r.shutMembers))
	}
	switch {
	case of.spread:
		notes = append(notes, "it also reads the tables of schema pushloss under the views: on Citus a view uses the rights of the role that reads it")
	case r.readsTables:
		notes = append(notes, "it also reads tables of schema pushloss, by rights that pushloss did not grant")
	}
	if r.writes {
		notes = append(notes, fmt.Sprintf("it may write in schema analytics or pushloss, by rights that pushloss did not grant: ALTER ROLE %s SET default_transaction_read_only = on only guards against mistakes", role))
	}
	if r.becomes != "" {
		notes = append(notes, fmt.Sprintf("it may become %s by SET ROLE, and then do everything there", r.becomes))
	}
	if r.makesTables {
		notes = append(notes, "it may create tables in schema public, as every role may: REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	}
	return notes
}

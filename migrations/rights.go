package migrations

import (
	"context"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
	"pushloss/internal/problem"
)

// onlyRead are the tables that only migrations write.
var onlyRead = []string{
	"schema_migrations", "schema_views", "counter", "event", "platform", "stage", "stream", "error_catalogue", "error_stage_meaning",
}

// everybodys are the functions and tables of pg_catalog that our SQL uses. Every role may use them,
// unless the database revoked that right.
const everybodys = `
	aclexplode array_agg array_fill array_remove array_replace array_to_string bool_and bool_or cardinality clock_timestamp col_description
	concat_ws convert_to count current_database current_setting encode extract format format_type generate_series has_any_column_privilege
	has_database_privilege has_function_privilege has_language_privilege has_schema_privilege has_sequence_privilege has_table_privilege
	has_tablespace_privilege has_type_privilege hashtextextended lag length max min now obj_description octet_length pg_advisory_lock
	pg_advisory_unlock pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_attrdef pg_attribute pg_auth_members pg_backend_pid
	pg_blocking_pids pg_class pg_collation pg_constraint pg_database pg_database_collation_actual_version pg_db_role_setting pg_default_acl pg_depend pg_describe_object pg_extension
	pg_get_constraintdef pg_get_expr pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result pg_get_functiondef
	pg_get_indexdef pg_get_ruledef pg_get_serial_sequence pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_has_role pg_index pg_inherits
	pg_is_in_recovery pg_language pg_locks pg_namespace pg_postmaster_start_time pg_prepared_xacts pg_proc pg_publication pg_relation_size
	pg_rewrite pg_roles pg_sequence pg_settings pg_shdepend pg_stat_activity pg_tablespace pg_terminate_backend pg_timezone_names pg_trigger
	pg_try_advisory_lock pg_try_advisory_xact_lock pg_type quote_ident regexp_replace replace set_config setval sha256 string_agg substr sum
	to_regclass to_regnamespace to_regprocedure unnest version`

// MissingRights are rights that commands need and a role lacks, on objects of one kind and owner.
type MissingRights struct {
	Role       string
	Privileges string // SELECT, INSERT
	Kind       string // SCHEMA, TABLE, SEQUENCE or FUNCTION
	Owner      string
	Objects    []string // quoted by Postgres
	Foreign    bool     // Role is not this one, but the owner of a table or a view
}

func (m MissingRights) Error() string {
	return fmt.Sprintf("the role %s lacks %s on the %s %s", m.Role, m.Privileges,
		english.PluralWord(len(m.Objects), strings.ToLower(m.Kind), ""), several(m.Objects))
}

// Hint returns the statement that gives the rights.
func (m MissingRights) Hint() string {
	grant := fmt.Sprintf("GRANT %s ON %s %s TO %s;", m.Privileges, m.Kind, strings.Join(m.Objects, ", "), pgx.Identifier{m.Role}.Sanitize())
	if m.Foreign {
		return fmt.Sprintf("as %s: %s", m.Owner, grant)
	}
	return fmt.Sprintf("connect as %s; or, as that role: %s", m.Owner, grant)
}

// Needed reports whether commands fail without the rights. Only check reads sequences: an identity
// column needs no right on its own sequence.
func (m MissingRights) Needed() bool { return m.Kind != "SEQUENCE" }

// ExitCode is problem.Database.
func (MissingRights) ExitCode() problem.Code { return problem.Database }

// sqlRights finds the rights that this role lacks, and those that other owners lack. A view reads with
// the rights of its owner, and a foreign key with those of a table's owner.
const sqlRights = `
	WITH relations AS (
		SELECT c.oid, n.nspname, c.relname, format('%I.%I', n.nspname, c.relname) AS name, c.relkind, c.relowner
		FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('pushloss', 'analytics') AND c.relkind IN ('r', 'p', 'v')
			AND CASE c.relkind WHEN 'v' THEN 'view ' ELSE 'table ' END || n.nspname || '.' || c.relname = ANY ($1)
	), lacks (role, kind, name, owner, privilege, rank) AS (
		SELECT current_user::text, 'SCHEMA', quote_ident(nspname), nspowner, 'USAGE', 1
		FROM pg_namespace WHERE nspname IN ('pushloss', 'analytics') AND NOT has_schema_privilege(oid, 'USAGE')
		UNION ALL
		SELECT current_user::text, 'TABLE', name, relowner, privilege, rank
		FROM relations CROSS JOIN (VALUES ('SELECT', 1), ('INSERT', 2), ('UPDATE', 3), ('DELETE', 4)) AS p (privilege, rank)
		WHERE (rank = 1 OR nspname = 'pushloss' AND relname <> ALL ($2)) AND NOT has_table_privilege(oid, privilege)
		UNION
		SELECT pg_get_userbyid(v.relowner)::text, 'TABLE', t.name, t.relowner, 'SELECT', 1
		FROM relations AS t JOIN relations AS v ON v.relkind = 'v' AND t.relkind <> 'v' AND v.relowner <> t.relowner
		WHERE NOT has_table_privilege(v.relowner, t.oid, 'SELECT')
		UNION
		SELECT pg_get_userbyid(t.relowner)::text, 'SCHEMA', quote_ident(n.nspname), n.nspowner, 'USAGE', 1
		FROM relations AS t JOIN pg_namespace AS n USING (nspname)
		WHERE t.relkind <> 'v' AND NOT has_schema_privilege(t.relowner, n.oid, 'USAGE')
		UNION ALL
		SELECT current_user::text, 'SEQUENCE', format('%I.%I', n.nspname, c.relname), c.relowner, 'SELECT', 1
		FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname = 'pushloss' AND CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(c.oid, 'SELECT') END
		UNION ALL
		SELECT current_user::text, 'FUNCTION', oid::regprocedure::text, proowner, 'EXECUTE', 1
		FROM pg_proc WHERE ('function ' || oid::regprocedure::text = ANY ($3) OR pronamespace = 'pg_catalog'::regnamespace AND proname = ANY ($4))
			AND NOT has_function_privilege(oid, 'EXECUTE')
		UNION ALL
		SELECT current_user::text, 'TABLE', oid::regclass::text, relowner, 'SELECT', 1
		FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relname = ANY ($4) AND NOT has_table_privilege(oid, 'SELECT')
	), objects AS (
		SELECT role, kind, name, owner, string_agg(privilege, ', ' ORDER BY rank) AS privileges FROM lacks GROUP BY role, kind, name, owner
	)
	SELECT role, privileges, kind, pg_get_userbyid(owner)::text, array_agg(name ORDER BY name), role <> current_user
	FROM objects GROUP BY role, privileges, kind, owner ORDER BY kind <> 'SCHEMA', kind, privileges, role, 4`

// Rights returns the rights that the connection's role lacks to run every command except migrate.
func Rights(ctx context.Context, databaseURL string) ([]MissingRights, error) {
	s, err := connect(ctx, databaseURL, nil)
	if err != nil {
		return nil, err
	}
	defer s.close()
	return readRights(ctx, s.conn)
}

func readRights(ctx context.Context, db postgres.Querier) ([]MissingRights, error) {
	relations := []string{}
	for name := range wantedStructure() {
		if relationOf(name) == "" {
			relations = append(relations, name)
		}
	}
	missing, err := postgres.List(ctx, db, pgx.RowToStructByPos[MissingRights], sqlRights, relations, onlyRead, viewNames(parseViews(viewsText)), strings.Fields(everybodys))
	if err != nil {
		return nil, fmt.Errorf("look for rights: %w", ended(ctx, err))
	}
	return missing, nil
}

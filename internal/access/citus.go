package access

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
	"pushloss/internal/problem"
)

// cluster says whether the tables of the database are also on the workers of a Citus cluster.
// There, Citus checks the rights of the role that asks instead of the view owner's: on the tables
// of schema pushloss that views read together with tables of the cluster, and on the workers.
type cluster struct{ spread bool }

const (
	sqlIsSpread = `SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AND to_regclass('pushloss.stage_loss') IS NOT NULL`
	sqlSpread   = `SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_dist_partition WHERE logicalrelid = 'pushloss.stage_loss'::regclass)`
	// Views that read only local tables need no rights on these.
	sqlTablesOfViews = `
		WITH reads AS (
			SELECT DISTINCT r.ev_class AS view, t.oid, t.relname, t.relowner, t.relacl,
				EXISTS (SELECT 1 FROM pg_catalog.pg_dist_partition AS p WHERE p.logicalrelid = t.oid) AS spread
			FROM pg_catalog.pg_rewrite AS r
			JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class AND v.relnamespace = 'analytics'::regnamespace
			JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass
			JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid AND t.relnamespace = 'pushloss'::regnamespace AND t.relkind = 'r'
		), rights (rank, kind, name, privilege, owner, acl) AS (
			SELECT 1, 'schema', nspname::text, 'USAGE', nspowner, nspacl FROM pg_catalog.pg_namespace WHERE nspname = 'pushloss'
			UNION ALL
			SELECT DISTINCT 2, 'table', relname::text, 'SELECT', relowner, relacl FROM reads
			WHERE view IN (SELECT view FROM reads WHERE spread)
		)
		SELECT kind, name, privilege, pg_get_userbyid(owner)::text, pg_has_role(owner, 'USAGE'), pg_has_role($1::oid, owner, 'USAGE'),
			EXISTS (SELECT 1 FROM aclexplode(acl) AS a WHERE a.grantee = $1::oid AND a.privilege_type = privilege)
		FROM rights
		ORDER BY rank, name COLLATE "C"`
	// In one transaction, Citus changes tables of all nodes and distributed ones only shard by
	// shard.
	sqlSequential         = `SET LOCAL citus.multi_shard_modify_mode = 'sequential'`
	sqlWorkersWithoutRole = `
		SELECT nodename || ':' || nodeport FROM run_command_on_workers(format('SELECT count(*) FROM pg_catalog.pg_roles WHERE rolname = %L', $1::text))
		WHERE NOT success OR result = '0'`
	sqlOnWorkers = `SELECT nodename || ':' || nodeport || ': ' || result FROM run_command_on_workers($1) WHERE NOT success`
)

func readCluster(ctx context.Context, tx pgx.Tx) (c cluster, err error) {
	if err = tx.QueryRow(ctx, sqlIsSpread).Scan(&c.spread); err != nil || !c.spread {
		return c, err
	}
	return c, tx.QueryRow(ctx, sqlSpread).Scan(&c.spread)
}

// rights returns the rights that reading requires besides those on analytics.
func (c cluster) rights(ctx context.Context, tx pgx.Tx, role uint32) ([]heldRight, error) {
	if !c.spread {
		return nil, nil
	}
	return listRights(ctx, tx, sqlTablesOfViews, role)
}

// prepare prepares the cluster for changes, and refuses a role that a worker does not have.
func (c cluster) prepare(ctx context.Context, tx pgx.Tx, role string, change rightChange) error {
	if !c.spread {
		return nil
	}
	if _, err := tx.Exec(ctx, sqlSequential); err != nil || change.done != Granted {
		return err
	}
	without, err := postgres.List(ctx, tx, pgx.RowTo[string], sqlWorkersWithoutRole, role)
	if err != nil || len(without) == 0 {
		return err
	}
	return &problem.UsageError{
		Problem: fmt.Sprintf("role %q does not exist on %s", role, strings.Join(without, ", ")),
		Remedy:  fmt.Sprintf("make it on every worker of the cluster too: CREATE ROLE %s LOGIN PASSWORD '...'; the coordinator connects there as this role", pgx.Identifier{role}.Sanitize()),
	}
}

// apply changes the rights on the workers. Rights on shards follow by themselves.
func (c cluster) apply(ctx context.Context, tx pgx.Tx, role string, change rightChange) error {
	if !c.spread {
		return nil
	}
	name := pgx.Identifier{role}.Sanitize()
	for _, what := range []string{"USAGE ON SCHEMA pushloss, analytics", "SELECT ON analytics.apps"} {
		sql := fmt.Sprintf("%s %s %s %s", change.verb, what, change.to, name)
		failed, err := postgres.List(ctx, tx, pgx.RowTo[string], sqlOnWorkers, sql)
		if err != nil {
			return err
		}
		if len(failed) > 0 && change.done == Granted {
			return &problem.UsageError{Problem: strings.Join(failed, "; "), Remedy: "run: pushloss distribute, then grant again"}
		}
	}
	return nil
}

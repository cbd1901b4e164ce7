package distribute

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
	"pushloss/internal/problem"
)

// Report is what was found and what was done.
type Report struct {
	Engine  string `json:"engine"`
	Shards  int    `json:"shards"`
	Steps   []Step `json:"tables"`
	Changed int    `json:"changed"`
}

// maxWait bounds the wait for the locks of a table, which running jobs hold.
const maxWait = 30 * time.Second

const (
	// Citus also lists a local table, of no co-location, as soon as a table that it refers to is
	// copied to every node.
	sqlPlacements = `
		SELECT c.relname::text, CASE
				WHEN p.logicalrelid IS NULL OR p.partmethod = 'n' AND p.repmodel = 's' AND p.colocationid = 0 THEN 'local'
				WHEN p.partmethod = 'h' AND p.partkey IS NOT NULL AND column_to_column_name(p.logicalrelid, p.partkey) = $1 THEN 'distributed'
				WHEN p.partmethod = 'n' AND p.repmodel = 't' AND EXISTS (
					SELECT FROM pg_catalog.pg_dist_node AS n
					WHERE n.groupid <> 0 AND n.isactive AND n.noderole = 'primary' AND NOT EXISTS (
						SELECT FROM pg_catalog.pg_dist_shard AS s JOIN pg_catalog.pg_dist_placement AS has USING (shardid)
						WHERE s.logicalrelid = c.oid AND has.groupid = n.groupid)) THEN 'incomplete'
				WHEN p.partmethod = 'n' AND p.repmodel = 't' THEN 'reference'
				ELSE 'other' END
		FROM pg_catalog.pg_class AS c LEFT JOIN pg_catalog.pg_dist_partition AS p ON p.logicalrelid = c.oid
		WHERE c.relnamespace = 'pushloss'::regnamespace AND c.relkind = 'r'`
	sqlShards  = `SELECT count(*) FROM pg_catalog.pg_dist_shard WHERE logicalrelid = 'pushloss.` + first + `'::regclass`
	sqlCluster = `
		SELECT count(*) FILTER (WHERE groupid = 0), count(*) FILTER (WHERE groupid <> 0 AND shouldhaveshards AND isactive)
		FROM pg_catalog.pg_dist_node`
	// Views and functions stay on the coordinator. A copy on a worker might depend on tables that
	// exist only here, and the next migration would fail half-way.
	sqlKeepMetadata    = `SET citus.enable_metadata_sync = off`
	sqlStopMetadata    = `SELECT stop_metadata_sync_to_node(nodename, nodeport) FROM pg_catalog.pg_dist_node WHERE groupid <> 0 AND hasmetadata`
	sqlHasMetadata     = `SELECT count(*) FROM pg_catalog.pg_dist_node WHERE groupid <> 0 AND hasmetadata`
	sqlCurrentDatabase = `SELECT current_database()::text`
	// An interruption leaves the local rows of a table that Citus has already copied.
	sqlClean = `
		SELECT truncate_local_data_after_distributing_table(c.oid)
		FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_dist_partition AS p ON p.logicalrelid = c.oid
		WHERE c.relnamespace = 'pushloss'::regnamespace AND (p.partmethod = 'h' OR p.repmodel = 't') AND pg_relation_size(c.oid) > 0`
	sqlAlone    = `SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended('pushloss distribute', 0))`
	sqlEndAlone = `SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended('pushloss distribute', 0))`
)

// Run places every table as the list says, one after another. Tables that are in place stay as they
// are. With planOnly, it only reports what it would do.
func Run(ctx context.Context, databaseURL string, shards int, planOnly bool) (report Report, err error) {
	conn, err := postgres.Connect(ctx, databaseURL, postgres.Limits{Name: "pushloss distribute", IdleInTransaction: postgres.Silence, LockTimeout: maxWait}, nil)
	if err != nil {
		return report, fmt.Errorf("connect to database: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if report, err = read(ctx, conn, shards); err != nil || planOnly {
		return report, err
	}
	var alone bool
	if err := conn.QueryRow(ctx, sqlAlone).Scan(&alone); err != nil {
		return report, fmt.Errorf("distribute: %w", err)
	}
	if !alone {
		return report, &problem.UsageError{Problem: "another pushloss distribute is at work", Remedy: "wait until it ends"}
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), sqlEndAlone) }()
	if err := keepMetadata(ctx, conn); err != nil {
		return report, fmt.Errorf("keep views on the coordinator: %w", err)
	}
	if err := makeSchemas(ctx, conn); err != nil {
		return report, fmt.Errorf("make the schemas on the workers: %w", err)
	}
	for _, step := range report.Steps {
		for _, sql := range step.SQL {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return report, fmt.Errorf("table %s: %w", step.Table, busy(err))
			}
		}
		if step.Due() {
			report.Changed++
		}
	}
	if _, err := conn.Exec(ctx, sqlClean); err != nil {
		return report, fmt.Errorf("remove copied rows: %w", busy(err))
	}
	return report, equipWorkers(ctx, conn)
}

// read compares the cluster with the list.
func read(ctx context.Context, conn *pgx.Conn, shards int) (Report, error) {
	engine, err := postgres.ReadEngine(ctx, conn)
	report := Report{Engine: engine.String(), Shards: shards}
	if err != nil {
		return report, err
	}
	switch {
	case engine.Worker:
		return report, &postgres.WorkerError{Engine: engine}
	case engine.Citus == "":
		return report, &problem.UsageError{Problem: engine.String() + " has no extension Citus in this database", Remedy: "one Postgres holds all: nothing is to be distributed. With Citus: CREATE EXTENSION citus, on every node"}
	}
	var coordinators, workers int
	if err := conn.QueryRow(ctx, sqlCluster).Scan(&coordinators, &workers); err != nil {
		return report, fmt.Errorf("read the cluster: %w", err)
	}
	switch {
	case coordinators == 0:
		return report, &problem.UsageError{Problem: "the coordinator does not know its own address", Remedy: "as a superuser: SELECT citus_set_coordinator_host('HOST', 5432)"}
	case workers == 0:
		return report, &problem.UsageError{Problem: "the cluster has no worker", Remedy: "as a superuser, for each worker: SELECT citus_add_node('HOST', 5432)"}
	}
	now, err := Placements(ctx, conn)
	if err != nil {
		return report, err
	}
	if now[first] == Distributed {
		if err := conn.QueryRow(ctx, sqlShards).Scan(&report.Shards); err != nil {
			return report, fmt.Errorf("count the shards: %w", err)
		}
	}
	report.Steps, err = Plan(now, report.Shards)
	return report, err
}

// Placements returns where the rows of each table of a Citus database are.
func Placements(ctx context.Context, from postgres.Reader) (map[string]Placement, error) {
	rows, err := from.Query(ctx, sqlPlacements, Key)
	if err != nil {
		return nil, fmt.Errorf("read where tables are: %w", err)
	}
	now := make(map[string]Placement)
	var name string
	var is Placement
	_, err = pgx.ForEachRow(rows, []any{&name, &is}, func() error {
		now[name] = is
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read where tables are: %w", err)
	}
	return now, nil
}

func keepMetadata(ctx context.Context, conn *pgx.Conn) error {
	var database string
	if err := conn.QueryRow(ctx, sqlCurrentDatabase).Scan(&database); err != nil {
		return err
	}
	for _, sql := range []string{fmt.Sprintf(`ALTER DATABASE %s SET citus.enable_metadata_sync = off`, pgx.Identifier{database}.Sanitize()), sqlKeepMetadata} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	var synced int
	if err := conn.QueryRow(ctx, sqlHasMetadata).Scan(&synced); err != nil || synced == 0 {
		return err
	}
	_, err := conn.Exec(ctx, sqlStopMetadata)
	// Citus refuses other roles by an internal error, even with the right to call the function.
	refused := postgres.Denied(err) || postgres.Code(err) == pgerrcode.InternalError
	if refused && conn.PgConn().ParameterStatus("is_superuser") == "off" {
		return &SuperuserError{Database: database, cause: err}
	}
	return err
}

// SuperuserError says that Citus lets only a superuser do a step.
type SuperuserError struct {
	Database string
	cause    error
}

func (e *SuperuserError) Error() string {
	return "Citus lets only a superuser do this: " + e.cause.Error()
}

func (e *SuperuserError) Unwrap() error { return e.cause }

// Hint says what an operator can do.
func (e *SuperuserError) Hint() string {
	return fmt.Sprintf("as a superuser, in the database %s of the coordinator: %s; then run pushloss distribute again, as the same role as now", e.Database, sqlStopMetadata)
}

// ExitCode is problem.Database.
func (*SuperuserError) ExitCode() problem.Code { return problem.Database }

// busy explains a lock that was not granted.
func busy(err error) error {
	if postgres.Code(err) != pgerrcode.LockNotAvailable {
		return err
	}
	return &problem.UsageError{Problem: "the table is in use", Remedy: "stop serve and the jobs, then run pushloss distribute again: it continues"}
}

const (
	// Citus makes no schema on a worker that is added while metadata stays on the coordinator.
	sqlSchemas = `
		SELECT format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', nspname, pg_get_userbyid(nspowner))
		FROM pg_catalog.pg_namespace WHERE nspname IN ('pushloss', 'analytics') ORDER BY nspname`
	sqlAppsOnWorkers = `SELECT format('CREATE OR REPLACE VIEW analytics.apps AS %s', replace(pg_catalog.pg_get_viewdef('analytics.apps'::regclass), 'pushloss.app;', format('pushloss.app_%s AS app;', s.shardid)))
		FROM pg_catalog.pg_dist_shard AS s WHERE s.logicalrelid = 'pushloss.app'::regclass`
	sqlRecentDays   = `SELECT pg_catalog.pg_get_functiondef('analytics.recent_days(integer)'::regprocedure)`
	sqlOnAllWorkers = `SELECT nodename || ':' || nodeport || ': ' || result FROM run_command_on_workers($1) WHERE NOT success`
)

func makeSchemas(ctx context.Context, conn *pgx.Conn) error {
	commands, err := postgres.List(ctx, conn, pgx.RowTo[string], sqlSchemas)
	if err != nil {
		return err
	}
	for _, command := range commands {
		if err := OnWorkers(ctx, conn, command); err != nil {
			return err
		}
	}
	return nil
}

// equipWorkers gives each worker the function analytics.recent_days, which it calls for a question
// about one app, and the view that the function reads, over the worker's own copy of the table.
func equipWorkers(ctx context.Context, conn *pgx.Conn) error {
	var commands []string
	for _, ask := range []string{sqlAppsOnWorkers, sqlRecentDays} {
		var sql string
		if err := conn.QueryRow(ctx, ask).Scan(&sql); err != nil {
			return fmt.Errorf("read what workers need: %w", err)
		}
		commands = append(commands, sql)
	}
	for _, command := range commands {
		if err := OnWorkers(ctx, conn, command); err != nil {
			return fmt.Errorf("equip the workers: %w", err)
		}
	}
	return nil
}

// OnWorkers runs a statement on every worker.
func OnWorkers(ctx context.Context, on postgres.Reader, sql string) error {
	failed, err := postgres.List(ctx, on, pgx.RowTo[string], sqlOnAllWorkers, sql)
	if err != nil {
		return err
	}
	if len(failed) > 0 {
		return fmt.Errorf("%s", strings.Join(failed, "; "))
	}
	return nil
}

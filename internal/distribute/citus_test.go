package distribute_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/distribute"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
)

// onCoordinator returns the administrator's URL for a new database on the cluster, and a connection.
func onCoordinator(t *testing.T) (string, *pgx.Conn) {
	t.Helper()
	if !pgtest.OnCitus() {
		t.Skip("PUSHLOSS_TEST_CITUS_URL names no cluster")
	}
	url := pgtest.AdminURL(t, pgtest.CitusURL(t))
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return url, conn
}

// A kill after the first table leaves its local rows, and Citus lists the tables that refer to it.
func TestAnInterruptedDistributionContinues(t *testing.T) {
	t.Parallel()
	url, conn := onCoordinator(t)
	ctx := t.Context()
	const leftovers = `SELECT count(*) FROM pg_dist_partition WHERE logicalrelid::text LIKE 'pushloss.%' AND pg_relation_size(logicalrelid) > 0`
	var before, after int
	var host string
	var port uint16
	for _, step := range []struct {
		sql string
		to  []any
	}{
		{`SET citus.enable_metadata_sync = off`, nil},
		{`SELECT stop_metadata_sync_to_node(nodename, nodeport) FROM pg_dist_node WHERE groupid <> 0`, nil},
		{`INSERT INTO pushloss.err_code (err_code) VALUES ('code')`, nil},
		{`SELECT create_reference_table('pushloss.err_code')`, nil},
		{leftovers, []any{&before}},
		{`SELECT nodename, nodeport FROM pg_dist_node WHERE groupid <> 0 LIMIT 1`, []any{&host, &port}},
	} {
		var err error
		if step.to == nil {
			_, err = conn.Exec(ctx, step.sql)
		} else {
			err = conn.QueryRow(ctx, step.sql).Scan(step.to...)
		}
		if err != nil {
			t.Fatalf("%s: %v", step.sql, err)
		}
	}

	worker := conn.Config().Copy()
	worker.Host, worker.Port = host, port
	there, err := pgx.ConnectConfig(ctx, worker)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = there.Close(context.WithoutCancel(ctx)) })
	if engine, err := postgres.ReadEngine(ctx, there); err != nil || !engine.Worker {
		t.Errorf("the worker is %s: %v", engine, err)
	}

	report, err := distribute.Run(ctx, url, 4, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.QueryRow(ctx, leftovers).Scan(&after); err != nil || before == 0 || after != 0 {
		t.Errorf("%d tables had local rows, %d still have: %v", before, after, err)
	}
	now, err := distribute.Placements(ctx, conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range report.Steps {
		if now[step.Table] != step.Becomes {
			t.Errorf("%s is %s", step.Table, now[step.Table])
		}
	}
}

// Metadata stays on the coordinator, so Citus neither makes schemas on a new worker nor copies
// tables to it.
func TestAWorkerThatIsAddedLaterGetsTheTablesOfNames(t *testing.T) {
	t.Parallel()
	url, conn := onCoordinator(t)
	ctx := t.Context()
	var host string
	var port uint16
	if err := conn.QueryRow(ctx, `SELECT nodename, nodeport FROM pg_dist_node WHERE groupid <> 0 LIMIT 1`).Scan(&host, &port); err != nil {
		t.Fatal(err)
	}
	connect := func(database string) *pgx.Conn {
		t.Helper()
		config := conn.Config().Copy()
		config.Host, config.Port, config.Database = host, port, database
		on, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = on.Close(context.WithoutCancel(ctx)) })
		return on
	}
	exec := func(on *pgx.Conn, sql string, args ...any) {
		t.Helper()
		if _, err := on.Exec(ctx, sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	spread := func(changed int) {
		t.Helper()
		report, err := distribute.Run(ctx, url, 4, false)
		if err != nil || report.Changed != changed {
			t.Fatalf("%d tables were placed: %v; want %d", report.Changed, err, changed)
		}
	}

	references, placed := 0, 0
	for _, table := range distribute.Tables() {
		if table.Placement == distribute.Reference {
			references++
		}
		if table.Placement != distribute.Local {
			placed++
		}
	}
	exec(conn, `SELECT citus_remove_node($1, $2)`, host, port)
	name := conn.Config().Database
	server := connect("postgres")
	exec(server, `DROP DATABASE `+name+` WITH (FORCE)`)
	exec(server, `CREATE DATABASE `+name+` OWNER `+pgtest.Owner)
	worker := connect(name)
	exec(worker, `CREATE EXTENSION citus`)
	spread(placed)
	exec(conn, `SET citus.enable_metadata_sync = off`) // as new sessions have it
	exec(conn, `SELECT citus_add_node($1, $2)`, host, port)
	now, err := distribute.Placements(ctx, conn)
	if err != nil || now["app"] != distribute.Incomplete {
		t.Errorf("without a copy on the new worker, app is %q: %v", now["app"], err)
	}
	spread(references)
	spread(0)
	exec(worker, `SELECT * FROM analytics.recent_days(7)`)
}

// A role without superuser rights distributes after a superuser has done the step that Citus denies it.
func TestTheOwnerDistributesAfterASuperusersStep(t *testing.T) {
	t.Parallel()
	if !pgtest.OnCitus() {
		t.Skip("PUSHLOSS_TEST_CITUS_URL names no cluster")
	}
	ctx, owner := t.Context(), pgtest.CitusURL(t)
	_, err := distribute.Run(ctx, owner, 2, false)
	denied, ok := errors.AsType[*distribute.SuperuserError](err)
	if !ok {
		t.Fatalf("got %v, want a *distribute.SuperuserError", err)
	}
	_, step, _ := strings.Cut(denied.Hint(), "coordinator: ")
	step, _, _ = strings.Cut(step, ";")
	superuser, err := pgx.Connect(ctx, pgtest.AdminURL(t, owner))
	if err != nil {
		t.Fatal(err)
	}
	defer superuser.Close(context.WithoutCancel(ctx))
	if _, err := superuser.Exec(ctx, step); err != nil {
		t.Fatalf("%s: %v", step, err)
	}
	if report, err := distribute.Run(ctx, owner, 2, false); err != nil || report.Changed == 0 {
		t.Errorf("it changed %d tables: %v", report.Changed, err)
	}
}

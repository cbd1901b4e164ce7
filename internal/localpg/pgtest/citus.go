package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/distribute"
	"pushloss/migrations"
)

// citusVariable has the URL of a superuser on the coordinator of a Citus cluster, in a database
// whose pg_dist_node names every node. Each node must accept logins of the owner of the tests'
// databases.
const citusVariable = "PUSHLOSS_TEST_CITUS_URL"

// OnCitus reports whether databases with a schema are distributed over a Citus cluster.
func OnCitus() bool { return os.Getenv(citusVariable) != "" }

// testShards are few, because each table has that many shards.
const testShards = 4

// node is a node of the cluster.
type node struct {
	host string
	port int
	of   *url.URL // the coordinator's URL
}

func (n node) url(database string) string {
	u := *n.of
	u.Host, u.Path = net.JoinHostPort(n.host, strconv.Itoa(n.port)), "/"+database
	return u.String()
}

// nodes returns the coordinator and then its workers.
func nodes(ctx context.Context, conn *pgx.Conn, address string) ([]node, error) {
	of, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%s is not a URL", citusVariable)
	}
	rows, err := conn.Query(ctx, `SELECT nodename, nodeport FROM pg_dist_node ORDER BY groupid`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (node, error) {
		n := node{of: of}
		return n, row.Scan(&n.host, &n.port)
	})
}

// CitusURL makes a database on the cluster for this test alone. It has the newest schema, whose
// tables are not distributed yet.
func CitusURL(t testing.TB) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	ownerURL, err := shared.databases.createOnCitus(name, migrations.Up, nil)
	if err != nil {
		t.Fatalf("a Citus for the tests: %v", err)
	}
	t.Cleanup(func() {
		if err := shared.databases.dropSpread(name); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return ownerURL
}

// createSpread makes a database on every node, fills it and distributes its tables.
func (d *databases) createSpread(name string, fill func(ctx context.Context, ownerURL string) error) (ownerURL string, err error) {
	return d.createOnCitus(name, fill, func(ctx context.Context, adminURL string) error {
		_, err := distribute.Run(ctx, adminURL, testShards, false)
		return err
	})
}

func (d *databases) createOnCitus(name string, fill, finish func(ctx context.Context, url string) error) (ownerURL string, err error) {
	err = d.with(func(ctx context.Context, conn *pgx.Conn, address string) error {
		all, err := nodes(ctx, conn, address)
		if err != nil {
			return fmt.Errorf("the cluster's nodes: %w", err)
		}
		for _, n := range all {
			if err := onNode(ctx, n.url(path(address)), sqlOwner, `CREATE DATABASE `+name+` OWNER `+Owner); err != nil {
				return err
			}
			if err := onNode(ctx, n.url(name), `CREATE EXTENSION citus`); err != nil {
				return err
			}
		}
		join := []string{fmt.Sprintf(`SELECT citus_set_coordinator_host('%s', %d)`, all[0].host, all[0].port)}
		for _, n := range all[1:] {
			join = append(join, fmt.Sprintf(`SELECT citus_add_node('%s', %d)`, n.host, n.port))
		}
		if err := onNode(ctx, all[0].url(name), join...); err != nil {
			return err
		}
		if ownerURL, err = urlOf(address, name); err != nil {
			return err
		}
		if err := fill(ctx, ownerURL); err != nil || finish == nil {
			return err
		}
		return finish(ctx, all[0].url(name))
	})
	return ownerURL, err
}

func path(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Path[min(1, len(parsed.Path)):]
}

func (d *databases) dropSpread(name string) error {
	return d.with(func(ctx context.Context, conn *pgx.Conn, address string) error {
		all, err := nodes(ctx, conn, address)
		if err != nil {
			return err
		}
		for _, n := range all {
			if err := onNode(ctx, n.url(path(address)), `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil {
				return err
			}
		}
		return nil
	})
}

func onNode(ctx context.Context, address string, list ...string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return statements(ctx, conn, list...)
}

package migrations_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// sqlCatalog describes all that the migrations make, a line each.
const sqlCatalog = `
	WITH namespaces AS (
		SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('pushloss', 'analytics')
	), relations AS (
		SELECT c.oid AS relation, c.relkind, n.nspname || '.' || c.relname AS name
		FROM pg_class AS c JOIN namespaces AS n ON n.oid = c.relnamespace
	)
	SELECT concat_ws(' | ', 'schema', nspname, obj_description(oid, 'pg_namespace')) AS line FROM namespaces
	UNION ALL
	SELECT concat_ws(' | ', 'relation', name, relkind, obj_description(relation, 'pg_class')) FROM relations
	UNION ALL
	SELECT concat_ws(' | ', 'column', name, row_number() OVER (PARTITION BY relation ORDER BY a.attnum), a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
		a.attidentity, a.attstorage, pg_get_expr(d.adbin, d.adrelid), col_description(relation, a.attnum))
	FROM relations JOIN pg_attribute AS a ON a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
	LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	UNION ALL
	SELECT concat_ws(' | ', 'constraint', name, k.conname, pg_get_constraintdef(k.oid))
	FROM relations JOIN pg_constraint AS k ON k.conrelid = relation AND k.contype <> 'n' -- not NOT NULL, which has a name since PostgreSQL 18
	UNION ALL
	SELECT concat_ws(' | ', 'index', name, pg_get_indexdef(i.indexrelid))
	FROM relations JOIN pg_index AS i ON i.indrelid = relation
	UNION ALL
	SELECT concat_ws(' | ', 'view', name, pg_get_viewdef(relation)) FROM relations WHERE relkind = 'v'
	UNION ALL
	SELECT concat_ws(' | ', 'function', n.nspname, pg_get_functiondef(f.oid), obj_description(f.oid, 'pg_proc'))
	FROM pg_proc AS f JOIN namespaces AS n ON n.oid = f.pronamespace
	ORDER BY line`

const sqlSeeds = `
	SELECT stage::text FROM pushloss.stage UNION ALL
	SELECT event::text FROM pushloss.event UNION ALL
	SELECT platform::text FROM pushloss.platform ORDER BY 1`

// M1: the way down and up again ends where it began.
func TestM1TheWayDownAndUpEndsWhereItBegan(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	conn := connect(t, url)
	up(t, url)
	schema, seeds := lines(t, conn, sqlCatalog), lines(t, conn, sqlSeeds)
	if len(schema) < 100 || len(seeds) != 2+2+9 {
		t.Fatalf("the catalog has %d lines and the dimensions %d rows", len(schema), len(seeds))
	}

	for steps := 1; steps <= migrations.Count(); steps++ {
		down(t, url, steps)
		if got, want := lines(t, conn, `SELECT version::text FROM pushloss.schema_migrations`), steps == migrations.Count(); (len(got) == 0) != want {
			t.Errorf("version after %d steps down: %v", steps, got)
		}
		if steps == migrations.Count() {
			left := lines(t, conn, `SELECT relname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
				WHERE nspname IN ('pushloss', 'analytics') AND relkind <> 'i'`)
			if diff := cmp.Diff([]string{"schema_migrations"}, left); diff != "" {
				t.Errorf("after all steps down (-want +got):\n%s", diff)
			}
		}
		up(t, url)
		if diff := cmp.Diff(schema, lines(t, conn, sqlCatalog)); diff != "" {
			t.Errorf("after %d steps down and up (-first +now):\n%s", steps, diff)
		}
		if diff := cmp.Diff(seeds, lines(t, conn, sqlSeeds)); diff != "" {
			t.Errorf("rows after %d steps down and up (-first +now):\n%s", steps, diff)
		}
	}
}

func TestUpAgainChangesNothing(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	conn := connect(t, url)
	exec(t, conn, `INSERT INTO pushloss.app (sdk_app_id, timezone, lookback_days, task_days) VALUES (1, 'UTC', 7, 30)`)
	before := lines(t, conn, sqlCatalog)
	up(t, url)
	if diff := cmp.Diff(before, lines(t, conn, sqlCatalog)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	if got := lines(t, conn, `SELECT sdk_app_id::text FROM pushloss.app`); len(got) != 1 {
		t.Errorf("apps: %v", got)
	}
}

func TestSchemaMadeByTheAdministratorIsUsed(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	exec(t, connect(t, url), `CREATE SCHEMA pushloss`)
	up(t, url)
	if err := migrations.Check(t.Context(), url); err != nil {
		t.Error(err)
	}
}

package distribute_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pushloss/internal/distribute"
	"pushloss/internal/localpg/pgtest"
)

// A table that is missing in the list would stay on the coordinator by chance.
func TestTheListHasEveryTableOnceAndItsKeysAllowThePlacement(t *testing.T) {
	t.Parallel()
	if pgtest.OnCitus() {
		t.Skip("the catalogue of a distributed database lists shards as well")
	}
	pool := pgtest.Pool(t)
	placement := make(map[string]distribute.Placement)
	var listed []string
	for _, table := range distribute.Tables() {
		listed = append(listed, table.Name)
		placement[table.Name] = table.Placement
		if table.Why == "" {
			t.Errorf("%s: the list does not say why", table.Name)
		}
	}
	order := slices.Clone(listed)
	slices.Sort(listed)
	if diff := cmp.Diff(names(t, pool, `SELECT relname::text FROM pg_class WHERE relnamespace = 'pushloss'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname COLLATE "C"`), listed); diff != "" {
		t.Errorf("(-catalog +list):\n%s", diff)
	}

	// Citus cannot see to a unique key that is spread over shards.
	withKey := names(t, pool, `
		SELECT c.relname::text FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = $1 AND a.attnotnull
		WHERE c.relnamespace = 'pushloss'::regnamespace AND NOT EXISTS (
			SELECT 1 FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum <> ALL(i.indkey))`, distribute.Key)
	for table, is := range placement {
		if is == distribute.Distributed && !slices.Contains(withKey, table) {
			t.Errorf("%s is distributed, but has no %s in each of its unique keys", table, distribute.Key)
		}
	}

	// A copy on a worker can only refer to tables that are there too.
	rows, err := pool.Query(t.Context(), `SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND connamespace = 'pushloss'::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	var from, to string
	if _, err := pgx.ForEachRow(rows, []any{&from, &to}, func() error {
		from, to := from[len("pushloss."):], to[len("pushloss."):]
		if placement[from] != distribute.Local && placement[to] != distribute.Reference || placement[from] == distribute.Local && placement[to] != distribute.Local {
			t.Errorf("%s (%s) refers to %s (%s)", from, placement[from], to, placement[to])
		}
		if slices.Index(order, to) > slices.Index(order, from) {
			t.Errorf("%s refers to %s, which comes after it", from, to)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

package world

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pushloss/load"
)

// Database is a database with two pools: one as the product has it, and one for a test that looks at
// rows.
type Database struct {
	URL  string
	DB   *load.DB
	Pool *pgxpool.Pool

	t testing.TB
}

// Open connects to a database, such as a new one from pgtest.URL, until the test ends.
func Open(t testing.TB, url string) *Database {
	t.Helper()
	d := &Database{URL: url, t: t}
	ctx := context.WithoutCancel(t.Context())
	var err error
	if d.DB, err = load.Open(ctx, url, 10); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.DB.Close)
	if d.Pool, err = pgxpool.New(ctx, url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Pool.Close)
	return d
}

// Rows returns the rows of a query on a pool or a connection. Each column is a field.
func Rows[T any](t testing.TB, on interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}, sql string, args ...any) []T {
	t.Helper()
	rows, err := on.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Number returns the only number that a query finds.
func (d *Database) Number(sql string, args ...any) (n int64) {
	d.t.Helper()
	d.scan(&n, sql, args)
	return n
}

// Text returns the only text that a query finds.
func (d *Database) Text(sql string, args ...any) (text string) {
	d.t.Helper()
	d.scan(&text, sql, args)
	return text
}

func (d *Database) scan(to any, sql string, args []any) {
	d.t.Helper()
	rows, err := d.Pool.Query(d.t.Context(), sql, args...)
	if err != nil {
		d.t.Fatal(err)
	}
	// CollectExactlyOneRow makes a second row an error too.
	if _, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (any, error) { return nil, row.Scan(to) }); err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
}

// Exec runs a statement, which must change at least one row.
func (d *Database) Exec(sql string, args ...any) {
	d.t.Helper()
	if tag, err := d.Pool.Exec(d.t.Context(), sql, args...); err != nil || tag.RowsAffected() == 0 {
		d.t.Fatalf("%s: %d rows, %v", sql, tag.RowsAffected(), err)
	}
}

// Fact is a row of one of the four views of losses. The empty task is the whole app.
type Fact struct {
	Grain, Day, Task, Stage string
	Event, Platform         int
	Code, Info              string
	Count                   int64
}

// SQLFacts selects the facts of an app.
const SQLFacts = `
	SELECT 'stage', day::text, '', stage, 0, 0, err_code, err_info, err_count
	FROM analytics.app_stage_loss WHERE sdk_app_id = $1
	UNION ALL
	SELECT 'platform', day::text, '', stage, event_type, platform_id, err_code, err_info, err_count
	FROM analytics.app_platform_loss WHERE sdk_app_id = $1
	UNION ALL
	SELECT 'stage', day::text, task_id, stage, 0, 0, err_code, err_info, err_count
	FROM analytics.task_stage_loss WHERE sdk_app_id = $1
	UNION ALL
	SELECT 'platform', day::text, task_id, stage, event_type, platform_id, err_code, err_info, err_count
	FROM analytics.task_platform_loss WHERE sdk_app_id = $1`

// Facts returns everything that the views show of an app's losses.
func (d *Database) Facts(app int64) []Fact {
	d.t.Helper()
	return Rows[Fact](d.t, d.Pool, SQLFacts, app)
}

// EqualFacts compares facts with the truth, in any order.
func EqualFacts(t testing.TB, truth, stored []Fact) {
	t.Helper()
	sorted := func(facts []Fact) []Fact {
		return slices.SortedFunc(slices.Values(facts), func(a, b Fact) int {
			return cmp.Or(strings.Compare(a.Grain, b.Grain), strings.Compare(a.Day, b.Day), strings.Compare(a.Task, b.Task),
				strings.Compare(a.Stage, b.Stage), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Platform, b.Platform),
				strings.Compare(a.Code, b.Code))
		})
	}
	// Diff takes far longer to find that thousands of facts are equal.
	if truth, stored := sorted(truth), sorted(stored); !slices.Equal(truth, stored) {
		t.Errorf("facts (-truth +stored):\n%s", gocmp.Diff(truth, stored))
	}
	if len(truth) == 0 {
		t.Error("the truth is empty: this proves nothing")
	}
}

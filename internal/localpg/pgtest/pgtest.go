package pgtest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"pushloss/migrations"
)

const poolLimit = 30 * time.Second

// Main runs the tests of a package, fails it if they leave goroutines behind
// that the options do not excuse, stops the server if one was started, and
// returns the exit code for TestMain.
func Main(m *testing.M, options ...goleak.Option) int {
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(options...); err != nil {
			fmt.Fprintln(os.Stderr, "goleak: after the tests:", err)
			code = 1
		}
	}
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest: stop the server:", err)
		code = max(code, 1)
	}
	return code
}

// URL makes a database with the newest schema, for this test alone. The role it
// names owns the database and is not a superuser.
func URL(t testing.TB) string {
	t.Helper()
	return create(t, "template_"+migrations.Hash()[:16], migrations.Up)
}

// EmptyURL makes a database without any schema, for this test alone.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return create(t, "template1", nil)
}

// Pool opens a pool on a database that URL makes, and closes it with the test.
func Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), poolLimit)
	defer cancel()
	pool, err := pgxpool.New(ctx, URL(t))
	if err != nil {
		t.Fatalf("open a pool: %v", err)
	}
	t.Cleanup(pool.Close)
	if err := pool.Ping(ctx); err != nil {
		t.Fatalf("ping the test's database: %v", err)
	}
	return pool
}

package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"pushloss/migrations"
)

const poolLimit = 3 * time.Minute

// Main runs the tests of a package and returns the exit code for TestMain. It fails if they leave
// goroutines that the options do not allow. It stops the server if one runs.
func Main(m interface{ Run() int }, options ...goleak.Option) int {
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

// URL makes a database with the newest schema for this test alone. The role in the URL owns the
// database and is not a superuser.
func URL(t testing.TB) string {
	t.Helper()
	return create(t, "template_"+migrations.Hash()[:16], migrations.Up)
}

// EmptyURL makes a database without a schema for this test alone.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return create(t, "template1", nil)
}

// Filled is a database with which several tests begin. One of them fills it, and each gets a copy.
type Filled struct{ name string }

// NewFilled returns a database that no test has filled yet.
func NewFilled() *Filled { return &Filled{name: "filled_" + strings.ToLower(rand.Text())} }

// URL returns the URL of a copy for this test alone. The first call makes the original, with
// the newest schema, and calls fill, which must close its connections and create no database.
func (f *Filled) URL(t testing.TB, fill func(ownerURL string)) string {
	t.Helper()
	return create(t, f.name, func(ctx context.Context, ownerURL string) error {
		if !OnCitus() { // which copies no database, but fills each
			shared.databases.own = append(shared.databases.own, f.name)
		}
		if err := migrations.Up(ctx, ownerURL); err != nil {
			return err
		}
		fill(ownerURL)
		return nil
	})
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

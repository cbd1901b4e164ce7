package load_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/netfault"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
	"pushloss/load"
	"pushloss/transform"
)

// The error names a pooler that moves its clients between server connections: for any
// number of them, in any order, and whoever else uses the pooler.
func TestPoolersThatMoveTheirClientsAreRefused(t *testing.T) {
	t.Parallel()
	sizes := []int{1, 2, 3, 20}
	if testing.Short() {
		sizes = []int{2}
	}
	for _, mode := range []string{"transaction", "statement"} {
		for _, size := range sizes {
			for _, byTurns := range []bool{false, true} {
				for _, idle := range []int{0, 1, 2, 5} {
					if idle >= size && idle > 0 {
						continue
					}
					t.Run(fmt.Sprintf("%s, %d, by turns %t, %d idle", mode, size, byTurns, idle), func(t *testing.T) {
						t.Parallel()
						address := pgtest.Bouncer{Mode: mode, PoolSize: size, RoundRobin: byTurns}.URL(t, pgtest.URL(t))
						warm(t, address, idle)
						var pooling *postgres.PoolingError
						if err := postgres.CheckPooling(t.Context(), address); !errors.As(err, &pooling) || pooling.Hint() == "" {
							t.Fatalf("the check: %v", err)
						}
						if mode == "transaction" && pooling.Mode != mode {
							t.Errorf("the mode is reported as %s", pooling.Mode)
						}
						db, err := load.Open(t.Context(), address, 4)
						if !errors.As(err, &pooling) || load.Unreachable(err) {
							t.Errorf("open: %v", err)
						}
						if db != nil {
							db.Close()
						}
					})
				}
			}
		}
	}
}

// warm leaves this number of idle server connections in the pooler: clients that all
// ask something that takes a moment.
func warm(t *testing.T, address string, n int) {
	t.Helper()
	done := make(chan error, n)
	for range n {
		go func() {
			config, err := pgx.ParseConfig(address)
			if err != nil {
				done <- err
				return
			}
			config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
			conn, err := pgx.ConnectConfig(context.Background(), config)
			if err != nil {
				done <- err
				return
			}
			_, err = conn.Exec(context.Background(), `SELECT pg_sleep(0.3)`)
			done <- errors.Join(err, conn.Close(context.Background()))
		}()
	}
	for range n {
		must(t, <-done)
	}
}

// Other clients of a busy pool, who take and give server connections at any
// moment, hide nothing.
func TestABusyPoolHidesNothing(t *testing.T) {
	t.Parallel()
	for _, byTurns := range []bool{false, true} {
		t.Run(fmt.Sprintf("by turns %t", byTurns), func(t *testing.T) {
			t.Parallel()
			address := pgtest.Bouncer{Mode: "transaction", PoolSize: 5, RoundRobin: byTurns}.URL(t, pgtest.URL(t))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			for range 8 {
				config, err := pgx.ParseConfig(address)
				must(t, err)
				config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
				conn, err := pgx.ConnectConfig(ctx, config)
				must(t, err)
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					defer conn.Close(context.Background())
					for ctx.Err() == nil {
						_, _ = conn.Exec(ctx, `SELECT 1`)
					}
				}()
				defer func() { <-ended }()
			}
			defer cancel()
			for range 20 {
				var pooling *postgres.PoolingError
				if err := postgres.CheckPooling(t.Context(), address); !errors.As(err, &pooling) {
					t.Fatalf("the check: %v", err)
				}
			}
		})
	}
}

// In session mode all goes as without a pooler: locks are kept, and given back
// with the session; the pool stays within the pooler's means.
func TestASessionPoolerIsAccepted(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 6} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			must(t, f.lock.Unlock(t.Context()))
			address := pgtest.Bouncer{Mode: "session", PoolSize: size}.URL(t, f.url)
			db := open(t, address)
			session, work, err := db.OpenSession(t.Context(), "behind a pooler")
			must(t, err)
			lock, err := session.LockApp(work, testApp)
			must(t, err)
			must(t, lock.AnnounceCall(work))
			loads := make(chan error)
			const many = 20
			for i := range many {
				pull := f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 1, "")}})
				pull.Day += calendar.Day(i)
				go func() {
					_, err := lock.Load(work, pull, loadedAt)
					loads <- err
				}()
			}
			for range many {
				must(t, <-loads)
			}
			var busy *load.BusyError
			direct, directWork := openSession(t, open(t, f.url), "without")
			if _, err := direct.LockApp(directWork, testApp); !errors.As(err, &busy) {
				t.Errorf("the lock is not held: %v", err)
			}
			session.Close()
			_, err = direct.WaitForApp(directWork, testApp, time.Millisecond, func(*load.BusyError) {})
			must(t, err)
		})
	}
}

// The error names a pool without a second server connection, and nothing waits for one.
func TestTheErrorNamesAPoolerWithoutAFreeConnection(t *testing.T) {
	t.Parallel()
	address := pgtest.Bouncer{Mode: "session", PoolSize: 1}.URL(t, pgtest.URL(t))
	_, err := load.Open(t.Context(), address, 4)
	var full *postgres.NoConnectionError
	if !errors.As(err, &full) || !load.Unreachable(err) || !strings.Contains(full.Hint(), "pool_size") {
		t.Errorf("open: %v", err)
	}
}

// A pool that is set to another mode under a running process costs it its locks,
// which it learns before its next call.
func TestAPoolerThatIsChangedLaterIsNoticed(t *testing.T) {
	t.Parallel()
	f := setup(t)
	must(t, f.lock.Unlock(t.Context()))
	pooled, err := url.Parse(pgtest.Bouncer{Mode: "transaction", PoolSize: 5}.URL(t, f.url))
	must(t, err)
	address, network := netfault.Through(t, f.url)
	db := hurried(t, address)
	network.Redirect(pooled.Host)
	network.Break()
	network.Mend()

	session, work, err := db.OpenSession(t.Context(), "moved about")
	for err != nil { // by a connection of the pool that does not know yet
		session, work, err = db.OpenSession(t.Context(), "moved about")
	}
	t.Cleanup(session.Close)
	lock, err := session.LockApp(work, testApp)
	must(t, err)
	must(t, lock.AnnounceCall(work))
	other, err := pgx.Connect(t.Context(), pooled.String())
	must(t, err)
	defer other.Close(t.Context())
	tx, err := other.Begin(t.Context())
	must(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	var pooling *postgres.PoolingError
	if err := lock.AnnounceCall(work); !errors.As(err, &pooling) {
		t.Errorf("announce: %v", err)
	}
	select {
	case <-work.Done():
		if cause := context.Cause(work); !errors.Is(cause, load.ErrLockLost) || !errors.As(cause, &pooling) {
			t.Errorf("the work ended with %v", cause)
		}
	case <-time.After(patience):
		t.Error("the work continues")
	}
}

func TestADirectConnectionIsNotTakenForAPooler(t *testing.T) {
	t.Parallel()
	must(t, postgres.CheckPooling(t.Context(), pgtest.URL(t)))
}

package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// M3: migrators that start together all succeed, and the schema is made once.
func TestM3MigratorsThatStartTogetherAllSucceed(t *testing.T) {
	t.Parallel()
	reference := lines(t, connect(t, pgtest.URL(t)), sqlCatalog)
	for _, n := range []int{2, 8} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			url := pgtest.EmptyURL(t)
			errs := make([]error, n)
			var wait sync.WaitGroup
			for i := range n {
				wait.Go(func() { errs[i] = migrations.Up(t.Context(), url) })
			}
			wait.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			if err := migrations.Check(t.Context(), url); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(reference, lines(t, connect(t, url), sqlCatalog)); diff != "" {
				t.Errorf("(-alone +together):\n%s", diff)
			}
		})
	}
}

// sqlHold is the lock by which migrators wait for each other.
const sqlHold = `SELECT pg_advisory_lock(hashtextextended('pushloss migrations', 0))`

// M3: the end of the context ends the wait for another migrator.
func TestM3WaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	conn := connect(t, url)
	exec(t, conn, sqlHold)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- migrations.Up(ctx, url) }()
	untilWaiting(t, url)
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want one of a canceled context", err)
		}
	case <-time.After(patience):
		t.Fatal("the migrator still waits")
	}
	if got := lines(t, conn, sqlCatalog); len(got) != 0 {
		t.Errorf("it made %v", got)
	}
}

// M3: a migrator does not wait for ever, and names whom it waited for.
func TestM3WaitForAnotherMigratorHasAnEnd(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	other := connect(t, url)
	exec(t, other, `SET application_name = 'the other one'`)
	exec(t, other, sqlHold)
	err := migrations.New(url, migrations.Options{MigratorTimeout: 50 * time.Millisecond}).Up(t.Context())
	says(t, err, "another migrator is still at work after 50ms: process ", "(the other one), idle", "nothing was changed", "run pushloss migrate up again")
	if got := lines(t, other, sqlCatalog); len(got) != 0 {
		t.Errorf("it made %v", got)
	}
}

// untilWaiting returns once a process waits for an advisory lock.
func untilWaiting(t *testing.T, url string) {
	t.Helper()
	conn := connect(t, url)
	deadline := time.Now().Add(patience)
	for len(lines(t, conn, `SELECT pid::text FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("nobody waits")
		}
	}
}

func TestNothingIsMadeIfTheContextHasEnded(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, run := range map[string]func(context.Context, string) error{
		"Up": migrations.Up, "Check": migrations.Check,
		"Down": func(ctx context.Context, url string) error { return migrations.Down(ctx, url, 1) },
	} {
		if err := run(ctx, url); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := lines(t, connect(t, url), sqlCatalog); len(got) != 0 {
		t.Errorf("they made %v", got)
	}
}

// K3: a migrator looks at the views before it is alone, and another one may replace them then.
func TestMigratorsUpAndDownAtOnceDoNotFail(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	for range 4 {
		var wait sync.WaitGroup
		for range 3 {
			for _, migrate := range []func() error{
				func() error { return migrations.Up(t.Context(), url) },
				func() error { return migrations.Down(t.Context(), url, 2) },
			} {
				wait.Go(func() {
					if err := migrate(); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wait.Wait()
		up(t, url)
	}
}

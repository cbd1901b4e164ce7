package load_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/load"
	"pushloss/transform"
)

func TestT15AnAppIsHeldByOneSessionAtATime(t *testing.T) {
	t.Parallel()
	f := setup(t)
	other := open(t, f.url)
	session, work := openSession(t, other, "the other")

	var busy *load.BusyError
	if _, err := session.LockApp(work, testApp); !errors.As(err, &busy) {
		t.Fatalf("a second session got the app: %v", err)
	}
	if busy.Holder != "the test" {
		t.Errorf("the holder is reported as %q", busy.Holder)
	}
	if _, err := session.LockApp(work, testApp+1); err != nil {
		t.Errorf("another app is free: %v", err)
	}

	waiting := make(chan struct{})
	got := make(chan error, 1)
	go func() {
		_, err := session.WaitForApp(work, testApp, time.Millisecond, func(*load.BusyError) { close(waiting) })
		got <- err
	}()
	<-waiting // called once: a second call would panic
	must(t, f.lock.Unlock(t.Context()))
	must(t, <-got)
}

func TestWaitingForAnAppEndsWithItsContext(t *testing.T) {
	t.Parallel()
	f := setup(t)
	session, work := openSession(t, open(t, f.url), "the other")
	ctx, cancel := context.WithCancel(work)
	_, err := session.WaitForApp(ctx, testApp, time.Hour, func(*load.BusyError) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
}

// A session whose lease fails gives the app's lock back, although its connection stays.
func TestAnAppWhoseLeaseFailsIsLeftToOthers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	unlucky, work := openSession(t, open(t, f.url), "the unlucky")
	f.exec(`ALTER TABLE pushloss.app_lease ADD CONSTRAINT luck CHECK (holder <> 'the unlucky')`)
	if _, err := unlucky.LockApp(work, testApp+1); err == nil || !strings.Contains(err.Error(), "luck") {
		t.Fatalf("the lease ended with %v", err)
	}
	other, work := openSession(t, open(t, f.url), "the other")
	if _, err := other.LockApp(work, testApp+1); err != nil {
		t.Errorf("the app is not free: %v", err)
	}
}

func TestAHolderThatWasTakenOverCannotWrite(t *testing.T) {
	t.Parallel()
	f := setup(t)
	// The server ends the holder's connection; the holder has not noticed yet.
	f.terminateLockHolder()
	session, work := openSession(t, open(t, f.url), "the other")
	taken, err := session.WaitForApp(work, testApp, time.Millisecond, func(*load.BusyError) {})
	must(t, err)

	pull := f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("-1", 5, "")}})
	if _, err := f.lock.Load(t.Context(), pull, loadedAt); !errors.Is(err, load.ErrSuperseded) {
		t.Errorf("load: %v", err)
	}
	_, err = f.lock.RecordFailure(t.Context(), load.Failure{Day: march, Tasks: pull.Tasks, Reason: "x"}, loadedAt)
	if !errors.Is(err, load.ErrSuperseded) {
		t.Errorf("record failure: %v", err)
	}
	if err := f.lock.AnnounceCall(t.Context()); !errors.Is(err, load.ErrLockLost) {
		t.Errorf("announce: %v", err)
	}
	equal(t, "nothing is written", []string{"0 0"},
		f.rows(`SELECT (SELECT count(*) FROM pushloss.stage_loss), (SELECT count(*) FROM pushloss.ledger)`))
	if _, err := taken.Load(t.Context(), pull, loadedAt); err != nil {
		t.Errorf("the new holder: %v", err)
	}
}

// terminateLockHolder ends the connection that holds the app's advisory lock, and
// waits until the server has let go of it.
func (f *fixture) terminateLockHolder() {
	f.t.Helper()
	f.exec(`
		SELECT pg_terminate_backend(pid, 10000) FROM pg_locks
		WHERE locktype = 'advisory' AND granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
}

func TestK5ALostLockConnectionEndsTheWorkUnderIt(t *testing.T) {
	t.Parallel()
	f := setup(t)
	session, work := openSession(t, open(t, f.url), "doomed")
	lock, err := session.LockApp(work, testApp+1)
	must(t, err)
	f.terminateLockHolder()
	if err := lock.AnnounceCall(work); !errors.Is(err, load.ErrLockLost) || !load.Unreachable(err) {
		t.Errorf("announce: %v", err)
	}
	<-work.Done()
	if cause := context.Cause(work); !errors.Is(cause, load.ErrLockLost) {
		t.Errorf("the work ended with %v", cause)
	}
}

// Loads under way go on when the work ends, as by a signal. They too end soon after the
// connection broke.
func TestALostLockConnectionIsNoticedAfterTheWorkHasEnded(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	session, work, err := hurried(t, f.url).OpenSession(ctx, "stopping")
	must(t, err)
	t.Cleanup(session.Close)
	_, err = session.LockApp(work, testApp+1)
	must(t, err)
	cancel()
	<-work.Done()
	f.terminateLockHolder()
	select {
	case <-load.Broken(session):
	case <-time.After(patience):
		t.Error("nobody noticed")
	}
}

func TestTheNextHolderLearnsTheLastCall(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if f.lock.SinceLastCall >= 0 {
		t.Errorf("an app that was never called: %s", f.lock.SinceLastCall)
	}
	must(t, f.lock.AnnounceCall(t.Context()))
	f.exec(`UPDATE pushloss.app_lease SET last_call_at = last_call_at - interval '1 hour'`)
	must(t, f.lock.Unlock(t.Context()))
	session, work := openSession(t, open(t, f.url), "the next")
	lock, err := session.LockApp(work, testApp)
	must(t, err)
	if lock.SinceLastCall < time.Hour || lock.SinceLastCall > 2*time.Hour {
		t.Errorf("since the last call: %s", lock.SinceLastCall)
	}
}

func TestARunWhoseProcessDiedIsMarkedAbandonedByTheNext(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.load(f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("-1", 5, "")}}, transform.Snapshot{TaskID: "b"}), loadedAt)
	alive, work := openSession(t, open(t, f.url), "alive")
	living, err := alive.StartRun(work, "backfill", loadedAt)
	must(t, err)
	equal(t, "both run", []string{"running", "running"}, f.rows(`SELECT state FROM analytics.runs ORDER BY run_id`))

	f.exec(`
		SELECT pg_terminate_backend(l.pid, 10000) FROM pg_locks AS l
		WHERE l.locktype = 'advisory' AND l.granted
			AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('pushloss run ' || $1::bigint, 0)`, f.run)
	next, work := openSession(t, open(t, f.url), "next")
	_, err = next.StartRun(work, "run", loadedAt)
	must(t, err)
	equal(t, "the dead one has what it had loaded", []string{"abandoned 1 2 1", "running 0 0 0", "running 0 0 0"},
		f.rows(`SELECT state, requests, windows, rows_inserted FROM analytics.runs ORDER BY run_id`))
	must(t, f.db.Runs.Finish(t.Context(), living, load.RunPartial, load.RunTotals{Requests: 3, Rejects: 1}, "odd rows", loadedAt))
	equal(t, "finished", []string{"partial 3 1 odd rows"},
		f.rows(`SELECT state, requests, rejects, error FROM analytics.runs WHERE run_id = $1`, living))
	last, found, err := f.db.Runs.Last(t.Context(), "backfill", load.RunDone, load.RunPartial)
	must(t, err)
	equal(t, "last run", []any{true, living, load.RunPartial}, []any{found, last.ID, last.State})
}

func TestTheErrorOfAnUnreachableDatabaseSaysSoWithoutThePassword(t *testing.T) {
	t.Parallel()
	config, err := pgx.ParseConfig(setup(t).url)
	must(t, err)
	for name, url := range map[string]string{
		"nothing listens there":   "postgres://user:hush-hush@127.0.0.1:1/db",
		"the role is not there":   fmt.Sprintf("postgres://not-there:hush-hush@%s:%d/%s?sslmode=disable", config.Host, config.Port, config.Database),
		"the host does not exist": "postgres://user:hush-hush@host.invalid/db",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load.Open(t.Context(), url, 2)
			if !load.Unreachable(err) || strings.Contains(err.Error(), "hush-hush") {
				t.Errorf("error: %v", err)
			}
		})
	}
}

package load_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"pushloss/load"
	"pushloss/transform"
)

// endSession ends the connection that holds an app's lock, and no other.
func (f *fixture) endSession() {
	f.t.Helper()
	equal(f.t, "sessions ended", []string{"true"}, f.rows(`
		SELECT pg_terminate_backend(pid, 10000) FROM pg_locks
		WHERE locktype = 'advisory' AND granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND (classid::bigint << 32 | objid::bigint) = hashtextextended('pushloss app ' || $1::bigint, 0)`, testApp))
}

// takeOver waits for the app in another process.
func (f *fixture) takeOver() <-chan *load.AppLock {
	f.t.Helper()
	session, work := openSession(f.t, open(f.t, f.url), "the other")
	taken := make(chan *load.AppLock, 1)
	go func() {
		lock, err := session.WaitForApp(work, testApp, time.Millisecond, func(*load.BusyError) {})
		if err != nil {
			f.t.Error(err)
		}
		taken <- lock
	}()
	return taken
}

// A load that has passed the fence delays the next holder until it ends.
func TestATakeoverWaitsForALoadUnderWay(t *testing.T) {
	t.Parallel()
	f := setup(t)
	pull := f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 5, "")}})
	release := f.hold("pushloss.pull")
	loaded := make(chan error, 1)
	go func() {
		_, err := f.lock.Load(t.Context(), pull, loadedAt)
		loaded <- err
	}()
	f.waits("pushloss.pull")
	f.endSession()
	taken := f.takeOver()
	f.eventually("the other process at the fence", `SELECT epoch FROM pushloss.app_lease WHERE epoch = 2`)
	select {
	case <-taken:
		t.Error("the app was taken over beside a load")
	default:
	}
	release()
	must(t, <-loaded)
	lock := <-taken
	equal(t, "the load is there", []string{"a ready_to_send - - 1  5"}, f.facts())
	if _, err := f.lock.Load(t.Context(), pull, loadedAt); !errors.Is(err, load.ErrSuperseded) {
		t.Errorf("the next load of the old holder: %v", err)
	}
	outcome, err := lock.Load(t.Context(), pull, loadedAt)
	must(t, err)
	equal(t, "the new holder's load", load.Changes{Unchanged: 1}, outcome.Rows)
}

// A load that has not reached the fence when the app is taken over is refused, even if it began
// before.
func TestALoadThatBeganBeforeTheTakeoverIsRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	release := f.hold("pushloss.err_code") // what a load comes to first
	loaded := make(chan error, 1)
	go func() {
		_, err := f.lock.Load(t.Context(),
			f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 5, "")}}), loadedAt)
		loaded <- err
	}()
	f.waits("pushloss.err_code")
	f.endSession()
	<-f.takeOver()
	before := f.rows(sqlWritten)
	release()
	if err := <-loaded; !errors.Is(err, load.ErrSuperseded) || load.Unreachable(err) {
		t.Errorf("load: %v", err)
	}
	equal(t, "everything is as before", before, f.rows(sqlWritten))
}

// If the connection is still open, only the epoch shows that another process has the app
// by now.
func TestAnnouncingACallOfAnAppThatWasTakenOver(t *testing.T) {
	t.Parallel()
	f := setup(t)
	must(t, f.lock.Unlock(t.Context()))
	<-f.takeOver()
	if err := f.lock.AnnounceCall(t.Context()); !errors.Is(err, load.ErrSuperseded) {
		t.Errorf("announce: %v", err)
	}
	equal(t, "announced calls", []string{"0"}, f.rows(`SELECT count(last_call_at) FROM pushloss.app_lease`))
}

// T15: if many want an app at once, one gets it and the others learn who has it.
func TestT15OneWinnerOfMany(t *testing.T) {
	t.Parallel()
	f := setup(t)
	must(t, f.lock.Unlock(t.Context()))
	const many = 8
	errs := make([]error, many)
	var wait sync.WaitGroup
	for i := range many {
		session, work := openSession(t, open(t, f.url), "one of many")
		wait.Go(func() { _, errs[i] = session.LockApp(work, testApp) })
	}
	wait.Wait()
	won := 0
	for _, err := range errs {
		var busy *load.BusyError
		switch {
		case err == nil:
			won++
		case !errors.As(err, &busy):
			t.Errorf("error: %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d got the app", won, many)
	}
}

// K5: the loss of a connection is noticed even if it is not in use.
func TestK5ALostLockConnectionIsNoticedUnasked(t *testing.T) {
	t.Parallel()
	f := setup(t)
	must(t, f.lock.Unlock(t.Context()))
	session, work := openSession(t, hurried(t, f.url), "doomed")
	_, err := session.LockApp(work, testApp)
	must(t, err)
	f.endSession()
	select {
	case <-work.Done():
		if cause := context.Cause(work); !errors.Is(cause, load.ErrLockLost) {
			t.Errorf("the work ended with %v", cause)
		}
	case <-time.After(patience):
		t.Error("the work continues")
	}
}

// The end of a caller's context does not cost a session its locks.
func TestAnEndedContextKeepsTheLock(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.lock.AnnounceCall(ctx); err != nil {
		t.Errorf("announce: %v", err)
	}
	session, work := openSession(t, open(t, f.url), "the other")
	var busy *load.BusyError
	if _, err := session.LockApp(work, testApp); !errors.As(err, &busy) {
		t.Errorf("another got the app: %v", err)
	}
}

func TestAClosedSessionGivesItsLocksBack(t *testing.T) {
	t.Parallel()
	f := setup(t)
	must(t, f.lock.Unlock(t.Context()))
	db := open(t, f.url)
	session, work, err := db.OpenSession(t.Context(), "short-lived")
	must(t, err)
	_, err = session.LockApp(work, testApp)
	must(t, err)
	session.Close()
	if cause := context.Cause(work); !errors.Is(cause, context.Canceled) {
		t.Errorf("the work ended with %v", cause)
	}
	next, work := openSession(t, db, "the next")
	_, err = next.WaitForApp(work, testApp, time.Millisecond, func(*load.BusyError) {})
	must(t, err)
}

// If a load of a dead process still runs in the server, the next process skips that app for now,
// and keeps its session.
func TestALoadThatHangsLeavesTheAppBusyAndTheSessionWhole(t *testing.T) {
	t.Parallel()
	f := setup(t)
	release := f.hold("pushloss.pull")
	loaded := make(chan error, 1)
	go func() {
		_, err := f.lock.Load(t.Context(),
			f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 5, "")}}), loadedAt)
		loaded <- err
	}()
	f.waits("pushloss.pull")
	f.endSession()
	session, work := openSession(t, hurried(t, f.url), "the other")
	other, err := session.LockApp(work, testApp+1)
	must(t, err)
	var busy *load.BusyError
	if _, err := session.LockApp(work, testApp); !errors.As(err, &busy) {
		t.Errorf("the app: %v", err)
	}
	must(t, other.AnnounceCall(work))
	release()
	must(t, <-loaded)
	_, err = session.LockApp(work, testApp)
	must(t, err)
}

// K5: a load that ran when the session broke does not hang with it.
func TestK5ALoadDoesNotOutliveItsSessionForLong(t *testing.T) {
	t.Parallel()
	f := setup(t, load.Hurry)
	f.hold("pushloss.pull")
	loaded := make(chan error, 1)
	go func() {
		_, err := f.lock.Load(t.Context(),
			f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 5, "")}}), loadedAt)
		loaded <- err
	}()
	f.waits("pushloss.pull")
	f.endSession()
	select {
	case err := <-loaded:
		if !errors.Is(err, load.ErrLockLost) || errors.Is(err, context.Canceled) {
			t.Errorf("load: %v", err)
		}
	case <-time.After(patience):
		t.Error("the load hangs")
	}
}

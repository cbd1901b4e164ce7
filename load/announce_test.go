package load_test

import (
	"errors"
	"testing"
	"time"

	"pushloss/load"
)

// Calls that are announced at the same time share a commit. An app that another process took over
// meanwhile is not called; the others are.
func TestAnnouncementsOfManyAppsShareACommit(t *testing.T) {
	t.Parallel()
	f := setup(t)
	session, work := openSession(t, f.db, "the test")
	const apps, taken = 9, 4
	var locks []*load.AppLock
	for id := range int64(apps) {
		lock, err := session.LockApp(work, testApp+1+id)
		must(t, err)
		locks = append(locks, lock)
	}
	f.exec(`UPDATE pushloss.app_lease SET epoch = epoch + 1, holder = 'another' WHERE sdk_app_id = $1`, int64(testApp+1+taken))
	release := f.hold("pushloss.app_lease")
	errs := make([]chan error, apps)
	for i, lock := range locks {
		errs[i] = make(chan error, 1)
		go func() { errs[i] <- lock.AnnounceCall(work) }()
		if i == 0 {
			f.waits("pushloss.app_lease") // the first round is under way
		}
	}
	for end := time.Now().Add(patience); load.Gathered(session) < apps-1; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d announcements wait", load.Gathered(session))
		}
	}
	release()
	for i := range errs {
		if err := <-errs[i]; errors.Is(err, load.ErrSuperseded) != (i == taken) || err != nil && i != taken {
			t.Errorf("app %d: %v", i, err)
		}
	}
	equal(t, "announced calls and their transactions", []string{"8 2"},
		f.rows(`SELECT count(*), count(DISTINCT xmin::text) FROM pushloss.app_lease WHERE last_call_at IS NOT NULL`))
}

// A process that is killed between an announcement and its call leaves the announcement, which was
// committed before the call could leave.
func TestTheNextHolderKnowsTheCallOfAProcessThatDied(t *testing.T) {
	t.Parallel()
	f := setup(t)
	must(t, f.lock.AnnounceCall(t.Context()))
	f.endSession()
	if lock := <-f.takeOver(); lock.SinceLastCall < 0 || lock.SinceLastCall > patience {
		t.Errorf("since the last call: %s", lock.SinceLastCall)
	}
	if err := f.lock.AnnounceCall(t.Context()); !errors.Is(err, load.ErrLockLost) {
		t.Errorf("the dead one's next call: %v", err)
	}
}

// Processes that want the same apps at once, each in its own order, get all of them without a
// deadlock, and each app once.
func TestManyAppsAreSharedByProcesses(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const apps, processes = 40, 3
	type result struct {
		app  int64
		lock *load.AppLock
		err  error
	}
	results := make(chan result)
	for process := range processes {
		session, work := openSession(t, open(t, f.url), "one of three")
		for i := range int64(apps) {
			app := testApp + 1 + (i*7+int64(process)*13)%apps
			go func() {
				lock, err := session.LockApp(work, app)
				if err == nil {
					err = lock.AnnounceCall(work)
				}
				results <- result{app, lock, err}
			}()
		}
	}
	won := make(map[int64]int)
	for range processes * apps {
		r := <-results
		var busy *load.BusyError
		switch {
		case r.err == nil:
			won[r.app]++
		case !errors.As(r.err, &busy):
			t.Errorf("app %d: %v", r.app, r.err)
		}
	}
	for app, n := range won {
		if n != 1 {
			t.Errorf("app %d has %d holders", app, n)
		}
	}
	if len(won) != apps {
		t.Errorf("%d of %d apps have a holder", len(won), apps)
	}
}

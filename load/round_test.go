package load_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgerrcode"

	"pushloss/internal/postgres"
	"pushloss/load"
)

// together has apps take a step while another session holds what the first one needs, so that
// the others share a round. It returns the errors.
func (f *fixture) together(apps int, hold string, waiting func() int, step func(app int64) error) []error {
	f.t.Helper()
	release := f.stay(hold)
	errs := make([]error, apps)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() { errs[i] = step(testApp + 1 + int64(i)) })
		if i == 0 {
			f.eventually("the first round", `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
		}
	}
	for end := time.Now().Add(patience); waiting() < apps-1; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatalf("%d wait", waiting())
		}
	}
	release()
	wait.Wait()
	return errs
}

// onlyTheLastFails checks that one app's error fails no other of its round.
func onlyTheLastFails(t *testing.T, errs []error) error {
	t.Helper()
	last := len(errs) - 1
	for i, err := range errs {
		if (err != nil) != (i == last) {
			t.Errorf("app %d: %v", i, err)
		}
	}
	return errs[last]
}

// apps is how many take a step in these tests: the last one is at fault.
const apps = 5

func TestAReadThatFailsForOneAppFailsNoOtherThatSharedItsStatement(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.exec(`INSERT INTO pushloss.ledger (sdk_app_id, day, stream_id, task_key, state, settled, pulls, row_count, reject_count, updated_at, last_error)
		VALUES ($1, 'infinity', 0, 0, 'failed', false, 1, 0, 0, now(), 'a day that no calendar has')`, testApp+apps)
	onlyTheLastFails(t, f.together(apps, `LOCK TABLE pushloss.ledger`, func() int { return load.Asking(f.db) }, func(app int64) error {
		_, err := f.db.Ledger.Failed(t.Context(), app)
		return err
	}))
}

func TestACallThatCannotBeAnnouncedFailsNoOtherThatSharedItsStatement(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, add, hold, code string }{
		{"the app's row is refused", `ALTER TABLE pushloss.app_lease ADD CHECK (sdk_app_id <> %d OR last_call_at IS NULL)`, ``, pgerrcode.CheckViolation},
		{"the app's row is locked", ``, `SELECT FROM pushloss.app_lease WHERE sdk_app_id = %d FOR UPDATE`, pgerrcode.LockNotAvailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			session, work := openSession(t, f.db, "the test")
			locks := make(map[int64]*load.AppLock)
			for app := int64(testApp + 1); app <= testApp+apps; app++ {
				lock, err := session.LockApp(work, app)
				must(t, err)
				locks[app] = lock
			}
			if tt.add != "" {
				f.exec(fmt.Sprintf(tt.add, testApp+apps))
			}
			if tt.hold != "" {
				f.stay(fmt.Sprintf(tt.hold, testApp+apps))
			}
			first := fmt.Sprintf(`SELECT FROM pushloss.app_lease WHERE sdk_app_id = %d FOR UPDATE`, testApp+1)
			err := onlyTheLastFails(t, f.together(apps, first, func() int { return load.Gathered(session) }, func(app int64) error {
				return locks[app].AnnounceCall(work)
			}))
			if names := strings.Contains(fmt.Sprint(err), "the lock is held by process "); postgres.Code(err) != tt.code || work.Err() != nil || names != (tt.hold != "") {
				t.Errorf("the error is %v, and the work %v", err, context.Cause(work))
			}
		})
	}
}

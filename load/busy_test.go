package load_test

import (
	"slices"
	"testing"

	"pushloss/internal/localpg/pgtest"
)

func TestBusyAppsAreThoseWhoseLocksAreHeld(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.URL(t))
	session, work := openSession(t, db, "the test")
	var want []int64
	for id := int64(1400000001); id <= 1400000016; id++ { // hashes of both signs
		lock, err := session.LockApp(work, id)
		must(t, err)
		if id%2 == 0 {
			must(t, lock.Unlock(work))
			continue
		}
		want = append(want, id)
	}
	busy, err := db.Apps.Busy(t.Context())
	must(t, err)
	slices.Sort(busy)
	equal(t, "busy apps", want, busy)
	elsewhere, err := open(t, pgtest.URL(t)).Apps.Busy(t.Context())
	must(t, err)
	equal(t, "busy apps of another database", []int64(nil), elsewhere)
}

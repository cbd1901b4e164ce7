package load

import (
	"cmp"
	"slices"
	"sync"
)

// maxRound is how many apps one round serves at most: a round of locks must not fill the
// server's table of locks.
const maxRound = 256

// rounds serves the locks of many apps together: while one round is under way, the next
// one gathers. So a thousand apps cost a statement and a commit per round, not per app. A
// single app does not wait.
type rounds struct {
	// serve does what a round's members want, and sets their errors. No app is in a round
	// twice.
	serve func([]*member)

	mu      sync.Mutex
	waiting []*member
	busy    bool
}

// member is an app's place in a round.
type member struct {
	*AppLock
	err  error
	done chan struct{}
}

// join takes part in the next round and waits for its end.
func (r *rounds) join(lock *AppLock) error {
	m := &member{AppLock: lock, done: make(chan struct{})}
	r.mu.Lock()
	r.waiting = append(r.waiting, m)
	if !r.busy {
		r.busy = true
		go r.work()
	}
	r.mu.Unlock()
	<-m.done
	return m.err
}

// work serves rounds until no member waits.
func (r *rounds) work() {
	for {
		round := r.next()
		if len(round) == 0 {
			return
		}
		r.serve(round)
		for _, m := range round {
			close(m.done)
		}
	}
}

// next takes those of the next round, by app: rows that several processes lock in the
// same order cause no deadlock.
func (r *rounds) next() []*member {
	r.mu.Lock()
	defer r.mu.Unlock()
	var round, later []*member
	taken := make(map[int64]bool, len(r.waiting))
	for _, m := range r.waiting {
		if taken[m.sdkAppID] || len(round) == maxRound {
			later = append(later, m)
			continue
		}
		taken[m.sdkAppID] = true
		round = append(round, m)
	}
	r.waiting, r.busy = later, len(round) > 0
	slices.SortFunc(round, func(a, b *member) int { return cmp.Compare(a.sdkAppID, b.sdkAppID) })
	return round
}

// fail sets the error of all members.
func fail(round []*member, err error) {
	for _, m := range round {
		m.err = err
	}
}

// apps are the SDKAppIDs of the members, epochs their epochs.
func apps(round []*member) (apps, epochs []int64) {
	for _, m := range round {
		apps, epochs = append(apps, m.sdkAppID), append(epochs, m.epoch)
	}
	return apps, epochs
}

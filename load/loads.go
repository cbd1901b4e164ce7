package load

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// loadsAtOnce is how many transactions of loads are under way before further loads share
	// one. A single app never has more.
	loadsAtOnce = 4
	// maxShared and maxSharedRows limit what shares a transaction.
	maxShared     = 32
	maxSharedRows = 4_000
	// sharedTimeout limits a shared transaction.
	sharedTimeout = 30 * time.Second
)

// A lock that one app's load waits for must not hold up the others for long.
const sqlWaitShortly = `SELECT set_config('lock_timeout', '2s', true)`

// loads has the loads of many apps share transactions: while some are under way, further
// loads gather. So a thousand apps cost the commits and checks of a few dozen. Each load of
// a shared transaction that fails is taken again alone.
type loads struct {
	// serve loads several together. It returns an error if nothing was loaded.
	serve func([]*loading) error

	mu      sync.Mutex
	waiting []*loading
	busy    int
}

// turn is a load's place among the others.
type turn struct {
	err  error
	done chan struct{}
	// alone says that the load has a transaction of its own, and apart that it must have one.
	alone, apart bool
}

// join loads alone, or together with others that wait. If ctx ends before a transaction has
// a place for the load, nothing is loaded.
func (l *loads) join(ctx context.Context, m *loading, alone func() error) error {
	m.done = make(chan struct{})
	l.mu.Lock()
	if l.busy < loadsAtOnce {
		l.busy++
		m.alone = true
		close(m.done)
	} else {
		l.waiting = append(l.waiting, m)
	}
	l.mu.Unlock()
	select {
	case <-m.done:
	case <-ctx.Done():
		if l.leave(m) {
			return ctx.Err()
		}
		<-m.done
	}
	if m.alone {
		defer l.proceed()
		return alone()
	}
	return m.err
}

// leave takes back a load that waits. It returns false if the load waits no more.
func (l *loads) leave(m *loading) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.waiting, m)
	if i < 0 {
		return false
	}
	l.waiting = slices.Delete(l.waiting, i, i+1)
	return true
}

// proceed serves those who wait in the place of a transaction that is over.
func (l *loads) proceed() {
	round := l.next()
	switch len(round) {
	case 0:
	case 1:
		round[0].alone = true
		close(round[0].done)
	default:
		go func() {
			spare := 0
			if err := l.serve(round); err != nil {
				spare = l.part(round)
			} else {
				for _, m := range round {
					close(m.done)
				}
			}
			for range 1 + spare {
				l.proceed()
			}
		}()
	}
}

// part has each load of a transaction that failed wait for one of its own, before all others.
// It takes the places that are free for them, and returns their number.
func (l *loads) part(round []*loading) (spare int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range round {
		m.apart, m.err = true, nil // a refusal was part of what failed
	}
	l.waiting = append(round, l.waiting...)
	spare = max(0, min(loadsAtOnce-l.busy, len(round)-1))
	l.busy += spare
	return spare
}

// next takes those who share the next transaction: at most one load of each app, so that
// all transactions lock the apps' rows in the same order.
func (l *loads) next() []*loading {
	l.mu.Lock()
	defer l.mu.Unlock()
	var round, later []*loading
	taken := make(map[int64]bool, len(l.waiting))
	rows := 0
	for i, m := range l.waiting {
		if m.apart && len(round) == 0 {
			round, later = append(round, m), append(later, l.waiting[i+1:]...)
			break
		}
		n := m.pull.rows()
		if m.apart || taken[m.lock.sdkAppID] || len(round) == maxShared || len(round) > 0 && rows+n > maxSharedRows {
			later = append(later, m)
			continue
		}
		taken[m.lock.sdkAppID] = true
		rows += n
		round = append(round, m)
	}
	l.waiting = later
	if len(round) == 0 {
		l.busy--
	}
	slices.SortFunc(round, func(a, b *loading) int { return cmp.Compare(a.lock.sdkAppID, b.lock.sdkAppID) })
	return round
}

// loadTogether loads pulls of different apps in one transaction. It refuses those whose app
// has a newer holder, each by itself.
func (s *Session) loadTogether(round []*loading) error {
	ctx, cancel := context.WithTimeout(context.Background(), sharedTimeout)
	defer cancel()
	ids := make([]int64, len(round))
	for i, m := range round {
		ids[i] = m.lock.sdkAppID
	}
	return s.whileHeld(ctx, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
			first := &pgx.Batch{}
			first.Queue(sqlWaitShortly)
			queueFences(first, ids, func(epochs map[int64]int64) error {
				for _, m := range round {
					if epochs[m.lock.sdkAppID] != m.lock.epoch {
						m.err = ErrSuperseded
					}
				}
				return nil
			})
			return s.db.load(ctx, tx, first, round)
		})
	})
}

package load

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// loadsAtOnce is how many transactions of loads run at once. loadsOfApp is how many of them may
	// have loads of the same app. Further loads wait and share the next transaction. An app has one
	// transaction of confirmations, because another would wait for its tasks' summaries.
	loadsAtOnce        = 4
	loadsOfApp         = 2
	confirmationsOfApp = 1
	// maxShared and maxSharedRows limit the loads and rows of a shared transaction.
	maxShared     = 32
	maxSharedRows = 4_000
	// sharedTimeout limits a shared transaction.
	sharedTimeout = 30 * time.Second
)

// Bounds how long one app's wait for a lock holds up the others.
const sqlWaitShortly = `SELECT set_config('lock_timeout', '2s', true)`

// loads makes loads, of one app or of many, share transactions: while some run, further loads wait
// and then share the next. So a thousand apps need the commits and checks of a few dozen, and an
// app whose answers come fast needs those of a few answers. If a shared transaction fails, each of
// its loads is repeated alone.
type loads struct {
	// serve loads several together. It returns an error if nothing was loaded.
	serve func([]*loading) error
	// most is how many transactions may have loads of the same app.
	most int

	mu       sync.Mutex
	waiting  []*loading
	underWay int
	ofApp    map[int64]int // how many running transactions have loads of an app
}

// turn is the state of a load that waits or runs.
type turn struct {
	err  error
	done chan struct{}
	// alone says that the load has its own transaction, apart that it needs one.
	alone, apart bool
}

// join runs a load, alone or in a transaction with others that wait. If ctx ends before the load is
// in a transaction, nothing is loaded.
func (l *loads) join(ctx context.Context, m *loading, alone func() error) error {
	m.done = make(chan struct{})
	l.mu.Lock()
	l.waiting = append(l.waiting, m)
	l.start()
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
		defer l.end([]*loading{m})
		return alone()
	}
	return m.err
}

// leave removes a waiting load. It returns false if the load no longer waits.
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

// start begins transactions as long as there is room for one and a load for it.
func (l *loads) start() {
	for l.underWay < loadsAtOnce {
		round := l.next()
		if len(round) == 0 {
			return
		}
		l.underWay++
		l.count(round, 1)
		if len(round) == 1 {
			round[0].alone = true
			close(round[0].done)
			continue
		}
		go func() {
			if l.try(round) != nil {
				l.part(round)
				return
			}
			for _, m := range round {
				close(m.done)
			}
			l.end(round)
		}()
	}
}

// try runs several loads together. A panic counts as a failure: each load is then repeated alone,
// in the work of its own app. If it panics again, only that app stops.
func (l *loads) try(round []*loading) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic: %v", value)
		}
	}()
	return l.serve(round)
}

// end makes room for the next transaction.
func (l *loads) end(round []*loading) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.underWay--
	l.count(round, -1)
	l.start()
}

// count adds n to the transactions of each app of a round, which is sorted by app.
func (l *loads) count(round []*loading, n int) {
	if l.ofApp == nil {
		l.ofApp = make(map[int64]int)
	}
	for i, m := range round {
		app := m.lock.sdkAppID
		if i > 0 && app == round[i-1].lock.sdkAppID {
			continue
		}
		if l.ofApp[app] += n; l.ofApp[app] == 0 {
			delete(l.ofApp, app)
		}
	}
}

// part makes each load of a failed transaction wait for its own transaction, before all others.
func (l *loads) part(round []*loading) {
	l.mu.Lock()
	for _, m := range round {
		m.apart, m.err = true, nil // a refusal belongs to the failed transaction
	}
	l.waiting = append(slices.Clone(round), l.waiting...)
	l.mu.Unlock()
	l.end(round)
}

// next returns the loads of the next transaction, sorted by key, so that all transactions lock rows
// in the same order.
func (l *loads) next() []*loading {
	var round, later []*loading
	rows := 0
	for i, m := range l.waiting {
		n := m.pull.rows()
		full := len(round) == maxShared || l.ofApp[m.lock.sdkAppID] >= l.most
		if full || len(round) > 0 && (m.apart || rows+n > maxSharedRows || slices.ContainsFunc(round, m.meets)) {
			later = append(later, m)
			continue
		}
		rows += n
		round = append(round, m)
		if m.apart {
			later = append(later, l.waiting[i+1:]...)
			break
		}
	}
	l.waiting = later
	slices.SortStableFunc(round, func(a, b *loading) int {
		return cmp.Or(a.compareDay(b), slices.Compare(a.pull.taskKeys(), b.pull.taskKeys()))
	})
	return round
}

// compareDay orders loads by app, day and stream.
func (m *loading) compareDay(o *loading) int {
	return cmp.Or(
		cmp.Compare(m.lock.sdkAppID, o.lock.sdkAppID), cmp.Compare(m.pull.Day, o.pull.Day), cmp.Compare(m.pull.Stream, o.pull.Stream),
	)
}

// meets reports whether two loads have a window in common. Such loads never wait at the same time,
// but one transaction could not hold both.
func (m *loading) meets(o *loading) bool {
	return m.lock.sdkAppID == o.lock.sdkAppID && m.pull.Day == o.pull.Day && m.pull.Stream == o.pull.Stream &&
		slices.ContainsFunc(m.pull.Tasks, func(t TaskRef) bool {
			return slices.ContainsFunc(o.pull.Tasks, func(u TaskRef) bool { return t.Key == u.Key })
		})
}

// appsOf returns the apps of a round, which is sorted by app.
func appsOf(round []*loading) []int64 {
	ids := make([]int64, 0, len(round))
	for _, m := range round {
		ids = append(ids, m.lock.sdkAppID)
	}
	return slices.Compact(ids)
}

// loadTogether loads pulls in one transaction. It refuses, one by one, those whose app has a newer
// holder.
func (s *Session) loadTogether(round []*loading) error {
	ctx, cancel := context.WithTimeout(context.Background(), sharedTimeout)
	defer cancel()
	ids := appsOf(round)
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

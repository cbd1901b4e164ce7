package monitor

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// fresh is how long one answer of the database is reused.
const fresh = time.Second

// reading reads something from the database for any number of callers. There is one reading at a
// time, and none while the last answer is fresh. So many requests cannot keep the database or its
// connections busy.
type reading[T any] struct {
	read func(context.Context) (T, error)
	// limit bounds one reading. A reading continues after its callers have stopped waiting, and
	// later callers wait for the same reading.
	limit time.Duration
	group singleflight.Group

	mu   sync.Mutex
	last answer[T] // of the newest attempt
	good answer[T] // of the newest one that succeeded
}

type answer[T any] struct {
	value T
	err   error
	at    time.Time
}

func newReading[T any](limit time.Duration, read func(context.Context) (T, error)) *reading[T] {
	return &reading[T]{read: read, limit: limit}
}

// get returns the value, or why it cannot be read. It returns when ctx ends at the latest.
func (r *reading[T]) get(ctx context.Context) (T, error) {
	if last := r.kept(); !last.at.IsZero() && time.Since(last.at) < fresh {
		return last.value, last.err
	}
	begun := r.group.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.limit)
		defer cancel()
		value, err := r.read(ctx)
		r.keep(answer[T]{value, err, time.Now()})
		return nil, nil
	})
	select {
	case <-begun:
		last := r.kept()
		return last.value, last.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// newest returns the last value that was read, however old, and its time. The time is zero if there
// is none.
func (r *reading[T]) newest() (T, time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.good.value, r.good.at
}

func (r *reading[T]) kept() answer[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

func (r *reading[T]) keep(a answer[T]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = a
	if a.err == nil {
		r.good = a
	}
}

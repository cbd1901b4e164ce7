package pipeline

import (
	"context"
	"sync"
	"time"
)

// sharedTimeout limits a question that apps share.
const sharedTimeout = 30 * time.Second

// shared answers a question that many apps ask. Those that ask while an answer is on its way
// share the next one: so no answer is older than its question. An app alone does not wait.
type shared[T any] struct {
	ask func(context.Context) (T, error)

	mu   sync.Mutex
	next *reply[T] // gathers those that ask
	busy bool
}

type reply[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func (s *shared[T]) get(ctx context.Context) (value T, err error) {
	s.mu.Lock()
	r := s.next
	if r == nil {
		r = &reply[T]{done: make(chan struct{})}
		s.next = r
	}
	if !s.busy {
		s.busy = true
		go s.work(context.WithoutCancel(ctx))
	}
	s.mu.Unlock()
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		return value, context.Cause(ctx)
	}
}

// work answers until nobody asks.
func (s *shared[T]) work(ctx context.Context) {
	for {
		s.mu.Lock()
		r := s.next
		s.next, s.busy = nil, r != nil
		s.mu.Unlock()
		if r == nil {
			return
		}
		s.answer(ctx, r)
	}
}

func (s *shared[T]) answer(ctx context.Context, r *reply[T]) {
	ctx, cancel := context.WithTimeout(ctx, sharedTimeout)
	defer cancel()
	defer close(r.done)
	r.value, r.err = s.ask(ctx)
}

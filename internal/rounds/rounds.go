// Package rounds lets many apps share the cost of a question, such as a statement and its commit.
// While one round is answered, questions for the next round gather. An app alone does not wait.
package rounds

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// timeout limits a round, and then the questions that are asked again after it.
const timeout = 30 * time.Second

// Rounds answers questions in rounds. Questions that are asked during a round share the next one,
// so no answer is older than its question. It is safe for concurrent use.
type Rounds[Q, A any] struct {
	answer func(context.Context, []Q) ([]A, error)
	opts   Options[Q]

	mu      sync.Mutex
	waiting []*asked[Q, A]
	busy    bool
}

// Options are those of Rounds.
type Options[Q any] struct {
	// What names the shared work in messages.
	What string
	// Most limits a round; 0 means no limit.
	Most int
	// Key, if set, returns a key that a round must not have twice.
	Key func(Q) int64
	// OfOne, if set, reports whether an error may be that of one question. After such an error,
	// and after a round that took too long, each question is asked again alone, beside the
	// others, so that only those at fault fail. Without it an error is that of the round.
	OfOne func(error) bool
}

type asked[Q, A any] struct {
	question Q
	answer   A
	err      error
	done     chan struct{}
}

// New returns rounds whose answers come from a function: one for each question, in their order, or
// an error.
func New[Q, A any](answer func(context.Context, []Q) ([]A, error), opts Options[Q]) *Rounds[Q, A] {
	return &Rounds[Q, A]{answer: answer, opts: opts}
}

// Same returns rounds of one question. All who ask in a round share the answer.
func Same[A any](what string, answer func(context.Context) (A, error)) *Rounds[struct{}, A] {
	return New(func(ctx context.Context, round []struct{}) ([]A, error) {
		one, err := answer(ctx)
		return slices.Repeat([]A{one}, len(round)), err
	}, Options[struct{}]{What: what})
}

// Ask takes part in the next round, and waits for its end or the end of ctx. The end of ctx does
// not end the round, which others share.
func (r *Rounds[Q, A]) Ask(ctx context.Context, question Q) (answer A, err error) {
	a := &asked[Q, A]{question: question, done: make(chan struct{})}
	r.mu.Lock()
	r.waiting = append(r.waiting, a)
	if !r.busy {
		r.busy = true
		go r.work(context.WithoutCancel(ctx))
	}
	r.mu.Unlock()
	select {
	case <-a.done:
		return a.answer, a.err
	case <-ctx.Done():
		return answer, context.Cause(ctx)
	}
}

// Waiting returns how many questions wait for the next round.
func (r *Rounds[Q, A]) Waiting() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiting)
}

// work answers rounds until nobody waits.
func (r *Rounds[Q, A]) work(ctx context.Context) {
	for {
		round := r.next()
		if len(round) == 0 {
			return
		}
		r.serve(ctx, round)
	}
}

func (r *Rounds[Q, A]) next() []*asked[Q, A] {
	r.mu.Lock()
	defer r.mu.Unlock()
	var round, later []*asked[Q, A]
	taken := make(map[int64]bool)
	for _, a := range r.waiting {
		var key int64
		if r.opts.Key != nil {
			key = r.opts.Key(a.question)
		}
		if taken[key] || r.opts.Most > 0 && len(round) == r.opts.Most {
			later = append(later, a)
			continue
		}
		taken[key] = r.opts.Key != nil
		round = append(round, a)
	}
	r.waiting, r.busy = later, len(round) > 0
	return round
}

// serve answers a round.
func (r *Rounds[Q, A]) serve(ctx context.Context, round []*asked[Q, A]) {
	if late := r.try(ctx, round); len(round) > 1 && r.opts.OfOne != nil && round[0].err != nil && (late || r.opts.OfOne(round[0].err)) {
		var wait sync.WaitGroup
		for _, a := range round {
			wait.Go(func() {
				shared := a.err
				if r.try(ctx, []*asked[Q, A]{a}) && a.err != nil {
					a.err = shared
				}
			})
		}
		wait.Wait()
	}
	for _, a := range round {
		close(a.done)
	}
}

// try asks questions once, and reports whether their time is over. A panic ends the process: the
// work belongs to no single app, so none is at fault, and what apps share may be in any state. The
// message names the work.
func (r *Rounds[Q, A]) try(ctx context.Context, round []*asked[Q, A]) (late bool) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if value := recover(); value != nil {
			panic(fmt.Sprintf("%s, for %d at once: %v", r.opts.What, len(round), value))
		}
	}()
	questions := make([]Q, len(round))
	for i, a := range round {
		questions[i] = a.question
	}
	answers, err := r.answer(ctx, questions)
	for i, a := range round {
		if a.err = err; err == nil {
			a.answer = answers[i]
		}
	}
	return ctx.Err() != nil
}

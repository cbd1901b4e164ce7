package rounds

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// ask asks 0 and, while that round is under way, the others. It returns the rounds, and the
// answers to each question.
func ask(t *testing.T, opts Options[int64], fails error, others ...int64) (served [][]int64, answers map[int64][]int64) {
	t.Helper()
	answers = make(map[int64][]int64)
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		r := New(func(_ context.Context, round []int64) ([]int64, error) {
			served = append(served, round)
			<-goOn
			doubled := slices.Clone(round)
			for i := range doubled {
				doubled[i] *= 2
			}
			return doubled, fails
		}, opts)
		var mu sync.Mutex
		var wait sync.WaitGroup
		for _, question := range append([]int64{0}, others...) {
			wait.Go(func() {
				answer, err := r.Ask(t.Context(), question)
				if !errors.Is(err, fails) {
					t.Errorf("the error is %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				answers[question] = append(answers[question], answer)
			})
			synctest.Wait()
		}
		close(goOn)
		wait.Wait()
		synctest.Wait()
		if r.busy || r.Waiting() > 0 {
			t.Errorf("at the end %d wait", r.Waiting())
		}
	})
	return served, answers
}

func TestARoundHasAllThatCameDuringTheOneBefore(t *testing.T) {
	t.Parallel()
	served, answers := ask(t, Options[int64]{}, nil, 20, 7, 7, 1)
	if len(served) != 2 || !slices.Equal(served[1], []int64{20, 7, 7, 1}) {
		t.Errorf("the rounds are %v: want one of 0, and one of the others", served)
	}
	if !slices.Equal(answers[7], []int64{14, 14}) || !slices.Equal(answers[20], []int64{40}) {
		t.Errorf("the answers are %v", answers)
	}
}

func TestARoundHasNoKeyTwiceAndIsBounded(t *testing.T) {
	t.Parallel()
	served, answers := ask(t, Options[int64]{Most: 3, Key: func(q int64) int64 { return q % 10 }}, nil, 5, 15, 25, 1, 2, 3)
	want := [][]int64{{0}, {5, 1, 2}, {15, 3}, {25}}
	if !slices.EqualFunc(served, want, slices.Equal[[]int64]) || len(answers) != 7 {
		t.Errorf("the rounds are %v, want %v; the answers %v", served, want, answers)
	}
}

func TestAllOfARoundGetTheErrorOfAll(t *testing.T) {
	t.Parallel()
	if served, _ := ask(t, Options[int64]{}, errors.New("the database is away"), 1, 2); len(served) != 2 {
		t.Errorf("the rounds are %v", served)
	}
}

// After an error that may be one question's, or after a round that took too long, only the
// question at fault fails. Every question takes part in one round of all.
func TestOnlyTheQuestionAtFaultFails(t *testing.T) {
	t.Parallel()
	const bad, questions = 3, 5
	wrong, away := errors.New("the row is bad"), errors.New("the database is away")
	ofOne := func(err error) bool { return err == wrong }
	for _, tt := range []struct {
		name  string
		ofOne func(error) bool
		// one answers a round that has the bad question, or any round if it breaks.
		one    func(ctx context.Context) error
		breaks bool
		failed int
		served int
	}{
		{"a bad row fails one question", ofOne, func(context.Context) error { return wrong }, false, 1, 1 + questions},
		{"a broken connection fails all questions", ofOne, func(context.Context) error { return away }, false, questions, 1},
		{"a bad row fails all who ask the same", nil, func(context.Context) error { return wrong }, false, questions, 1},
		{"a statement that takes too long fails one question", ofOne, func(ctx context.Context) error { <-ctx.Done(); return away }, false, 1, 1 + questions},
		{"a silent server fails all questions", ofOne, func(ctx context.Context) error { <-ctx.Done(); return away }, true, questions, 1 + questions},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var served atomic.Int32
				r := New(func(ctx context.Context, round []int) ([]int, error) {
					served.Add(1)
					if tt.breaks || slices.Contains(round, bad) {
						return nil, tt.one(ctx)
					}
					return round, nil
				}, Options[int]{OfOne: tt.ofOne})
				round := make([]*asked[int, int], questions)
				for i := range round {
					round[i] = &asked[int, int]{question: i, done: make(chan struct{})}
				}
				begun := time.Now()
				r.serve(t.Context(), round)
				failed := 0
				for i, a := range round {
					<-a.done
					if a.err != nil {
						failed++
					} else if a.answer != i {
						t.Errorf("the answer to %d is %d", i, a.answer)
					}
				}
				if failed != tt.failed || tt.failed == 1 && round[bad].err == nil || int(served.Load()) != tt.served {
					t.Errorf("%d failed, after %d statements: want %d after %d", failed, served.Load(), tt.failed, tt.served)
				}
				if took := time.Since(begun); took > 2*timeout {
					t.Errorf("the round took %s", took)
				}
			})
		})
	}
}

func TestTheEndOfOneAskerDoesNotEndTheRoundOfTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		r := New(func(ctx context.Context, round []int) ([]int, error) { <-goOn; return round, ctx.Err() }, Options[int]{})
		ctx, cancel := context.WithCancelCause(t.Context())
		over := errors.New("over")
		var wait sync.WaitGroup
		wait.Go(func() {
			if _, err := r.Ask(ctx, 1); !errors.Is(err, over) {
				t.Errorf("who leaves gets %v", err)
			}
		})
		synctest.Wait()
		cancel(over)
		wait.Go(func() {
			if answer, err := r.Ask(t.Context(), 2); answer != 2 || err != nil {
				t.Errorf("who stays gets %d, %v", answer, err)
			}
		})
		synctest.Wait()
		close(goOn)
		wait.Wait()
	})
}

func TestAPanicNamesWhatWasShared(t *testing.T) {
	t.Parallel()
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "read the ledger, for 2 at once: index out of range") {
			t.Errorf("the panic says %q", text)
		}
	}()
	r := New(func(context.Context, []int) ([]int, error) { panic("index out of range") }, Options[int]{What: "read the ledger"})
	r.serve(t.Context(), []*asked[int, int]{{}, {}})
}

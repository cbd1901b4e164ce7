package pipeline

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
)

func TestThoseThatAskWhileAnAnswerIsOnItsWayShareTheNextOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		goOn, asked := make(chan struct{}), 0
		s := shared[int]{ask: func(context.Context) (int, error) {
			asked++
			<-goOn
			return asked, nil
		}}
		var wait sync.WaitGroup
		var mu sync.Mutex
		got := map[int]int{}
		get := func() {
			wait.Go(func() {
				n, err := s.get(t.Context())
				mu.Lock()
				defer mu.Unlock()
				if got[n]++; err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		get()
		get() // after the first was asked: its answer would be older than the question
		get()
		gone, end := context.WithCancel(t.Context())
		end()
		if _, err := s.get(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("who asks no more gets %v", err)
		}
		close(goOn)
		wait.Wait()
		synctest.Wait()
		get()
		wait.Wait()
		if got[1] != 1 || got[2] != 2 || got[3] != 1 || s.busy {
			t.Errorf("by answer %v share; busy at the end: %t", got, s.busy)
		}
	})
}

func TestAnAnswerThatFailsFailsOnlyThoseThatShareIt(t *testing.T) {
	t.Parallel()
	failure := errors.New("no database")
	s := shared[int]{ask: func(context.Context) (int, error) { return 0, failure }}
	if _, err := s.get(t.Context()); !errors.Is(err, failure) {
		t.Error(err)
	}
	failure = nil
	if _, err := s.get(t.Context()); err != nil {
		t.Error(err)
	}
}

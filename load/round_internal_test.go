package load

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// serveRounds starts a round for app 0, has the others ask while it is under way, and
// returns the rounds.
func serveRounds(t *testing.T, others ...int64) (served [][]int64, errs map[int64][]error) {
	t.Helper()
	refused := errors.New("refused")
	synctest.Test(t, func(*testing.T) {
		begun, goOn := make(chan struct{}), make(chan struct{})
		r := &rounds{serve: func(round []*member) {
			if len(served) == 0 {
				close(begun)
				<-goOn
			}
			ids, _ := apps(round)
			served = append(served, ids)
			for _, m := range round {
				if m.sdkAppID == 13 {
					m.err = refused
				}
			}
		}}
		errs = make(map[int64][]error)
		var mu sync.Mutex
		var wait sync.WaitGroup
		join := func(app int64) {
			wait.Go(func() {
				err := r.join(&AppLock{sdkAppID: app})
				mu.Lock()
				defer mu.Unlock()
				errs[app] = append(errs[app], err)
			})
		}
		join(0)
		<-begun
		for _, app := range others {
			join(app)
		}
		synctest.Wait()
		close(goOn)
		wait.Wait()
		synctest.Wait()
		if r.busy || len(r.waiting) > 0 {
			t.Errorf("at the end %d wait", len(r.waiting))
		}
	})
	return served, errs
}

func TestARoundHasAllThatCameDuringTheOneBefore(t *testing.T) {
	t.Parallel()
	served, errs := serveRounds(t, 20, 7, 13, 1)
	if len(served) != 2 || !slices.Equal(served[1], []int64{1, 7, 13, 20}) {
		t.Errorf("the rounds are %v: want one of app 0, and one of the others by number", served)
	}
	for app, list := range errs {
		if len(list) != 1 || (list[0] != nil) != (app == 13) {
			t.Errorf("app %d: %v; an error concerns its own app", app, list)
		}
	}
}

func TestARoundHasNoAppTwiceAndIsBounded(t *testing.T) {
	t.Parallel()
	many := []int64{5, 5, 5}
	for app := range int64(maxRound) {
		many = append(many, 100+app)
	}
	served, errs := serveRounds(t, many...)
	answered := 0
	for _, round := range served {
		if slices.Sort(round); len(slices.Compact(slices.Clone(round))) != len(round) || len(round) > maxRound {
			t.Errorf("a round of %d: %v", len(round), round)
		}
		answered += len(round)
	}
	if answered != len(many)+1 || len(errs[5]) != 3 {
		t.Errorf("%d of %d are served", answered, len(many)+1)
	}
}

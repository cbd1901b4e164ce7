package pipeline

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestACrewGrowsWithTheLoadsButNotItsRequests(t *testing.T) {
	t.Parallel()
	const calls = 400
	for _, tt := range []struct {
		name          string
		call, load    time.Duration
		pace          time.Duration // one call each
		workers       int
		mostRequested int32
	}{
		{"loads that take long", time.Millisecond, time.Second, 0, workersPerApp, requestsPerApp},
		{"calls that take long", time.Second, time.Millisecond, 0, requestsPerApp + requestsPerApp, requestsPerApp},
		{"a call a second", 100 * time.Millisecond, 10 * time.Millisecond, time.Second, requestsPerApp + 1, requestsPerApp},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var requests, most, done atomic.Int32
				pace := make(chan struct{}, 1)
				c := crew{slots: make(chan struct{}, requestsPerApp)}
				c.work = func() {
					by := newWorker()
					for c.one(t.Context(), by, func() bool {
						if done.Add(1) > calls {
							return false
						}
						if n := requests.Add(1); n > most.Load() {
							most.Store(n)
						}
						pace <- struct{}{}
						time.Sleep(tt.pace)
						<-pace
						time.Sleep(tt.call)
						requests.Add(-1)
						by.received()
						time.Sleep(tt.load)
						by.received()
						return true
					}) {
					}
				}
				c.count(0)
				c.wait.Wait()
				if c.workers > tt.workers || tt.workers == workersPerApp && c.workers < tt.workers || most.Load() != tt.mostRequested {
					t.Errorf("%d workers made %d requests at once; want %d and %d", c.workers, most.Load(), tt.workers, tt.mostRequested)
				}
				if len(c.slots) > 0 || c.loading != 0 {
					t.Errorf("at the end %d slots are taken and %d load", len(c.slots), c.loading)
				}
			})
		})
	}
}

func TestAWorkerWaitsForASlotNoLongerThanForTheJob(t *testing.T) {
	t.Parallel()
	c := crew{slots: make(chan struct{}, 1)}
	c.slots <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c.one(ctx, newWorker(), func() bool { t.Error("a request is made"); return true }) {
		t.Error("the worker goes on")
	}
}

package pipeline

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestACrewKeepsThePaceWithAsFewWorkersAsThatTakes(t *testing.T) {
	t.Parallel()
	const calls = 100
	for _, tt := range []struct {
		name             string
		pace, call, load time.Duration
		workers          int32
		took             time.Duration
	}{
		{"quick answers", time.Second, 100 * time.Millisecond, 10 * time.Millisecond, 2, calls * time.Second},
		{"answers that take longer than the pace allows", time.Second, 2500 * time.Millisecond, 10 * time.Millisecond, 4, (calls + 3) * time.Second},
		{"loads that take long", time.Second, 100 * time.Millisecond, 5 * time.Second, 7, (calls + 6) * time.Second},
		{"loads that never keep up", time.Millisecond, time.Millisecond, time.Minute, workersPerApp, (calls/workersPerApp + 1) * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var working, most, asking, mostAsked atomic.Int32
				pace := make(chan struct{}, 1)
				c, begun := newCrew(), time.Now()
				for range calls {
					c.begin(t.Context(), func(by *worker) {
						most.Store(max(most.Load(), working.Add(1)))
						asking.Add(1)
						pace <- struct{}{}
						time.Sleep(tt.pace)
						<-pace
						by.left()
						time.Sleep(tt.call)
						by.left() // a further call of the same request
						mostAsked.Store(max(mostAsked.Load(), asking.Load()))
						asking.Add(-1)
						by.received()
						time.Sleep(tt.load)
						working.Add(-1)
					})
				}
				c.wait.Wait()
				if took := time.Since(begun); most.Load() > tt.workers || took > tt.took+time.Second {
					t.Errorf("it took %s and %d workers at once, want %s and %d", took, most.Load(), tt.took, tt.workers)
				}
				if mostAsked.Load() > requestsPerApp || len(c.all)+len(c.underWay)+len(c.next) > 0 {
					t.Errorf("%d requests were under way at once; at the end %d workers are left", mostAsked.Load(), len(c.all)+len(c.underWay)+len(c.next))
				}
			})
		})
	}
}

func TestARequestWaitsForRoomNoLongerThanForTheJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c, goOn := newCrew(), make(chan struct{})
		c.begin(ctx, func(*worker) { <-goOn })
		time.AfterFunc(time.Second, cancel)
		if c.begin(ctx, func(*worker) { t.Error("a request is made") }) {
			t.Error("the crew has room before the call of the first request has left")
		}
		close(goOn)
		c.wait.Wait()
	})
}

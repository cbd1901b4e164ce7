package pipeline

import (
	"context"
	"sync"

	"pushloss/transform"
)

const (
	// requestsPerApp is how many requests of an app are under way at once. workersPerApp also
	// counts those whose answers are being loaded. If answers come faster than they are loaded,
	// several share a transaction.
	requestsPerApp = 4
	workersPerApp  = 12
)

// worker executes one request at a time.
type worker struct {
	normalizer transform.Normalizer
	// left lets the next request begin. received frees this request's place in requestsPerApp. Both
	// may be called again.
	left, received func()
}

func newWorker() *worker {
	return &worker{normalizer: transform.Normalizer{MaxRows: maxRows}, left: func() {}, received: func() {}}
}

// crew executes several requests at once. The next one begins when the call of the previous one has
// left: more of them would only wait for the app's pace, and each takes memory.
type crew struct {
	// next has the worker whose call has not left, underWay the workers whose requests are under
	// way, all all workers.
	next, underWay, all chan struct{}
	wait                sync.WaitGroup

	mu   sync.Mutex
	free []*worker
}

func newCrew() *crew {
	return &crew{next: make(chan struct{}, 1), underWay: make(chan struct{}, requestsPerApp), all: make(chan struct{}, workersPerApp)}
}

// begin makes a worker execute a request when there is room. It returns false if ctx ends before
// that.
func (c *crew) begin(ctx context.Context, do func(*worker)) bool {
	for _, room := range []chan struct{}{c.all, c.underWay, c.next} {
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			return false
		}
	}
	c.wait.Go(func() {
		by := c.take()
		by.left, by.received = sync.OnceFunc(func() { <-c.next }), sync.OnceFunc(func() { <-c.underWay })
		do(by)
		by.left()
		by.received()
		c.give(by)
		<-c.all
	})
	return true
}

func (c *crew) take() *worker {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.free)
	if n == 0 {
		return newWorker()
	}
	by := c.free[n-1]
	c.free = c.free[:n-1]
	return by
}

func (c *crew) give(by *worker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = append(c.free, by)
}

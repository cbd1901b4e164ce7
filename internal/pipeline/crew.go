package pipeline

import (
	"context"
	"sync"

	"pushloss/transform"
)

const (
	// requestsPerApp is how many requests of an app are under way at once, and workersPerApp
	// how many with those whose answers are being loaded. Where answers come faster than they
	// are loaded, several share a transaction.
	requestsPerApp = 4
	workersPerApp  = 12
)

// worker executes one request at a time.
type worker struct {
	normalizer transform.Normalizer
	received   func() // lets another worker make a request
}

func newWorker() *worker {
	return &worker{normalizer: transform.Normalizer{MaxRows: maxRows}, received: func() {}}
}

// crew is the workers on an app's requests. It grows as far as some make requests while
// others load: an app at a call a second needs one more than requestsPerApp.
type crew struct {
	work  func() // what each of them does
	slots chan struct{}
	wait  sync.WaitGroup

	mu               sync.Mutex
	workers, loading int
}

// count notes that more workers load, or fewer, and begins further ones.
func (c *crew) count(loading int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loading += loading
	for c.workers-c.loading < requestsPerApp && c.workers < workersPerApp {
		c.workers++
		c.wait.Go(c.work)
	}
}

// one has a worker execute a request once there is a slot for it. Until its answer is
// received, or it has failed for good, no other has the slot.
func (c *crew) one(ctx context.Context, by *worker, do func() (more bool)) (more bool) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	received := false
	by.received = func() {
		if !received { // a request that is split has several answers
			received = true
			<-c.slots
			c.count(1)
		}
	}
	more = do()
	if received {
		c.count(-1)
	} else {
		<-c.slots
	}
	return more
}

package sandbox

import (
	"sync"
	"time"
)

// pace holds one app to the documented rate, one call a second. Arrivals are measured when the handler is entered, on the
// monotonic clock. Every arrival counts as the last call, refused ones too: a client that keeps hammering is never let
// through. There is no tolerance and no burst.
type pace struct {
	interval time.Duration // 0: no limit

	mu       sync.Mutex
	seen     bool
	last     time.Duration
	smallest time.Duration
	gaps     int64
}

// arrive notes a call and says whether it kept the pace.
func (p *pace) arrive(at time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.seen {
		p.seen, p.last = true, at
		return true
	}
	// Two handlers may get here in another order than they were entered: the gap between them is the same.
	gap := (at - p.last).Abs()
	p.last = max(p.last, at)
	if p.gaps == 0 || gap < p.smallest {
		p.smallest = gap
	}
	p.gaps++
	return gap >= p.interval
}

func (p *pace) smallestGap() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.smallest
}

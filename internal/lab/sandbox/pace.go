package sandbox

import (
	"sync"
	"time"
)

// pace enforces the documented rate of one app, one call a second, without tolerance or burst. It
// measures arrivals when the handler begins, on the monotonic clock. Every arrival counts as the
// last call, even a refused one, so a client that always calls too fast never gets an answer.
type pace struct {
	interval time.Duration // 0: no limit

	mu       sync.Mutex
	seen     bool
	last     time.Duration
	smallest time.Duration
	gaps     int64
}

// arrive notes a call and reports whether it kept the pace.
func (p *pace) arrive(at time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.seen {
		p.seen, p.last = true, at
		return true
	}
	// Two handlers may get here in another order than they began: the gap between them is the same.
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

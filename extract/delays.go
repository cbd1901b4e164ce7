package extract

import (
	"sync"
	"time"
)

// Delays records how late this process recently woke for the calls of its apps. On a busy machine,
// everything else that handles a request is late too. It is safe for concurrent use.
type Delays struct {
	mu            sync.Mutex
	worst, before time.Duration // of the present period and of the one before it
	began         time.Time     // of the present period
}

// delayPeriod is the least time for which a delay counts.
const delayPeriod = 10 * time.Second

// note records that a timer fires now that was due at the given time.
func (d *Delays) note(due time.Time) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turn(now)
	d.worst = max(d.worst, now.Sub(due))
}

// recent returns the greatest recent delay.
func (d *Delays) recent() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turn(time.Now())
	return max(d.worst, d.before)
}

// turn begins a new period if the present one is over.
func (d *Delays) turn(now time.Time) {
	switch past := now.Sub(d.began); {
	case past >= 2*delayPeriod:
		d.worst, d.before, d.began = 0, 0, now
	case past >= delayPeriod:
		d.worst, d.before, d.began = 0, d.worst, now
	}
}

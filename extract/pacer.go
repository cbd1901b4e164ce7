package extract

import (
	"cmp"
	"context"
	"sync"
	"time"
)

// Pacer separates the calls of one app, so that each arrives at the service at least an interval
// after the one before. It is safe for concurrent use: callers wait in a queue.
//
// The service counts arrivals, which a client cannot see. A call arrives between the moment its
// request is written and the moment its answer comes. So the next call may leave an interval after
// that answer, which proves the arrival. If the answer is slow, the next call may leave an interval
// and a margin after the writing. The margin grows with the delays of a busy machine, where a
// request may arrive long after its writing.
type Pacer struct {
	announce func(context.Context) error
	delays   *Delays

	turn chan struct{} // holds one token: whose turn it is to wait and send

	mu       sync.Mutex
	base     time.Duration
	interval time.Duration
	last     *Call
	earliest time.Time
}

const (
	// marginDivisor makes the margin for slow answers 4% of the interval, so that 95% of
	// the allowed calls remain possible.
	marginDivisor = 25
	// delayFactor is how much longer than this process's worst recent delay a request may
	// take to arrive.
	delayFactor = 4
	// maxInterval keeps the arithmetic within a Duration.
	maxInterval = 24 * time.Hour
	// maxSlowDown is how many times slower than its base pace an app may become.
	maxSlowDown = 16
)

// PacerOptions are the optional parts of a Pacer.
type PacerOptions struct {
	// NotBefore is when the first call may leave.
	NotBefore time.Time
	// Announce, if set, is called before each call, in its turn, to inform other
	// processes of the call. An error prevents the call.
	Announce func(context.Context) error
	// Delays are those of all pacers of the process; nil means the pacer's own.
	Delays *Delays
}

// NewPacer returns a pacer for callsPerSecond; 0 means no pace.
func NewPacer(callsPerSecond float64, opts PacerOptions) *Pacer {
	var interval time.Duration
	if callsPerSecond > 0 {
		interval = time.Duration(min(float64(time.Second)/callsPerSecond, float64(maxInterval)))
	}
	p := &Pacer{
		announce: opts.Announce,
		delays:   cmp.Or(opts.Delays, &Delays{}),
		turn:     make(chan struct{}, 1),
		base:     interval,
		interval: interval,
		earliest: opts.NotBefore,
	}
	p.turn <- struct{}{}
	return p
}

// Interval is the present minimum time between calls.
func (p *Pacer) Interval() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.interval
}

// SlowDown doubles the interval, up to 16 times the first one. The interval never shrinks
// again.
func (p *Pacer) SlowDown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.interval = min(2*p.interval, maxSlowDown*p.base)
}

// Call is one turn at the API. The caller must report Sent and Done; a call that is Done
// without Sent counts as sent at that moment.
type Call struct {
	sent chan struct{}
	done chan struct{}

	mu             sync.Mutex
	sentAt, doneAt time.Time
}

// Sent reports that the request was written. A transport whose connection was dead writes
// it again on another: the last time counts.
func (c *Call) Sent() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.doneAt.IsZero() {
		c.markSent(time.Now())
	}
}

func (c *Call) markSent(at time.Time) {
	if c.sentAt.IsZero() {
		close(c.sent)
	}
	c.sentAt = at
}

// SentAt is when the request was written; it is final only after Done.
func (c *Call) SentAt() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sentAt
}

// Done reports that the answer has come, or will not come.
func (c *Call) Done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.doneAt.IsZero() {
		return
	}
	now := time.Now()
	if c.sentAt.IsZero() {
		c.markSent(now)
	}
	c.doneAt = now
	close(c.done)
}

// next returns when the call after c may leave, and a channel that closes if that time may become
// earlier.
func (c *Call) next(interval, margin time.Duration) (at time.Time, forward <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	bounded := c.sentAt.Add(interval + margin)
	if c.doneAt.IsZero() {
		return bounded, c.done
	}
	if proven := c.doneAt.Add(interval); proven.Before(bounded) {
		return proven, nil
	}
	return bounded, nil
}

// Begin waits for the app's next turn. The error is that of ctx or of Announce.
func (p *Pacer) Begin(ctx context.Context) (*Call, error) {
	select {
	case <-p.turn:
		defer func() { p.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if p.base > 0 {
		if err := p.waitForTurn(ctx); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if p.announce != nil {
		if err := p.announce(ctx); err != nil {
			return nil, err
		}
	}
	call := &Call{sent: make(chan struct{}), done: make(chan struct{})}
	p.mu.Lock()
	p.last = call
	p.mu.Unlock()
	return call, nil
}

func (p *Pacer) waitForTurn(ctx context.Context) error {
	p.mu.Lock()
	last, earliest := p.last, p.earliest
	p.mu.Unlock()
	if last == nil {
		return p.sleepUntil(ctx, earliest, nil)
	}
	select {
	case <-last.sent:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	// During this wait, an answer may make the moment earlier. A SlowDown or a request
	// that is written again may make it later.
	for {
		interval := p.Interval()
		at, forward := last.next(interval, max(interval/marginDivisor, min(interval, delayFactor*p.delays.recent())))
		if !time.Now().Before(at) {
			return nil
		}
		if err := p.sleepUntil(ctx, at, forward); err != nil {
			return err
		}
	}
}

// sleepUntil waits until t, the end of ctx, or early, whichever comes first.
func (p *Pacer) sleepUntil(ctx context.Context, t time.Time, early <-chan struct{}) error {
	wait := time.Until(t)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		if wait > 0 {
			p.delays.note(t)
		}
		return nil
	case <-early:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

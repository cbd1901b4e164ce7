package extract

import (
	"context"
	"sync"
	"time"
)

// Pacer spaces the calls of one app so that none arrives at the service less
// than an interval after the one before. It is safe for concurrent use: callers
// queue for their turn.
//
// The service counts arrivals, which a client cannot see. A call arrives between
// the moment its request is written and the moment its answer comes. The next
// may therefore leave an interval after that answer, which is proof, or, where
// the answer is slow, an interval and a margin after the writing.
type Pacer struct {
	announce func(context.Context) error

	turn chan struct{} // holds one token: whose turn it is to wait and send

	mu       sync.Mutex
	base     time.Duration
	interval time.Duration
	last     *Call
	earliest time.Time
}

const (
	// marginDivisor makes the margin for slow answers 4% of the interval, so
	// that 95% of the allowed calls can still be made.
	marginDivisor = 25
	// maxSlowDown bounds how much slower than the base an app may be paced.
	maxSlowDown = 16
)

// PacerOptions are the optional parts of a Pacer.
type PacerOptions struct {
	// NotBefore is when the first call may leave.
	NotBefore time.Time
	// Announce, if set, is called before each call, in its turn. An error stops
	// the call. It lets other processes know of the call.
	Announce func(context.Context) error
}

// NewPacer returns a pacer of callsPerSecond; 0 sets no pace.
func NewPacer(callsPerSecond float64, opts PacerOptions) *Pacer {
	var interval time.Duration
	if callsPerSecond > 0 {
		interval = time.Duration(float64(time.Second) / callsPerSecond)
	}
	p := &Pacer{
		announce: opts.Announce,
		turn:     make(chan struct{}, 1),
		base:     interval,
		interval: interval,
		earliest: opts.NotBefore,
	}
	p.turn <- struct{}{}
	return p
}

// Interval is the time that calls are kept apart now.
func (p *Pacer) Interval() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.interval
}

// SlowDown doubles the interval, up to 16 times the first one. It stays so.
func (p *Pacer) SlowDown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.interval = min(2*p.interval, maxSlowDown*p.base)
}

// Call is one turn at the API. Sent and Done must be told to the pacer; a call
// that is Done without being Sent counts as sent then.
type Call struct {
	sent chan struct{}
	done chan struct{}

	sentOnce, doneOnce sync.Once
	sentAt, doneAt     time.Time
}

// Sent tells that the request has been written.
func (c *Call) Sent() {
	c.sentOnce.Do(func() {
		c.sentAt = time.Now()
		close(c.sent)
	})
}

// SentAt is when the request was written; only valid after Done.
func (c *Call) SentAt() time.Time { return c.sentAt }

// Done tells that the answer has come, or will not.
func (c *Call) Done() {
	c.doneOnce.Do(func() {
		c.Sent()
		c.doneAt = time.Now()
		close(c.done)
	})
}

// Begin waits for the app's next turn. The error is ctx's, or Announce's.
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
		return sleepUntil(ctx, earliest, nil)
	}
	select {
	case <-last.sent:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	// SlowDown may have changed the interval while the last call was out.
	interval := p.Interval()
	if err := sleepUntil(ctx, last.sentAt.Add(interval+interval/marginDivisor), last.done); err != nil {
		return err
	}
	select {
	case <-last.done:
		interval = p.Interval()
		proven := last.doneAt.Add(interval)
		bounded := last.sentAt.Add(interval + interval/marginDivisor)
		if bounded.Before(proven) {
			proven = bounded
		}
		return sleepUntil(ctx, proven, nil)
	default:
		return nil
	}
}

// sleepUntil waits until t, ctx's end, or early, whichever comes first.
func sleepUntil(ctx context.Context, t time.Time, early <-chan struct{}) error {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-early:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

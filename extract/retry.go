package extract

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// unpacedBackoff is the first wait where no pace is set, as in tests.
	unpacedBackoff = 50 * time.Millisecond
	// pacedBackoff is the least first wait at any pace. Without it, an app with a fast pace would give
	// up sooner on an API that is away for a moment.
	pacedBackoff = time.Second
	maxBackoff   = 30 * time.Second
)

// firstWait is the approximate wait after the first failed call.
func (c *Client) firstWait() time.Duration {
	wait := unpacedBackoff
	if interval := c.pacer.Interval(); interval > 0 {
		wait = max(interval, pacedBackoff)
	}
	return cmp.Or(c.opts.FirstWait, wait)
}

// patient waits as long as the last answer asked for, if that is longer.
type patient struct {
	backoff.BackOff
	asked time.Duration
}

func (p *patient) NextBackOff() time.Duration {
	return max(p.BackOff.NextBackOff(), min(p.asked, maxBackoff))
}

// retryAfter returns how long an answer asks to wait (RFC 9110, section 10.2.3), or 0. The page of
// the API does not mention it, but a gateway before the API may send it.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	at, badAt := http.ParseTime(value)
	sent, badSent := http.ParseTime(header.Get("Date"))
	if badAt != nil || badSent != nil {
		return 0
	}
	return at.Sub(sent)
}

// retry calls until an answer is accepted or the failure's class forbids another call.
// The waits grow exponentially from firstWait, with jitter.
func (c *Client) retry(ctx context.Context, m message, maxTries int) (Answer, error) {
	exponential := backoff.NewExponentialBackOff()
	exponential.InitialInterval = c.firstWait()
	exponential.MaxInterval = maxBackoff
	exponential.Multiplier = 2
	waits := &patient{BackOff: exponential}

	attempts := 0
	times := make(map[int]int) // how often each code occurred
	operation := func() (Answer, error) {
		answer, err := c.call(ctx, m, attempts > 0)
		if cause := context.Cause(ctx); err != nil && cause != nil && errors.Is(err, cause) {
			return Answer{}, backoff.Permanent(err) // the end of ctx, not a failure of this call
		}
		var failed *Error
		if !errors.As(err, &failed) {
			if err != nil {
				return Answer{}, backoff.Permanent(err) // not of the API: see call
			}
			return answer, nil
		}
		attempts++
		times[failed.Code]++
		failed.Attempts, waits.asked = attempts, failed.wait
		switch failed.Class {
		case SignAgain:
			if times[failed.Code] == 1 {
				return Answer{}, failed
			}
		case Throttled:
			c.pacer.SlowDown()
			c.opts.Log.WarnContext(ctx, "api asks for fewer calls, slowing down",
				"code", failed.Code, "interval", c.pacer.Interval())
		}
		usedUp := c.usedUp(failed, times[failed.Code])
		if retriable(failed.Class) && !usedUp && attempts < maxTries {
			return Answer{}, failed
		}
		if usedUp {
			failed.Class = cmp.Or(LookupCode(failed.Code).Exhausted, failed.Class)
		}
		return Answer{}, backoff.Permanent(failed)
	}
	return backoff.Retry(ctx, operation,
		backoff.WithBackOff(waits),
		backoff.WithMaxElapsedTime(0), // the number of tries is the limit
		backoff.WithNotify(func(err error, wait time.Duration) {
			c.opts.Log.WarnContext(ctx, "call failed, trying again", "error", err, "wait", wait, "attempt", attempts)
		}))
}

func retriable(class Class) bool {
	return class == Transient || class == Throttled || class == Unlisted
}

// usedUp reports whether a code has used up its tries. Other failures do not count: they
// say nothing about this one.
func (c *Client) usedUp(failed *Error, times int) bool {
	if failed.Code == 0 {
		return false
	}
	if failed.Class == SignAgain {
		return true
	}
	return times >= min(cmp.Or(LookupCode(failed.Code).Tries, c.opts.MaxTries), c.opts.MaxTries)
}

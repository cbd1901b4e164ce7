package extract

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// unpacedBackoff is the first wait where no pace is set.
	unpacedBackoff = 50 * time.Millisecond
	maxBackoff     = 30 * time.Second
)

// retry calls until an answer is accepted or the failure's class forbids more.
// The waits grow exponentially from the pace's interval, with jitter.
func (c *Client) retry(ctx context.Context, body []byte) (Answer, error) {
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval = max(c.pacer.Interval(), unpacedBackoff)
	waits.MaxInterval = maxBackoff
	waits.Multiplier = 2

	attempts := 0
	signedAnew := false
	operation := func() (Answer, error) {
		answer, err := c.call(ctx, body, attempts > 0)
		var failed *Error
		if !errors.As(err, &failed) {
			if err != nil {
				return Answer{}, backoff.Permanent(err) // ctx's or the pacer's
			}
			return answer, nil
		}
		attempts++
		failed.Attempts = attempts
		switch failed.Class {
		case SignAgain:
			if !signedAnew {
				signedAnew = true
				return Answer{}, failed
			}
		case Throttled:
			c.pacer.SlowDown()
			c.opts.Log.WarnContext(ctx, "api asks for fewer calls, slowing down",
				"code", failed.Code, "interval", c.pacer.Interval())
		}
		if !retriable(failed.Class) || attempts >= c.triesFor(failed) {
			if exhausted := LookupCode(failed.Code).Exhausted; failed.Code != 0 && exhausted != 0 {
				failed.Class = exhausted
			}
			return Answer{}, backoff.Permanent(failed)
		}
		return Answer{}, failed
	}
	return backoff.Retry(ctx, operation,
		backoff.WithBackOff(waits),
		backoff.WithMaxElapsedTime(0), // the number of tries is the bound
		backoff.WithNotify(func(err error, wait time.Duration) {
			c.opts.Log.WarnContext(ctx, "call failed, trying again", "error", err, "wait", wait, "attempt", attempts)
		}))
}

func retriable(class Class) bool {
	return class == Transient || class == Throttled || class == Unlisted
}

func (c *Client) triesFor(failed *Error) int {
	if failed.Code != 0 {
		if tries := LookupCode(failed.Code).Tries; tries != 0 {
			return min(tries, c.opts.MaxTries)
		}
	}
	return c.opts.MaxTries
}

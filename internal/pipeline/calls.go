package pipeline

import (
	"sync"
	"time"

	"pushloss/extract"
)

// callLog counts an app's calls.
type callLog struct {
	sdkAppID int64
	forward  func(int64, extract.CallReport)

	mu                 sync.Mutex
	requests, retries  int64
	accepted, answered int64
	first, last        time.Time
}

func (c *callLog) record(call extract.CallReport) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests++
	if call.Retry {
		c.retries++
	}
	switch call.Outcome {
	case extract.OutcomeOK:
		c.accepted++
		c.answered++
	case extract.OutcomeAPIError:
		c.answered++
	}
	if c.first.IsZero() || call.SentAt.Before(c.first) {
		c.first = call.SentAt
	}
	if call.SentAt.After(c.last) {
		c.last = call.SentAt
	}
	if c.forward != nil {
		c.forward(c.sdkAppID, call)
	}
}

// report adds the counts to an app's report.
func (c *callLog) report(into *AppReport, callsPerSecond float64) {
	into.Requests, into.Retries = c.requests, c.retries
	into.Accepted, into.Answered = c.accepted, c.answered
	into.PaceUsed = c.paceUsed(callsPerSecond)
}

func (c *callLog) paceUsed(callsPerSecond float64) float64 {
	if callsPerSecond == 0 || c.requests < 2 {
		return 0
	}
	return float64(c.requests-1) / (c.last.Sub(c.first).Seconds() * callsPerSecond)
}

package pipeline_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"pushloss/extract"
)

// transport is the pipeline's own, which can hold a call back before it leaves.
type transport struct {
	*http.Transport
	// before, if set, is called with every call before it leaves.
	before func(*http.Request)

	mu    sync.Mutex
	calls []time.Time // when they left
}

// left returns when the calls left.
func (t *transport) left() []time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.calls)
}

func (t *transport) note(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, now)
}

func newTransport(t testing.TB) *transport {
	inner := extract.NewTransport()
	t.Cleanup(inner.CloseIdleConnections)
	return &transport{Transport: inner}
}

func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if t.before != nil {
		t.before(request)
	}
	t.note(time.Now())
	return t.Transport.RoundTrip(request)
}

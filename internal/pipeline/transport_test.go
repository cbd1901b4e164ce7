package pipeline_test

import (
	"net/http"
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

	mu            sync.Mutex
	first, newest time.Time // when these calls left
}

// left returns when the first call and the newest one left.
func (t *transport) left() (first, newest time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.first, t.newest
}

func (t *transport) note(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.first.IsZero() {
		t.first = now
	}
	t.newest = now
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

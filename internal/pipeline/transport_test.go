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

	mu   sync.Mutex
	left time.Time // when the newest call did
}

// newest returns when the newest call left.
func (t *transport) newest() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.left
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
	t.mu.Lock()
	t.left = time.Now()
	t.mu.Unlock()
	return t.Transport.RoundTrip(request)
}

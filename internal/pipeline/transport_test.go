package pipeline_test

import (
	"net/http"
	"testing"

	"pushloss/extract"
)

// transport is the pipeline's own, which can hold a call back before it leaves.
type transport struct {
	*http.Transport
	// before, if set, is called with every call before it leaves.
	before func(*http.Request)
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
	return t.Transport.RoundTrip(request)
}

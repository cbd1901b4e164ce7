package extract_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata"

	"go.uber.org/goleak"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	appID   = 1400000001
	okay    = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"sucess","Results":[]}`
	mainURL = "https://main.test"
)

var secretKey = secret.New("5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e")

func account(baseURLs ...string) extract.Account {
	if len(baseURLs) == 0 {
		baseURLs = []string{mainURL}
	}
	return extract.Account{SDKAppID: appID, SecretKey: secretKey, Identifier: "administrator", BaseURLs: baseURLs}
}

// oneDay asks for the whole app's figures of a day.
var oneDay = extract.Request{Window: calendar.Day(20155).Window(time.UTC)}

// reply is what a service does with one call.
type reply struct {
	status   int // 0: 200
	body     string
	header   http.Header
	latency  time.Duration // until the answer
	err      error         // instead of an answer
	unsaid   bool          // err comes before there is a connection
	received time.Duration // from the writing of the request until it arrives
}

// service imitates the API behind a transport, in the time of its bubble.
type service struct {
	answer func(n int, request *http.Request) reply

	mu       sync.Mutex
	written  []time.Time
	arrived  []time.Time
	requests []*http.Request
	bodies   []string
}

// always is a service with one reply.
func always(r reply) *service {
	return &service{answer: func(int, *http.Request) reply { return r }}
}

// inTurn is a service that gives its replies one after the other, and then okay.
func inTurn(replies ...reply) *service {
	return &service{answer: func(n int, _ *http.Request) reply {
		if n < len(replies) {
			return replies[n]
		}
		return reply{body: okay}
	}}
}

func (s *service) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	n := len(s.requests)
	s.requests, s.bodies = append(s.requests, request), append(s.bodies, string(body))
	r := s.answer(n, request)
	now := time.Now()
	s.written, s.arrived = append(s.written, now), append(s.arrived, now.Add(r.received))
	s.mu.Unlock()

	if !r.unsaid {
		trace := httptrace.ContextClientTrace(request.Context())
		trace.GotConn(httptrace.GotConnInfo{})
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
	select {
	case <-time.After(r.latency):
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
	if r.err != nil {
		return nil, r.err
	}
	header := r.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	status := r.status
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{
		StatusCode: status, Header: header, Request: request, ContentLength: -1, Body: io.NopCloser(bytes.NewBufferString(r.body)),
	}, nil
}

func (s *service) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// hosts are the hosts called, in order.
func (s *service) hosts() (hosts []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		hosts = append(hosts, r.URL.Host)
	}
	return hosts
}

// pull makes one request of a new client at one call a second.
func pull(s http.RoundTripper, opts extract.Options) (extract.Answer, error) {
	return pullAs(s, oneDay, opts)
}

func pullAs(s http.RoundTripper, request extract.Request, opts extract.Options) (extract.Answer, error) {
	return extract.NewClient(account(), s, extract.NewPacer(1, extract.PacerOptions{}), opts).Pull(context.Background(), request)
}

// failure is err as the client's error.
func failure(t *testing.T, err error) *extract.Error {
	t.Helper()
	var failed *extract.Error
	if !errors.As(err, &failed) {
		t.Fatalf("got %v, want an *extract.Error", err)
	}
	return failed
}

// inBubble runs a subtest in a bubble of virtual time.
func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}

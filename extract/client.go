package extract

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"pushloss/internal/secret"
)

// Account is an app and how to call the API for it.
type Account struct {
	SDKAppID   int64
	SecretKey  secret.Text
	Identifier string // an app administrator
	// BaseURLs are used in turn: after repeated failures to reach one, the next is used.
	// Region.BaseURLs returns the URLs of a region.
	BaseURLs []string
	// WindowEnd is how the API interprets EndTime; the zero value means EndExclusive.
	WindowEnd WindowEnd
}

// Options are the optional parts of a Client; the zero value is for production.
type Options struct {
	// Log already has the app as an attribute.
	Log *slog.Logger
	// OnCall, if set, is called after every call.
	OnCall func(CallReport)
	// CheckClock, if set, is called with the service's clock of each answer, from its
	// Date header (zero without one). Its error ends the request, whatever the answer
	// is.
	CheckClock func(api time.Time) error
	// Random returns the request's random number.
	Random func() uint32
	// MaxTries limits the calls for one request; 0 means 5.
	MaxTries int
	// MaxBody limits an answer's size in bytes, uncompressed; 0 means 8 MiB.
	MaxBody int64
	// Budget limits the memory of all answers that are handled at once; nil means no
	// limit. With a Budget, the caller must release every Answer.
	Budget *Budget
	// FirstWait is the approximate first wait after a failed call; 0 means the pace's interval but at
	// least 1 s, or 50 ms without a pace.
	FirstWait time.Duration
	// Timeout limits one call; 0 means 15 s. The service's own timeout is 3 s (REST API
	// overview).
	Timeout time.Duration
}

// Outcome says how a call ended, for counting.
type Outcome string

// The outcomes of a call.
const (
	OutcomeOK         Outcome = "ok"
	OutcomeAPIError   Outcome = "api_error"
	OutcomeHTTPError  Outcome = "http_error"
	OutcomeNoAnswer   Outcome = "no_answer"
	OutcomeUnreadable Outcome = "unreadable"
)

// CallReport describes one finished call.
type CallReport struct {
	SentAt  time.Time
	Took    time.Duration
	Outcome Outcome
	Retry   bool // an earlier call for the same request failed
}

// Answer is an accepted response.
type Answer struct {
	// Body is the response as received, uncompressed, byte for byte. If it repeated a
	// credential, it is JSON with that text blanked out.
	Body []byte
	// JSON is Body as strict JSON (see jsonwalk.Syntax). It is nil for an answer that the
	// request knew: StrictJSON returns it.
	JSON []byte
	// Digest is the SHA-256 of Body, or zero if it was not needed: see Request.Known.
	Digest [sha256.Size]byte
	// SentAt is when the accepted call was made.
	SentAt time.Time
	// EndTime is the request's EndTime, which may differ from the window's end (see
	// WindowEnd).
	EndTime time.Time
	// Date is the service's clock when the answer was read, from its Date header; or
	// zero.
	Date time.Time
	// Blanked counts the places with a blanked credential.
	Blanked int

	release func()
}

// Release returns the answer's share of the budget. Do not use the answer afterwards.
func (a Answer) Release() {
	if a.release != nil {
		a.release()
	}
}

// Client makes the calls of one account, with its pace and retries. It is safe for
// concurrent use.
type Client struct {
	account Account
	http    *http.Client
	pacer   *Pacer
	signer  *signer
	bases   *addresses
	opts    Options

	redact   atomic.Pointer[redactor]
	lastSize atomic.Int64 // of the last answer, in bytes: the estimate for the next one
}

// NewClient returns a client that sends through transport at the pacer's pace.
func NewClient(account Account, transport http.RoundTripper, pacer *Pacer, opts Options) *Client {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Random == nil {
		opts.Random = rand.Uint32
	}
	if opts.MaxTries == 0 {
		opts.MaxTries = 5
	}
	if opts.MaxBody == 0 {
		opts.MaxBody = 8 << 20
	}
	if opts.Timeout == 0 {
		opts.Timeout = 15 * time.Second
	}
	return &Client{
		account: account,
		http:    &http.Client{Transport: unredirected{transport}},
		pacer:   pacer,
		signer: &signer{
			appID: account.SDKAppID, key: account.SecretKey, identifier: account.Identifier, now: time.Now,
		},
		bases: &addresses{urls: account.BaseURLs},
		opts:  opts,
	}
}

// unredirected hides the target of a redirect: following it would send the UserSig to
// another address.
type unredirected struct{ http.RoundTripper }

func (u unredirected) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := u.RoundTripper.RoundTrip(request)
	if response != nil {
		response.Header.Del("Location")
	}
	return response, err
}

// NewTransport returns the connection pool that all clients of a process share.
func NewTransport() *http.Transport {
	const idle = 128 // a thousand apps have about as many calls under way at once
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, OnProxyConnectResponse: ProxyAnswered, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
		MaxIdleConns: idle, MaxIdleConnsPerHost: idle, IdleConnTimeout: 90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: time.Minute, ExpectContinueTimeout: time.Second,
	}
}

// Pull requests figures. If ctx ends, Pull stops waiting. It does not cut off a running call, which
// the service has counted already: that call ends by its own timeout. Failures are *Error, except
// for the errors of ctx, of signing, of the pacer and of Options.CheckClock.
func (c *Client) Pull(ctx context.Context, request Request) (Answer, error) {
	endTime := c.account.WindowEnd.endTime(request.Window)
	body, err := request.body(endTime)
	if err != nil {
		return Answer{}, &Error{Class: BadRequest, Info: err.Error(), Hint: adviceReport}
	}
	answer, err := c.retry(ctx, message{request.Stream.Path(), body, request.Known, request.Left}, c.tries(request))
	var failed *Error
	if errors.As(err, &failed) && failed.Class == BadRequest && len(request.Tasks) > 0 {
		failed.Hint = adviceTasks // the same request without tasks may be valid
	}
	if err != nil {
		return Answer{}, err
	}
	answer.EndTime = endTime
	return answer, nil
}

// tries returns the limit of calls for a request.
func (c *Client) tries(request Request) int {
	if request.Tries > 0 {
		return min(request.Tries, c.opts.MaxTries)
	}
	return c.opts.MaxTries
}

package extract

import (
	"context"
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
	// BaseURLs are tried in turn: the next one once the one before was out of
	// reach repeatedly. Region.BaseURLs gives a region's.
	BaseURLs []string
	// WindowEnd is how the API takes EndTime; the zero value is EndExclusive.
	WindowEnd WindowEnd
}

// Options are the optional parts of a Client; the zero value is for production.
type Options struct {
	// Log names the app already.
	Log *slog.Logger
	// OnCall, if set, is told of every call made.
	OnCall func(CallReport)
	// CheckClock, if set, is told of the service's clock with each answer, as its Date
	// header says (zero if it does not). Its error ends the request, whatever the
	// answer says.
	CheckClock func(api time.Time) error
	// Random gives the request's random number.
	Random func() uint32
	// MaxTries bounds the calls for one request; 0 means 5.
	MaxTries int
	// MaxBody bounds an answer's size in bytes, uncompressed; 0 means 8 MiB.
	MaxBody int64
	// Budget bounds the memory of all answers that are worked on at once; nil does
	// not. With one, every Answer is to be released.
	Budget *Budget
	// Timeout bounds one call; 0 means 15 s. The service's own is 3 s (REST API
	// overview).
	Timeout time.Duration
}

// Outcome names how a call ended, for counting.
type Outcome string

// The outcomes of a call.
const (
	OutcomeOK         Outcome = "ok"
	OutcomeAPIError   Outcome = "api_error"
	OutcomeHTTPError  Outcome = "http_error"
	OutcomeNoAnswer   Outcome = "no_answer"
	OutcomeUnreadable Outcome = "unreadable"
)

// CallReport is what is known of one call after it.
type CallReport struct {
	SentAt  time.Time
	Took    time.Duration
	Outcome Outcome
	Retry   bool // a call before it, for the same request, failed
}

// Answer is an accepted response.
type Answer struct {
	// Body is the response as received, uncompressed, byte for byte. Where it
	// repeats a credential it is JSON, with that text blanked out.
	Body []byte
	// JSON is Body as strict JSON (see TolerantSyntax).
	JSON []byte
	// SentAt is when the accepted call was made.
	SentAt time.Time
	// EndTime is the request's, which WindowEnd may set apart from the window's end.
	EndTime time.Time
	// Date is the service's clock when the answer was read, by its Date header; or zero.
	Date time.Time
	// Blanked counts the places at which a credential was blanked out.
	Blanked int

	release func()
}

// Release gives the answer's part of the budget back. The answer must not be used
// any more.
func (a Answer) Release() {
	if a.release != nil {
		a.release()
	}
}

// Client makes the calls of one account, paced and retried. It is safe for
// concurrent use.
type Client struct {
	account Account
	http    *http.Client
	pacer   *Pacer
	signer  *signer
	bases   *addresses
	opts    Options

	redact   atomic.Pointer[redactor]
	lastSize atomic.Int64 // of an answer, in bytes: a guess at the next one's
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

// unredirected hides where a redirect leads: following it would hand the UserSig
// to another address.
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
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
		MaxIdleConns: 100, MaxIdleConnsPerHost: 16, IdleConnTimeout: 90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: time.Minute, ExpectContinueTimeout: time.Second,
	}
}

// Pull asks for figures. ctx ends its waiting; a call that is under way
// is never cut off, since the service has counted it: it ends by its own
// timeout. Failures are *Error, but for ctx's own and the pacer's.
func (c *Client) Pull(ctx context.Context, request Request) (Answer, error) {
	endTime := c.account.WindowEnd.endTime(request.Window)
	body, err := request.body(endTime)
	if err != nil {
		return Answer{}, &Error{Class: BadRequest, Info: err.Error(), Hint: adviceReport}
	}
	answer, err := c.retry(ctx, request.Stream.Path(), body, c.tries(request))
	var failed *Error
	if errors.As(err, &failed) && failed.Class == BadRequest && len(request.Tasks) > 0 {
		failed.Hint = adviceTasks // the same request without tasks may be in order
	}
	if err != nil {
		return Answer{}, err
	}
	answer.EndTime = endTime
	return answer, nil
}

// tries bounds the calls that are made for a request.
func (c *Client) tries(request Request) int {
	if request.Tries > 0 {
		return min(request.Tries, c.opts.MaxTries)
	}
	return c.opts.MaxTries
}

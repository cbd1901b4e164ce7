package extract

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
)

// message is what a call sends.
type message struct {
	path  string
	body  []byte
	known func(digest [sha256.Size]byte) bool // reports whether the answer is known; may be nil
	left  func()                              // see Request.Left; may be nil
}

// call makes one call. Its failure is an *Error, except for the errors of ctx, of signing, of the
// pacer and of Options.CheckClock.
func (c *Client) call(ctx context.Context, m message, isRetry bool) (Answer, error) {
	userSig, err := c.signer.userSigNow()
	if err != nil {
		return Answer{}, err
	}
	redact := c.redactor(userSig)

	turn, err := c.pacer.Begin(ctx)
	if err != nil {
		return Answer{}, err
	}
	if m.left != nil {
		m.left()
	}
	answer, outcome, failed := c.send(ctx, turn, userSig, m, redact)
	turn.Done()

	report := CallReport{SentAt: turn.SentAt(), Took: time.Since(turn.SentAt()), Outcome: outcome, Retry: isRetry}
	c.opts.Log.DebugContext(ctx, "api call", "sent_at", report.SentAt, "took", report.Took, "outcome", string(outcome))
	if c.opts.OnCall != nil {
		c.opts.OnCall(report)
	}
	if answer.Blanked > 0 {
		c.opts.Log.WarnContext(ctx, "the answer repeats a credential, which is blanked out before it is stored", "places", answer.Blanked)
	}
	if c.opts.CheckClock != nil && (outcome == OutcomeOK || outcome == OutcomeAPIError) {
		if err := c.opts.CheckClock(answer.Date); err != nil {
			answer.Release()
			return Answer{}, err
		}
	}
	if failed != nil {
		if failed.Class == SignAgain {
			c.signer.forget(userSig)
		}
		return Answer{}, failed
	}
	answer.SentAt = report.SentAt
	return answer, nil
}

// redactor returns the redactor of the UserSig in use.
func (c *Client) redactor(userSig string) *redactor {
	if known := c.redact.Load(); known != nil && known.userSig == userSig {
		return known
	}
	redact := newRedactor(userSig, c.account.SecretKey.Reveal())
	c.redact.Store(redact)
	return redact
}

func (c *Client) send(ctx context.Context, turn *Call, userSig string, m message, redact *redactor) (Answer, Outcome, *Error) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	limit := time.AfterFunc(c.opts.Timeout, func() { cancel(context.DeadlineExceeded) })
	defer limit.Stop()
	var reached atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { reached.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				turn.Sent()
			}
		},
	})
	base := c.bases.current()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+m.path+"?"+c.query(userSig), bytes.NewReader(m.body))
	if err != nil {
		return Answer{}, OutcomeNoAnswer, &Error{Class: Operator, Info: "the base URL cannot be used", Hint: adviceURL}
	}
	request.Header.Set("Content-Type", "application/json")

	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, OutcomeNoAnswer, c.noAnswer(cmp.Or(context.Cause(ctx), err), base, reached.Load(), redact)
	}
	defer response.Body.Close()
	c.bases.reached()
	// The wait for memory does not count as slowness of the service.
	held := func() func() {
		limit.Stop()
		return func() { limit.Reset(c.opts.Timeout) }
	}
	return c.receive(ctx, response, held, redact, m.known)
}

// noAnswer classifies a call without an answer and records whether base was reached.
// Another party's certificate indicates a hijacked DNS name; the backup domains exist for
// that case.
func (c *Client) noAnswer(err error, base string, reached bool, redact *redactor) *Error {
	failed := transportError(err, c.opts.Timeout, redact)
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		if c.bases.hijacked(base) {
			failed.Class = Transient
		}
	case !reached:
		c.bases.failed(base)
	}
	return failed
}

func (c *Client) query(userSig string) string {
	return url.Values{
		"sdkappid":    {strconv.FormatInt(c.account.SDKAppID, 10)},
		"identifier":  {c.account.Identifier},
		"usersig":     {userSig},
		"random":      {strconv.FormatUint(uint64(c.opts.Random()), 10)},
		"contenttype": {"json"},
	}.Encode()
}

// receive reads an answer and what it says. hold stops the call's timeout until the function that
// it returns is called.
func (c *Client) receive(ctx context.Context, response *http.Response, hold func() func(), redact *redactor, known func([sha256.Size]byte) bool) (Answer, Outcome, *Error) {
	date := clockOf(response)
	body, release, outcome, failed := c.read(ctx, response, hold, redact)
	if failed != nil {
		return Answer{}, outcome, failed
	}
	answer, outcome, failed := c.understand(body, redact, known)
	answer.Date = date()
	if failed != nil {
		release()
		return answer, outcome, failed
	}
	answer.release = release
	return answer, outcome, nil
}

// read returns the body of an answer. The body uses its share of the budget until release.
func (c *Client) read(ctx context.Context, response *http.Response, hold func() func(), redact *redactor) (_ []byte, release func(), _ Outcome, failed *Error) {
	var giveBack func()
	var buffer bytes.Buffer
	size := response.ContentLength
	if size < 0 {
		size = c.lastSize.Load()
	}
	buffer.Grow(int(min(size, maxShared)) + bytes.MinRead)
	// One byte more than the limit distinguishes a body that is too large from one that
	// fits.
	limit := c.opts.MaxBody + 1
	_, err := buffer.ReadFrom(io.LimitReader(response.Body, min(limit, maxShared+1)))
	if response.StatusCode != http.StatusOK {
		outcome, failed := httpError(response, buffer.Bytes()[:min(buffer.Len(), maxSearched)], redact)
		return nil, nil, outcome, failed
	}
	if coding := response.Header.Get("Content-Encoding"); err == nil && coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, nil, OutcomeUnreadable, &Error{
			Class: Transient, HTTPStatus: response.StatusCode,
			Info: fmt.Sprintf("the answer has the Content-Encoding %q, which was not asked for", redact.shown(coding)), Hint: adviceProxy,
		}
	}
	if err == nil {
		goOn := hold()
		giveBack, err = c.opts.Budget.take(ctx, buffer.Len())
		goOn()
	}
	if err == nil {
		defer func() {
			if failed != nil {
				giveBack()
			}
		}()
		if rest := limit - int64(buffer.Len()); buffer.Len() > maxShared && rest > 0 {
			_, err = buffer.ReadFrom(io.LimitReader(response.Body, rest))
		}
	}
	if err != nil {
		broken := transportError(cmp.Or(context.Cause(ctx), err), c.opts.Timeout, redact)
		broken.HTTPStatus = response.StatusCode
		broken.Info = "the answer broke off: " + broken.Info
		return nil, nil, OutcomeNoAnswer, broken
	}
	if int64(buffer.Len()) > c.opts.MaxBody {
		return nil, nil, OutcomeUnreadable, &Error{
			Class: Unreadable, HTTPStatus: response.StatusCode,
			Info: "the answer is larger than " + humanize.IBytes(uint64(c.opts.MaxBody)), Hint: adviceTooLarge,
		}
	}
	c.lastSize.Store(int64(buffer.Len()))
	return buffer.Bytes(), giveBack, OutcomeOK, nil
}

// understand reads what an answer says. It does not read a known answer.
func (c *Client) understand(body []byte, redact *redactor, known func([sha256.Size]byte) bool) (Answer, Outcome, *Error) {
	var digest [sha256.Size]byte
	if known != nil {
		if digest = sha256.Sum256(body); known(digest) { // a known answer has no credential and is no error
			return Answer{Body: body, Digest: digest}, OutcomeOK, nil
		}
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return Answer{}, OutcomeUnreadable, &Error{Class: Transient, HTTPStatus: http.StatusOK, Info: "the answer is empty", Hint: adviceProxy}
	}
	env, strict, err := readEnvelope(body, c.opts.Budget)
	if err != nil {
		return Answer{}, OutcomeUnreadable, &Error{
			Class: Transient, HTTPStatus: http.StatusOK,
			Info: fmt.Sprintf("the answer is not the API's JSON: %s; it begins: %q",
				redact.shown(err.Error()), redact.shown(string(body[:min(len(body), maxSearched)]))),
			Hint: adviceProxy,
		}
	}
	if code, info, ok := env.failure(); !ok {
		return Answer{}, OutcomeAPIError, apiError(code, redact.shown(info))
	}
	body, strict, blanked := redact.blankAnswer(body, strict)
	if blanked > 0 {
		digest = [sha256.Size]byte{} // it is the digest of the text before blanking
	}
	return Answer{Body: body, Digest: digest, JSON: strict, Blanked: blanked}, OutcomeOK, nil
}

// clockOf returns a function for the service's clock: the Date header of an answer that arrives
// now, plus the time since then. Without a valid header, the clock is zero.
func clockOf(response *http.Response) func() time.Time {
	arrived := time.Now()
	date, err := http.ParseTime(response.Header.Get("Date"))
	return func() time.Time {
		if err != nil {
			return time.Time{}
		}
		return date.Add(time.Since(arrived))
	}
}

func apiError(number int64, info string) *Error {
	if number == 0 {
		return &Error{Class: Transient, HTTPStatus: http.StatusOK, Info: info, Hint: adviceWait}
	}
	code := LookupCode(int(number))
	return &Error{
		Class: code.Class, Code: code.Number, HTTPStatus: http.StatusOK,
		Info: info, Meaning: code.Meaning, Hint: code.Advice,
	}
}

// httpError classifies a status other than 200, which the service sends only for network
// failures (All/Tagged Users Push Loss Analysis, "502"). If the answer has a code of the API
// all the same, the code says what is wrong.
func httpError(response *http.Response, body []byte, redact *redactor) (Outcome, *Error) {
	if env, err := parseEnvelope(body); err == nil {
		if code, info, ok := env.failure(); !ok && code != 0 {
			failed := apiError(code, redact.shown(info))
			failed.HTTPStatus = response.StatusCode
			return OutcomeAPIError, failed
		}
	}
	failed := &Error{HTTPStatus: response.StatusCode, Info: redact.shown(string(body)), Hint: adviceProxy, wait: retryAfter(response.Header)}
	switch status := response.StatusCode; {
	case status == http.StatusTooManyRequests:
		failed.Class, failed.Hint = Throttled, advicePace
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status < 300:
		failed.Class, failed.Hint = Transient, adviceWait
	case status < 400:
		failed.Class, failed.Info = Operator, "a redirect, which is not followed"
	default:
		failed.Class = Operator
	}
	return OutcomeHTTPError, failed
}

func transportError(err error, timeout time.Duration, redact *redactor) *Error {
	failed := &Error{
		Class: Transient, Info: redact.transportText(err),
		Hint: adviceNetwork,
	}
	var certificate *tls.CertificateVerificationError
	var proxy *proxyError
	switch {
	case errors.As(err, &certificate):
		failed.Class, failed.Hint = Operator, certificateAdvice(certificate)
	case errors.As(err, &proxy) && proxy.code == http.StatusProxyAuthRequired:
		failed.Class, failed.Hint = Operator, adviceProxyLogin // a proxy may lock an account after a few wrong logins
	case errors.As(err, &proxy):
		failed.Hint = adviceProxyRefuses
	case errors.Is(err, context.DeadlineExceeded):
		failed.Info = fmt.Sprintf("no answer within %s", timeout)
	}
	return failed
}

// certificateAdvice says what to do about a certificate that was not accepted.
func certificateAdvice(err error) string {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return adviceExpired // or not valid yet
	}
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		return adviceUnknownCA
	}
	return adviceForeign
}

package notify

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/ntfy"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"pushloss/extract"
)

// checkedTransport counts a message as sent only if its target accepted it. The library's services
// follow a redirect by a GET without the message, and most of them treat every status below 400 as
// success.
type checkedTransport struct {
	http.RoundTripper
	// seal ends the text of an error that says when to try again. Some services of the library keep
	// only this text, and nobody else can write the seal.
	seal string
}

// Transport returns the transport for the library's services. Most of them use
// [http.DefaultTransport] and accept no other.
func Transport(base http.RoundTripper) http.RoundTripper {
	return checkedTransport{base, " " + rand.Text()}
}

// redirectError says that a target redirects the message.
type redirectError struct {
	status string
	to     *url.URL // nil if there is no usable address
}

// Error names the address to use, without its query and without segments of its path that may be
// tokens. The parts of the target's own URL are removed later, as from every error.
func (e *redirectError) Error() string {
	text := "the target answered " + e.status + ", and the message would be lost on the way"
	if e.to == nil {
		return text
	}
	segments := strings.Split(e.to.EscapedPath(), "/")
	for i, segment := range segments {
		if len(segment) >= longestWord {
			segments[i] = redacted
		}
	}
	return text + ": write its URL with " + e.to.Scheme + "://" + e.to.Host + strings.Join(segments, "/")
}

// longestWord is the length of the longest segment of a path that does not count as a token.
const longestWord = 16

// refusalError is an error that a target reported in an answer with a status of success.
type refusalError struct{ status, reason string }

func (e *refusalError) Error() string {
	return fmt.Sprintf("the target answered %s with an error: %s", e.status, e.reason)
}

// pageError is an answer with a status of success that does not come from the target's service.
type pageError struct{ status string }

func (e *pageError) Error() string {
	return "the target answered " + e.status + " with a web page, as a login page or a proxy does: check its address"
}

// cutOffError is an answer with a status of success that is incomplete, so that nobody knows
// whether the message was accepted.
type cutOffError struct {
	status string
	cause  error // nil if the part that arrived is not valid JSON
}

func (e *cutOffError) Error() string {
	if e.cause == nil {
		return "the target answered " + e.status + " with JSON that is cut off or not valid"
	}
	return "the target answered " + e.status + ", and the answer was cut off: " + e.cause.Error()
}

func (e *cutOffError) Unwrap() error { return e.cause }

// telegram is the host whose service in the library takes every error but one in an answer for a
// success.
const telegram = "api.telegram.org"

// RoundTrip returns an error unless the target accepted the message. Telegram's service gets the
// error in an answer.
func (t checkedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.check(request)
	if err == nil || request.URL.Hostname() != telegram || !strings.HasSuffix(request.URL.Path, "/sendMessage") {
		return response, err
	}
	text, jsonErr := json.Marshal(map[string]any{"ok": false, "description": err.Error()})
	if jsonErr != nil {
		return nil, err
	}
	return &http.Response{
		Status: "502 Bad Gateway", StatusCode: http.StatusBadGateway, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Request: request, ContentLength: int64(len(text)), Body: io.NopCloser(bytes.NewReader(text)),
	}, nil
}

// check sends a request and judges its answer. It leaves downloads alone.
func (t checkedTransport) check(request *http.Request) (*http.Response, error) {
	if request.Method == http.MethodGet || request.Method == http.MethodHead {
		return t.RoundTripper.RoundTrip(request)
	}
	response, err := t.RoundTripper.RoundTrip(request)
	if err != nil {
		return response, err
	}
	switch code := response.StatusCode; {
	case code >= 200 && code < 300:
		return readRefusal(request.URL.Hostname(), response)
	case code >= 300 && code < 400:
		to, err := response.Location()
		replayable := request.Body == nil || request.Body == http.NoBody || request.GetBody != nil
		if (code == http.StatusTemporaryRedirect || code == http.StatusPermanentRedirect) && err == nil && replayable {
			return response, nil // the library follows it with the message
		}
		_ = response.Body.Close()
		if err != nil {
			to = nil
		}
		return nil, &redirectError{status: response.Status, to: to}
	}
	return nil, t.readStatus(response)
}

// statusError is an answer with a status of failure.
type statusError struct {
	status, reason string
	wait           retryAfter
	seal           string
}

func (e *statusError) Error() string {
	text := "the target answered " + e.status
	if e.reason != "" {
		text += ": " + e.reason
	}
	if wait := e.wait.String(); wait != "" {
		text += " (it says when to try again: " + wait + ")" + e.seal
	}
	return text
}

// sealed matches what Error says about the wait, but not the same words of a target.
func sealed(seal string) *regexp.Regexp {
	return regexp.MustCompile(`\(it says when to try again: (?:in ([\d,]+) seconds?|at (\S+))\)` + regexp.QuoteMeta(seal))
}

// unseal returns the text of an error without the seal, and the wait that the error had.
func unseal(text, seal string) (string, retryAfter) {
	var wait retryAfter
	if found := sealed(seal).FindStringSubmatch(text); found != nil {
		wait.seconds, _ = strconv.Atoi(strings.ReplaceAll(found[1], ",", ""))
		wait.at, _ = time.Parse(time.RFC3339, found[2])
	}
	return strings.ReplaceAll(text, seal, ""), wait
}

// readStatus returns the error for a status of failure, with the target's own words. The library's
// services drop the words or the status.
func (t checkedTransport) readStatus(response *http.Response) *statusError {
	defer response.Body.Close()
	head, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	failure := &statusError{status: response.Status, wait: waitOf(response.Header.Get("Retry-After")), seal: t.seal}
	if text := inUTF8(head); err == nil && !isWebPage(text) {
		failure.reason, _ = refusalOf(text)
		if failure.wait == (retryAfter{}) {
			failure.wait = waitIn(text)
		}
	}
	return failure
}

// retryAfter says when to try again: after a number of seconds, or else at a time. It is zero if an
// answer does not say.
type retryAfter struct {
	seconds int
	at      time.Time
}

func waitOf(header string) retryAfter {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return retryAfter{seconds: int(seconds)}
	}
	at, _ := http.ParseTime(header)
	return retryAfter{at: at.UTC()}
}

// waitIn reads retry_after, a number of seconds, as Telegram (in parameters) and Discord write it.
func waitIn(body []byte) retryAfter {
	answer, _ := objectOf(body)
	parameters, _ := objectOf([]byte(answer["parameters"]))
	seconds, err := strconv.ParseFloat(cmp.Or(parameters["retryafter"], answer["retryafter"]), 64)
	if err != nil || !(seconds > 0 && seconds <= math.MaxInt32) {
		return retryAfter{}
	}
	return retryAfter{seconds: int(math.Ceil(seconds))}
}

func (w retryAfter) String() string {
	switch {
	case !w.at.IsZero():
		return "at " + w.at.Format(time.RFC3339)
	case w.seconds > 0:
		return "in " + english.Plural(w.seconds, "second", "")
	}
	return ""
}

// from is how long to wait from now; not positive if the answer does not say.
func (w retryAfter) from(now time.Time) time.Duration {
	if !w.at.IsZero() {
		return w.at.Sub(now)
	}
	return time.Duration(w.seconds) * time.Second
}

// maxAnswer bounds how much of an answer is read, in bytes.
const maxAnswer = 64 << 10

// readRefusal returns an error for an answer that reports one.
func readRefusal(host string, response *http.Response) (*http.Response, error) {
	head, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	failure := error(nil)
	text := inUTF8(head)
	switch reason, refused := refusal(host, text); {
	case err != nil:
		failure = &cutOffError{status: response.Status, cause: err}
	case isWebPage(text):
		failure = &pageError{status: response.Status}
	case refused:
		failure = &refusalError{status: response.Status, reason: reason}
	case len(head) <= maxAnswer && isBrokenJSON(text):
		failure = &cutOffError{status: response.Status}
	}
	if failure != nil {
		_ = response.Body.Close()
		return nil, failure
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), response.Body), response.Body}
	return response, nil
}

// likeJSON matches the beginning of an object, an array or a string of JSON, but not words in
// brackets or quotes.
var likeJSON = regexp.MustCompile(`^(\{|\[\s*([\[\]{"]|$)|"[^"]*$)`)

// isBrokenJSON reports whether an answer begins like JSON but is not one or more valid values.
func isBrokenJSON(body []byte) bool {
	if !likeJSON.Match(body) {
		return false
	}
	_, whole := valuesOf(body)
	return !whole
}

// isWebPage reports whether an answer is a page for people. No service answers with a page.
func isWebPage(body []byte) bool {
	return strings.HasPrefix(http.DetectContentType(body), "text/html") ||
		bytes.HasPrefix(body, []byte("<")) && bytes.Contains(bytes.ToLower(body), []byte("<html"))
}

func short(text string) string {
	const most = 200
	text = strings.ToValidUTF8(strings.TrimSpace(text), "")
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + " …"
	}
	return text
}

// install makes a service with its own client use the transport.
func install(service types.Service) {
	switch s := service.(type) {
	case *ntfy.Service: // its client cannot be accessed
		s.SetHTTPClient(&http.Client{Timeout: sendTimeout, Transport: Transport(&http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			OnProxyConnectResponse: extract.ProxyAnswered,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: s.Config.DisableTLSVerification}, // the URL asks for this
		})})
	case interface{ GetHTTPClient() *http.Client }:
		if client := s.GetHTTPClient(); client != nil && client.Transport != nil {
			client.Transport = Transport(client.Transport)
		}
	}
}

package notify

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// shortestSecret is the length, in bytes, from which a part of a URL counts as a token.
const shortestSecret = 5

// redacted replaces what must not be shown.
const redacted = "[redacted]"

// request matches net/http's name of a request, which has the whole URL: a part of it may be a
// token that is too short to be searched.
var request = regexp.MustCompile(`\b(?:Get|Post|Put|Patch|Delete|Head) "[^"]*": `)

// sendError says why a message was not sent, without its target's URL.
type sendError struct {
	text string
	wait retryAfter // what the target says
}

func (e *sendError) Error() string { return e.text }

// redact returns the library's text of a failure without the parts of the target's URL. The library
// wraps errors of net/http, which print the whole URL.
func (t Target) redact(err error) error {
	if err == nil {
		return nil
	}
	failure := &sendError{text: t.redacted(err)}
	if refused, ok := errors.AsType[*statusError](err); ok {
		failure.text, failure.wait = strings.ReplaceAll(failure.text, refused.seal, ""), refused.wait
	} else if transport, checked := http.DefaultTransport.(checkedTransport); checked {
		failure.text, failure.wait = unseal(failure.text, transport.seal)
	}
	return failure
}

func (t Target) redacted(err error) string {
	text := err.Error()
	var failed *url.Error
	if errors.As(err, &failed) {
		text = failed.Err.Error()
	}
	text = request.ReplaceAllString(text, "")
	if at := strings.LastIndex(text, "the target answered "); at >= 0 {
		text = text[at:]
	}
	for _, part := range secretParts(t.secret) {
		text = strings.ReplaceAll(text, part, redacted)
	}
	return text
}

// secretParts returns the parts of a URL that may be or contain a token, as written and unescaped,
// the longest first.
func secretParts(target string) []string {
	parts := []string{target}
	add := func(texts ...string) {
		for _, text := range texts {
			unescaped, err := url.QueryUnescape(text)
			if err != nil {
				unescaped = text
			}
			parts = append(parts, text, unescaped, url.QueryEscape(text), url.PathEscape(text))
		}
	}
	scheme, rest, _ := strings.Cut(target, ":")
	service, _, _ := strings.Cut(scheme, "+")
	if parsed, err := url.Parse(target); err == nil && slices.Contains(ofHost, service) {
		rest = strings.Replace(rest, parsed.Host, "", 1)
	}
	add(strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune("/@:?&=,#", r) })...)
	add(strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune("/@?&=#", r) })...)
	parts = slices.DeleteFunc(parts, func(part string) bool { return len(part) < shortestSecret })
	slices.SortFunc(parts, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(parts)
}

package extract

import (
	"bytes"
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// maxShown bounds how much of a foreign text gets into an error.
const maxShown = 300

// redactor takes credentials out of texts that come from outside: an error page
// may repeat the URL it was asked for, and the URL bears the UserSig.
type redactor []string

// userSigParameter finds a UserSig that a page repeats cut off or escaped in a way
// of its own: most of a UserSig is as good as all of it. It begins with plain
// letters, so that bodies are searched quickly.
var userSigParameter = regexp.MustCompile(`(usersig(?:=|%3[dD]|&#61;|\\u003[dD]))[A-Za-z0-9*_%+/=-]+`)

func newRedactor(credentials ...string) redactor {
	var r redactor
	for _, credential := range credentials {
		if credential == "" {
			continue
		}
		r = append(r, credential)
		if escaped := url.QueryEscape(credential); escaped != credential {
			r = append(r, escaped, strings.ReplaceAll(escaped, "%2A", "%2a"))
		}
	}
	return r
}

func (r redactor) text(text string) string {
	for _, credential := range r {
		text = strings.ReplaceAll(text, credential, redacted)
	}
	return userSigParameter.ReplaceAllString(text, "${1}"+redacted)
}

func (r redactor) bytes(body []byte) []byte {
	for _, credential := range r {
		if bytes.Contains(body, []byte(credential)) {
			body = bytes.ReplaceAll(body, []byte(credential), []byte(redacted))
		}
	}
	if userSigParameter.Match(body) {
		body = userSigParameter.ReplaceAll(body, []byte("${1}"+redacted))
	}
	return body
}

// shown is a short, single-line, printable form of text without credentials.
func (r redactor) shown(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(r.text(text), "\ufffd")), " ")
	text = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return '\ufffd'
		}
		return c
	}, text)
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return text
}

// transportText is what err says without the URL that *url.Error prints.
func (r redactor) transportText(err error) string {
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		err = urlErr.Err
	}
	return r.shown(err.Error())
}

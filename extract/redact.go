package extract

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"pushloss/internal/secret"
)

// maxShown limits how much of an external text an error contains, in runes; maxSearched
// limits how much of it is searched, in bytes.
const (
	maxShown    = 300
	maxSearched = 64 << 10
)

const (
	// gram is how many bytes are compared at once in the search for pieces.
	gram = 8
	// minPiece is the shortest piece of a credential to look for: every run of this
	// length has a gram that starts at a multiple of gram. Shorter pieces are useless to
	// an attacker, and ordinary words may be equal to them.
	minPiece = 2*gram - 1
)

// redactor removes credentials from external texts: an error page may repeat the URL of
// the request, and the URL has the UserSig. It finds them whole or in pieces: plain,
// percent-encoded, escaped for HTML or JSON, in base64 and in hex.
type redactor struct {
	userSig string
	long    []string // forms of credentials that are found by their pieces
	short   []string // forms that are too short for that: found only whole
	grams   map[uint64][]place
	filter  [1 << 10]uint64 // a bit for the hash of each gram
}

// place is the position of a gram in a form.
type place struct{ form, at int }

// userSigParameter finds a UserSig that a page repeats in part or with its own escaping:
// most of a UserSig is as sensitive as all of it.
var userSigParameter = regexp.MustCompile(`(?i)(usersig(?:=|%3d|&#61;|\\u003d|%253d))[A-Za-z0-9*_%+/=-]+`)

func newRedactor(userSig, secretKey string) *redactor {
	r := &redactor{userSig: userSig, grams: make(map[uint64][]place)}
	for _, credential := range []string{userSig, secretKey} {
		if credential == "" {
			continue
		}
		for _, form := range formsOf(credential) {
			r.seek(form)
		}
	}
	return r
}

// formsOf lists the ways in which a page may write a text.
func formsOf(credential string) []string {
	quoted, _ := json.Marshal(credential)
	forms := []string{
		credential,
		url.QueryEscape(credential), url.PathEscape(credential), url.QueryEscape(url.QueryEscape(credential)),
		html.EscapeString(credential), strings.Trim(string(quoted), `"`),
		hex.EncodeToString([]byte(credential)), strings.ToUpper(hex.EncodeToString([]byte(credential))),
	}
	for _, form := range forms[1:4] { // %2A is also written %2a
		forms = append(forms, lowerEscapes(form))
	}
	// The bytes before a text decide how base64 divides it.
	for before := range 3 {
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := encoding.EncodeToString(append(make([]byte, before), credential...))
			last := len(text)
			if (before+len(credential))%3 != 0 {
				last-- // depends on the bytes that follow
			}
			forms = append(forms, text[(before*8+5)/6:last])
		}
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

var escapes = regexp.MustCompile(`%[0-9A-F]{2}`)

func lowerEscapes(text string) string { return escapes.ReplaceAllStringFunc(text, strings.ToLower) }

func (r *redactor) seek(form string) {
	if len(form) < minPiece {
		r.short = append(r.short, form)
		return
	}
	r.long = append(r.long, form)
	for at := 0; at+gram <= len(form); at++ {
		key := binary.LittleEndian.Uint64([]byte(form[at:]))
		r.grams[key] = append(r.grams[key], place{len(r.long) - 1, at})
		word, bit := slot(key)
		r.filter[word] |= bit
	}
}

// slot is a gram's bit in the filter.
func slot(key uint64) (word int, bit uint64) {
	const multiplier = 0x9e3779b97f4a7c15
	hash := key * multiplier >> 48
	return int(hash >> 6), 1 << (hash & 63)
}

// next finds the first credential, or piece of one, in text from offset on.
func (r *redactor) next(text []byte, offset int) (start, end int, found bool) {
	for i := offset; i+gram <= len(text); i += gram {
		key := binary.LittleEndian.Uint64(text[i:])
		if word, bit := slot(key); r.filter[word]&bit == 0 {
			continue
		}
		for _, p := range r.grams[key] {
			form := r.long[p.form]
			from, to := i, i+gram
			for a := p.at; a > 0 && from > offset && text[from-1] == form[a-1]; a-- {
				from--
			}
			for a := p.at + gram; a < len(form) && to < len(text) && text[to] == form[a]; a++ {
				to++
			}
			if to-from >= max(minPiece, end-start+1) {
				start, end, found = from, to, true
			}
		}
		if found {
			break
		}
	}
	return start, end, found
}

// blank returns text without credentials, and the number of blanked places.
func (r *redactor) blank(text string) (string, int) {
	var out strings.Builder
	n, done := 0, 0
	for {
		start, end, found := r.next([]byte(text), done)
		if !found {
			break
		}
		out.WriteString(text[done:start])
		out.WriteString(secret.Redacted)
		done, n = end, n+1
	}
	if n > 0 {
		out.WriteString(text[done:])
		text = out.String()
	}
	for _, form := range r.short {
		if times := strings.Count(text, form); times > 0 {
			text, n = strings.ReplaceAll(text, form, secret.Redacted), n+times
		}
	}
	return text, n
}

// shown is a short, single-line, printable form of text without credentials.
func (r *redactor) shown(text string) string {
	text, _ = r.blank(text[:min(len(text), maxSearched)])
	text = userSigParameter.ReplaceAllString(text, "${1}"+secret.Redacted)
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), " ")
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

// transportText is the text of err without the URL that *url.Error prints.
func (r *redactor) transportText(err error) string {
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		err = urlErr.Err
	}
	return r.shown(err.Error())
}

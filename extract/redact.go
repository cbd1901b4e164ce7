package extract

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html"
	"iter"
	"math/bits"
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
	grams   grams
	filter  [1 << 10]uint64 // a bit for the hash of each gram
}

// place is the position of a gram in a form. Its upper 8 bits are the form's number, from 1. A
// credential has some thirty forms.
type place uint32

const (
	placeBits = 24
	maxForm   = 1 << placeBits // bytes
)

func placeIn(form, at int) place   { return place(form)<<placeBits | place(at) }
func (p place) in() (form, at int) { return int(p >> placeBits), int(p & (maxForm - 1)) }

// grams is a hash table of places. A place takes the next empty slot. Each app has some thousands
// of places while its job runs; a map would take four times the memory.
type grams []place

// newGrams returns a table for n places, at least a quarter empty.
func newGrams(n int) grams { return make(grams, 1<<bits.Len(uint(n+n/3))) }

func (g grams) add(hash uint64, p place) {
	i := g.first(hash)
	for g[i] != 0 {
		i = (i + 1) & (len(g) - 1)
	}
	g[i] = p
}

// first returns the slot of a hash. It uses the upper bits, which are the mixed ones.
func (g grams) first(hash uint64) int { return int(hash >> bits.LeadingZeros64(uint64(len(g)-1))) }

// places yields the places of all grams with the hash, and possibly other places.
func (g grams) places(hash uint64) iter.Seq[place] {
	return func(yield func(place) bool) {
		for i := g.first(hash); g[i] != 0 && yield(g[i]); i = (i + 1) & (len(g) - 1) {
		}
	}
}

// userSigParameter finds a UserSig that a page repeats in part or with its own escaping:
// most of a UserSig is as sensitive as all of it.
var userSigParameter = regexp.MustCompile(`(?i)(usersig(?:=|%3d|&#61;|\\u003d|%253d))[A-Za-z0-9*_%+/=-]+`)

func newRedactor(userSig, secretKey string) *redactor {
	r := &redactor{userSig: userSig}
	var places int
	for _, credential := range []string{userSig, secretKey} {
		if credential == "" {
			continue
		}
		for _, form := range formsOf(credential) {
			if len(form) < minPiece {
				r.short = append(r.short, form)
				continue
			}
			r.long = append(r.long, form)
			places += len(form) - gram + 1
		}
	}
	r.grams = newGrams(places)
	for i, form := range r.long {
		r.seek(i, form)
	}
	return r
}

// formsOf returns the ways in which a page may write a credential.
func formsOf(credential string) []string {
	quoted, _ := json.Marshal(credential)
	forms := []string{
		credential,
		url.QueryEscape(credential), url.PathEscape(credential), url.QueryEscape(url.QueryEscape(credential)),
		html.EscapeString(credential), strings.Trim(string(quoted), `"`),
		hex.EncodeToString([]byte(credential)), strings.ToUpper(hex.EncodeToString([]byte(credential))),
	}
	for _, form := range forms[1:4] { // %2A may also be written %2a
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

// seek adds the pieces of a form to those that next finds.
func (r *redactor) seek(number int, form string) {
	for at := 0; at+gram <= min(len(form), maxForm); at++ {
		hash := hashOf(binary.LittleEndian.Uint64([]byte(form[at:])))
		word, bit := slot(hash)
		r.filter[word] |= bit
		r.grams.add(hash, placeIn(number+1, at))
	}
}

func hashOf(key uint64) uint64 {
	const multiplier = 0x9e3779b97f4a7c15
	return key * multiplier
}

// slot is a gram's bit in the filter.
func slot(hash uint64) (word int, bit uint64) {
	hash >>= 48
	return int(hash >> 6), 1 << (hash & 63)
}

// next finds the first credential, or piece of one, in text from offset on.
func (r *redactor) next(text []byte, offset int) (start, end int, found bool) {
	for i := offset; i+gram <= len(text); i += gram {
		hash := hashOf(binary.LittleEndian.Uint64(text[i:]))
		if word, bit := slot(hash); r.filter[word]&bit == 0 {
			continue
		}
		for p := range r.grams.places(hash) {
			number, at := p.in()
			form := r.long[number-1]
			if form[at:at+gram] != string(text[i:i+gram]) {
				continue
			}
			from, to := i, i+gram
			for a := at; a > 0 && from > offset && text[from-1] == form[a-1]; a-- {
				from--
			}
			for a := at + gram; a < len(form) && to < len(text) && text[to] == form[a]; a++ {
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

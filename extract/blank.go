package extract

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"

	"pushloss/internal/jsonwalk"
)

// minBlanked is the shortest secret to look for in an accepted answer, in bytes. The settings
// accept no shorter key, and a shorter one might be an ordinary word.
const minBlanked = 8

// blankAnswer blanks out the credentials in the texts of an accepted answer, and returns the number
// of places. An answer without credentials stays as it is, byte for byte. In other answers, no
// number changes, and no member's name that is a word.
func (r *redactor) blankAnswer(body, strict []byte) (blankedBody, blankedStrict []byte, n int) {
	suspect := r.has(body)
	if !suspect && !bytes.Contains(strict, []byte(`\u00`)) {
		return body, strict, 0
	}
	blanked, n := r.blankTexts(strict)
	switch {
	case n > 0:
		return blanked, blanked, n
	case suspect && r.has(body) && !r.has(strict):
		return strict, strict, 1 // the credential is in a comment, which strict JSON does not have
	}
	return body, strict, 0
}

func (r *redactor) has(text []byte) bool {
	if _, _, found := r.next(text, 0); found {
		return true
	}
	for _, form := range r.short {
		if len(form) >= minBlanked && bytes.Contains(text, []byte(form)) {
			return true
		}
	}
	return false
}

// blankTexts blanks out credentials in the strings of a JSON text.
func (r *redactor) blankTexts(text []byte) ([]byte, int) {
	dec := jsonwalk.Read(text)
	var out []byte
	n, copied := 0, int64(0)
	for {
		kind := dec.PeekKind()
		if kind != jsontext.KindString {
			if _, err := dec.ReadToken(); err != nil {
				break // the end: an earlier pass read the text without an error
			}
			continue
		}
		parent, members := dec.StackIndex(dec.StackDepth())
		isName := parent == jsontext.KindBeginObject && members%2 == 0
		quoted, err := dec.ReadValue()
		if err != nil {
			break
		}
		plain, _ := jsontext.AppendUnquote(nil, quoted)
		if isName && isWord(plain) || !r.has(plain) {
			continue
		}
		blanked, times := r.blank(string(plain))
		end := dec.InputOffset()
		out = append(out, text[copied:end-int64(len(quoted))]...)
		out, _ = jsontext.AppendQuote(out, blanked)
		copied, n = end, n+times
	}
	if n == 0 {
		return text, 0
	}
	return append(out, text[copied:]...), n
}

// isWord reports whether a name consists of letters only, as all of the API's names do.
func isWord(name []byte) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return len(name) > 0
}

package transform

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"pushloss/internal/jsonwalk"
)

// wholeNumber reads a whole number between -limit-1 and limit, given as a JSON
// number or as a string that holds one. 5.0 and 5e0 are whole; 5.5 is not.
func wholeNumber(name string, value jsontext.Value, limit int64) (number int64, reason string) {
	text := []byte(value)
	switch value.Kind() {
	case jsontext.KindNumber:
	case jsontext.KindString:
		text = jsonwalk.Content(value)
	default:
		return 0, name + " is not a number"
	}
	number, ok := digits(text)
	if !ok {
		if number, reason = spelledNumber(name, string(text)); reason != "" {
			return 0, reason
		}
	}
	if number > limit || number < -limit-1 {
		return 0, name + " is out of range"
	}
	return number, ""
}

// digits reads up to 18 digits with an optional minus, the form of nearly every number.
func digits(text []byte) (number int64, ok bool) {
	unsigned := text
	if len(text) > 0 && text[0] == '-' {
		unsigned = text[1:]
	}
	if len(unsigned) == 0 || len(unsigned) > 18 {
		return 0, false
	}
	for _, c := range unsigned {
		if c < '0' || c > '9' {
			return 0, false
		}
		number = number*10 + int64(c-'0')
	}
	if len(unsigned) < len(text) {
		number = -number
	}
	return number, true
}

// maxNumber limits the text of a number that is not plain digits, before arithmetic of
// any precision processes it.
const maxNumber = 40

func spelledNumber(name, text string) (number int64, reason string) {
	text = strings.TrimSpace(text)
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		return number, ""
	}
	exponent := ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent = strings.TrimLeft(text[i+1:], "+-")
	}
	// A Rat also reads fractions (1/2) and other bases (0x10): here those are not
	// numbers.
	if len(text) > maxNumber || len(exponent) > 2 || strings.Trim(text, "+-.0123456789eE") != "" {
		return 0, name + " is not a number that fits in 64 bits"
	}
	rational, ok := new(big.Rat).SetString(text)
	switch {
	case !ok:
		return 0, name + " is not a number"
	case !rational.IsInt():
		return 0, name + " is not a whole number"
	case !rational.Num().IsInt64():
		return 0, name + " does not fit in 64 bits"
	}
	return rational.Num().Int64(), ""
}

// texts maps the JSON of strings in past answers to the strings: rows repeat the same few. It is
// emptied when it has outgrown any plausible vocabulary.
type texts struct {
	known map[string]text
	size  int // of the texts, in bytes
}

type text struct {
	value    string
	replaced bool
}

const (
	maxTexts      = 128 << 10 // bytes, of all texts
	maxRemembered = 300       // bytes; longer texts are rare and would take memory
)

// text reads a JSON string. Characters that Postgres cannot hold (U+0000, bytes
// that are not UTF-8, lone surrogates) become U+FFFD, and the text is counted.
func (r *reader) text(quoted jsontext.Value) string {
	known, ok := r.texts.known[string(quoted)]
	if !ok {
		known = unquote(quoted)
		if len(quoted) <= maxRemembered {
			if r.texts.known == nil || r.texts.size >= maxTexts {
				r.texts = texts{known: make(map[string]text)}
			}
			r.texts.known[string(quoted)] = known
			r.texts.size += len(quoted)
		}
	}
	if known.replaced {
		r.replacedTexts++
	}
	return known.value
}

func unquote(quoted jsontext.Value) text {
	// The error is about invalid UTF-8, which AppendUnquote has replaced.
	unquoted, err := jsontext.AppendUnquote(nil, quoted)
	value := string(unquoted)
	clean := strings.ReplaceAll(value, "\x00", "\ufffd")
	return text{value: clean, replaced: err != nil || clean != value}
}

// looseText reads a string. For any other value it returns the JSON as the text: it is
// only shown.
func (r *reader) looseText(value jsontext.Value) string {
	if value.Kind() == jsontext.KindString {
		return r.text(value)
	}
	return validUTF8(value)
}

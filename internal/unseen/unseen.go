// Package unseen finds the characters that nobody sees in a setting, as texts that are
// copied from a page or a chat have.
package unseen

import (
	"strings"
	"unicode"
)

// In reports whether text has such a character: a blank that no keyboard types, or a mark
// without a width.
func In(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return unicode.Is(unicode.Cf, r) || unicode.IsSpace(r) && r > unicode.MaxASCII
	})
}

// Package unseen finds invisible characters in settings, as texts have that were copied from a page
// or a chat.
package unseen

import (
	"strings"
	"unicode"
)

// In reports whether text has such a character: a blank that no keyboard types, or a mark without
// width.
func In(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return unicode.Is(unicode.Cf, r) || unicode.IsSpace(r) && r > unicode.MaxASCII
	})
}

package postgres

import "strings"

// Storable replaces characters that Postgres cannot store in a text.
func Storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
}

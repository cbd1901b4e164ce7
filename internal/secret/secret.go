// Package secret holds texts that never print.
package secret

import (
	"fmt"
	"io"
	"log/slog"
	"unique"
)

// Redacted is what is printed instead.
const Redacted = "[redacted]"

// Text is a string that no formatter, logger or encoder prints. Only Reveal returns its content.
// Equal secrets compare equal.
type Text struct {
	// A printer that reads unexported fields, and cannot call methods there, finds an address here
	// instead of the content.
	value unique.Handle[string]
}

// New wraps value.
func New(value string) Text {
	if value == "" {
		return Text{}
	}
	return Text{value: unique.Make(value)}
}

// Reveal returns the content, for signing and calling only.
func (s Text) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.value.Value()
}

// IsZero reports whether the secret is empty.
func (s Text) IsZero() bool { return s == Text{} }

func (s Text) String() string               { return Redacted }
func (s Text) GoString() string             { return Redacted }
func (s Text) LogValue() slog.Value         { return slog.StringValue(Redacted) }
func (s Text) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// Format handles every verb, because fmt calls String only for some of them.
func (s Text) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, Redacted) }

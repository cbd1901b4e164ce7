package extract

import (
	"fmt"
	"io"
	"log/slog"
	"unique"
)

const redacted = "[redacted]"

// Secret is a string that no formatter, logger or encoder prints. Reveal is the
// only way to its content. Equal secrets compare equal.
type Secret struct {
	// A printer that looks into unexported fields, where it may not call methods,
	// finds an address here and not the content.
	value unique.Handle[string]
}

// NewSecret wraps value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: unique.Make(value)}
}

// Reveal returns the content, for signing and calling only.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.value.Value()
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s == Secret{} }

func (s Secret) String() string               { return redacted }
func (s Secret) GoString() string             { return redacted }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format answers every verb: fmt asks String for some of them only.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

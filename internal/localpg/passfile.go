package localpg

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// role and database have the same name; the role is a superuser of its own server.
const role = "pushloss"

// passwordPrefix matches any port and database, so that the file stays valid when the
// port changes.
const passwordPrefix = "127.0.0.1:*:*:" + role + ":"

// password is what a log must not show.
type password string

func (password) String() string   { return "REDACTED" }
func (password) GoString() string { return "REDACTED" }

// readPassword returns "" if there is no file.
func (p place) readPassword() (password, error) {
	text, err := os.ReadFile(p.passfile())
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("local database: read its password: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if secret, ok := strings.CutPrefix(strings.TrimSpace(line), passwordPrefix); ok && secret != "" {
			return password(secret), nil
		}
	}
	return "", nil
}

// newPassword makes a password and writes the file before any server knows it. If the
// process is interrupted in between, the next start uses the file's password.
func (p place) newPassword() (password, error) {
	var random [24]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", fmt.Errorf("local database: make a password: %w", err)
	}
	secret := hex.EncodeToString(random[:])
	if err := writeFile(p.passfile(), passwordPrefix+secret+"\n", 0o600); err != nil {
		return "", fmt.Errorf("local database: write its password: %w", err)
	}
	return password(secret), nil
}

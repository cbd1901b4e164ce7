package localpg

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"pushloss/internal/secret"
)

// role is the name of the role, a superuser of its own server, and of the database.
const role = "pushloss"

// passwordPrefix matches any port and database, so that the file stays valid when the
// port changes.
const passwordPrefix = "127.0.0.1:*:*:" + role + ":"

// readPassword returns an empty secret if there is no file.
func (p place) readPassword() (secret.Text, error) {
	text, err := os.ReadFile(p.passfile())
	if errors.Is(err, fs.ErrNotExist) {
		return secret.Text{}, nil
	}
	if err != nil {
		return secret.Text{}, fmt.Errorf("local database: read its password: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if password, ok := strings.CutPrefix(strings.TrimSpace(line), passwordPrefix); ok && password != "" {
			return secret.New(password), nil
		}
	}
	return secret.Text{}, nil
}

// newPassword makes a password and writes the file before any server has the password. If the
// process is interrupted in between, the next start uses the file's password.
func (p place) newPassword() (secret.Text, error) {
	var random [24]byte
	if _, err := rand.Read(random[:]); err != nil {
		return secret.Text{}, fmt.Errorf("local database: make a password: %w", err)
	}
	password := hex.EncodeToString(random[:])
	if err := writeFile(p.passfile(), passwordPrefix+password+"\n", 0o600); err != nil {
		return secret.Text{}, fmt.Errorf("local database: write its password: %w", err)
	}
	return secret.New(password), nil
}

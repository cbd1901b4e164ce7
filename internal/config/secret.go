package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"pushloss/extract"
)

// maxSecret bounds a secret key's file, so that a wrong path does no harm.
const maxSecret = 64 << 10

// parseSecret takes text for a secret key but for the line end that editors and
// echo leave behind. No error here repeats the text.
func parseSecret(text string) (extract.Secret, error) {
	text = strings.TrimRight(text, "\r\n")
	if strings.TrimSpace(text) == "" {
		return extract.Secret{}, errors.New("is empty")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return extract.Secret{}, errors.New("holds a blank, a line break or an invisible character: copy it anew")
	}
	return extract.NewSecret(text), nil
}

// readSecretFile does not repeat the path either: it may be the key itself, put
// into the wrong place.
func readSecretFile(path string) (extract.Secret, error) {
	file, err := os.Open(path)
	if err != nil {
		return extract.Secret{}, unreadable(err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	switch {
	case err != nil:
		return extract.Secret{}, unreadable(err)
	case len(data) > maxSecret:
		return extract.Secret{}, errors.New("the file is too large for a secret key")
	}
	secret, err := parseSecret(string(data))
	if err != nil {
		return extract.Secret{}, fmt.Errorf("the file's content %w", err)
	}
	return secret, nil
}

// unreadable is what the operating system says, without the path.
func unreadable(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return fmt.Errorf("the file cannot be read: %w", err)
}

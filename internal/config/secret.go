package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"pushloss/internal/secret"
	"pushloss/internal/yamlfile"
)

// maxSecret bounds a secret key's file, so that a wrong path is harmless.
const maxSecret = 64 << 10

// minKey and minKeyLetters refuse what cannot be a secret key. The console's are 64
// hexadecimal digits; no page promises that.
const (
	minKey        = 8
	minKeyLetters = 4
)

// parseKey takes text for an app's secret key.
func parseKey(text string) (secret.Text, error) {
	key, err := parseSecret(text)
	if err != nil {
		return secret.Text{}, err
	}
	letters := make(map[rune]bool)
	for _, letter := range key.Reveal() {
		letters[letter] = true
	}
	switch {
	case len(key.Reveal()) < minKey:
		return secret.Text{}, fmt.Errorf("is too short for a secret key (less than %d characters): copy the whole SecretKey from the console", minKey)
	case len(letters) < minKeyLetters:
		return secret.Text{}, errors.New("repeats the same few characters, which no secret key does: copy the SecretKey from the console")
	}
	return key, nil
}

// parseSecret takes text for a secret key, without the line end that editors and
// echo leave behind. No error here repeats the text.
func parseSecret(text string) (secret.Text, error) {
	text = strings.TrimRight(text, "\r\n")
	if strings.TrimSpace(text) == "" {
		return secret.Text{}, errors.New("is empty")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return secret.Text{}, errors.New("holds a blank, a line break or an invisible character: copy it again")
	}
	if hasQuotes(text) {
		return secret.Text{}, errors.New(quoted)
	}
	return secret.New(text), nil
}

// readSecretFile does not repeat the path either: it may be the key itself, put
// into the wrong place.
func readSecretFile(path string, parse func(string) (secret.Text, error)) (secret.Text, error) {
	file, err := os.Open(path)
	if err != nil {
		return secret.Text{}, unreadable(err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	switch {
	case err != nil:
		return secret.Text{}, unreadable(err)
	case len(data) > maxSecret:
		return secret.Text{}, errors.New("the file is too large for a secret key")
	case yamlfile.IsUTF16(data):
		return secret.Text{}, errors.New("the file is UTF-16 text, as PowerShell and some editors write it: save it as UTF-8")
	}
	value, err := parse(string(data))
	if err != nil {
		return secret.Text{}, fmt.Errorf("the file's content %w", err)
	}
	return value, nil
}

// unreadable returns the operating system's error, without the path.
func unreadable(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return fmt.Errorf("the file cannot be read: %w", err)
}

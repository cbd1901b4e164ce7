package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"pushloss/internal/secret"
	"pushloss/internal/yamlfile"
)

// maxSecret bounds the file of a secret key, in bytes, so that a wrong path does no harm.
const maxSecret = 64 << 10

// minKey and minKeyLetters refuse texts that cannot be a secret key. The console's keys are 64
// hexadecimal digits, but no page promises that.
const (
	minKey        = 8
	minKeyLetters = 4
)

// parseKey parses an app's secret key.
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

// parseSecret parses a secret. It removes the line end that editors and echo leave. No error
// repeats the text.
func parseSecret(text string) (secret.Text, error) {
	text = strings.TrimRight(text, "\r\n")
	if strings.TrimSpace(text) == "" {
		return secret.Text{}, errors.New("is empty")
	}
	if hasQuotes(text) {
		return secret.Text{}, errors.New(quoted)
	}
	if reason := notASecret(text); reason != "" {
		return secret.Text{}, errors.New(reason)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return secret.Text{}, errors.New("holds a blank, a line break or an invisible character: copy it again")
	}
	return secret.New(text), nil
}

var (
	placeholder = regexp.MustCompile(`^\$\w+$|^\$\{[^{}]*\}$|^\$\(.*\)$|\{\{.*\}\}|^<[^<>]*>$|^%\w+%$|^\[[A-Za-z _-]+\]$|^__\w+__$|` +
		`^(?i:change[-_ ]?(me|it|this)\b.*|change_?me\d*|(change[-_]?me)+|placeholder|undefined|redacted|(your|my|the|insert|enter|put)[-_ ].*(key|token|secret|here)|(todo|fixme|tbd)\b.*)$`)
	cutOff = regexp.MustCompile(`\.{3}|…|\*{3}|•{3}`)
	// reference matches the notation by which other programs name a stored secret.
	reference = regexp.MustCompile(`^(?i:[a-z][a-z0-9+.-]*://|arn:aws|vault:|ssm:|ENC\[)`)
	named     = regexp.MustCompile(`^(?i:(export\s+)?([a-z]+_)*(secret[_-]?key|secret|key|token|password)\s*[=:]|bearer\s)`)
)

// notASecret says why a text cannot be a secret: a placeholder, the name of a secret, or a secret
// with something around it. The console's secrets are hexadecimal digits, and openssl's are base64.
func notASecret(text string) string {
	switch {
	case placeholder.MatchString(text):
		return "is a placeholder, which nothing has replaced: give the secret itself"
	case cutOff.MatchString(text):
		return "was cut off or masked: copy the whole secret"
	case reference.MatchString(text):
		return "is an address or a reference to a secret, which is not looked up: give the secret itself, or a file with it"
	case named.MatchString(text):
		return "begins with the name of what it is: give the secret alone"
	case isFile(text):
		return "is the path of a file: name it in the setting that ends with _FILE or _file"
	case strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsGraphic(r) && !unicode.IsSpace(r) }):
		return "has a character that is not ASCII, as an input method writes: copy it again"
	}
	return ""
}

func isFile(path string) bool {
	if !filepath.IsAbs(path) {
		return false
	}
	_, err := os.Stat(path)
	return err == nil
}

// readSecretFile does not repeat the path in an error: it may be the key itself, in the wrong
// place.
func readSecretFile(path string, parse func(string) (secret.Text, error)) (secret.Text, error) {
	data, err := ReadFile(path, maxSecret+1)
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

// unreadable returns the operating system's error without the path.
func unreadable(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return fmt.Errorf("the file cannot be read: %w", err)
}

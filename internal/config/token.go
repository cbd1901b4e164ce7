package config

import (
	"fmt"

	"pushloss/internal/secret"
)

const (
	// minToken is the least length at which a token cannot be guessed.
	minToken = 16
	// minCallbackToken is shorter: the vendor's own example has 8 characters.
	minCallbackToken = 8
)

// given has the two variables of a secret: its value, or a file with it.
type given struct{ value, file string }

// readSecret reads a variable, or the file that the variable with _FILE names.
func readSecret(problems *collected, variable string, of given, parse func(string) (secret.Text, error)) secret.Text {
	switch {
	case of.value != "" && of.file != "":
		problems.add(variable, "is set together with %s_FILE: unset one of the two", variable)
	case of.value != "":
		return readValue(problems, variable, of.value, parse)
	case of.file != "":
		return readValue(problems, variable+"_FILE", of.file, func(path string) (secret.Text, error) { return readSecretFile(path, parse) })
	}
	return secret.Text{}
}

func parseToken(text string) (secret.Text, error) { return tokenOf(text, minToken) }

func parseCallbackToken(text string) (secret.Text, error) { return tokenOf(text, minCallbackToken) }

func tokenOf(text string, least int) (secret.Text, error) {
	token, err := parseSecret(text)
	if err == nil && len(token.Reveal()) < least {
		return secret.Text{}, fmt.Errorf("has fewer than %d characters: make one, for example with openssl rand -hex 32", least)
	}
	return token, err
}

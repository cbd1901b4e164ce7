package config

import (
	"fmt"

	"pushloss/internal/secret"
)

// minToken makes a token too long to guess.
const minToken = 16

func readToken(env environment, problems *Problems) secret.Text {
	switch {
	case env.HTTPToken != "" && env.HTTPTokenFile != "":
		problems.add("PUSHLOSS_HTTP_TOKEN", "is set together with PUSHLOSS_HTTP_TOKEN_FILE: unset one of the two")
	case env.HTTPToken != "":
		return readValue(problems, "PUSHLOSS_HTTP_TOKEN", env.HTTPToken, parseToken)
	case env.HTTPTokenFile != "":
		return readValue(problems, "PUSHLOSS_HTTP_TOKEN_FILE", env.HTTPTokenFile, readTokenFile)
	}
	return secret.Text{}
}

func readTokenFile(path string) (secret.Text, error) { return readSecretFile(path, parseToken) }

func parseToken(text string) (secret.Text, error) {
	token, err := parseSecret(text)
	if err == nil && len(token.Reveal()) < minToken {
		return secret.Text{}, fmt.Errorf("has fewer than %d characters: make one, for example with openssl rand -hex 32", minToken)
	}
	return token, err
}

package config

import (
	"fmt"

	"pushloss/extract"
)

// minToken keeps a token from being guessed.
const minToken = 16

func readToken(env environment, problems *Problems) extract.Secret {
	switch {
	case env.HTTPToken != "" && env.HTTPTokenFile != "":
		problems.add("PUSHLOSS_HTTP_TOKEN", "is set together with PUSHLOSS_HTTP_TOKEN_FILE: unset one of the two")
	case env.HTTPToken != "":
		return readValue(problems, "PUSHLOSS_HTTP_TOKEN", env.HTTPToken, parseToken)
	case env.HTTPTokenFile != "":
		return readValue(problems, "PUSHLOSS_HTTP_TOKEN_FILE", env.HTTPTokenFile, readTokenFile)
	}
	return extract.Secret{}
}

func readTokenFile(path string) (extract.Secret, error) { return readSecretFile(path, parseToken) }

func parseToken(text string) (extract.Secret, error) {
	token, err := parseSecret(text)
	if err == nil && len(token.Reveal()) < minToken {
		return extract.Secret{}, fmt.Errorf("has fewer than %d characters: make one, for example with openssl rand -hex 32", minToken)
	}
	return token, err
}

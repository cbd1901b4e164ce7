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
		return readValue(problems, "PUSHLOSS_HTTP_TOKEN", env.HTTPToken, longEnough(parseSecret))
	case env.HTTPTokenFile != "":
		return readValue(problems, "PUSHLOSS_HTTP_TOKEN_FILE", env.HTTPTokenFile, longEnough(readSecretFile))
	}
	return extract.Secret{}
}

func longEnough(read func(string) (extract.Secret, error)) func(string) (extract.Secret, error) {
	return func(text string) (extract.Secret, error) {
		token, err := read(text)
		if err == nil && len(token.Reveal()) < minToken {
			return extract.Secret{}, fmt.Errorf("has less than %d characters: make one, such as by openssl rand -hex 32", minToken)
		}
		return token, err
	}
}

package config

import (
	"path/filepath"
	"strings"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/secret"
	"pushloss/internal/yamlfile"
)

// parseAppsFile reads a list of apps.
func (r *appReader) parseAppsFile(path string, data []byte) ([]App, yamlfile.Problems) {
	root, file := yamlfile.Parse(path, data)
	var apps []App
	lineOf := make(map[int64]int)
	for _, entry := range root.List() {
		fields, ok := entry.Fields("sdk_app_id", "secret_key", "secret_key_file", "secret_key_env",
			"identifier", "region", "base_url", "timezone", "rate", "callback_token", "callback_token_file", "callback_token_env")
		if !ok {
			continue
		}
		app := r.defaults
		id := fields["sdk_app_id"]
		if !id.Given() {
			entry.Problem("sdk_app_id is missing")
		}
		readField(id, &app.SDKAppID, parseSDKAppID)
		if first, double := lineOf[app.SDKAppID]; double && app.SDKAppID != 0 {
			id.Problem("app %d is given twice, first in line %d", app.SDKAppID, first)
		}
		lineOf[app.SDKAppID] = id.Line()
		readField(fields["identifier"], &app.Identifier, parseIdentifier)
		readField(fields["region"], &app.Region, anyCase(extract.ParseRegion))
		readField(fields["base_url"], &app.BaseURL, parseBaseURL)
		readField(fields["timezone"], &app.Location, calendar.ParseZone)
		readField(fields["rate"], &app.Rate, parseRate)
		if r.needsKeys {
			secretKey, found := r.secretOf(entry, fields, "secret_key", filepath.Dir(path), parseKey)
			if !found {
				entry.Problem("the secret key is missing: give one of secret_key, secret_key_file and secret_key_env")
			}
			app.SecretKey = secretKey
		}
		if r.needsTokens {
			if token, found := r.secretOf(entry, fields, "callback_token", filepath.Dir(path), parseCallbackToken); found {
				app.CallbackToken = token
			}
		}
		apps = append(apps, app)
	}
	return apps, file.Problems()
}

// secretOf reads a secret from the field with this name, from the file that NAME_file names, or
// from the variable that NAME_env names. found is false if none of them is given.
func (r *appReader) secretOf(entry yamlfile.Value, fields map[string]yamlfile.Value, name, dir string, parse func(string) (secret.Text, error)) (_ secret.Text, found bool) {
	var given []string
	for _, key := range []string{name, name + "_file", name + "_env"} {
		if fields[key].Given() {
			given = append(given, key)
		}
	}
	switch len(given) {
	case 0:
		return secret.Text{}, false
	case 1:
	default:
		entry.Problem("%s are given together: keep one of them", strings.Join(given, " and "))
		return secret.Text{}, true
	}

	value := fields[given[0]]
	text, ok := value.RawText()
	if !ok {
		return secret.Text{}, true
	}
	var held secret.Text
	var err error
	switch given[0] {
	case name:
		held, err = parse(text)
	case name + "_file":
		held, err = readSecretFile(inDir(dir, strings.TrimSpace(text)), parse)
	case name + "_env":
		// The name is not repeated: it may be the secret itself, in the wrong place.
		variable := strings.TrimSpace(text)
		r.lookup.named[variable] = true
		content, set := r.lookup.Lookuper.Lookup(variable)
		if !set || strings.TrimSpace(content) == "" {
			value.Problem("the variable of this name is not set")
			return secret.Text{}, true
		}
		held, err = parse(content)
	}
	if err != nil {
		value.Problem("%s", err)
	}
	return held, true
}

func inDir(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// readField parses a field into target. If the field is not given, target keeps the default.
func readField[T any](value yamlfile.Value, target *T, parse func(string) (T, error)) {
	if !value.Given() {
		return
	}
	text, ok := value.Text()
	if !ok {
		return
	}
	parsed, err := parse(text)
	if err != nil {
		value.Problem("%s", err)
		return
	}
	*target = parsed
}

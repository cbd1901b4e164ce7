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
			"identifier", "region", "base_url", "timezone", "rate")
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
		readField(fields["region"], &app.Region, extract.ParseRegion)
		readField(fields["base_url"], &app.BaseURL, parseBaseURL)
		readField(fields["timezone"], &app.Location, calendar.ParseZone)
		readField(fields["rate"], &app.Rate, parseRate)
		if r.needsKeys {
			app.SecretKey = r.secretOf(entry, fields, filepath.Dir(path))
		}
		apps = append(apps, app)
	}
	return apps, file.Problems()
}

func (r *appReader) secretOf(entry yamlfile.Value, fields map[string]yamlfile.Value, dir string) secret.Text {
	var given []string
	for _, key := range []string{"secret_key", "secret_key_file", "secret_key_env"} {
		if fields[key].Given() {
			given = append(given, key)
		}
	}
	switch len(given) {
	case 0:
		entry.Problem("the secret key is missing: give one of secret_key, secret_key_file and secret_key_env")
		return secret.Text{}
	case 1:
	default:
		entry.Problem("%s are given together: keep one of them", strings.Join(given, " and "))
		return secret.Text{}
	}

	value := fields[given[0]]
	text, ok := value.RawText()
	if !ok {
		return secret.Text{}
	}
	var key secret.Text
	var err error
	switch given[0] {
	case "secret_key":
		key, err = parseKey(text)
	case "secret_key_file":
		key, err = readKeyFile(inDir(dir, strings.TrimSpace(text)))
	case "secret_key_env":
		// The name is not repeated: it may be the key itself, put into the wrong
		// place.
		name := strings.TrimSpace(text)
		r.lookup.named[name] = true
		held, found := r.lookup.Lookuper.Lookup(name)
		if !found || strings.TrimSpace(held) == "" {
			value.Problem("the variable of this name is not set")
			return secret.Text{}
		}
		key, err = parseKey(held)
	}
	if err != nil {
		value.Problem("%s", err)
	}
	return key
}

func inDir(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// readField parses a field that was given into target, whose content is the
// default.
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

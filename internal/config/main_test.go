package config_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"pushloss/internal/config"
)

type variables map[string]string

func (v variables) Lookup(name string) (string, bool) { value, ok := v[name]; return value, ok }
func (v variables) Names() []string                   { return slices.Collect(maps.Keys(v)) }

// with returns the variables changed by the pairs of name and value.
func (v variables) with(pairs ...string) variables {
	changed := variables{}
	for name, value := range v {
		changed[name] = value
	}
	for i := 0; i < len(pairs); i += 2 {
		changed[pairs[i]] = pairs[i+1]
	}
	return changed
}

func oneApp() variables {
	return variables{
		"DATABASE_URL":   "postgres://pushloss:p@localhost:5432/pushloss",
		"TIM_SDK_APP_ID": "1400000001",
		"TIM_SECRET_KEY": "0123456789abcdef",
	}
}

var everything = config.Needs{Database: true, Credentials: true, Page: true}

// now is a moment on 2026-11-28 in UTC, and on the day after in the east.
var now = time.Date(2026, 11, 28, 17, 0, 0, 0, time.UTC)

func load(needs config.Needs, env variables) (config.Settings, error) {
	return config.Load(context.Background(), env, needs, now)
}

func mustLoad(t *testing.T, needs config.Needs, env variables) config.Settings {
	t.Helper()
	settings, err := load(needs, env)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return settings
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"

	"pushloss/internal/localpg/pgtest"
)

// A limit below what the apps need makes the collector run all the time.
func TestTheMemoryLimitFollowsTheApps(t *testing.T) {
	t.Parallel()
	const apps = 30
	var list strings.Builder
	for i := range apps {
		fmt.Fprintf(&list, "- {sdk_app_id: %d, secret_key: 5bd2850fff3ecb11d7c805251c51ee46}\n", 1400000001+i)
	}
	path := filepath.Join(t.TempDir(), "apps.yaml")
	if err := os.WriteFile(path, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	counted := 0
	code := Run(context.WithoutCancel(t.Context()), []string{"run", "--plan"}, Environment{
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: t.Output(),
		Lookuper: envconfig.MapLookuper(map[string]string{"DATABASE_URL": pgtest.URL(t), "TIM_APPS_FILE": path}), Now: time.Now, Working: func(n int) { counted = n },
	})
	if code != 0 || counted != apps {
		t.Errorf("exit code %d, %d apps reported", code, counted)
	}
	if one, many := memoryLimit(1), memoryLimit(counted); one > 49<<20 || many-one != (apps-1)*appMemory {
		t.Errorf("the limits are %d and %d", one, many)
	}
}

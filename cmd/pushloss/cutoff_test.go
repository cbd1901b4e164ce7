package main

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/sethvargo/go-envconfig"

	"pushloss/internal/lab/netfault"
	"pushloss/internal/lab/program"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/localpg/pgtest"
)

// A daemon that was cut off from its database between two ticks, so that neither side
// learns of it, takes part again as soon as its network is back. Its clock is ten seconds
// before a tick when it starts.
func TestADaemonThatWasCutOffComesBack(t *testing.T) {
	t.Parallel()
	const app, key = 1400000001, "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
	api, err := sandbox.New(sandbox.Config{Apps: []sandbox.App{{SDKAppID: app, SecretKey: key}}, Seed: 5, Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	direct := pgtest.URL(t)
	database, network := netfault.Through(t, direct)
	schedules := filepath.Join(t.TempDir(), "schedules.yaml")
	if err := os.WriteFile(schedules, []byte("schedules: [{name: often, job: run, cron: '* * * * *'}]"), 0o600); err != nil {
		t.Fatal(err)
	}

	ahead := time.Minute - time.Duration((time.Now().Second()+10)%60)*time.Second
	ctx, stop := context.WithCancel(t.Context())
	var said program.Output
	ended := make(chan int, 1)
	go func() {
		ended <- Run(ctx, []string{"serve"}, Environment{
			Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &said,
			Now:     func() time.Time { return time.Now().Add(ahead) },
			Retries: []time.Duration{time.Second, time.Second, time.Second},
			Lookuper: envconfig.MapLookuper(map[string]string{
				"DATABASE_URL": database, "TIM_SDK_APP_ID": fmt.Sprint(app), "TIM_SECRET_KEY": key, "TIM_BASE_URL": server.URL,
				"PUSHLOSS_TIMEZONE": "UTC", "PUSHLOSS_RATE": "0", "PUSHLOSS_STREAMS": "loss", "PUSHLOSS_LOOKBACK_DAYS": "2",
				"PUSHLOSS_HTTP_ADDR": "127.0.0.1:0", "PUSHLOSS_API_MEMORY_DAYS": "365", "PUSHLOSS_SCHEDULES_FILE": schedules,
			}),
		})
	}()
	conn, err := pgx.Connect(t.Context(), direct)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	runs := func() (n int) {
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM analytics.runs WHERE state = 'done'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	until(t, "the daemon runs", func() bool { return runs() > 0 })
	network.Cut()
	until(t, "a run fails", func() bool { return strings.Contains(said.String(), "job is tried again") })
	before := runs()
	network.Mend()
	until(t, "the daemon runs again", func() bool { return runs() > before })
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("it ends with %d:\n%s", code, said.String())
	}
}

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"

	"pushloss/internal/lab/netfault"
	"pushloss/internal/lab/program"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/problem"
	"pushloss/migrations"
)

// An outage at the tick costs a pause, and messages that could not be sent are sent later.
func TestAnOutageAtTheTickCostsAPauseNotADay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		ofAPI bool
		alert string // kind of the alert, if there can be one
		clock time.Duration
	}{
		{"the API is away", true, "run_failed", 0},
		{"the API's clock is off", true, "app_stopped", -10 * time.Minute},
		{"the database is away", false, "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			api := world.NewAPI(t, func(cfg *sandbox.Config) { cfg.Seed = 5 })
			direct := pgtest.URL(t)
			database, network := netfault.Through(t, direct)

			var away atomic.Bool
			away.Store(true)
			api.Behind(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case !away.Load():
					api.ServeHTTP(w, r)
				case test.clock != 0:
					answer := httptest.NewRecorder()
					api.ServeHTTP(answer, r)
					w.Header().Set("Date", time.Now().Add(test.clock).UTC().Format(http.TimeFormat))
					_, _ = w.Write(answer.Body.Bytes())
				case test.ofAPI:
					http.Error(w, "away", http.StatusServiceUnavailable)
				default:
					network.Break() // while its first answer is under way
					api.ServeHTTP(w, r)
				}
			}))

			ctx, stop := context.WithCancel(t.Context())
			var said program.Output
			ended := make(chan int, 1)
			go func() {
				ended <- Run(ctx, []string{"serve"}, Environment{
					Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &said, Now: time.Now,
					Retries: []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second},
					Lookuper: envconfig.MapLookuper(map[string]string{
						"DATABASE_URL": database, "TIM_SDK_APP_ID": fmt.Sprint(world.App), "TIM_SECRET_KEY": world.Key, "TIM_BASE_URL": api.URL,
						"PUSHLOSS_TIMEZONE": "UTC", "PUSHLOSS_RATE": "0", "PUSHLOSS_STREAMS": "loss", "PUSHLOSS_LOOKBACK_DAYS": "4",
						"PUSHLOSS_HTTP_ADDR": "127.0.0.1:0", "PUSHLOSS_API_MEMORY_DAYS": "365",
					}),
				})
			}()
			world.Eventually(t, "it is to be tried again", func() bool { return strings.Contains(said.String(), "job is retried") })
			away.Store(false)
			network.Mend()
			number := world.Open(t, direct).Number
			world.Eventually(t, "all days are loaded", func() bool {
				return number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND state = 'loaded'`) == 4
			})
			world.Eventually(t, "nothing is open, and what was sent is over", func() bool {
				return number(`SELECT count(*) FROM analytics.runs WHERE kind = 'run' AND state = 'done'`) > 0 &&
					number(`SELECT count(*) FROM analytics.alerts WHERE closed_at IS NULL`) == 0
			})
			if test.alert != "" && number(`SELECT count(*) FROM analytics.alerts WHERE kind = '`+test.alert+`'`) != 1 {
				t.Error("the failure was not reported")
			}
			stop()
			if code := <-ended; code != int(problem.Done) && code != int(problem.Interrupted) {
				t.Errorf("it ends with %d:\n%s", code, said.String())
			}
		})
	}
}

// K3: if another binary changed a daemon's schema, the daemon starts no job and makes no call until
// the schema is its own again.
func TestADaemonStartsNoJobOnAnotherSchema(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	away.Store(true)
	var calls atomic.Int64
	api := world.NewAPI(t, func(cfg *sandbox.Config) { cfg.Seed = 6 })
	api.Behind(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if away.Load() {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		api.ServeHTTP(w, r)
	}))
	database := pgtest.URL(t)
	ctx, stop := context.WithCancel(t.Context())
	var said program.Output
	ended := make(chan int, 1)
	go func() {
		ended <- Run(ctx, []string{"serve"}, Environment{
			Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &said, Now: time.Now,
			Retries: slices.Repeat([]time.Duration{100 * time.Millisecond}, 10_000),
			Lookuper: envconfig.MapLookuper(map[string]string{
				"DATABASE_URL": database, "TIM_SDK_APP_ID": fmt.Sprint(world.App), "TIM_SECRET_KEY": world.Key, "TIM_BASE_URL": api.URL,
				"PUSHLOSS_TIMEZONE": "UTC", "PUSHLOSS_RATE": "0", "PUSHLOSS_STREAMS": "loss", "PUSHLOSS_LOOKBACK_DAYS": "4",
				"PUSHLOSS_HTTP_ADDR": "127.0.0.1:0", "PUSHLOSS_API_MEMORY_DAYS": "365",
			}),
		})
	}()
	world.Eventually(t, "it is to be tried again", func() bool { return strings.Contains(said.String(), "job is retried") })
	if err := migrations.Down(t.Context(), database, 1); err != nil {
		t.Fatal(err)
	}
	refusals := func() int {
		count := 0
		for line := range strings.Lines(said.String()) {
			if strings.Contains(line, "job is retried") && strings.Contains(line, "behind this binary's") {
				count++
			}
		}
		return count
	}
	world.Eventually(t, "the job does not start", func() bool { return refusals() > 0 })
	before := calls.Load()
	world.Eventually(t, "it does not start again", func() bool { return refusals() > 2 })
	if now := calls.Load(); now != before {
		t.Errorf("the API was called %d times", now-before)
	}
	away.Store(false)
	if err := migrations.Up(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	number := world.Open(t, database).Number
	world.Eventually(t, "all days are loaded", func() bool {
		return number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND state = 'loaded'`) == 4
	})
	stop()
	if code := <-ended; code != int(problem.Done) && code != int(problem.Interrupted) {
		t.Errorf("it ends with %d:\n%s", code, said.String())
	}
}

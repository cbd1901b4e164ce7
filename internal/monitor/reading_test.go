package monitor_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pushloss/internal/monitor"
	"pushloss/load"
)

// askers ask for a path at the same time, and return how many got each status.
func askers(t *testing.T, handler http.Handler, path string, n int) map[int]int {
	t.Helper()
	statuses := make(chan int, n)
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
			statuses <- recorder.Code
		})
	}
	all.Wait()
	close(statuses)
	count := make(map[int]int)
	for status := range statuses {
		count[status]++
	}
	return count
}

// However many ask, the database is read once at a time and once a second.
func TestManyScrapesMakeOneReadingASecond(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/readyz", "/metrics"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var readings, now, most atomic.Int32
				read := func() {
					readings.Add(1)
					most.Store(max(most.Load(), now.Add(1)))
					time.Sleep(100 * time.Millisecond)
					now.Add(-1)
				}
				m := monitor.NewMetrics()
				m.Watch(func(context.Context) (monitor.Figures, error) { read(); return monitor.Figures{}, nil },
					time.Now, slog.New(slog.DiscardHandler))
				handler := monitor.Handler(m, monitor.Probes{
					LastRun: func(context.Context) (time.Time, error) { read(); return time.Now(), nil }, Now: time.Now,
				})
				for range 3 {
					for range 2 {
						if got := askers(t, handler, path, 200); got[http.StatusOK] != 200 {
							t.Errorf("answers are %v", got)
						}
					}
					time.Sleep(time.Second)
				}
				if readings.Load() != 3 || most.Load() != 1 {
					t.Errorf("%d readings, %d at once, want 3 and 1", readings.Load(), most.Load())
				}
			})
		})
	}
}

// A client that hangs up takes nothing away from the others.
func TestAReadingGoesOnWhenItsClientHangsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler := monitor.Handler(monitor.NewMetrics(), monitor.Probes{
			LastRun: func(ctx context.Context) (time.Time, error) {
				select {
				case <-time.After(time.Second):
					return time.Now(), nil
				case <-ctx.Done():
					return time.Time{}, ctx.Err()
				}
			}, Now: time.Now,
		})
		ctx, hangUp := context.WithCancel(t.Context())
		go handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/readyz", nil))
		synctest.Wait()
		hangUp()
		if status, body := ask(t, handler, "/readyz"); status != http.StatusOK {
			t.Errorf("HTTP %d %q", status, body)
		}
	})
}

// If the database stops answering, a scrape takes four seconds at most, and shows the last figures.
func TestAScrapeOfASilentDatabaseShowsTheLastFigures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, header string
		most         time.Duration
	}{
		{"from a Prometheus that sends no timeout", "", 4 * time.Second},
		{"from one that waits for ten seconds", "10", 4 * time.Second},
		{"from one that waits for two seconds", "2", 2 * time.Second},
		{"from one that waits for half a second", "0.5", 500 * time.Millisecond},
		{"from one that sends nonsense", "NaN", 4 * time.Second},
		{"from one that does not wait", "-1", 4 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				silent := false
				m := monitor.NewMetrics()
				m.Watch(func(ctx context.Context) (monitor.Figures, error) {
					if silent {
						<-ctx.Done()
						return monitor.Figures{}, ctx.Err()
					}
					return monitor.Figures{Apps: []load.AppStatus{{SDKAppID: 7, Timezone: "UTC", Failed: 5}}}, nil
				}, time.Now, slog.New(slog.DiscardHandler))
				handler := monitor.Handler(m, monitor.Probes{})
				ask(t, handler, "/metrics")
				silent = true
				for range 5 {
					time.Sleep(time.Minute)
					request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
					request.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", test.header)
					recorder, begun := httptest.NewRecorder(), time.Now()
					handler.ServeHTTP(recorder, request)
					if took := time.Since(begun); took >= test.most {
						t.Errorf("it takes %s", took)
					}
					body := recorder.Body.String()
					if !strings.Contains(body, "\npushloss_windows_failed{sdk_app_id=\"7\"} 5\n") || strings.Contains(body, "\npushloss_status_age_seconds 0\n") {
						t.Errorf("HTTP %d:\n%s", recorder.Code, strings.Join(own(body), "\n"))
					}
				}
				time.Sleep(time.Minute) // the last reading ends
			})
		})
	}
}

func TestAFailedReadingLeavesTheOtherMetrics(t *testing.T) {
	t.Parallel()
	m := monitor.NewMetrics()
	m.Succeeded(now)
	m.Watch(func(context.Context) (monitor.Figures, error) {
		return monitor.Figures{}, errors.New("password=hidden")
	},
		time.Now, slog.New(slog.DiscardHandler))
	status, body := ask(t, monitor.Handler(m, monitor.Probes{}), "/metrics")
	if status != http.StatusOK || !strings.Contains(body, "pushloss_last_success_timestamp_seconds") || strings.Contains(body, "hidden") ||
		strings.Contains(body, "pushloss_status_age_seconds") {
		t.Errorf("HTTP %d:\n%s", status, strings.Join(own(body), "\n"))
	}
}

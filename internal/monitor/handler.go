package monitor

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Probes says what readiness requires.
type Probes struct {
	// LastRun returns when a scheduled run last finished, the zero time for never. It
	// fails unless the database answers and its schema is current.
	LastRun func(context.Context) (time.Time, error)
	// MaxAge is how old the last run may be: two periods of its schedule. Zero sets
	// no limit.
	MaxAge time.Duration
	// Since is when the daemon started: its first run has MaxAge to finish.
	Since time.Time
	Now   func() time.Time
}

const (
	// probeTimeout bounds the wait of a probe for the database.
	probeTimeout = 3 * time.Second
	// scrapeTimeout bounds a scrape's wait, well within the 10 seconds that Prometheus waits
	// by default.
	scrapeTimeout = 3500 * time.Millisecond
)

// Handler serves /metrics, /healthz (the process answers) and /readyz (it does
// its work). It reads the database at most once a second, and once at a time,
// however many requests come. It never shows a credential: errors of the database go to
// the log only.
func Handler(m *Metrics, probes Probes) http.Handler {
	mux := http.NewServeMux()
	exposition := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if m.figures != nil {
			ctx, cancel := context.WithTimeout(r.Context(), scrapeWait(r.Header))
			defer cancel()
			_, _ = m.figures.get(ctx) // what cannot be read was logged, and its age shows
		}
		exposition.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	lastRun := newReading(probeTimeout, func(ctx context.Context) (time.Time, error) { return probes.LastRun(ctx) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), probeTimeout)
		defer cancel()
		if reason := probes.notReady(lastRun.get(ctx)); reason != "" {
			http.Error(w, reason, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

// scrapeWait is how long a scrape may wait for the database: it leaves a quarter of
// the time that Prometheus waits for the answer itself.
func scrapeWait(header http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(header.Get("X-Prometheus-Scrape-Timeout-Seconds"), 64)
	if err != nil || !(seconds > 0) || seconds > 3600 {
		return scrapeTimeout
	}
	return min(scrapeTimeout, time.Duration(seconds*0.75*float64(time.Second)))
}

// notReady says why the daemon is not ready, or nothing.
func (p Probes) notReady(last time.Time, err error) string {
	switch {
	case err != nil:
		return "the database cannot be used, or its schema is not current"
	case p.MaxAge == 0:
		return ""
	}
	if last.Before(p.Since) {
		last = p.Since
	}
	if age := p.Now().Sub(last); age > p.MaxAge {
		return fmt.Sprintf("no run has finished for %s, more than two periods of the schedule", age.Round(time.Second))
	}
	return ""
}

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
	// LastRun returns when a scheduled run last ended; the zero time means never. It fails unless
	// the database answers and its schema is current.
	LastRun func(context.Context) (time.Time, error)
	// MaxAge is how old the last run may be: two periods of its schedule. Zero sets
	// no limit.
	MaxAge time.Duration
	// Since is when the daemon started. Its first run has MaxAge to end.
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

// Handler serves /metrics, /healthz (the process answers) and /readyz (it does its work). It reads
// the database at most once a second and once at a time, for any number of requests. It never shows
// a credential: errors of the database go only to the log.
func Handler(m *Metrics, probes Probes) http.Handler {
	mux := http.NewServeMux()
	exposition := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if m.figures != nil {
			ctx, cancel := context.WithTimeout(r.Context(), scrapeWait(r.Header))
			defer cancel()
			_, _ = m.figures.get(ctx) // failures are logged, and the age of the figures shows them
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

// scrapeWait returns how long a scrape may wait for the database. It leaves a quarter of
// Prometheus's own timeout for the answer.
func scrapeWait(header http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(header.Get("X-Prometheus-Scrape-Timeout-Seconds"), 64)
	if err != nil || !(seconds > 0) || seconds > 3600 {
		return scrapeTimeout
	}
	return min(scrapeTimeout, time.Duration(seconds*0.75*float64(time.Second)))
}

// notReady says why the daemon is not ready; empty if it is.
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

package monitor

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Probes says what readiness asks for.
type Probes struct {
	// Database fails unless the database answers and its schema is current.
	Database func(context.Context) error
	// LastRun is when a scheduled run last finished; zero for never.
	LastRun func(context.Context) (time.Time, error)
	// MaxAge is how old the last run may be: two periods of its schedule. Zero
	// asks for none.
	MaxAge time.Duration
	// Since is when the daemon started: it is given MaxAge to run for the first time.
	Since time.Time
	Now   func() time.Time
}

const probeTimeout = 5 * time.Second

// Handler serves /metrics, /healthz (the process answers) and /readyz (it does
// its work). It never shows a credential: what is wrong with the database goes to
// the log only.
func Handler(m *Metrics, probes Probes) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), probeTimeout)
		defer cancel()
		if reason := probes.notReady(ctx); reason != "" {
			http.Error(w, reason, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

// notReady says why the daemon is not ready, or nothing.
func (p Probes) notReady(ctx context.Context) string {
	if err := p.Database(ctx); err != nil {
		return "the database cannot be used, or its schema is not current"
	}
	if p.MaxAge == 0 {
		return ""
	}
	last, err := p.LastRun(ctx)
	if err != nil {
		return "the last run cannot be read"
	}
	if last.Before(p.Since) {
		last = p.Since
	}
	if age := p.Now().Sub(last); age > p.MaxAge {
		return fmt.Sprintf("no run has finished for %s, more than two periods of the schedule", age.Round(time.Second))
	}
	return ""
}

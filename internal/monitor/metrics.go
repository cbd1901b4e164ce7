package monitor

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"pushloss/extract"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

// Metrics counts what jobs do. It is safe for concurrent use.
type Metrics struct {
	registry    *prometheus.Registry
	requests    *prometheus.CounterVec
	retries     *prometheus.CounterVec
	windows     *prometheus.CounterVec
	rows        *prometheus.CounterVec
	saved       *prometheus.CounterVec
	rejects     *prometheus.CounterVec
	runs        *prometheus.CounterVec
	callbacks   *prometheus.CounterVec
	lastSuccess prometheus.Gauge
	figures     *reading[Figures] // nil if the metrics show nothing of the database
}

const appLabel = "sdk_app_id"

// NewMetrics returns the metrics of one process, all at zero.
func NewMetrics() *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "pushloss_" + name, Help: help}, labels)
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("api_requests_total", "API calls by how they ended.", appLabel, "outcome"),
		retries:  counter("api_retries_total", "API calls that repeated a failed one.", appLabel),
		windows:  counter("windows_total", "Windows (a day of a task, or of the app) by result: loaded, span (confirmed by an answer for several days) or failed.", appLabel, "result"),
		rows:     counter("rows_total", "Fact rows by what loading did to them.", appLabel, "change"),
		saved:    counter("api_calls_saved_total", "API calls that answers for several days saved.", appLabel),
		rejects:  counter("rejects_total", "Rows that could not be understood.", appLabel),
		runs:     counter("runs_total", "Finished runs by state.", "state"),

		callbacks: counter("callbacks_total", "Callbacks of the vendor by outcome: taken, ignored, refused, unreadable or crowded out.", "outcome"),

		lastSuccess: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "pushloss_last_success_timestamp_seconds", Help: "When a run (not a backfill or a reconciliation) last ended without any failure, in Unix seconds; 0 for never.",
		}),
	}
	m.registry.MustRegister(m.requests, m.retries, m.windows, m.rows, m.saved, m.rejects, m.runs, m.callbacks, m.lastSuccess,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Call counts an API call.
func (m *Metrics) Call(sdkAppID int64, call extract.CallReport) {
	app := strconv.FormatInt(sdkAppID, 10)
	m.requests.WithLabelValues(app, string(call.Outcome)).Inc()
	if call.Retry {
		m.retries.WithLabelValues(app).Inc()
	}
}

// Callback counts a callback of the vendor.
func (m *Metrics) Callback(outcome string) { m.callbacks.WithLabelValues(outcome).Inc() }

// Run counts a finished job.
func (m *Metrics) Run(report pipeline.Report) {
	for _, app := range report.Apps {
		id := strconv.FormatInt(app.SDKAppID, 10)
		m.windows.WithLabelValues(id, "loaded").Add(float64(app.Windows - app.WindowsBySpan))
		m.windows.WithLabelValues(id, "failed").Add(float64(app.WindowsFailed))
		m.windows.WithLabelValues(id, "span").Add(float64(app.WindowsBySpan))
		m.saved.WithLabelValues(id).Add(float64(max(0, app.CallsSaved)))
		m.rows.WithLabelValues(id, "inserted").Add(float64(app.RowsInserted))
		m.rows.WithLabelValues(id, "updated").Add(float64(app.RowsUpdated))
		m.rows.WithLabelValues(id, "deleted").Add(float64(app.RowsDeleted))
		m.rows.WithLabelValues(id, "unchanged").Add(float64(app.RowsUnchanged))
		m.rejects.WithLabelValues(id).Add(float64(app.Rejects))
	}
	m.runs.WithLabelValues(string(report.State)).Inc()
	if report.Kind == pipeline.KindRun && report.State == load.RunDone {
		m.Succeeded(report.FinishedAt)
	}
}

// Succeeded records when a run last ended without any failure.
func (m *Metrics) Succeeded(at time.Time) { m.lastSuccess.Set(float64(at.Unix())) }

package monitor

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pushloss/internal/calendar"
	"pushloss/internal/notify"
	"pushloss/load"
)

// Figures are the values of the metrics that come from the database.
type Figures struct {
	Apps   []load.AppStatus
	Alerts []notify.AlertKey // the open ones
}

// figuresTimeout bounds one reading of the figures. Scrapes do not wait that long.
const figuresTimeout = 15 * time.Second

// Watch adds the figures of each app in the database. A scrape reads them, at most once a second
// and one reading at a time. If a scrape has waited too long, it shows the last figures and their
// age.
func (m *Metrics) Watch(read func(context.Context) (Figures, error), now func() time.Time, log *slog.Logger) {
	m.figures = newReading(figuresTimeout, func(ctx context.Context) (Figures, error) {
		figures, err := read(ctx)
		if err != nil {
			log.ErrorContext(ctx, "metrics: the status cannot be read", "error", err)
		}
		return figures, err
	})
	m.registry.MustRegister(&figuresCollector{figures: m.figures, now: now})
}

// gauge is one metric of an app.
type gauge struct {
	*prometheus.Desc
	of func(Figures, load.AppStatus) float64
}

func perApp(name, help string, of func(Figures, load.AppStatus) float64) gauge {
	return gauge{prometheus.NewDesc("pushloss_"+name, help, []string{appLabel}, nil), of}
}

func gauges() []gauge {
	return []gauge{
		perApp("windows_missing", "Windows (a day of a task, or of the app) that are over for longer than 36 hours and were never pulled.",
			func(_ Figures, s load.AppStatus) float64 { return float64(s.Missing) }),
		perApp("windows_late", "Windows that were not pulled again since their lookback ended.",
			func(_ Figures, s load.AppStatus) float64 { return float64(s.Late) }),
		perApp("windows_failed", "Windows whose last pull failed.",
			func(_ Figures, s load.AppStatus) float64 { return float64(s.Failed) }),
		perApp("windows_unproven", "Windows first pulled, within the last 30 days, when the API no longer had to remember the whole day.",
			func(_ Figures, s load.AppStatus) float64 { return float64(s.Unproven) }),
		perApp("windows_absent", "Windows pulled within the last 30 days whose answers lack their task, though other answers have it.",
			func(_ Figures, s load.AppStatus) float64 { return float64(s.Absent) }),
		perApp("figures_removed", "Days on which an answer removed the figures of a window, or lowered them by more than a tenth, within the last 30 days, and that do not have them again.",
			func(_ Figures, s load.AppStatus) float64 { return float64(s.Emptied.Days) }),
		perApp("rows_rejected", "Rows that could not be understood, of the last answers for windows that were pulled within the last 30 days.",
			func(_ Figures, s load.AppStatus) float64 { return float64(s.Rejects) }),
		perApp("tasks_unanswered", "Tasks that are followed and that no answer ever had: their IDs are wrong, or runs do not pull their days.",
			func(_ Figures, s load.AppStatus) float64 { return float64(s.Unanswered.Tasks) }),
		perApp("reconciliation_differences", "Spans of days, of a task or of the app, that do not add up to what the API says, not even after they were pulled again.",
			func(_ Figures, s load.AppStatus) float64 { return float64(s.Differences) }),
		perApp("jumps_open", "Losses of the whole app that stand out against their own past, by channel, stage and code, and are not over.",
			func(_ Figures, s load.AppStatus) float64 {
				open := 0
				for _, j := range s.Jumps {
					if j.Open {
						open++
					}
				}
				return float64(open)
			}),
		perApp("app_stopped", "1 while the API refuses the app until an operator acts, otherwise 0.",
			func(f Figures, s load.AppStatus) float64 {
				if slices.Contains(f.Alerts, notify.AlertKey{Kind: notify.KindAppStopped, SDKAppID: s.SDKAppID}) {
					return 1
				}
				return 0
			}),
	}
}

var (
	lagDesc = prometheus.NewDesc("pushloss_lag_seconds",
		"How far the newest final day is behind the newest ended one, in days of 86400 seconds; with everything in order it is the lookback.",
		[]string{appLabel}, nil)
	alertsDesc = prometheus.NewDesc("pushloss_alerts_open", "Events that were notified, or will be, and are not over.", nil, nil)
	ageDesc    = prometheus.NewDesc("pushloss_status_age_seconds",
		"How long ago the gauges of the apps and the open alerts were read from the database; more than a scrape interval if it does not answer.", nil, nil)
)

type figuresCollector struct {
	figures *reading[Figures]
	now     func() time.Time
}

func (c *figuresCollector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, g := range gauges() {
		descriptions <- g.Desc
	}
	descriptions <- lagDesc
	descriptions <- alertsDesc
	descriptions <- ageDesc
}

// Collect shows the last figures. Before the first reading, it shows nothing.
func (c *figuresCollector) Collect(metrics chan<- prometheus.Metric) {
	figures, at := c.figures.newest()
	if at.IsZero() {
		return
	}
	show := func(desc *prometheus.Desc, value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	show(ageDesc, max(0, time.Now().Round(0).Sub(at).Seconds())) // includes the time in which the machine slept
	show(alertsDesc, float64(len(figures.Alerts)))
	for _, s := range figures.Apps {
		app := strconv.FormatInt(s.SDKAppID, 10)
		for _, g := range gauges() {
			show(g.Desc, g.of(figures, s), app)
		}
		if days, ok := Lag(s, c.now()); ok {
			show(lagDesc, float64(days)*(24*time.Hour).Seconds(), app)
		}
	}
}

// Lag returns how many days the newest final day is behind the newest day that ended; ok is false
// before the first run.
func Lag(s load.AppStatus, now time.Time) (days int, ok bool) {
	location, err := time.LoadLocation(s.Timezone)
	if err != nil || (s.NewestSettledDay == nil && s.FirstDay == nil) {
		return 0, false
	}
	ended := calendar.DayOf(now, location) - 1
	if s.NewestSettledDay != nil {
		return int(ended - *s.NewestSettledDay), true
	}
	return int(ended - *s.FirstDay + 1), true
}

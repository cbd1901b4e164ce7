package monitor_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/monitor"
	"pushloss/internal/notify"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2025, 3, 20, 12, 0, 0, 0, time.UTC)

func ask(t testing.TB, handler http.Handler, path string) (status int, body string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	text, err := io.ReadAll(recorder.Body)
	if err != nil {
		t.Fatal(err)
	}
	return recorder.Code, string(text)
}

// own are the lines of the program's own metrics, sorted.
func own(body string) (lines []string) {
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "pushloss_") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	slices.Sort(lines)
	return lines
}

func TestMetricsCountWhatJobsDo(t *testing.T) {
	t.Parallel()
	m := monitor.NewMetrics()
	for _, call := range []extract.CallReport{
		{Outcome: extract.OutcomeOK}, {Outcome: extract.OutcomeHTTPError}, {Outcome: extract.OutcomeOK, Retry: true},
	} {
		m.Call(7, call)
	}
	m.Call(8, extract.CallReport{Outcome: extract.OutcomeAPIError})
	m.Run(pipeline.Report{Kind: pipeline.KindRun, State: load.RunDone, FinishedAt: now, Apps: []pipeline.AppReport{{SDKAppID: 7, Totals: pipeline.Totals{
		Windows: 9, WindowsFailed: 1, WindowsBySpan: 4, CallsSaved: 3, RowsInserted: 10, RowsUpdated: 20, RowsDeleted: 30, RowsUnchanged: 40, Rejects: 2,
	}}}})
	m.Run(pipeline.Report{Kind: pipeline.KindReconcile, State: load.RunDone, FinishedAt: now.Add(time.Hour)}) // does not count as a run
	m.Run(pipeline.Report{Kind: pipeline.KindRun, State: load.RunPartial, FinishedAt: now.Add(time.Hour), Apps: []pipeline.AppReport{{SDKAppID: 7, Totals: pipeline.Totals{Windows: 3}}}})
	day, earlier := calendar.DayOf(now, time.UTC)-8, calendar.DayOf(now, time.UTC)-2
	m.Watch(func(context.Context) (monitor.Figures, error) {
		return monitor.Figures{
			Apps: []load.AppStatus{
				{SDKAppID: 7, Timezone: "UTC", NewestSettledDay: &day, FirstDay: &earlier, Missing: 1, Late: 2, Failed: 4, Unproven: 5, Absent: 12, Rejects: 6, Differences: 3, Jumps: []load.Jump{{Open: true}, {}}, Emptied: load.Emptied{Days: 9}},
				{SDKAppID: 8, Timezone: "UTC"},
			},
			Alerts: []notify.AlertKey{{Kind: notify.KindAppStopped, SDKAppID: 8}, {Kind: notify.KindRunFailed, Job: "run"}},
		}, nil
	}, func() time.Time { return now }, slog.New(slog.DiscardHandler))

	status, body := ask(t, monitor.Handler(m, monitor.Probes{}), "/metrics")
	want := []string{
		`pushloss_alerts_open 2`,
		`pushloss_api_calls_saved_total{sdk_app_id="7"} 3`,
		`pushloss_api_requests_total{outcome="api_error",sdk_app_id="8"} 1`,
		`pushloss_api_requests_total{outcome="http_error",sdk_app_id="7"} 1`,
		`pushloss_api_requests_total{outcome="ok",sdk_app_id="7"} 2`,
		`pushloss_api_retries_total{sdk_app_id="7"} 1`,
		`pushloss_app_stopped{sdk_app_id="7"} 0`,
		`pushloss_app_stopped{sdk_app_id="8"} 1`,
		`pushloss_lag_seconds{sdk_app_id="7"} 604800`,
		`pushloss_last_success_timestamp_seconds 1.742472e+09`,
		`pushloss_reconciliation_differences{sdk_app_id="7"} 3`,
		`pushloss_reconciliation_differences{sdk_app_id="8"} 0`,
		`pushloss_rejects_total{sdk_app_id="7"} 2`,
		`pushloss_rows_rejected{sdk_app_id="7"} 6`,
		`pushloss_rows_rejected{sdk_app_id="8"} 0`,
		`pushloss_jumps_open{sdk_app_id="7"} 1`,
		`pushloss_jumps_open{sdk_app_id="8"} 0`,
		`pushloss_figures_removed{sdk_app_id="7"} 9`,
		`pushloss_figures_removed{sdk_app_id="8"} 0`,
		`pushloss_rows_total{change="deleted",sdk_app_id="7"} 30`,
		`pushloss_rows_total{change="inserted",sdk_app_id="7"} 10`,
		`pushloss_rows_total{change="unchanged",sdk_app_id="7"} 40`,
		`pushloss_rows_total{change="updated",sdk_app_id="7"} 20`,
		`pushloss_runs_total{state="done"} 2`,
		`pushloss_runs_total{state="partial"} 1`,
		`pushloss_tasks_unanswered{sdk_app_id="7"} 0`,
		`pushloss_tasks_unanswered{sdk_app_id="8"} 0`,
		`pushloss_windows_failed{sdk_app_id="7"} 4`,
		`pushloss_windows_failed{sdk_app_id="8"} 0`,
		`pushloss_windows_late{sdk_app_id="7"} 2`,
		`pushloss_windows_late{sdk_app_id="8"} 0`,
		`pushloss_windows_missing{sdk_app_id="7"} 1`,
		`pushloss_windows_missing{sdk_app_id="8"} 0`,
		`pushloss_windows_total{result="failed",sdk_app_id="7"} 1`,
		`pushloss_windows_total{result="loaded",sdk_app_id="7"} 8`,
		`pushloss_windows_total{result="span",sdk_app_id="7"} 4`,
		`pushloss_windows_absent{sdk_app_id="7"} 12`,
		`pushloss_windows_absent{sdk_app_id="8"} 0`,
		`pushloss_windows_unproven{sdk_app_id="7"} 5`,
		`pushloss_windows_unproven{sdk_app_id="8"} 0`,
	}
	got := slices.DeleteFunc(own(body), func(line string) bool { return strings.HasPrefix(line, "pushloss_status_age_seconds ") })
	slices.Sort(want)
	if diff := gocmp.Diff(want, got); diff != "" || status != http.StatusOK {
		t.Errorf("metrics, HTTP %d (-want +got):\n%s", status, diff)
	}
}

func TestTheLagCountsFromTheNewestEndedDay(t *testing.T) {
	t.Parallel()
	day := func(n int) *calendar.Day {
		d := calendar.DayOf(now, time.UTC) + calendar.Day(n)
		return &d
	}
	for _, test := range []struct {
		name   string
		status load.AppStatus
		want   int
		ok     bool
	}{
		{"before the first run there is none", load.AppStatus{Timezone: "UTC"}, 0, false},
		{"it counts from the newest ended day", load.AppStatus{Timezone: "UTC", FirstDay: day(-30), NewestSettledDay: day(-1)}, 0, true},
		{"with a lookback of seven days it is seven", load.AppStatus{Timezone: "UTC", FirstDay: day(-30), NewestSettledDay: day(-8)}, 7, true},
		{"with nothing final it counts from before the first day", load.AppStatus{Timezone: "UTC", FirstDay: day(-3)}, 3, true},
		{"the app's zone says which day has ended", load.AppStatus{Timezone: "Pacific/Kiritimati", NewestSettledDay: day(-1)}, 1, true},
		{"an unknown zone has no days", load.AppStatus{Timezone: "Mars/Base", NewestSettledDay: day(-1)}, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := monitor.Lag(test.status, now); got != test.want || ok != test.ok {
				t.Errorf("it is %d, %t; want %d, %t", got, ok, test.want, test.ok)
			}
		})
	}
}

func TestADaemonIsReadyWhileItsRunsFinish(t *testing.T) {
	t.Parallel()
	broken := errors.New("password=hidden")
	for _, test := range []struct {
		name    string
		lastRun time.Time
		lastErr error
		maxAge  time.Duration
		since   time.Time
		want    int
		says    string
	}{
		{"after a recent run it is ready", now.Add(-time.Hour), nil, 48 * time.Hour, now.AddDate(0, 0, -9), 200, "ok\n"},
		{"a run just in time is ready", now.Add(-48 * time.Hour), nil, 48 * time.Hour, now.AddDate(0, 0, -9), 200, "ok\n"},
		{"a run too long ago is not ready", now.Add(-49 * time.Hour), nil, 48 * time.Hour, now.AddDate(0, 0, -9), 503, "no run has finished for 49h0m0s"},
		{"a fresh daemon has time for its first run", time.Time{}, nil, 48 * time.Hour, now.Add(-47 * time.Hour), 200, "ok\n"},
		{"a daemon that never ran is not ready", time.Time{}, nil, 48 * time.Hour, now.Add(-49 * time.Hour), 503, "no run has finished"},
		{"a fresh daemon may follow a long pause", now.AddDate(0, -1, 0), nil, 48 * time.Hour, now, 200, "ok\n"},
		{"without a schedule of runs none is asked for", time.Time{}, nil, 0, now.AddDate(-1, 0, 0), 200, "ok\n"},
		{"a broken database is not ready", now, broken, 48 * time.Hour, now, 503, "the database cannot be used"},
		{"without a schedule of runs it is not asked for", time.Time{}, broken, 0, now, 503, "the database cannot be used"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			handler := monitor.Handler(monitor.NewMetrics(), monitor.Probes{
				LastRun: func(context.Context) (time.Time, error) { return test.lastRun, test.lastErr },
				MaxAge:  test.maxAge, Since: test.since, Now: func() time.Time { return now },
			})
			status, body := ask(t, handler, "/readyz")
			if status != test.want || !strings.Contains(body, test.says) || strings.Contains(body, "hidden") {
				t.Errorf("HTTP %d %q, want %d and %q", status, body, test.want, test.says)
			}
			if status, body := ask(t, handler, "/healthz"); status != http.StatusOK || body != "ok\n" {
				t.Errorf("/healthz answers %d %q", status, body)
			}
		})
	}
}

package pipeline_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

// datedBy makes the API's answers say another time; the empty text leaves it out.
type datedBy struct {
	http.RoundTripper
	date func() string
}

func (d datedBy) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := d.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Header.Del("Date")
		if date := d.date(); date != "" {
			response.Header.Set("Date", date)
		}
	}
	return response, err
}

func httpDate(t time.Time) string { return t.UTC().Format(http.TimeFormat) }

func TestNothingIsLoadedByAClockThatNobodyConfirms(t *testing.T) {
	t.Parallel()
	const tenDays = 10 * 24 * time.Hour
	for _, test := range []struct {
		name               string
		own, database, api time.Duration // against the true time
		calls              int64
		stops              bool
	}{
		{"all alike", 0, 0, 0, 0, false},
		{"a few minutes apart", 2 * time.Minute, 0, -2 * time.Minute, 0, false},
		{"this machine ahead", tenDays, 0, 0, 0, true},
		{"this machine and its database ahead", tenDays, tenDays, 0, 1, true},
		{"this machine and its database behind", -tenDays, -tenDays, 0, 1, true},
		{"the database ahead", 0, tenDays, 0, 0, true},
		{"the API ahead", 0, 0, 6 * time.Minute, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.Tasks("t1")
			truth := w.Now
			p := pipeline.New(w.DB, datedBy{w.transport, func() string { return httpDate(truth.Add(test.api)) }}, w.Apps, w.Settings, pipeline.Options{
				Now:         func() time.Time { return truth.Add(test.own) },
				DatabaseNow: func(context.Context) (time.Time, error) { return truth.Add(test.database), nil },
			})
			report, err := p.Run(t.Context(), time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			app := report.Apps[0]
			if !test.stops {
				if app.State != pipeline.AppDone {
					t.Fatalf("the app ended as %s: %s", app.State, app.Problem)
				}
				w.EqualsTruth(today-3, today-1, "t1")
				return
			}
			if app.State != pipeline.AppRefused || app.Requests != test.calls {
				t.Errorf("the app ended as %s after %d calls, want refused after %d: %s", app.State, app.Requests, test.calls, app.Problem)
			}
			for _, clock := range []time.Duration{test.own, test.database, test.api} {
				if says := truth.Add(clock).Format("2006-01-02T15:04"); (test.calls > 0 || clock != test.api) && !strings.Contains(app.Problem, says) {
					t.Errorf("%q does not name %s", app.Problem, says)
				}
			}
			if n := w.Number(`SELECT count(*) FROM pushloss.ledger`) + w.Number(`SELECT count(*) FROM pushloss.pull`) +
				w.Number(`SELECT count(*) FROM pushloss.app WHERE first_day IS NOT NULL`) + w.Number(`SELECT count(*) FROM pushloss.app_stream`); n != 0 {
				t.Errorf("%d rows were written by a clock that nobody confirms", n)
			}
			// Once the clocks are right, all is as if nothing had been.
			w.Run(load.RunDone)
			w.EqualsTruth(today-3, today-1, "t1")
		})
	}
}

// If a service does not send its time, only the database's clock is compared.
func TestAnAPIWithoutADateIsAccepted(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, date := range []string{"", "yesterday", "Mon, 99 Jan 2025 00:00:00 GMT"} {
		now := w.Now
		p := pipeline.New(w.DB, datedBy{w.transport, func() string { return date }}, w.Apps, w.Settings, pipeline.Options{
			Now: func() time.Time { return now }, DatabaseNow: func(context.Context) (time.Time, error) { return now, nil },
		})
		report, err := p.Run(t.Context(), time.Time{})
		w.Ended(report, err, load.RunDone)
	}
	w.EqualsTruth(today-3, today-1)
}

// A clock may jump while a job is running.
func TestAClockThatJumpsStopsTheJob(t *testing.T) {
	t.Parallel()
	t.Run("the API sends its time", func(t *testing.T) { t.Parallel(); stopsAtAJump(t, httpDate) })
	t.Run("the API does not", func(t *testing.T) { t.Parallel(); stopsAtAJump(t, func(time.Time) string { return "" }) })
}

func stopsAtAJump(t *testing.T, date func(time.Time) string) {
	w := setup(t)
	start := w.Now
	jumped := false
	p := pipeline.New(w.DB, datedBy{w.transport, func() string { return date(start) }}, w.Apps, w.Settings, pipeline.Options{
		Now: func() time.Time {
			if jumped {
				return start.AddDate(0, 0, 40)
			}
			return start
		},
		DatabaseNow: func(context.Context) (time.Time, error) { return start, nil },
		OnProgress:  func(pipeline.Progress) { jumped = true },
	})
	report, err := p.Backfill(t.Context(), pipeline.BackfillRequest{From: today - 9, To: today - 1, Reprocess: pipeline.Missing}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if app := report.Apps[0]; app.State != pipeline.AppRefused || !strings.Contains(app.Problem, "clocks are more than 5 minutes apart") {
		t.Errorf("the app ended as %s: %s", app.State, app.Problem)
	}
	if n := w.Number(`SELECT count(*) FROM pushloss.ledger WHERE settled`); n > 1 {
		t.Errorf("%d days were made final, one by the clock before it jumped", n)
	}
}

// Days that an older version loaded by a clock that ran ahead are pulled again.
func TestDaysThatWereFinalBeforeTheyHappenedArePulledAgain(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Run(load.RunDone)
	for day := calendar.Day(today - 2); day <= today+4; day++ {
		w.Exec(`INSERT INTO pushloss.ledger (sdk_app_id, day, stream_id, task_key, state, settled, settled_reason, pulls, row_count, reject_count,
				first_loaded_at, last_loaded_at, last_trusted_at, updated_at)
			VALUES ($1, $2, 0, 0, 'empty', true, 'lookback', 1, 0, 0, $3, $3, $3, $3)
			ON CONFLICT (sdk_app_id, day, task_key, stream_id) DO UPDATE SET settled = true, settled_reason = 'lookback', updated_at = $3`,
			testApp, day.UTC(), w.Now.AddDate(0, 0, 10))
	}
	w.Run(load.RunDone)
	w.EqualsTruth(today-3, today-1)
	if n := w.Number(`SELECT count(*) FROM pushloss.ledger WHERE settled AND day >= $1`, (today - 2).UTC()); n != 0 {
		t.Errorf("%d days are still final", n)
	}
	w.Now = w.Now.AddDate(0, 0, 6)
	w.Run(load.RunDone)
	w.EqualsTruth(today-3, today+5)
}

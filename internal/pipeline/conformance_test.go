package pipeline_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

// conforming is a small world of tasks with figures for a few days each, which is pulled by
// days or by spans.
type conforming struct {
	*fixture
	ids     []string
	bySpans bool
	ctx     context.Context // of the jobs
}

// The days of such a world.
const (
	conformFirst = today - 12
	conformLast  = today - 1
)

func conform(t *testing.T, withSentAt, bySpans bool) *conforming {
	w, ids := sparse(t, 8, 12, withSentAt)
	first := calendar.Day(conformFirst)
	w.Settings.FirstDay = &first
	w.Settings.Spans, w.spansAlways = bySpans, bySpans
	if bySpans {
		w.plantEvidence()
	}
	return &conforming{w, ids, bySpans, t.Context()}
}

// plantEvidence records that the days of losses add up.
func (w *fixture) plantEvidence() {
	w.t.Helper()
	w.Exec(fmt.Sprintf(`INSERT INTO pushloss.span_evidence (sdk_app_id, stream_id, checked_at, run_id, first_day, last_day, keys)
		VALUES (%d, 0, '%s', 1, '2025-01-01', '2025-01-07', 100)`, testApp, w.Now.Format(time.RFC3339)))
}

// all backfills every day, whatever state it ends in.
func (w *conforming) all(opts pipeline.Options) pipeline.Report {
	w.t.Helper()
	report, err := w.Jobs(opts).Backfill(w.ctx, pipeline.BackfillRequest{From: conformFirst, To: conformLast, Reprocess: pipeline.Missing}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// under backfills every day under faults, whatever state that ends in, and what is left
// without them.
func under(faults string) func(*conforming) {
	return func(w *conforming) {
		w.t.Helper()
		w.API.Faults(strings.Fields(faults)...)
		w.all(pipeline.Options{})
		w.API.Faults()
		w.backfill(conformFirst, conformLast, load.RunDone)
		w.EqualsTruth(conformFirst, conformLast, w.ids...)
	}
}

// next makes the run of the next day.
func (w *conforming) next(want load.RunState) pipeline.Report {
	w.t.Helper()
	w.Now = w.Now.AddDate(0, 0, 1)
	return w.Run(want)
}

// final returns the state of every window. A run with spans lets young windows without
// figures wait before they are final, and a check of a proven window may fail.
func (w *conforming) final(runs bool) []covered {
	w.t.Helper()
	windows := w.ledger(testApp)
	for i := range windows {
		window := &windows[i]
		window.Pulls, window.Error = 0, window.Error && !window.Settled
		if runs && window.State == "empty" && window.Day > (calendar.DayOf(w.Now, time.UTC)-15).String() {
			window.Settled, window.Reason = false, ""
		}
	}
	return windows
}

// endConnections ends every session of the jobs in the database.
func (w *conforming) endConnections() {
	w.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'pushloss%'`)
}

// at returns options that call do after a number of requests.
func at(requests int, do func()) pipeline.Options {
	return pipeline.Options{OnProgress: func(p pipeline.Progress) {
		if p.Done == requests {
			do()
		}
	}}
}

// inZone backfills the days of a zone.
func inZone(name string) func(*conforming) {
	return func(w *conforming) {
		w.t.Helper()
		location, err := time.LoadLocation(name)
		if err != nil {
			w.t.Fatal(err)
		}
		w.Apps[0].Location = location
		w.backfill(conformFirst, conformLast, load.RunDone)
		world.EqualFacts(w.t, w.API.Facts(testApp, location, conformFirst, conformLast, w.ids...), w.Facts(testApp))
	}
}

// What trusted systems of this kind test ends with the same facts and ledger, whether a request
// covers one day or several.
func TestConformanceHoldsByDaysAndBySpans(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		withSentAt bool
		do         func(*conforming)
	}{
		{"S4 a second read has what the first had", true, func(w *conforming) {
			w.Run(load.RunDone)
			before := w.Facts(testApp)
			w.Run(load.RunDone)
			if diff := gocmp.Diff(before, w.Facts(testApp)); diff != "" || len(before) == 0 {
				w.t.Errorf("the second run changed what the first had stored:\n%s", diff)
			}
			w.EqualsTruth(conformFirst, conformLast, w.ids...)
		}},
		{"S5 a second run touches only the lookback and what is missing", true, func(w *conforming) {
			w.Run(load.RunDone)
			before := len(w.API.Calls())
			w.next(load.RunDone)
			for _, call := range w.API.Calls()[before:] {
				if day := calendar.DayOf(time.Unix(call.Start, 0), time.UTC); day < today-7 {
					w.t.Errorf("%s is requested, and was final", day)
				}
			}
			w.EqualsTruth(conformFirst, conformLast+1, w.ids...)
		}},
		{"S6 stopped after any number of requests", false, func(w *conforming) {
			for _, after := range []int{1, 2, 3, 5, 8, 13} {
				ctx, cancel := context.WithCancel(w.ctx)
				stopped := *w
				stopped.ctx = ctx
				report := stopped.all(at(after, cancel))
				cancel()
				w.Ended(report, nil, load.RunInterrupted)
			}
			w.backfill(conformFirst, conformLast, load.RunDone)
			w.EqualsTruth(conformFirst, conformLast, w.ids...)
		}},
		{"S7 as of the far future", true, func(w *conforming) {
			w.Run(load.RunDone)
			for _, at := range []time.Time{noonOf(today + 400), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
				report, err := w.Jobs(pipeline.Options{}).Run(w.ctx, at)
				w.Ended(report, err, load.RunDone)
			}
			if n := w.Number(`SELECT count(*) FROM pushloss.ledger WHERE settled AND day >= $1`, (today - 7).UTC()); n != 0 {
				w.t.Errorf("%d open days were settled by looking ahead", n)
			}
			w.next(load.RunDone)
			w.EqualsTruth(conformFirst, conformLast+1, w.ids...)
		}},
		{"S11 empty windows are not requested again once they are final", false, func(w *conforming) {
			w.backfill(conformFirst, conformLast, load.RunDone)
			if again := w.backfill(conformFirst, today-8, load.RunDone); again.Requests != 0 {
				w.t.Errorf("%d requests", again.Requests)
			}
			w.EqualsTruth(conformFirst, conformLast, w.ids...)
		}},
		{"S12 errors in answers", false, under("code=90102:every=3 resultcode=90102:every=5 code=60014:every=7 code=12345:every=11")},
		{"S12 an error for every span and some days", false, under("span-refused code=90102:every=9")},
		{"S13 bodies that cannot be read", false, under("not-json:every=4 truncated:every=5 truncated=clean:every=6 no-content:every=7 http-502-html:every=9")},
		{"S13 other spellings of answers, compressed and large", false,
			under("shuffled missing-arrays trailing-comma comments err-code-number count-string unknown-fields gzip huge=1:every=23")},
		{"S17 calls that fail and are tried again", false, under("http-429=0:every=6 http-500:every=7 reset:every=8 timeout=100ms:every=25 frequency:every=9")},
		{"S16 days of a zone with a short day", false, inZone("America/New_York")},
		{"S16 days of a zone that skips a midnight", false, inZone("America/Havana")},
		{"T3 duplicate keys and results of other tasks", false, under("duplicate-rows unasked-task task-id-case")},
		{"T6 a task that the API does not know", false, func(w *conforming) {
			w.Tasks("unknown-task")
			w.backfill(conformFirst, conformLast, load.RunDone)
			w.EqualsTruth(conformFirst, conformLast, w.ids...)
		}},
		{"T8 the database ends every session", false, func(w *conforming) {
			for _, after := range []int{2, 6, 14} {
				report, _ := w.Jobs(at(after, w.endConnections)).Backfill(w.ctx,
					pipeline.BackfillRequest{From: conformFirst, To: conformLast, Reprocess: pipeline.Missing}, nil)
				// A job between two loads connects again: no other took its app meanwhile.
				if report.State == load.RunDone {
					w.EqualsTruth(conformFirst, conformLast, w.ids...)
				}
				w.DB = w.Elsewhere().DB
			}
			w.backfill(conformFirst, conformLast, load.RunDone)
			w.EqualsTruth(conformFirst, conformLast, w.ids...)
		}},
		{"T10 rows that cannot be understood", false, under("negative-count:every=3")},
		{"an outage", false, func(w *conforming) {
			for _, after := range []int{5, 16} {
				if report := w.all(at(after, func() { w.API.Faults("http-500") })); report.State == load.RunDone {
					w.t.Errorf("after %d requests: %+v", after, report.Apps)
				}
				w.API.Faults()
			}
			w.backfill(conformFirst, conformLast, load.RunDone)
			w.EqualsTruth(conformFirst, conformLast, w.ids...)
		}},
		{"a task and a day that fail", false, func(w *conforming) {
			w.API.Faults("code=90102:task="+w.ids[4], "http-500:day="+(today-6).String(), "code=12345:task="+w.ids[7])
			if report := w.all(pipeline.Options{}); report.State != load.RunPartial || report.WindowsFailed == 0 {
				w.t.Errorf("%s: %+v", report.State, report.Apps)
			}
			w.API.Faults()
			w.backfill(conformFirst, conformLast, load.RunDone)
			w.EqualsTruth(conformFirst, conformLast, w.ids...)
		}},
		{"every other day failed before", false, func(w *conforming) {
			w.API.Faults("code=91000")
			for _, day := range []calendar.Day{today - 6, today - 4, today - 2} {
				w.backfill(day, day, load.RunFailed)
			}
			w.API.Faults()
			w.backfill(conformFirst, conformLast, load.RunDone)
			w.EqualsTruth(conformFirst, conformLast, w.ids...)
		}},
		{"days that are restated", true, func(w *conforming) {
			w.Run(load.RunDone)
			w.API.Faults(fmt.Sprintf("restated:from=%s,to=%s", today-5, today-3))
			w.next(load.RunPartial) // figures are lower
			w.next(load.RunDone)
			w.API.Faults(fmt.Sprintf("restated:from=%s,to=%s", today-5, today-1))
			w.Now = w.Now.AddDate(0, 0, 1)
			w.runLowered()
			w.EqualsTruth(conformFirst, conformLast+3, w.ids...)
		}},
		{"days that are forgotten", true, func(w *conforming) {
			w.Settings.APIMemoryDays = 7
			w.API.Faults("forget-after=7d:by=event", "late:days=1")
			w.Now = noonOf(conformFirst - 1)
			for w.Now.Before(noonOf(today + 5)) {
				w.Now = w.Now.AddDate(0, 0, 2)
				w.Run(load.RunDone)
			}
			w.API.Faults("late:days=1")
			w.EqualsTruth(conformFirst, today+4, w.ids...)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			byDays := conform(t, test.withSentAt, false)
			test.do(byDays)
			bySpans := conform(t, test.withSentAt, true)
			test.do(bySpans)
			if n := bySpans.Number(`SELECT count(*) FROM pushloss.pull WHERE first_day IS NOT NULL`); n == 0 {
				t.Error("no span proved anything: this proves nothing of spans")
			}
			if n := bySpans.Number(`SELECT count(*) FROM pushloss.span_disagreement`); n != 0 {
				t.Errorf("%d spans are held to be wrong", n)
			}
			if diff := gocmp.Diff(byDays.final(test.withSentAt), bySpans.final(test.withSentAt)); diff != "" {
				t.Errorf("the ledger (-by days +by spans):\n%s", diff)
			}
			byDays.verifies()
			bySpans.verifies()
		})
	}
}

package pipeline_test

import (
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

// A run leaves the app to a long backfill that it meets. The backfill then pulls what the run would
// have pulled, before it continues or at the latest at its end.
func TestABackfillLetsARunGoFirst(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		poll   time.Duration
		before int64 // requests of the backfill until the run's come, at most
	}{
		{"it looks at each request", time.Nanosecond, 14},
		{"it looks at its end", time.Hour, 30},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			first := today - 3
			w.Settings.FirstDay = &first
			var calls atomic.Int64
			arrived, release := make(chan struct{}), make(chan struct{})
			w.transport.before = func(*http.Request) {
				switch n := calls.Add(1); { // every worker waits
				case n == 3:
					close(arrived)
					<-release
				case n > 3:
					<-release
				}
			}
			ended := make(chan pipeline.Report, 1)
			backfill := w.Elsewhere().Jobs(pipeline.Options{GiveWay: test.poll})
			go func() {
				report, err := backfill.Backfill(t.Context(), pipeline.BackfillRequest{From: today - 40, To: today - 20, Reprocess: pipeline.Missing},
					func(busy *load.BusyError) { t.Errorf("the backfill waits: %v", busy) })
				if err != nil {
					t.Error(err)
				}
				ended <- report
			}()
			<-arrived
			for range 2 { // the same again wants nothing more
				report := w.Run(load.RunSkipped)
				if report.Apps[0].State != pipeline.AppBusy || report.Apps[0].Hint == "" {
					t.Errorf("the run's report is %+v", report.Apps[0])
				}
			}
			close(release)
			w.Ended(<-ended, nil, load.RunDone)

			asked := w.API.Calls()
			newest := slices.IndexFunc(asked, func(c sandbox.Call) bool { return c.Start == (today - 1).UTC().Unix() })
			if newest < 0 || int64(newest) > test.before {
				t.Errorf("the newest day is call %d of %d", newest, len(asked))
			}
			if again := twice(w.calls()); len(again) > 0 {
				t.Errorf("asked twice: %v", again)
			}
			world.EqualFacts(t, append(w.API.Facts(testApp, time.UTC, today-40, today-20), w.API.Facts(testApp, time.UTC, today-3, today-1)...), w.Facts(testApp))
		})
	}
}

// A backfill that meets no run makes no further request.
func TestABackfillAloneMakesNoRequestsOfARun(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Run(load.RunDone)
	if report := w.backfill(today-20, today-18, load.RunDone); report.Requests != 3 {
		t.Errorf("%d requests", report.Requests)
	}
}

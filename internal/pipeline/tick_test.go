package pipeline_test

import (
	"testing"
	"time"

	"pushloss/internal/pipeline"
	"pushloss/load"
)

// What a replica pulled since a tick is not due again at that tick, however late another replica
// comes to it, unless it failed. By hand, everything is due.
func TestATickPullsEachWindowOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Tasks("t1")
	tick := func(at time.Time, want int64) {
		t.Helper()
		report, err := w.Elsewhere().Jobs(pipeline.Options{}).RunTick(t.Context(), at)
		w.Ended(report, err, load.RunDone)
		if report.Requests != want {
			t.Errorf("the tick of %s made %d requests, want %d", at, report.Requests, want)
		}
	}
	first := w.Now
	w.Now = first.Add(time.Second)
	tick(first, 3*2)
	w.Now = first.Add(time.Minute)
	tick(first, 0)
	w.API.Faults("code=90102")
	next := first.Add(time.Hour)
	w.Now = next
	report, err := w.Elsewhere().Jobs(pipeline.Options{}).RunTick(t.Context(), next)
	w.Ended(report, err, load.RunFailed) // three requests in a row
	w.API.Faults()
	w.Now = next.Add(time.Second)
	tick(next, 3*2) // the failed ones, and those that were not come to
	tick(next, 0)
	w.Now = next.Add(time.Hour)
	tick(w.Now, 3*2)
	w.EqualsTruth(today-3, today-1, "t1")
	if report := w.Run(load.RunDone); report.Requests != 3*2 {
		t.Errorf("by hand: %d requests", report.Requests)
	}
}

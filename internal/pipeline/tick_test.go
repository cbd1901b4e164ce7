package pipeline_test

import (
	"testing"
	"time"

	"pushloss/internal/pipeline"
	"pushloss/load"
)

// What a replica has pulled since a tick is not due at it again, however late
// another one comes to it, unless it failed; by hand everything is.
func TestATickPullsEachWindowOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.tasks("t1")
	tick := func(at time.Time, want int64) {
		t.Helper()
		report, err := w.pipelineOn(w.open(), pipeline.Options{}).RunTick(t.Context(), at)
		w.ended(report, err, load.RunDone)
		if report.Requests != want {
			t.Errorf("the tick of %s made %d requests, want %d", at, report.Requests, want)
		}
	}
	first := w.now
	w.now = first.Add(time.Second)
	tick(first, 3*2)
	w.now = first.Add(time.Minute)
	tick(first, 0)
	w.faults("code=90102")
	next := first.Add(time.Hour)
	w.now = next
	report, err := w.pipelineOn(w.open(), pipeline.Options{}).RunTick(t.Context(), next)
	w.ended(report, err, load.RunFailed) // three requests in a row
	w.faults()
	w.now = next.Add(time.Second)
	tick(next, 3*2) // the failed ones, and those that were not come to
	tick(next, 0)
	w.now = next.Add(time.Hour)
	tick(w.now, 3*2)
	w.equalsTruth(today-3, today-1, "t1")
	if report := w.run(load.RunDone); report.Requests != 3*2 {
		t.Errorf("by hand: %d requests", report.Requests)
	}
}

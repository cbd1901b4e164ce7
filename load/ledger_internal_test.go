package load

import (
	"testing"
	"time"

	"pushloss/transform"
)

// A reject without a requested task's name belongs to the first window, and does not turn
// that window's zero into a failure.
func TestDecideGivesRejectsWithoutATaskToTheFirstWindow(t *testing.T) {
	t.Parallel()
	pull := Pull{
		Tasks: []TaskRef{{Key: 1, ID: "a"}, {Key: 2, ID: "b"}}, Trusted: true,
		Result: transform.Result{
			Snapshots: []transform.Snapshot{{TaskID: "a"}, {TaskID: "b"}},
			Rejects:   []transform.Reject{{TaskID: "", Rows: 2}, {TaskID: "other", Rows: 1}},
		},
	}
	for i, entry := range effectOf(pull, codes, stored{}, time.Now()).entries {
		if want := []int{3, 0}[i]; entry.State != StateEmpty || entry.RejectCount != want {
			t.Errorf("window %d: %s with %d rejects, want %d", i, entry.State, entry.RejectCount, want)
		}
	}
}

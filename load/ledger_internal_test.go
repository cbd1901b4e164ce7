package load

import (
	"fmt"
	"testing"
	"time"

	"pushloss/transform"
)

// Whatever a window was, these hold of what an answer makes of it.
func TestDecideFromEveryState(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 3, 10, 3, 0, 0, 0, time.UTC)
	before := now.Add(-time.Hour)
	failure := "an old failure"
	task := TaskRef{Key: 7, ID: "a"}
	rows := transform.Snapshot{TaskID: "a", ByPlatform: []transform.Fact{{Key: transform.Key{Stage: 1, Code: "1"}, Count: 1}}}
	answers := map[string]transform.Result{
		"rows":       {Snapshots: []transform.Snapshot{rows}},
		"empty":      {Snapshots: []transform.Snapshot{{TaskID: "a"}}},
		"absent":     {Absent: []string{"a"}},
		"unreadable": {Unreadable: []transform.Unreadable{{TaskID: "a", Reason: "odd"}}},
		"rejects":    {Snapshots: []transform.Snapshot{{TaskID: "a"}}, Rejects: []transform.Reject{{TaskID: "a", Rows: 2}}},
	}
	states := []State{StateLoaded, StateEmpty, StateAbsent, StateUnproven, StateUnavailable, StateFailed, StateOpen}
	histories := map[string]Entry{
		"never loaded": {},
		"with facts":   {FirstLoadedAt: &before, LastLoadedAt: &before, RowCount: 3},
		"proven zero":  {FirstLoadedAt: &before, LastLoadedAt: &before},
	}
	for _, state := range states {
		for history, entry := range histories {
			for answer, result := range answers {
				for _, trusted := range []bool{true, false} {
					for _, settled := range []SettledReason{NotSettled, ByLookback} {
						t.Run(fmt.Sprintf("%s %s, then %s, trusted %t, settled by %q", state, history, answer, trusted, settled), func(t *testing.T) {
							t.Parallel()
							entry := entry
							entry.TaskKey, entry.State, entry.Pulls, entry.RejectCount, entry.LastError = 7, state, 4, 1, &failure
							entry.Settled = ByAPIMemory
							pull := Pull{Tasks: []TaskRef{task}, Result: result, Trusted: trusted, Settled: settled}
							got := decide(pull, map[int32]Entry{7: entry}, now)[0]

							wantState, wantSettled, replace := StateLoaded, settled, true
							switch answer {
							case "empty":
								wantState = StateEmpty
								if !trusted {
									replace, wantSettled = false, ByAPIMemory
									if history != "proven zero" {
										wantState = StateUnproven
									}
								}
							case "absent":
								wantState, replace = StateAbsent, false
								if !trusted && settled == NotSettled {
									wantSettled = ByAPIMemory
								}
							case "unreadable", "rejects":
								wantState, wantSettled, replace = StateFailed, NotSettled, false
							}
							e := got.entry
							if e.State != wantState || e.Settled != wantSettled || got.replace != replace {
								t.Errorf("%s settled by %q, replace %t; want %s, %q, %t", e.State, e.Settled, got.replace, wantState, wantSettled, replace)
							}
							if e.Pulls != 5 || e.TaskKey != 7 {
								t.Errorf("pulls %d of task %d", e.Pulls, e.TaskKey)
							}
							if (e.LastError != nil) != (wantState == StateFailed) || e.LastError == &failure {
								t.Errorf("last error %v", e.LastError)
							}
							if want := map[string]int{"rejects": 2}[answer]; e.RejectCount != want {
								t.Errorf("%d rejects, want %d", e.RejectCount, want)
							}
							wantRows, wantLast := entry.RowCount, entry.LastLoadedAt
							if replace {
								wantRows, wantLast = map[string]int{"rows": 1}[answer], &now
							}
							if e.RowCount != wantRows {
								t.Errorf("%d rows, want %d", e.RowCount, wantRows)
							}
							if (e.LastLoadedAt == nil) != (wantLast == nil) || wantLast != nil && !e.LastLoadedAt.Equal(*wantLast) {
								t.Errorf("last loaded at %v, want %v", e.LastLoadedAt, wantLast)
							}
							if first := entry.FirstLoadedAt; first != nil && e.FirstLoadedAt != first {
								t.Errorf("first loaded at %v, before at %v", e.FirstLoadedAt, first)
							}
						})
					}
				}
			}
		}
	}
}

// A reject that bears no asked task's name is filed under the first window, and
// does not make a failure of its zero.
func TestDecideWithRejectsOfNobody(t *testing.T) {
	t.Parallel()
	pull := Pull{
		Tasks: []TaskRef{{Key: 1, ID: "a"}, {Key: 2, ID: "b"}}, Trusted: true,
		Result: transform.Result{
			Snapshots: []transform.Snapshot{{TaskID: "a"}, {TaskID: "b"}},
			Rejects:   []transform.Reject{{TaskID: "", Rows: 2}, {TaskID: "other", Rows: 1}},
		},
	}
	for i, d := range decide(pull, nil, time.Now()) {
		if want := []int{3, 0}[i]; d.entry.State != StateEmpty || d.entry.RejectCount != want {
			t.Errorf("window %d: %s with %d rejects, want %d", i, d.entry.State, d.entry.RejectCount, want)
		}
	}
}

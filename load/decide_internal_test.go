package load

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pushloss/transform"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 3, 10, 3, 0, 0, 0, time.UTC)
	before := now.Add(-24 * time.Hour)
	task := TaskRef{Key: 7, ID: "a"}
	some := transform.Snapshot{TaskID: "a", ByStage: []transform.Fact{{Key: transform.Key{Stage: 1, Code: "1"}, Count: 1}}}
	none := transform.Snapshot{TaskID: "a"}
	answered := func(s transform.Snapshot) transform.Result {
		return transform.Result{Snapshots: []transform.Snapshot{s}}
	}
	loadedBefore := &Entry{State: StateLoaded, FirstLoadedAt: &before, LastLoadedAt: &before, RowCount: 3, Pulls: 2}
	emptyBefore := &Entry{State: StateEmpty, FirstLoadedAt: &before, LastLoadedAt: &before, Pulls: 1}

	tests := []struct {
		name    string
		known   *Entry
		result  transform.Result
		trusted bool
		settled SettledReason

		state   State
		reason  SettledReason
		replace bool
	}{
		{"a first answer", nil, answered(some), true, NotSettled, StateLoaded, NotSettled, true},
		{"after the lookback it is final", loadedBefore, answered(some), false, ByLookback, StateLoaded, ByLookback, true},
		{"rows beyond the API's memory are believed", nil, answered(some), false, NotSettled, StateLoaded, NotSettled, true},
		{"a trusted empty answer is zero", loadedBefore, answered(none), true, NotSettled, StateEmpty, NotSettled, true},
		{"a late empty answer proves nothing", nil, answered(none), false, NotSettled, StateUnproven, ByAPIMemory, false},
		{"a late empty answer after figures proves nothing", loadedBefore, answered(none), false, ByLookback, StateUnproven, ByAPIMemory, false},
		{"a zero that was proven in time stays one", emptyBefore, answered(none), false, ByLookback, StateEmpty, ByAPIMemory, false},
		{"an absent task", loadedBefore, transform.Result{Absent: []string{"a"}}, true, ByLookback, StateAbsent, ByLookback, false},
		{"a task absent beyond the API's memory", nil, transform.Result{Absent: []string{"a"}}, false, NotSettled, StateAbsent, ByAPIMemory, false},
		{"an unreadable task", loadedBefore, transform.Result{Unreadable: []transform.Unreadable{{TaskID: "a", Reason: "odd"}}}, true, ByLookback, StateFailed, NotSettled, false},
		{"nothing but rejects", loadedBefore, transform.Result{Snapshots: []transform.Snapshot{none}, Rejects: []transform.Reject{{TaskID: "a", Rows: 1}}}, true, ByLookback, StateFailed, NotSettled, false},
		{"some rejects", loadedBefore, transform.Result{Snapshots: []transform.Snapshot{some}, Rejects: []transform.Reject{{TaskID: "a", Rows: 1}}}, true, ByLookback, StateLoaded, ByLookback, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ledger := map[int32]Entry{}
			pullsBefore := 0
			if test.known != nil {
				entry := *test.known
				entry.TaskKey = task.Key
				ledger[task.Key] = entry
				pullsBefore = entry.Pulls
			}
			pull := Pull{Tasks: []TaskRef{task}, Result: test.result, Trusted: test.trusted, Settled: test.settled}
			got := decide(pull, ledger, now)[0]
			if got.entry.State != test.state || got.entry.Settled != test.reason || got.replace != test.replace {
				t.Errorf("got %s settled by %q, replace %t; want %s, %q, %t",
					got.entry.State, got.entry.Settled, got.replace, test.state, test.reason, test.replace)
			}
			if got.entry.Pulls != pullsBefore+1 {
				t.Errorf("%d pulls after %d", got.entry.Pulls, pullsBefore)
			}
			if !test.replace && test.known != nil && got.entry.RowCount != test.known.RowCount {
				t.Errorf("kept facts are counted as %d, not %d", got.entry.RowCount, test.known.RowCount)
			}
			if test.replace != (got.entry.LastLoadedAt != nil && got.entry.LastLoadedAt.Equal(now)) {
				t.Errorf("last loaded at %v", got.entry.LastLoadedAt)
			}
		})
	}
}

func TestDiffTurnsStoredRowsIntoTheWantedOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stored, wanted := drawRows(t, "stored"), drawRows(t, "wanted")
		d := diff(values(stored), values(wanted))
		for _, row := range d.deleted {
			if stored[row.factKey] != row {
				t.Fatalf("deleted %v is not what is stored", row)
			}
			delete(stored, row.factKey)
		}
		for _, u := range d.updated {
			if stored[u.old.factKey] != u.old || u.old == u.new {
				t.Fatalf("update %v of what is not stored, or of nothing", u)
			}
			stored[u.new.factKey] = u.new
		}
		for _, row := range d.inserted {
			if _, exists := stored[row.factKey]; exists {
				t.Fatalf("inserted %v is there already", row)
			}
			stored[row.factKey] = row
		}
		if diff := cmp.Diff(wanted, stored, cmp.AllowUnexported(factRow{}, factKey{})); diff != "" {
			t.Fatalf("the result is not what was wanted (-want +got):\n%s", diff)
		}
		if got := d.unchanged + len(d.updated) + len(d.inserted); got != len(wanted) {
			t.Fatalf("the counts add up to %d of %d rows", got, len(wanted))
		}
	})
}

func drawRows(t *rapid.T, label string) map[factKey]factRow {
	rows := make(map[factKey]factRow)
	for _, row := range rapid.SliceOfN(rapid.Custom(func(t *rapid.T) factRow {
		small := rapid.Int16Range(0, 2)
		return factRow{
			factKey: factKey{
				taskKey: rapid.Int32Range(0, 2).Draw(t, "task"), stage: small.Draw(t, "stage"),
				eventType: small.Draw(t, "event"), platform: small.Draw(t, "platform"),
				errCodeKey: rapid.Int32Range(0, 2).Draw(t, "code"),
			},
			count: rapid.Int64Range(0, 2).Draw(t, "count"), infoKey: rapid.Int32Range(0, 1).Draw(t, "info"),
		}
	}), 0, 30).Draw(t, label) {
		rows[row.factKey] = row
	}
	return rows
}

func values(rows map[factKey]factRow) []factRow {
	var list []factRow
	for _, row := range rows {
		list = append(list, row)
	}
	return list
}

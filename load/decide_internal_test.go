package load

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"pushloss/transform"
)

// codes are the error codes of these tests, by their keys.
var codes = vocabulary{codes: map[string]int32{"1": 1, "2": 2, "3": 3}, infos: map[string]int32{"": 0, "new": 1}}

func staged(counts map[string]int64) transform.Snapshot {
	s := transform.Snapshot{TaskID: "a"}
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		s.Facts = append(s.Facts, transform.Fact{Key: transform.Key{Stage: 1, Code: code}, Count: counts[code], Info: "new"})
	}
	return s
}

// The whole app has no ID by which an answer could miss it.
func TestAnAnswerWithoutTheWholeApp(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 3, 10, 3, 0, 0, 0, time.UTC)
	before := now.Add(-24 * time.Hour)
	loaded := Entry{State: StateLoaded, Pulls: 1, FirstLoadedAt: &before, LastLoadedAt: &before, LastTrustedAt: &before}
	for _, test := range []struct {
		name    string
		known   map[int32]Entry
		trusted bool
		want    State
	}{
		{"a first one", nil, true, StateFailed},
		{"one of a day that was loaded", map[int32]Entry{0: loaded}, true, StateFailed},
		{"a late first answer", nil, false, StateUnproven},
		{"a late answer for a day that was loaded", map[int32]Entry{0: loaded}, false, StateLoaded},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := stored{ledger: test.known}
			if test.known != nil {
				s.facts = toRows(nil, 0, staged(map[string]int64{"1": 4}).Facts, codes)
			}
			pull := Pull{Tasks: []TaskRef{{}}, Result: transform.Result{Absent: []string{""}}, Trusted: test.trusted}
			e := effectOf(pull, codes, s, now)
			if got := e.entries[0]; got.State != test.want || len(e.facts.deleted) > 0 || (got.LastError == nil) == (test.want == StateFailed) {
				t.Errorf("the window is %+v, want %s", got, test.want)
			}
		})
	}
}

func TestWhatAnAnswerMakesOfAWindow(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 3, 10, 3, 0, 0, 0, time.UTC)
	before := now.Add(-24 * time.Hour)
	task := TaskRef{Key: 7, ID: "a"}
	type counts = map[string]int64
	answered := func(c counts) transform.Result { return transform.Result{Snapshots: []transform.Snapshot{staged(c)}} }
	absent := transform.Result{Absent: []string{"a"}}
	unreadable := transform.Result{Unreadable: []transform.Unreadable{{TaskID: "a", Reason: "odd"}}}
	rejected := func(c counts) transform.Result {
		r := answered(c)
		r.Rejects = []transform.Reject{{TaskID: "a", Rows: 1}}
		return r
	}
	entry := func(state State, trusted bool, settled SettledReason) *Entry {
		e := &Entry{State: state, Settled: settled, Pulls: 2, FirstLoadedAt: &before, LastLoadedAt: &before}
		if trusted {
			e.LastTrustedAt = &before
		}
		return e
	}
	never := &Entry{State: StateFailed, Pulls: 1}
	const trusted, late = true, false

	tests := []struct {
		name    string
		known   *Entry
		stored  counts
		result  transform.Result
		trusted bool
		settled SettledReason

		state  State
		reason SettledReason
		want   counts
		kept   int64
	}{
		{"a first answer", nil, nil, answered(counts{"1": 4}), trusted, NotSettled, StateLoaded, NotSettled, counts{"1": 4}, 0},
		{"after the lookback it is final", entry(StateLoaded, true, NotSettled), counts{"1": 4}, answered(counts{"1": 4}), trusted, ByLookback, StateLoaded, ByLookback, counts{"1": 4}, 0},
		{"a trusted answer replaces", entry(StateLoaded, true, NotSettled), counts{"1": 4, "2": 1}, answered(counts{"1": 3, "3": 2}), trusted, NotSettled, StateLoaded, NotSettled, counts{"1": 3, "3": 2}, 0},
		{"a trusted empty answer is zero", entry(StateLoaded, true, NotSettled), counts{"1": 4}, answered(nil), trusted, NotSettled, StateEmpty, NotSettled, nil, 0},
		{"a trusted answer proves what was unproven", entry(StateUnproven, false, ByAPIMemory), counts{"1": 4}, answered(counts{"1": 2}), trusted, ByLookback, StateLoaded, ByLookback, counts{"1": 2}, 0},

		{"a late first answer is unproven", nil, nil, answered(counts{"1": 4}), late, NotSettled, StateUnproven, ByAPIMemory, counts{"1": 4}, 0},
		{"a late first answer without rows is unproven", nil, nil, answered(nil), late, NotSettled, StateUnproven, ByAPIMemory, nil, 0},
		{"a late answer after failures alone is unproven", never, nil, answered(counts{"1": 4}), late, ByLookback, StateUnproven, ByAPIMemory, counts{"1": 4}, 0},
		{"late answers add to an unproven window", entry(StateUnproven, false, ByAPIMemory), counts{"1": 4, "2": 5}, answered(counts{"1": 6, "2": 1, "3": 1}), late, ByLookback, StateUnproven, ByAPIMemory, counts{"1": 6, "2": 5, "3": 1}, 1},
		{"a late answer adds to a loaded window", entry(StateLoaded, true, NotSettled), counts{"1": 4, "2": 5}, answered(counts{"1": 3, "3": 1}), late, NotSettled, StateLoaded, ByAPIMemory, counts{"1": 4, "2": 5, "3": 1}, 2},
		{"a late equal answer changes nothing", entry(StateLoaded, true, ByLookback), counts{"1": 4}, answered(counts{"1": 4}), late, ByLookback, StateLoaded, ByLookback, counts{"1": 4}, 0},
		{"a late empty answer removes nothing", entry(StateLoaded, true, NotSettled), counts{"1": 4}, answered(nil), late, NotSettled, StateLoaded, ByAPIMemory, counts{"1": 4}, 1},
		{"a zero that was proven in time stays zero", entry(StateEmpty, true, NotSettled), nil, answered(nil), late, NotSettled, StateEmpty, ByAPIMemory, nil, 0},
		{"a late answer adds to a proven zero", entry(StateEmpty, true, ByLookback), nil, answered(counts{"1": 4}), late, ByLookback, StateLoaded, ByLookback, counts{"1": 4}, 0},
		{"a late answer heals a failure of a window loaded in time", entry(StateFailed, true, NotSettled), counts{"1": 4}, answered(nil), late, NotSettled, StateLoaded, ByAPIMemory, counts{"1": 4}, 1},

		{"an absent task keeps its facts", entry(StateLoaded, true, NotSettled), counts{"1": 4}, absent, trusted, ByLookback, StateAbsent, ByLookback, counts{"1": 4}, 0},
		{"a task absent late, never loaded", nil, nil, absent, late, NotSettled, StateUnproven, ByAPIMemory, nil, 0},
		{"a task absent late, loaded in time", entry(StateLoaded, true, NotSettled), counts{"1": 4}, absent, late, NotSettled, StateLoaded, ByAPIMemory, counts{"1": 4}, 1},
		{"a task absent late, unproven before", entry(StateUnproven, false, ByAPIMemory), counts{"1": 4}, absent, late, ByLookback, StateUnproven, ByAPIMemory, counts{"1": 4}, 1},

		{"an unreadable task", entry(StateLoaded, true, NotSettled), counts{"1": 4}, unreadable, trusted, ByLookback, StateFailed, NotSettled, counts{"1": 4}, 0},
		{"an unreadable task, final already", entry(StateLoaded, true, ByLookback), counts{"1": 4}, unreadable, trusted, ByLookback, StateLoaded, ByLookback, counts{"1": 4}, 0},
		{"only rejects", entry(StateLoaded, true, NotSettled), counts{"1": 4}, rejected(nil), trusted, ByLookback, StateFailed, NotSettled, counts{"1": 4}, 0},
		{"only rejects, late", entry(StateLoaded, true, NotSettled), counts{"1": 4}, rejected(nil), late, NotSettled, StateFailed, NotSettled, counts{"1": 4}, 0},
		{"some rejects", entry(StateLoaded, true, NotSettled), counts{"1": 4}, rejected(counts{"2": 1}), trusted, ByLookback, StateLoaded, ByLookback, counts{"2": 1}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := stored{ledger: map[int32]Entry{}, facts: toRows(nil, task.Key, staged(test.stored).Facts, codes)}
			pullsBefore := 0
			if test.known != nil {
				e := *test.known
				e.TaskKey, e.RowCount = task.Key, len(test.stored)
				s.ledger[task.Key] = e
				pullsBefore = e.Pulls
			}
			pull := Pull{Tasks: []TaskRef{task}, Result: test.result, Trusted: test.trusted, Settled: test.settled}
			e := effectOf(pull, codes, s, now)
			got := e.entries[0]
			if got.State != test.state || got.Settled != test.reason || got.Pulls != pullsBefore+1 || got.RowCount != len(test.want) {
				t.Errorf("got %s settled by %q after %d pulls with %d rows; want %s, %q, %d, %d", got.State, got.Settled,
					got.Pulls, got.RowCount, test.state, test.reason, pullsBefore+1, len(test.want))
			}
			if rows := e.rows(); rows.Kept != test.kept {
				t.Errorf("%d rows kept, want %d: %+v", rows.Kept, test.kept, rows)
			}
			after := counts{}
			for code, n := range test.stored {
				after[code] = n
			}
			texts := []string{"", "1", "2", "3"}
			for _, row := range e.facts.deleted {
				delete(after, texts[row.errCodeKey])
			}
			for _, u := range e.facts.updated {
				after[texts[u.new.errCodeKey]] = u.new.count
			}
			for _, row := range e.facts.inserted {
				after[texts[row.errCodeKey]] = row.count
			}
			if diff := cmp.Diff(test.want, after, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

// In any order of answers, an untrusted answer removes nothing and lowers nothing. Only trusted
// answers decide whether a window is proven.
func TestAnUntrustedAnswerOnlyAdds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := newReplay(0, 0, map[string]int32{"a": 7})
		refs := []TaskRef{{Key: 7, ID: "a"}}
		at := time.Date(2025, 3, 10, 3, 0, 0, 0, time.UTC)
		proven := false
		for range rapid.IntRange(1, 12).Draw(t, "answers") {
			at = at.Add(time.Hour)
			p := archivedPull{loadedAt: at, trusted: rapid.Bool().Draw(t, "trusted")}
			before := maps.Clone(r.window(7).facts)
			var result transform.Result
			readable := true
			switch rapid.SampledFrom([]string{"rows", "rows", "empty", "absent", "unreadable"}).Draw(t, "kind") {
			case "rows":
				result.Snapshots = []transform.Snapshot{staged(rapid.MapOfN(rapid.SampledFrom([]string{"1", "2", "3"}), rapid.Int64Range(0, 3), 1, 3).Draw(t, "counts"))}
			case "empty":
				result.Snapshots = []transform.Snapshot{{TaskID: "a"}}
			case "absent":
				result.Absent, readable = []string{"a"}, false
			case "unreadable":
				result.Unreadable, readable = []transform.Unreadable{{TaskID: "a"}}, false
			}
			r.apply(p, refs, result, codes)
			proven = proven || p.trusted && readable
			w := r.window(7)
			for key, row := range before {
				if now, there := w.facts[key]; !p.trusted && (!there || now.count < row.count) {
					t.Fatalf("an untrusted answer made %d of %d", now.count, row.count)
				}
			}
			if w.entry.RowCount != len(w.facts) {
				t.Fatalf("%d rows are counted as %d", len(w.facts), w.entry.RowCount)
			}
			switch state := w.entry.State; {
			case !proven && (state == StateLoaded || state == StateEmpty):
				t.Fatalf("%s without any trusted answer", state)
			case !proven && len(w.facts) > 0 && state != StateUnproven && state != StateFailed && !p.trusted:
				t.Fatalf("%s with figures that no trusted answer brought", state)
			case proven && (state == StateUnproven || state == StateUnavailable):
				t.Fatalf("%s after a trusted answer", state)
			}
		}
	})
}

func TestDiffTurnsStoredRowsIntoTheWantedOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stored, wanted := drawRows(t, "stored"), drawRows(t, "wanted")
		d := diff(values(stored), values(wanted))
		for _, row := range d.deleted {
			if stored[row.factKey] != row {
				t.Fatalf("%v is deleted, and was not stored", row)
			}
			delete(stored, row.factKey)
		}
		for _, u := range d.updated {
			if stored[u.old.factKey] != u.old || u.old == u.new {
				t.Fatalf("the update %v changes nothing, or what is not stored", u)
			}
			stored[u.new.factKey] = u.new
		}
		for _, row := range d.inserted {
			if _, exists := stored[row.factKey]; exists {
				t.Fatalf("%v is inserted, and was there already", row)
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

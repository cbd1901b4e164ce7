package load

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The order of stored rows and of answers does not matter. The rows to write are sorted, so that
// all writers lock rows in one order.
func TestDiffDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stored, wanted := values(drawRows(t, "stored")), values(drawRows(t, "wanted"))
		before, after := slices.Clone(stored), slices.Clone(wanted)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		random.Shuffle(len(before), func(i, j int) { before[i], before[j] = before[j], before[i] })
		random.Shuffle(len(after), func(i, j int) { after[i], after[j] = after[j], after[i] })
		d := diff(stored, wanted)
		opts := gocmp.AllowUnexported(rowDiff{}, update{}, factRow{}, factKey{})
		if delta := gocmp.Diff(d, diff(before, after), opts); delta != "" {
			t.Fatalf("(-one order +another):\n%s", delta)
		}
		byKey := func(a, b factRow) int { return a.compare(b.factKey) }
		byNew := func(a, b update) int { return byKey(a.new, b.new) }
		if !slices.IsSortedFunc(d.inserted, byKey) || !slices.IsSortedFunc(d.deleted, byKey) || !slices.IsSortedFunc(d.updated, byNew) {
			t.Fatalf("not sorted: %+v", d)
		}
		if got := d.unchanged + len(d.updated) + len(d.deleted); got != len(stored) {
			t.Fatalf("the counts add up to %d of %d stored rows", got, len(stored))
		}
		want := Changes{Inserted: int64(len(d.inserted)), Updated: int64(len(d.updated)), Deleted: int64(len(d.deleted)), Unchanged: int64(d.unchanged)}
		if d.changes() != want {
			t.Fatalf("changes %+v, want %+v", d.changes(), want)
		}
	})
}

func TestKeysAreOrderedByEveryPart(t *testing.T) {
	t.Parallel()
	zero := factKey{}
	greater := []factKey{{taskKey: 1}, {stage: 1}, {eventType: 1}, {platform: 1}, {errCodeKey: 1}}
	for i, key := range greater {
		if key.compare(zero) != 1 || zero.compare(key) != -1 || key.compare(key) != 0 {
			t.Errorf("part %d does not count", i)
		}
	}
	// An earlier part counts for more than all behind it.
	if !slices.IsSortedFunc(greater, func(a, b factKey) int { return cmp.Compare(0, a.compare(b)) }) {
		t.Errorf("parts do not count in their order")
	}
}

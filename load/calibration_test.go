package load_test

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/internal/calibrate"
	"pushloss/transform"
)

func TestCalibrationReadsWhatWasStoredAndChangedForADay(t *testing.T) {
	t.Parallel()
	f := setup(t)
	first := transform.Snapshot{
		TaskID: "a",
		Facts:  []transform.Fact{stageFact("1", 5, "one"), stageFact("2", 7, "two"), stageFact("3", 9, "three"), platformFact(1, "1", 3)},
	}
	other := transform.Snapshot{TaskID: "b", Facts: []transform.Fact{stageFact("1", 1, "one")}}
	f.load(f.pull(first, other), loadedAt)
	// One count grows, one shrinks, one row goes, one comes, and one text changes.
	second := transform.Snapshot{
		TaskID: "a",
		Facts:  []transform.Fact{stageFact("1", 6, "one"), stageFact("2", 4, "two"), stageFact("4", 2, "four"), {Key: first.Facts[3].Key, Count: 3, Info: "another"}},
	}
	later := loadedAt.Add(24 * time.Hour)
	f.load(f.pull(second, other), later)

	ctx := t.Context()
	for _, test := range []struct {
		name  string
		tasks []string
		rows  int64
	}{
		{"one task", []string{"a"}, 4},
		{"both tasks", []string{"a", "b"}, 5},
		{"the whole app, which was not loaded", []string{""}, 0},
		{"an unknown task", []string{"c"}, 0},
	} {
		got, err := calibrate.NewStored(f.db.Pool()).DayHistories(ctx, testApp, test.tasks)
		must(t, err)
		want := []calibrate.DayHistory{{Day: march, FirstLoadedAt: &loadedAt, LastLoadedAt: &later, Pulls: 2, Rows: test.rows}}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	changes, err := calibrate.NewStored(f.db.Pool()).CountChanges(ctx, testApp)
	must(t, err)
	if diff := gocmp.Diff([]calibrate.CountChange{{Day: march, At: later, Rows: 4, Less: 2}}, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	kept, err := calibrate.NewStored(f.db.Pool()).KeptFacts(ctx, testApp, []string{"b", "a"}, march-1, march)
	must(t, err)
	withoutTexts := func(s transform.Snapshot) transform.Snapshot {
		for _, facts := range [][]transform.Fact{s.Facts} {
			for i := range facts {
				facts[i].Info = ""
			}
		}
		return s
	}
	byKey := gocmp.Transformer("byKey", func(facts []transform.Fact) map[transform.Key]int64 {
		counts := make(map[transform.Key]int64)
		for _, fact := range facts {
			counts[fact.Key] = fact.Count
		}
		return counts
	})
	want := map[calendar.Day][]transform.Snapshot{march: {withoutTexts(second), withoutTexts(other)}}
	if diff := gocmp.Diff(want, kept, byKey); diff != "" {
		t.Errorf("kept facts (-want +got):\n%s", diff)
	}
	for _, app := range []int64{testApp + 1} {
		histories, err := calibrate.NewStored(f.db.Pool()).DayHistories(ctx, app, []string{"a"})
		must(t, err)
		kept, err := calibrate.NewStored(f.db.Pool()).KeptFacts(ctx, app, []string{"a"}, march, march)
		must(t, err)
		if len(histories)+len(kept) != 0 {
			t.Errorf("another app has %d days and %d facts", len(histories), len(kept))
		}
	}
}

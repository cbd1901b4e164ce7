package load

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pushloss/internal/stream"
)

func drawTallies(t *rapid.T, label string) []tally {
	key := rapid.Custom(func(t *rapid.T) tally {
		return tally{
			factKey{
				grain:   rapid.SampledFrom([]stream.Grain{stream.ByStage, stream.ByPlatform}).Draw(t, "grain"),
				taskKey: rapid.Int32Range(0, 2).Draw(t, "task"), stage: rapid.Int16Range(1, 2).Draw(t, "stage"),
				platform: rapid.Int16Range(0, 1).Draw(t, "platform"), errCodeKey: rapid.Int32Range(1, 3).Draw(t, "code"),
			},
			rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(0, math.MaxInt64)).Draw(t, "count"),
		}
	})
	return rapid.SliceOfN(key, 0, 30).Draw(t, label)
}

// Each key of either side occurs once, in order, with the sums of both sides. Swapped
// arguments swap the sides. It does not matter how the days are cut.
func TestEachKeyIsComparedOnceWithTheSumsOfBothSides(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stored, reported := drawTallies(t, "stored"), drawTallies(t, "reported")
		add := func(list []tally) map[factKey]int64 {
			sums := make(map[factKey]int64)
			for _, x := range list {
				if total := sums[x.factKey] + x.count; total >= 0 {
					sums[x.factKey] = total
				} else {
					sums[x.factKey] = math.MaxInt64
				}
			}
			return sums
		}
		left, right := add(stored), add(reported)
		list := compare(stored, reported)
		seen := make(map[factKey]bool)
		for i, c := range list {
			if c.stored != left[c.factKey] || c.reported != right[c.factKey] || seen[c.factKey] {
				t.Fatalf("%+v, want %d and %d, once", c, left[c.factKey], right[c.factKey])
			}
			if i > 0 && list[i-1].taskKey > c.taskKey {
				t.Fatal("tasks are not in order")
			}
			seen[c.factKey] = true
			_, isStored := left[c.factKey]
			_, isReported := right[c.factKey]
			if !isStored && !isReported {
				t.Fatalf("%+v is on neither side", c)
			}
		}
		for _, sums := range []map[factKey]int64{left, right} {
			for key := range sums {
				if !seen[key] {
					t.Fatalf("%+v is left out", key)
				}
			}
		}

		swapped := compare(reported, stored)
		for i, c := range list {
			if want := (comparison{c.factKey, c.reported, c.stored}); swapped[i] != want {
				t.Fatalf("the other way round: %+v, want %+v", swapped[i], want)
			}
		}
		shuffled := rapid.Permutation(stored).Draw(t, "shuffled")
		if diff := cmp.Diff(list, compare(shuffled, reported), cmp.AllowUnexported(comparison{}, factKey{})); diff != "" {
			t.Fatalf("in another order: %s", diff)
		}
		for _, c := range compare(stored, shuffled) {
			if c.differs() {
				t.Fatalf("a side differs from itself: %+v", c)
			}
		}
	})
}

func TestTheVerdictOnACheckDependsOnTheOneBefore(t *testing.T) {
	t.Parallel()
	pending, pulled := &prior{state: CheckDiffers, attempt: 1, opened: true}, &prior{state: CheckDiffers, attempt: 1}
	stays := &prior{state: CheckStays, attempt: 4}
	for _, test := range []struct {
		name              string
		trusted           bool
		keys, differences int
		before            *prior
		state             CheckState
		open              bool
		attempt           int
	}{
		{"all figures agree", true, 5, 0, nil, CheckAgreed, false, 1},
		{"there are none", true, 0, 0, nil, CheckAgreed, false, 1},
		{"one differs", true, 5, 1, nil, CheckDiffers, true, 1},
		{"it differs again before the days were pulled", true, 5, 1, pending, CheckDiffers, true, 2},
		{"it agrees before the days were pulled", true, 5, 0, pending, CheckAgreed, false, 2},
		{"it differs again after they were", true, 5, 1, pulled, CheckStays, false, 2},
		{"it agrees after they were", true, 5, 0, pulled, CheckAgreed, false, 2},
		{"a warning differs again", true, 5, 1, stays, CheckStays, false, 5},
		{"a warning agrees", true, 5, 0, stays, CheckAgreed, false, 5},
		{"beyond the memory it agrees", false, 5, 0, stays, CheckAgreed, false, 5},
		{"beyond the memory it differs", false, 5, 1, nil, CheckUnproven, false, 1},
		{"beyond the memory there is nothing", false, 0, 0, nil, CheckUnproven, false, 1},
		{"beyond the memory a warning differs", false, 5, 1, stays, CheckUnproven, false, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			state, open, attempt := verdict(test.trusted, test.keys, test.differences, test.before)
			if state != test.state || open != test.open || attempt != test.attempt {
				t.Errorf("it is %s, opens %t, attempt %d; want %s, %t, %d", state, open, attempt, test.state, test.open, test.attempt)
			}
		})
	}
}

package load

import (
	"math"
	"testing"
	"time"
)

func TestAWindowIsLoweredOnceItsSumFallsFarBelowTheMostThatItEverHad(t *testing.T) {
	t.Parallel()
	type sum = [2]int64
	type step struct {
		now      sum
		lowered  bool // by this load
		reported bool // by the status
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"to nothing and back", []step{{sum{3, 3}, false, false}, {sum{}, true, true}, {sum{}, false, true}, {sum{3, 3}, false, false}}},
		{"by a tenth", []step{{sum{100, 100}, false, false}, {sum{90, 90}, false, false}}},
		{"by more than a tenth, and up to nine tenths", []step{{sum{100, 100}, false, false}, {sum{89, 89}, true, true}, {sum{90, 90}, false, false}}},
		{"in one grain", []step{{sum{100, 100}, false, false}, {sum{100, 89}, true, true}, {sum{200, 89}, false, true}}},
		{"in small steps", []step{{sum{100, 0}, false, false}, {sum{95, 0}, false, false}, {sum{90, 0}, false, false}, {sum{86, 0}, true, true}, {sum{85, 0}, true, true}}},
		{"a single push", []step{{sum{1, 1}, false, false}, {sum{}, true, true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var e Entry
			var before sum
			for i, s := range tt.steps {
				lowered := e.lower(before, s.now, time.Unix(int64(i), 0))
				if lowered != s.lowered || (e.LoweredAt != nil) != s.reported {
					t.Errorf("step %d: lowered %t, at %v, want %+v", i, lowered, e.LoweredAt, s)
				}
				before = s.now
			}
		})
	}
}

func TestASumOfHugeCountsIsNotLow(t *testing.T) {
	t.Parallel()
	huge := factRow{count: math.MaxInt64}
	if got := sums([]factRow{huge, huge}, 0); got != [2]int64{math.MaxInt64, 0} {
		t.Errorf("the sums are %v", got)
	}
}

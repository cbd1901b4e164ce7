package pipeline

import "testing"

func TestSpansThatSaveTooLittleWaitTwiceAsLongAfterEachTrial(t *testing.T) {
	t.Parallel()
	var trial spanTrial
	failing := func(want int) {
		t.Helper()
		if trial.note(91, 100); trial.pays || trial.byDays != want {
			t.Errorf("%d parts go by days, want %d; pays: %t", trial.byDays, want, trial.pays)
		}
	}
	for _, want := range []int{1, 2, 4, 8} {
		failing(want)
	}
	if trial.note(90, 100); !trial.pays {
		t.Error("a tenth less does not pay")
	}
	failing(1) // it begins again
	for range 20 {
		trial.note(100, 100)
	}
	failing(1 << 10)
}

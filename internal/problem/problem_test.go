package problem_test

import (
	"slices"
	"testing"

	"pushloss/internal/problem"
)

// A broken database is looked at before a refusal: it may be the reason for the rest.
func TestCodesAreRankedByWhatToLookAtFirst(t *testing.T) {
	t.Parallel()
	ranked := []problem.Code{problem.Done, problem.Partly, problem.Usage, problem.Refused, problem.Database, problem.Interrupted}
	for i, worse := range ranked {
		for _, other := range ranked[:i+1] {
			if one, two := problem.Worse(worse, other), problem.Worse(other, worse); one != worse || two != worse {
				t.Errorf("of %d and %d, the worse is %d, or %d in the other order", worse, other, one, two)
			}
		}
	}
}

func TestAListNamesTheFirstMistakesAndCountsTheRest(t *testing.T) {
	t.Parallel()
	mistake := &problem.UsageError{Problem: "a mistake"}
	for _, test := range []struct {
		name     string
		mistakes int
		want     string
	}{
		{"none more", 2, "a mistake\na mistake"},
		{"one more", 3, "a mistake\na mistake\nand 1 more problem"},
		{"several more", 12, "a mistake\na mistake\nand 10 more problems"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := problem.List[error](slices.Repeat([]error{mistake}, test.mistakes)).Lines(2); got != test.want {
				t.Errorf("it says %q", got)
			}
		})
	}
}

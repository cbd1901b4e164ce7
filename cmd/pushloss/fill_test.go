package main_test

import (
	"testing"
)

func TestFillMakesADatabaseToMeasureWith(t *testing.T) {
	t.Parallel()
	w := setup(t)
	small := []string{"sandbox", "fill", "--apps", "1", "--tasks", "5", "--days", "4", "--rows", "12"}
	w.do(0, small...).says(t, "facts made", "rows a second")
	if w.calls.Load() > 0 {
		t.Error("it called the API that the settings name")
	}
	w.do(0, small...).says(t, "0 facts made")
	w.do(2, append(small, "--apps", "0")...).says(t, "apps must be 1 to")
}

func TestFillSparesADatabaseInUse(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, "tasks", "add", "spring-sale")
	w.do(2, "sandbox", "fill", "--days", "1").says(t, "not the sandbox's", "a separate database")
}

package pipeline_test

import (
	"testing"

	"pushloss/internal/pipeline"
)

func TestAProblemNamesItsAppOnce(t *testing.T) {
	t.Parallel()
	for problem, want := range map[string]string{
		"the API answered code 70009":                  "app 7: the API answered code 70009",
		"app 7 is being worked on by process 1":        "app 7 is being worked on by process 1",
		"load 2025-03-31 (loss) of app 7: write: gone": "load 2025-03-31 (loss) of app 7: write: gone",
	} {
		if got := (pipeline.AppReport{SDKAppID: 7, Problem: problem}).NamedProblem(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

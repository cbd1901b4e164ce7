package main_test

import (
	"errors"
	"os"
	"os/exec"
	"testing"
)

// A reader of the output that leaves, such as head, does not end a job: the exit code and the alert
// stay.
func TestAJobOutlivesTheReadersOfItsOutput(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		args []string
	}{
		{"a table", []string{"run"}},
		{"JSON", []string{"run", "--output", "json"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.faults("code=60020")
			reader, left, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer left.Close()
			if err := reader.Close(); err != nil {
				t.Fatal(err)
			}
			run := exec.Command(binary, test.args...)
			for key, value := range w.env {
				run.Env = append(run.Env, key+"="+value)
			}
			run.Stdout, run.Stderr = left, left
			var ended *exec.ExitError
			if err := run.Run(); !errors.As(err, &ended) || ended.ExitCode() != 4 {
				t.Errorf("it ends with %v, want exit code 4", err)
			}
			if n := w.number(`SELECT count(*) FROM analytics.alerts WHERE kind = 'app_stopped'`); n != 1 {
				t.Errorf("%d alerts say that the app stopped, want 1", n)
			}
		})
	}
}

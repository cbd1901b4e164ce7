package main_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/lab/program"
)

// Every step of docs/operations.md works, in its order, on what the demo leaves, and prints what
// the guide shows.
func TestTheOperationsGuideCanBeFollowed(t *testing.T) {
	t.Parallel()
	for _, client := range []string{"bash", "psql", "pg_dump", "pg_restore"} {
		if _, err := exec.LookPath(client); err != nil {
			t.Skipf("the guide's steps need %s: %v", client, err)
		}
	}
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	w := setup(t)
	for _, name := range []string{"PUSHLOSS_STREAMS", "PUSHLOSS_LOOKBACK_DAYS", "PUSHLOSS_API_MEMORY_DAYS"} {
		delete(w.env, name)
	}
	w.env["PUSHLOSS_API_MEMORY_DAYS"] = "8" // as the demo does, whose 7 days are all trusted
	w.env["PUSHLOSS_LOG_LEVEL"] = "error"
	w.env["PATH"] = filepath.Dir(binary) + string(os.PathListSeparator) + os.Getenv("PATH")
	w.do(0, "tasks", "add", "--sent-at", w.back(7), "demo-welcome", "demo-flash-sale", "demo-newsletter")
	w.do(0, "run")

	examples := examplesOf(string(text))
	if len(examples) < 15 {
		t.Fatalf("only %d commands were found in the guide", len(examples))
	}
	dir := t.TempDir()
	for _, example := range examples {
		line := w.daysAgo(example.line)
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		command := exec.CommandContext(ctx, "bash", "-c", line)
		command.Dir = dir
		for key, value := range w.env {
			command.Env = append(command.Env, key+"="+value)
		}
		var stderr program.Output
		command.Stderr = &stderr
		stdout, err := command.Output()
		cancel()
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) { // 1 is a finding, which is shown
			t.Fatalf("%s: %v\n%s%s", line, err, stdout, tail(stderr.String()))
		}
		if diff := gocmp.Diff(gist(example.shown), gist(string(stdout))); diff != "" {
			t.Errorf("%s (-guide +output):\n%s%s", line, diff, tail(stderr.String()))
		}
	}
}

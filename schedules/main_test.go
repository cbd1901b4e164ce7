package schedules_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"go.uber.org/goleak"

	"pushloss/schedules"
)

// TestMain checks that no runner leaves a goroutine behind (K6).
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var knownJobs = []string{"run", "report"}

// entries are schedules in UTC, each written "JOB CRON".
func entries(t *testing.T, lines ...string) []schedules.Schedule {
	t.Helper()
	return entriesIn(t, time.UTC, lines...)
}

func entriesIn(t *testing.T, location *time.Location, lines ...string) []schedules.Schedule {
	t.Helper()
	var file strings.Builder
	file.WriteString("schedules:\n")
	for i, line := range lines {
		job, cron, _ := strings.Cut(line, " ")
		file.WriteString("  - {name: entry-" + string(rune('a'+i)) + ", job: " + job + ", cron: \"" + cron + "\"}\n")
	}
	parsed, err := schedules.Parse("test.yaml", []byte(file.String()), knownJobs, location)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

// start runs a runner; stop ends it and returns what Run returned.
func start(t *testing.T, parsed []schedules.Schedule, jobs map[string]schedules.Job, opts schedules.Options) (stop func() error) {
	t.Helper()
	runner, err := schedules.New(parsed, jobs, opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}
}

// logged collects log lines.
type logged struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (l *logged) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.Write(line)
}

func (l *logged) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.lines.String(), text)
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

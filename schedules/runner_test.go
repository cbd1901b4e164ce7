package schedules_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/schedules"
)

func TestJobsRunAtTheirTicks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now() // midnight UTC
		ran := make(chan string, 10)
		jobs := map[string]schedules.Job{
			"run":    func(context.Context) error { ran <- "run " + time.Since(begin).String(); return nil },
			"report": func(context.Context) error { ran <- "report " + time.Since(begin).String(); return nil },
		}
		shanghai := zone(t, "Asia/Shanghai") // eight hours ahead
		parsed := append(entriesIn(t, shanghai, "run 0 9 * * *"), entries(t, "report 30 1 * * *")...)
		stop := start(t, parsed, jobs, schedules.Options{})
		time.Sleep(26 * time.Hour)
		if err := stop(); err != nil {
			t.Errorf("run: %v", err)
		}
		close(ran)
		var got []string
		for run := range ran {
			got = append(got, run)
		}
		if diff := cmp.Diff([]string{"run 1h0m0s", "report 1h30m0s", "run 25h0m0s", "report 25h30m0s"}, got); diff != "" {
			t.Errorf("runs (-want +got):\n%s", diff)
		}
	})
}

// K1: a job never runs twice at the same time, by one entry or by two.
func TestATickIsSkippedWhileItsJobIsRunning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                string
		entries             []string
		wantRuns, wantSkips int
		wantSkipped         string // in the log
		wantAtOnce          int32
	}{
		{"by the same entry", []string{"run 0 * * * *"}, 2, 3, "schedule=entry-a job=run", 1},
		{"by another entry", []string{"run 0 0 * * *", "run 0 1 * * *"}, 1, 1, "schedule=entry-b job=run", 1},
		{"not another job", []string{"run 0 1 * * *", "report 0 2 * * *"}, 2, 0, "", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(23 * time.Hour) // ticks at midnight are ahead
				var runs, now, most atomic.Int32
				job := func(context.Context) error {
					runs.Add(1)
					most.Store(max(most.Load(), now.Add(1)))
					time.Sleep(2*time.Hour + 30*time.Minute)
					now.Add(-1)
					return nil
				}
				const skipped = "tick skipped: the job is still running"
				var log logged
				jobs := map[string]schedules.Job{"run": job, "report": job}
				stop := start(t, entries(t, test.entries...), jobs, schedules.Options{Log: log.logger(), Grace: 3 * time.Hour})
				time.Sleep(5*time.Hour + 10*time.Minute) // until 04:10
				if err := stop(); err != nil {
					t.Errorf("run: %v", err)
				}
				skips := log.count(skipped)
				if int(runs.Load()) != test.wantRuns || skips != test.wantSkips {
					t.Errorf("%d runs, %d skips, want %d and %d", runs.Load(), skips, test.wantRuns, test.wantSkips)
				}
				if got := log.count(skipped + "\" " + test.wantSkipped); test.wantSkipped != "" && got != test.wantSkips {
					t.Errorf("the log does not name what was skipped:\n%s", log.lines.String())
				}
				if most.Load() != test.wantAtOnce {
					t.Errorf("%d runs at once, want %d", most.Load(), test.wantAtOnce)
				}
			})
		})
	}
}

// K2: a panic is logged and reported, and the next tick works.
func TestAPanicIsRecoveredAndTheNextTickWorks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("the cause")
		runs := 0
		jobs := map[string]schedules.Job{"run": func(context.Context) error {
			runs++
			switch runs {
			case 1:
				panic(cause)
			case 2:
				return cause
			}
			return nil
		}}
		var ends []schedules.End
		var log logged
		begin := time.Now()
		stop := start(t, entries(t, "run 0 * * * *"), jobs, schedules.Options{
			Log: log.logger(), OnEnd: func(end schedules.End) { ends = append(ends, end) },
		})
		time.Sleep(3*time.Hour + time.Minute)
		if err := stop(); err != nil {
			t.Errorf("run: %v", err)
		}
		if len(ends) != 3 {
			t.Fatalf("ends are %+v, want 3", ends)
		}
		var panicked *schedules.PanicError
		if !errors.As(ends[0].Err, &panicked) || !errors.Is(ends[0].Err, cause) || !strings.Contains(string(panicked.Stack), "runner_test.go") {
			t.Errorf("first end is %+v, want a panic with its stack", ends[0])
		}
		if got := ends[0]; got.Schedule != "entry-a" || got.Job != "run" || !got.StartedAt.Equal(begin.Add(time.Hour)) {
			t.Errorf("first end is %+v", got)
		}
		if !errors.Is(ends[1].Err, cause) || ends[2].Err != nil {
			t.Errorf("later ends are %v, %v", ends[1].Err, ends[2].Err)
		}
		if log.count("job panicked") != 1 || log.count("runner_test.go") == 0 || log.count("job failed") != 1 || log.count("job done") != 1 {
			t.Errorf("log is\n%s", log.lines.String())
		}
	})
}

// K2: even a panic outside the job, in the hook, does not end the ticks.
func TestAPanicOfTheHookIsRecoveredToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		jobs := map[string]schedules.Job{"run": func(context.Context) error { runs++; return nil }}
		var log logged
		stop := start(t, entries(t, "run 0 * * * *"), jobs, schedules.Options{
			Log: log.logger(), OnEnd: func(schedules.End) { panic("hook") },
		})
		time.Sleep(3*time.Hour + time.Minute)
		if err := stop(); err != nil {
			t.Errorf("run: %v", err)
		}
		if runs != 3 || log.count("level=ERROR") != 3 {
			t.Errorf("%d runs, log:\n%s", runs, log.lines.String())
		}
	})
}

func TestARunnerNeedsRunnableSchedules(t *testing.T) {
	t.Parallel()
	job := func(context.Context) error { return nil }
	if _, err := schedules.New(entries(t, "run @daily"), map[string]schedules.Job{"report": job}, schedules.Options{}); err == nil {
		t.Error("a schedule without its job is taken")
	}
	unparsed := []schedules.Schedule{{Name: "a", Job: "run"}}
	if _, err := schedules.New(unparsed, map[string]schedules.Job{"run": job}, schedules.Options{}); err == nil {
		t.Error("a schedule without ticks is taken")
	}
}

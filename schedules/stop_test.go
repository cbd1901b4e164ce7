package schedules_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/schedules"
)

// K4: a stop cancels the running job's context and waits for its end.
func TestAStopWaitsForTheRunningJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ends []schedules.End
		jobs := map[string]schedules.Job{"run": func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(20 * time.Second) // its last window
			return ctx.Err()
		}}
		var log logged
		stop := start(t, entries(t, "run 0 * * * *", "report @every 1m"), withReport(jobs), schedules.Options{
			Log: log.logger(), OnEnd: func(end schedules.End) {
				if end.Job == "run" {
					ends = append(ends, end)
				}
			},
		})
		time.Sleep(time.Hour + time.Minute + time.Second)
		reports, stopped := log.count("job done"), time.Now()
		if err := stop(); err != nil {
			t.Errorf("run: %v", err)
		}
		if took := time.Since(stopped); took != 20*time.Second {
			t.Errorf("the stop took %s", took)
		}
		if len(ends) != 1 || !errors.Is(ends[0].Err, context.Canceled) {
			t.Errorf("ends are %+v", ends)
		}
		if log.count("job was interrupted") != 1 || log.count("level=ERROR") != 0 {
			t.Errorf("log is\n%s", log.lines.String())
		}
		time.Sleep(time.Hour)
		if got := log.count("job done"); got != reports {
			t.Errorf("%d ticks after the stop", got-reports)
		}
	})
}

// withReport adds a report that does nothing.
func withReport(jobs map[string]schedules.Job) map[string]schedules.Job {
	jobs["report"] = func(context.Context) error { return nil }
	return jobs
}

// K4: a job that does not end is waited for until the deadline, and named.
func TestAStopNamesTheJobThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		grace, want time.Duration
	}{
		{"by default", 0, time.Minute},
		{"as configured", 5 * time.Second, 5 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				jobs := withReport(map[string]schedules.Job{"run": func(context.Context) error { <-release; return nil }})
				stop := start(t, entries(t, "run 0 * * * *", "report 0 * * * *"), jobs, schedules.Options{Grace: test.grace})
				time.Sleep(time.Hour + time.Second)
				stopped := time.Now()
				err := stop()
				var still *schedules.StillRunningError
				if !errors.As(err, &still) || time.Since(stopped) != test.want {
					t.Fatalf("after %s: %v", time.Since(stopped), err)
				}
				if diff := cmp.Diff([]string{"run"}, still.Jobs); diff != "" {
					t.Errorf("jobs named (-want +got):\n%s", diff)
				}
				close(release)
			})
		})
	}
}

// K4: a stop waits for a catch-up at the start as for a tick.
func TestAStopWaitsForACatchUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := false
		jobs := map[string]schedules.Job{"run": func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(10 * time.Second)
			ended = true
			return nil
		}}
		stop := start(t, entries(t, "run @daily"), jobs, schedules.Options{LastStarted: neverStarted})
		time.Sleep(time.Second)
		if err := stop(); err != nil || !ended {
			t.Errorf("ended %t, error %v", ended, err)
		}
	})
}

func neverStarted(context.Context, string) (time.Time, error) { return time.Time{}, nil }

// K6: starting and stopping at any moment leaves nothing running. TestMain looks
// for goroutines left behind.
func TestStartingAndStoppingAtAnyMomentLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	var running atomic.Int32
	jobs := map[string]schedules.Job{"run": func(ctx context.Context) error {
		running.Add(1)
		defer running.Add(-1)
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(rand.IntN(300)) * time.Microsecond):
		}
		return ctx.Err()
	}}
	parsed := entries(t, "run * * * * *", "run @every 1m", "report @daily")
	runner, err := schedules.New(parsed, withReport(jobs), schedules.Options{LastStarted: neverStarted})
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.IntN(500))*time.Microsecond)
		err := runner.Run(ctx)
		cancel()
		if err != nil || running.Load() != 0 {
			t.Fatalf("error %v, %d running", err, running.Load())
		}
	}
}

// K6: the same in virtual time, stopped at the very moments of ticks.
func TestAStopAtTheMomentOfATickEndsTheRunner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		jobs := withReport(map[string]schedules.Job{"run": func(ctx context.Context) error { return ctx.Err() }})
		for range 100 {
			stop := start(t, entries(t, "run * * * * *", "report @every 1m"), jobs, schedules.Options{})
			time.Sleep(time.Duration(1+rand.IntN(3)) * time.Minute)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

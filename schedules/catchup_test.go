package schedules_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/schedules"
)

// K3: missed ticks are caught up on at the start, once per job.
func TestMissedTicksAreCaughtUpOnce(t *testing.T) {
	t.Parallel()
	never := func(time.Time) (time.Time, error) { return time.Time{}, nil }
	ago := func(d time.Duration) func(time.Time) (time.Time, error) {
		return func(now time.Time) (time.Time, error) { return now.Add(-d), nil }
	}
	for _, test := range []struct {
		name    string
		entries []string
		last    func(now time.Time) (time.Time, error)
		want    []string
	}{
		{"never ran", []string{"run 0 3 * * *"}, never, []string{"run 0s"}},
		{"days missed", []string{"run 0 3 * * *"}, ago(90 * time.Hour), []string{"run 0s"}},
		{"nothing missed", []string{"run 0 3 * * *"}, ago(time.Hour), nil},
		{"missed by one entry of two", []string{"run 0 3 * * *", "run 0 11 * * *"}, ago(4 * time.Hour), []string{"run 0s"}},
		{"missed by both entries", []string{"run 0 3 * * *", "run 0 11 * * *"}, never, []string{"run 0s"}},
		{"missed by two jobs", []string{"run 0 3 * * *", "report 0 4 * * *"}, never, []string{"report 0s", "run 0s"}},
		{"unknown counts as missed", []string{"run 0 3 * * *"}, func(time.Time) (time.Time, error) {
			return time.Time{}, errors.New("no database")
		}, []string{"run 0s"}},
		{"every eight hours, five ago", []string{"run @every 8h"}, ago(5 * time.Hour), []string{"run 0s"}},
		{"every eight hours, three ago", []string{"run @every 8h"}, ago(3 * time.Hour), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(12 * time.Hour) // noon
				begin := time.Now()
				ran := make(chan string, 10)
				jobs := map[string]schedules.Job{
					"run":    func(context.Context) error { ran <- "run " + time.Since(begin).String(); return nil },
					"report": func(context.Context) error { ran <- "report " + time.Since(begin).String(); return nil },
				}
				stop := start(t, entries(t, test.entries...), jobs, schedules.Options{
					LastStarted: func(context.Context, string) (time.Time, error) { return test.last(begin) },
				})
				time.Sleep(time.Hour)
				if err := stop(); err != nil {
					t.Errorf("run: %v", err)
				}
				close(ran)
				var got []string
				for run := range ran {
					got = append(got, run)
				}
				slices.Sort(got)
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("runs (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestJobsAreCaughtUpOneAfterTheOtherInTheFilesOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(12 * time.Hour)
		begin := time.Now()
		ran := make(chan string, 10)
		job := func(name string) schedules.Job {
			return func(context.Context) error {
				ran <- name + " " + time.Since(begin).String()
				time.Sleep(10 * time.Minute)
				return nil
			}
		}
		jobs := map[string]schedules.Job{"run": job("run"), "report": job("report")}
		stop := start(t, entries(t, "run 0 3 * * *", "report 0 4 * * *"), jobs, schedules.Options{
			LastStarted: func(context.Context, string) (time.Time, error) { return time.Time{}, nil },
		})
		time.Sleep(time.Hour)
		if err := stop(); err != nil {
			t.Errorf("run: %v", err)
		}
		close(ran)
		var got []string
		for run := range ran {
			got = append(got, run)
		}
		if diff := cmp.Diff([]string{"run 0s", "report 10m0s"}, got); diff != "" {
			t.Errorf("runs (-want +got):\n%s", diff)
		}
	})
}

func TestATickThatCameMeanwhileIsNotCaughtUpAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(3*time.Hour - 10*time.Second)
		runs := 0
		jobs := map[string]schedules.Job{"run": func(context.Context) error { runs++; return nil }}
		stop := start(t, entries(t, "run 0 3 * * *"), jobs, schedules.Options{
			// It answers after the tick, with what was true before it.
			LastStarted: func(context.Context, string) (time.Time, error) {
				asked := time.Now()
				time.Sleep(20 * time.Second)
				return asked.Add(-25 * time.Hour), nil
			},
		})
		time.Sleep(time.Hour)
		if err := stop(); err != nil {
			t.Errorf("run: %v", err)
		}
		if runs != 1 {
			t.Errorf("%d runs, want 1", runs)
		}
	})
}

// K3: a time that clocks show twice is one tick.
func TestATickInTheHourShownTwiceComesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		berlin := zone(t, "Europe/Berlin")
		time.Sleep(time.Until(time.Date(2000, 10, 29, 0, 0, 0, 0, berlin))) // clocks go back at 3
		var ticks, pulled int
		covered := ""
		jobs := map[string]schedules.Job{"run": func(context.Context) error {
			ticks++
			if yesterday := time.Now().In(berlin).AddDate(0, 0, -1).Format(time.DateOnly); covered < yesterday {
				covered = yesterday
				pulled++
			}
			return nil
		}}
		stop := start(t, entriesIn(t, berlin, "run 30 2 * * *"), jobs, schedules.Options{})
		time.Sleep(24 * time.Hour)
		if err := stop(); err != nil {
			t.Errorf("run: %v", err)
		}
		if ticks != 1 || pulled != 1 {
			t.Errorf("%d ticks, %d days pulled, want 1 and 1", ticks, pulled)
		}
	})
}

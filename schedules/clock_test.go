package schedules_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/schedules"
)

// wall is a clock that can be set, and that continues while the machine's timers do not.
type wall struct{ ahead atomic.Int64 }

func (w *wall) now() time.Time                 { return time.Now().Add(time.Duration(w.ahead.Load())) }
func (w *wall) jump(by time.Duration)          { w.ahead.Add(int64(by)) }
func (w *wall) options() (o schedules.Options) { o.Now = w.now; return o }

func TestATickMissedInTheMachinesSleepIsCaughtUpOnceWithinAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var clock wall
		var ran []string
		var runs atomic.Int32
		jobs := map[string]schedules.Job{"run": func(context.Context) error {
			runs.Add(1)
			ran = append(ran, clock.now().Format("02 15:04"))
			return nil
		}}
		stop := start(t, entries(t, "run 0 3 * * *"), jobs, clock.options())
		time.Sleep(time.Hour + 30*time.Second)
		clock.jump(51 * time.Hour) // two ticks in its sleep
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := runs.Load(); n != 1 {
			t.Errorf("a minute after the sleep it has run %d times", n)
		}
		time.Sleep(24 * time.Hour)
		if err := stop(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"03 04:01", "04 03:00"}, ran); diff != "" {
			t.Errorf("runs (-want +got):\n%s", diff)
		}
	})
}

func TestTicksGoOnAfterTheClockWasSet(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		by   time.Duration
		want []string
	}{
		{"clocks go back ten days", -240 * time.Hour, []string{"01 03:00", "23 03:00", "24 03:00"}},
		{"clocks go back an hour, across a tick", -time.Hour, []string{"01 03:00", "01 03:00", "02 03:00"}},
		{"clocks go forward ten days", 240 * time.Hour, []string{"01 03:00", "11 03:30", "12 03:00"}},
		{"clocks go forward an hour, without a tick", time.Hour, []string{"01 03:00", "02 03:00"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var clock wall
				var ran []string
				jobs := map[string]schedules.Job{"run": func(context.Context) error {
					ran = append(ran, clock.now().Format("02 15:04"))
					return nil
				}}
				stop := start(t, entries(t, "run 0 3 * * *"), jobs, clock.options())
				time.Sleep(3*time.Hour + 29*time.Minute + 30*time.Second)
				clock.jump(test.by)
				for range 2 {
					time.Sleep(24 * time.Hour)
				}
				if err := stop(); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(test.want, ran[:min(len(ran), len(test.want))]); diff != "" {
					t.Errorf("runs (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// An outage at the tick costs minutes, not a day.
func TestAJobIsTriedAgainAfterPausesAndThenWaitsForItsTick(t *testing.T) {
	t.Parallel()
	again := &schedules.AgainError{Err: errors.New("the database is away")}
	for _, test := range []struct {
		name  string
		fails int // this number of times from the first tick on
		with  error
		pause []time.Duration
		want  []string
	}{
		{"it passes", 2, again, nil, []string{"01 03:00:00", "01 03:01:10", "01 03:06:20", "02 03:00:00"}},
		{"it lasts", 5, again, nil, []string{
			"01 03:00:00", "01 03:01:10", "01 03:06:20", "01 03:36:30", "02 03:00:00", "02 03:01:10"}},
		{"no transient failure", 1, errors.New("a wrong key"), nil, []string{"01 03:00:00", "02 03:00:00"}},
		{"a panic", 1, &schedules.PanicError{}, nil, []string{"01 03:00:00", "02 03:00:00"}},
		{"other pauses", 2, again, []time.Duration{time.Second}, []string{"01 03:00:00", "01 03:00:11", "02 03:00:00"}},
		{"none", 1, again, []time.Duration{}, []string{"01 03:00:00", "02 03:00:00"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var ran []string
				jobs := map[string]schedules.Job{"run": func(context.Context) error {
					ran = append(ran, time.Now().Format("02 15:04:05"))
					time.Sleep(10 * time.Second)
					if len(ran) <= test.fails {
						return test.with
					}
					return nil
				}}
				stop := start(t, entries(t, "run 0 3 * * *"), jobs, schedules.Options{Retries: test.pause})
				time.Sleep(28 * time.Hour)
				if err := stop(); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(test.want, ran); diff != "" {
					t.Errorf("runs (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestATickBeforeTheNextTryTakesItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ran []string
		jobs := map[string]schedules.Job{"run": func(context.Context) error {
			ran = append(ran, time.Now().Format("15:04"))
			if len(ran) <= 3 {
				return &schedules.AgainError{Err: errors.New("away")}
			}
			return nil
		}}
		stop := start(t, entries(t, "run */10 * * * *"), jobs, schedules.Options{})
		time.Sleep(25 * time.Minute)
		if err := stop(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"00:10", "00:11", "00:16", "00:20"}, ran); diff != "" {
			t.Errorf("runs (-want +got):\n%s", diff)
		}
	})
}

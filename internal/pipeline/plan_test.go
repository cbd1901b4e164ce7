package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// R2: which windows each kind of reprocessing pulls, over all states of the ledger.
func TestR2TheVerdictOnAWindow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		known   bool
		state   load.State
		settled load.SettledReason

		missing, failed, all bool
	}{
		{"never pulled", false, load.StateOpen, load.NotSettled, true, false, true},
		{"failed", true, load.StateFailed, load.NotSettled, true, true, true},
		{"loaded, not settled", true, load.StateLoaded, load.NotSettled, true, false, true},
		{"loaded, settled", true, load.StateLoaded, load.ByLookback, false, false, true},
		{"empty, not settled", true, load.StateEmpty, load.NotSettled, true, false, true},
		{"empty, settled", true, load.StateEmpty, load.ByLookback, false, false, true},
		{"absent, not settled", true, load.StateAbsent, load.NotSettled, true, false, true},
		{"absent, settled", true, load.StateAbsent, load.ByAPIMemory, false, false, true},
		{"unproven", true, load.StateUnproven, load.ByAPIMemory, false, false, true},
		{"unavailable", true, load.StateUnavailable, load.ByAPIMemory, false, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			want := map[Reprocess]bool{Missing: test.missing, Failed: test.failed, All: test.all}
			got := make(map[Reprocess]bool)
			for reprocess := range want {
				due, why := appPlan{reprocess: reprocess}.verdict(test.known, stateOf(t, load.WindowRef{}, test.state, test.settled, time.Time{}))
				got[reprocess] = due
				if why == "" {
					t.Errorf("%s: the plan does not say why", reprocess)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("due (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheVerdictOnAWindowThatWasJustPulled(t *testing.T) {
	t.Parallel()
	tick := time.Date(2025, 3, 20, 3, 0, 0, 0, time.UTC)
	p := appPlan{reprocess: Missing, tick: tick, now: tick.Add(time.Minute)}
	for _, test := range []struct {
		name     string
		state    load.State
		pulledAt time.Time
		due      bool
	}{
		{"before the tick", load.StateLoaded, tick.Add(-time.Microsecond), true},
		{"at the tick", load.StateLoaded, tick, false},
		{"since the tick", load.StateEmpty, tick.Add(time.Second), false},
		{"since the tick, without an answer", load.StateFailed, tick.Add(time.Second), true},
		{"by a clock that is ahead as far as clocks may be", load.StateLoaded, p.now.Add(ClockTolerance), false},
		{"by a clock that was further ahead", load.StateLoaded, p.now.Add(ClockTolerance + time.Microsecond), true},
	} {
		if due, why := p.verdict(true, stateOf(t, load.WindowRef{}, test.state, load.NotSettled, test.pulledAt)); due != test.due {
			t.Errorf("%s: due is %t: %s", test.name, due, why)
		}
	}
}

func stateOf(t interface{ Fatal(...any) }, of load.WindowRef, state load.State, settled load.SettledReason, pulledAt time.Time) load.WindowState {
	stored, err := load.NewWindowState(of, state, settled, pulledAt)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// A backfill of such days exits 1 and leaves the status wrong for 30 days: its plan says so before.
func TestAPlanNamesTheWindowsThatAnAnswerCanNoLongerProve(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		day       calendar.Day
		state     load.State // "" is a window that is not in the ledger
		confirmed bool
		late      bool
	}{
		{"the newest forgotten day", 20000, "", false, true},
		{"an older day that failed", 19990, load.StateFailed, false, true},
		{"the oldest remembered day", 20001, "", false, false},
		{"a day that was loaded in time", 20000, load.StateLoaded, true, false},
	} {
		p := appPlan{
			app: App{Location: time.UTC}, streams: []planStream{{stream.Loss, 0}}, reprocess: All, forgotten: 20000,
		}
		var ledger load.WindowStates
		if test.state != "" {
			stored := stateOf(t, load.WindowRef{Stream: stream.Loss, Day: test.day}, test.state, load.NotSettled, time.Time{})
			stored.Confirmed = test.confirmed
			ledger = append(ledger, stored)
		}
		windows := p.windowsOf(test.day, ledger, allWindows)
		if len(windows) != 1 || !windows[0].Due || strings.Contains(p.describe(windows[0]).Why, "unproven") != test.late {
			t.Errorf("%s: %+v", test.name, windows)
		}
	}
}

// S15: for any ledger, the requests of a day are its due windows, each once, at
// most five tasks to a request and never more than seven days.
func TestS15RequestsAreTheDueWindows(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		day := calendar.Day(rapid.IntRange(14000, 22000).Draw(t, "day"))
		p := appPlan{
			app:       App{Location: loc},
			tasksOnly: rapid.Bool().Draw(t, "tasksOnly"),
			reprocess: rapid.SampledFrom([]Reprocess{Missing, Failed, All}).Draw(t, "reprocess"),
		}
		for _, stream := range rapid.SliceOfDistinct(rapid.SampledFrom(stream.All()), rapid.ID).Draw(t, "streams") {
			p.streams = append(p.streams, planStream{stream, day + calendar.Day(rapid.IntRange(-1, 1).Draw(t, "first"))})
		}
		covered := make(map[int32]bool)
		for key := range int32(rapid.IntRange(0, 17).Draw(t, "tasks")) {
			p.tasks = append(p.tasks, load.Task{Key: key + 1, TaskID: fmt.Sprint("task ", key+1)})
			covered[key+1] = rapid.Bool().Draw(t, "covered")
		}
		p.covers = func(task load.Task, _ calendar.Day) bool { return covered[task.Key] }
		var ledger load.WindowStates
		for _, stream := range stream.All() {
			for key := range int32(len(p.tasks) + 1) {
				if rapid.Bool().Draw(t, "known") {
					state := rapid.SampledFrom([]load.State{load.StateLoaded, load.StateFailed, load.StateAbsent}).Draw(t, "state")
					settled := rapid.SampledFrom([]load.SettledReason{load.NotSettled, load.ByLookback}).Draw(t, "settled")
					ledger = append(ledger, stateOf(t, load.WindowRef{Stream: stream, Day: day, TaskKey: key}, state, settled, time.Time{}))
				}
			}
		}
		load.SortWindowStates(ledger)

		windows := p.windowsOf(day, ledger, allWindows)
		type window struct {
			stream stream.Stream
			task   string
		}
		due := make(map[window]int)
		for _, w := range windows {
			if at := slices.IndexFunc(p.streams, func(s planStream) bool { return s.Stream == w.Stream }); at < 0 || p.streams[at].first > day {
				t.Errorf("the plan has a window of a stream that is not due: %+v", w)
			}
			if w.Day != day || w.task.Key == 0 && p.tasksOnly || w.task.Key != 0 && !covered[w.task.Key] {
				t.Errorf("the plan has a window it should not: %+v", w)
			}
			if w.Due {
				due[window{w.Stream, w.task.TaskID}]++
			}
		}
		asked := make(map[window]int)
		for _, r := range p.requests(windows) {
			if len(r.tasks) == 0 || len(r.tasks) > 5 {
				t.Errorf("a request of %d tasks", len(r.tasks))
			}
			if len(r.taskIDs()) > 0 && !r.stream.ByTask() {
				t.Errorf("tasks are asked for of %s", r.stream)
			}
			if r.window != day.Window(loc) || r.window.End.Sub(r.window.Start) > 7*24*time.Hour {
				t.Errorf("a request of %s to %s", r.window.Start, r.window.End)
			}
			for _, task := range r.tasks {
				asked[window{r.stream, task.ID}]++
			}
			if ids := r.taskIDs(); len(ids) != len(r.tasks) && (len(r.tasks) != 1 || r.tasks[0] != load.TaskRef{}) {
				t.Errorf("the whole app is asked for together with tasks: %+v", r.tasks)
			}
		}
		if diff := cmp.Diff(due, asked); diff != "" {
			t.Errorf("windows asked for (-due +asked):\n%s", diff)
		}
		for window, n := range asked {
			if n != 1 {
				t.Errorf("%v is asked for %d times", window, n)
			}
		}
	})
}

func TestDurationIsThatOfTheAllowedRate(t *testing.T) {
	t.Parallel()
	for rate, want := range map[float64]time.Duration{0: 0, 1: 90 * time.Second, 20: 4500 * time.Millisecond, 0.5: 3 * time.Minute} {
		if got := (App{CallsPerSecond: rate}).Duration(90); got != want {
			t.Errorf("90 requests at %v a second take %s, want %s", rate, got, want)
		}
	}
}

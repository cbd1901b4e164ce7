package pipeline

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// Zones whose clocks change at midnight, by half an hour, and that left out a date.
var spanZones = []string{"UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia"}

func drawPolicy(t *rapid.T) policy {
	loc, err := time.LoadLocation(rapid.SampledFrom(spanZones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	return policy{Settings: Settings{APIMemoryDays: rapid.IntRange(1, 12).Draw(t, "memory")}, location: loc}
}

// S15: spans cover every day once, oldest first. None is longer than a request may be, and none
// could include the next day.
func TestS15SpansTileARange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPolicy(t)
		days := calendar.Span{First: calendar.Day(rapid.IntRange(14000, 22000).Draw(t, "first"))}
		days.Last = days.First + calendar.Day(rapid.IntRange(0, 40).Draw(t, "more"))
		next := days.First
		for _, span := range p.cut(days) {
			if span.First != next || span.Last < span.First || !p.fits(span) {
				t.Fatalf("%s comes where %s begins", span, next)
			}
			if span.Last < days.Last && p.fits(calendar.Span{First: span.First, Last: span.Last + 1}) {
				t.Fatalf("%s could be longer", span)
			}
			next = span.Last + 1
		}
		if next != days.Last+1 {
			t.Fatalf("the spans end before %s", next)
		}
	})
}

func TestTheNewestSpanIsAWeekAtMostWithinTheMemory(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, zone, now string
		memory          int
		want            string
	}{
		{"a memory of months allows seven days", "Asia/Shanghai", "2025-03-20T04:30:00+08:00", 90, "2025-03-13 to 2025-03-19"},
		{"with a day of 25 hours they are six", "Europe/Berlin", "2025-10-28T04:30:00+01:00", 90, "2025-10-22 to 2025-10-27"},
		{"with one of 23 they are seven", "Europe/Berlin", "2025-04-02T04:30:00+02:00", 90, "2025-03-26 to 2025-04-01"},
		{"the next run must be able to ask again", "Asia/Shanghai", "2025-03-20T04:30:00+08:00", 7, "2025-03-15 to 2025-03-19"},
		{"at midnight a day more is", "Asia/Shanghai", "2025-03-20T00:00:00+08:00", 7, "2025-03-14 to 2025-03-19"},
		{"a memory of two days reaches none", "Asia/Shanghai", "2025-03-20T04:30:00+08:00", 2, "2025-03-20 to 2025-03-19"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			loc, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			p := policy{Settings: Settings{APIMemoryDays: test.memory}, location: loc}
			if got := p.newestSpan(timeOf(t, test.now)).String(); got != test.want {
				t.Errorf("it is %s, want %s", got, test.want)
			}
		})
	}
}

// The run that is compared is stored whole, no longer one is, and the newest of
// equally long ones is taken.
func TestTheNewestOfTheLongestStoredRunsIsCompared(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := policy{location: time.UTC}
		days := calendar.Span{First: 20000, Last: 20000 + calendar.Day(rapid.IntRange(0, 8).Draw(t, "more"))}
		stored := make(map[calendar.Day]bool)
		for day := days.First; day <= days.Last; day++ {
			stored[day] = rapid.Bool().Draw(t, "stored")
		}
		whole := func(run calendar.Span) bool {
			for day := run.First; day <= run.Last; day++ {
				if !stored[day] {
					return false
				}
			}
			return true
		}
		var want calendar.Span
		found := false
		for first := days.First; first <= days.Last; first++ {
			for last := first; last <= days.Last; last++ {
				if run := (calendar.Span{First: first, Last: last}); whole(run) && (!found || last-first >= want.Last-want.First) {
					want, found = run, true
				}
			}
		}
		got, ok := p.longestRun(days, func(day calendar.Day) bool { return stored[day] })
		if ok != found || got != want {
			t.Fatalf("it is %s, %t; want %s, %t", got, ok, want, found)
		}
	})
}

func TestADateThatTheCalendarLeavesOutDoesNotBreakARun(t *testing.T) {
	t.Parallel()
	apia, err := time.LoadLocation("Pacific/Apia")
	if err != nil {
		t.Fatal(err)
	}
	p := policy{location: apia}
	gone := dayOf(t, "2011-12-30")
	stored := func(day calendar.Day) bool { return day != gone } // it can never be pulled
	run, _ := p.longestRun(calendar.Span{First: gone - 3, Last: gone + 4}, stored)
	if run != (calendar.Span{First: gone - 3, Last: gone + 4}) || !p.fits(run) {
		t.Errorf("the run is %s", run)
	}
	if run, _ := p.longestRun(calendar.Span{First: gone, Last: gone + 2}, stored); run.First != gone+1 {
		t.Errorf("the run is %s", run)
	}
}

// Which checks are repeated after a plan was executed, and which no longer can be.
func TestWhichChecksAPlanRepeats(t *testing.T) {
	t.Parallel()
	now := timeOf(t, "2025-03-20T12:00:00Z")
	today := dayOf(t, "2025-03-20")
	rules := policy{Settings: Settings{APIMemoryDays: 10}, location: time.UTC}
	byHand := appPlan{streams: []planStream{{stream.Loss, today - 30}}, last: today - 1, reprocess: All}
	scheduled := appPlan{streams: []planStream{{stream.Loss, today - 30}}, last: today - 1, reprocess: Missing}
	for i := range int32(7) {
		byHand.tasks = append(byHand.tasks, load.Task{Key: i + 1})
	}
	byHand.covers = func(load.Task, calendar.Day) bool { return true }
	tasksOnly := byHand
	tasksOnly.tasksOnly = true
	differs := load.UnequalCheck{ID: 1, First: today - 7, Last: today - 1, State: load.CheckDiffers, Pulled: true}
	with := func(change func(*load.UnequalCheck)) load.UnequalCheck {
		check := differs
		change(&check)
		return check
	}
	stays := with(func(c *load.UnequalCheck) { c.State = load.CheckStays })
	old := func(check load.UnequalCheck) load.UnequalCheck {
		check.First, check.Last = today-20, today-14
		return check
	}
	for _, test := range []struct {
		name    string
		plan    appPlan
		check   load.UnequalCheck
		again   bool
		expires bool
	}{
		{"a difference with pulled days", scheduled, differs, true, false},
		{"one with days that were not", scheduled, with(func(c *load.UnequalCheck) { c.Pulled = false }), false, false},
		{"one beyond the memory", scheduled, old(differs), false, true},
		{"one beyond the memory with days that were not pulled", scheduled, old(with(func(c *load.UnequalCheck) { c.Pulled = false })), false, true},
		{"a warning", scheduled, stays, false, false},
		{"a warning beyond the memory", scheduled, old(stays), false, false},
		{"a warning, by hand", byHand, stays, true, false},
		{"a warning beyond the memory, by hand", byHand, old(stays), false, true},
		{"a warning, by hand, where a pull failed", byHand, old(with(func(c *load.UnequalCheck) {
			c.State, c.Failed, c.Pulled = load.CheckStays, true, false
		})), false, false},
		{"a warning about the whole app, by hand for tasks only", tasksOnly, stays, false, false},
		{"a warning about a task, by hand for tasks only", tasksOnly, with(func(c *load.UnequalCheck) { c.State, c.Task.Key = load.CheckStays, 3 }), true, false},
		{"a warning about a task that is not in the plan", byHand, with(func(c *load.UnequalCheck) { c.State, c.Task.Key = load.CheckStays, 8 }), false, false},
		{"a warning, by hand for other days", appPlan{streams: []planStream{{stream.Loss, today - 3}}, last: today - 1, reprocess: All}, stays, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			again, expired := test.plan.dueChecks(rules, []load.UnequalCheck{test.check}, now)
			if (len(again) == 1) != test.again || slices.Equal(expired, []int64{1}) != test.expires {
				t.Errorf("made again: %v; expired: %v", again, expired)
			}
		})
	}

	var all []load.UnequalCheck
	for key := range int32(8) {
		all = append(all, with(func(c *load.UnequalCheck) { c.Task.Key = key }))
	}
	all = append(all, with(func(c *load.UnequalCheck) { c.Task.Key, c.First = 7, today-5 }))
	var got [][]int32
	again, _ := scheduled.dueChecks(rules, all, now)
	for _, request := range again {
		var keys []int32
		for _, task := range request.tasks {
			keys = append(keys, task.Key)
		}
		got = append(got, keys)
	}
	if diff := cmp.Diff([][]int32{{0}, {1, 2, 3, 4, 5}, {6, 7}, {7}}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

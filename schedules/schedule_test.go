package schedules_test

import (
	"testing"
	"time"

	"pushloss/schedules"
)

func TestPeriodIsTheLongestGapAhead(t *testing.T) {
	t.Parallel()
	monday := time.Date(2025, 6, 2, 12, 0, 0, 0, time.UTC)
	const hour, day = time.Hour, 24 * time.Hour
	for _, test := range []struct {
		name, cron string
		want       time.Duration
	}{
		{"daily", "0 3 * * *", day},
		{"every six hours", "@every 6h", 6 * hour},
		{"weekly", "@weekly", 7 * day},
		{"the weekend of working days", "0 3 * * 1-5", 3 * day},
		{"the weekend of working hours", "*/5 9-17 * * 1-5", 2*day + 15*hour + 5*time.Minute},
		{"twice a day, unevenly", "0 3,9 * * *", 18 * hour},
		{"the longest month", "0 3 1 * *", 31 * day},
		{"yearly, with a leap year", "@yearly", 366 * day},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := entries(t, "run "+test.cron)[0].Period(monday); got != test.want {
				t.Errorf("period is %s, want %s", got, test.want)
			}
		})
	}
	if got := (schedules.Schedule{}).Period(monday); got != 0 {
		t.Errorf("period of no schedule is %s", got)
	}
}

func TestTheLongestGapIsThatOfAllSchedulesOfTheJobTogether(t *testing.T) {
	t.Parallel()
	monday := time.Date(2025, 6, 2, 12, 0, 0, 0, time.UTC)
	const day, limit = 24 * time.Hour, 36 * time.Hour
	for _, test := range []struct {
		name string
		list []string
		want time.Duration // 0 if none is longer than the limit
	}{
		{"daily", []string{"run 0 3 * * *"}, 0},
		{"every minute", []string{"run * * * * *"}, 0},
		{"weekends", []string{"run */5 * * * 1-5"}, 2*day + 5*time.Minute},
		{"weekends with their own entry", []string{"run */5 * * * 1-5", "run 0 3 * * 6,0"}, 0},
		{"another job", []string{"run 0 3 * * 1-5", "report 0 3 * * *"}, 3 * day},
		{"the time before the first tick", []string{"run 0 12 29 2 *"}, 4*365*day + day},
		{"monthly", []string{"run @monthly"}, 31 * day},
		{"the 31st", []string{"run 0 0 31 * *"}, 61 * day},
		{"every 100 hours", []string{"run @every 100h"}, 100 * time.Hour},
		{"daily except for one day in February", []string{"run 0 3 1-28,30,31 * *"}, 2 * day},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			from, to, found := schedules.LongestGap(entries(t, test.list...), "run", monday, limit)
			if got := to.Sub(from); got != test.want || found != (test.want > 0) {
				t.Errorf("the gap is %s (%s to %s), want %s", got, from, to, test.want)
			}
		})
	}
}

func TestMissedIsATickSinceTheLastStart(t *testing.T) {
	t.Parallel()
	daily := entries(t, "run 0 3 * * *")[0]
	at := func(day, hour int) time.Time { return time.Date(2025, 6, day, hour, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		name      string
		last, now time.Time
		want      bool
	}{
		{"never ran", time.Time{}, at(2, 12), true},
		{"ran at the last tick", at(2, 3), at(2, 12), false},
		{"ran by hand after the last tick", at(2, 5), at(2, 12), false},
		{"did not run at the last tick", at(1, 3), at(2, 12), true},
		{"the tick is now", at(1, 3), at(2, 3), true},
		{"did not run for a month", at(1, 3), at(30, 12), true},
		{"ran in the future, by a clock that was wrong", at(9, 3), at(2, 12), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := schedules.Missed(daily, test.last, test.now); got != test.want {
				t.Errorf("missed is %t", got)
			}
		})
	}
}

// A missed tick is found where clocks leave its time out.
func TestPeriodAndMissedGoByTheTickAfterAGap(t *testing.T) {
	t.Parallel()
	helsinki := zone(t, "Europe/Helsinki")
	nightly := entriesIn(t, helsinki, "run 0 3 * * *")
	saturday := time.Date(2025, 3, 29, 12, 0, 0, 0, helsinki)
	if got := nightly[0].Period(saturday); got > 25*time.Hour {
		t.Errorf("period over the gap is %s", got)
	}
	sunday := time.Date(2025, 3, 30, 4, 0, 0, 0, helsinki)
	if schedules.Missed(nightly[0], saturday, sunday.Add(-1)) || !schedules.Missed(nightly[0], saturday, sunday) {
		t.Error("the tick after the gap is not missed from its time on")
	}
	if got := schedules.LastTick(nightly, "run", sunday.Add(time.Hour)); !got.Equal(sunday) {
		t.Errorf("the last tick is %s", got)
	}
}

func TestLastTickIsTheNewestOfTheJobsSchedules(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 6, 2, 12, 0, 30, 0, time.UTC)
	for _, test := range []struct {
		name    string
		entries []string
		want    time.Time
	}{
		{"every minute", []string{"run * * * * *"}, now.Add(-30 * time.Second)},
		{"every minute and a half", []string{"run @every 90s"}, now.Add(-30 * time.Second)},
		{"daily", []string{"run 0 3 * * *"}, time.Date(2025, 6, 2, 3, 0, 0, 0, time.UTC)},
		{"of two", []string{"run 0 3 * * *", "run 0 9 * * *"}, time.Date(2025, 6, 2, 9, 0, 0, 0, time.UTC)},
		{"of another job", []string{"run 0 3 * * *", "report 0 9 * * *"}, time.Date(2025, 6, 2, 3, 0, 0, 0, time.UTC)},
		{"weekly", []string{"run 0 4 * * 0"}, time.Date(2025, 6, 1, 4, 0, 0, 0, time.UTC)},
		{"yearly", []string{"run @yearly"}, time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"on leap days", []string{"run 0 0 29 2 *"}, time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		{"the tick is now", []string{"run @every 101s"}, now}, // counted from the year 1
		{"no schedule", []string{"report 0 9 * * *"}, time.Time{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := schedules.LastTick(entries(t, test.entries...), "run", now); !got.Equal(test.want) {
				t.Errorf("the last tick is %s, want %s", got, test.want)
			}
		})
	}
}

// Processes that were started at different times tick together.
func TestEveryTicksAtTheSameMomentsInAllProcesses(t *testing.T) {
	t.Parallel()
	hourly := entries(t, "run @every 1h")[0]
	first, second := time.Date(2025, 6, 2, 12, 0, 1, 0, time.UTC), time.Date(2025, 6, 2, 12, 42, 7, 5, time.UTC)
	if a, b := hourly.Next(first), hourly.Next(second); !a.Equal(b) || !hourly.Next(a).Equal(a.Add(time.Hour)) {
		t.Errorf("the next ticks are %s and %s", a, b)
	}
}

func BenchmarkPeriodOfAMinutelySchedule(b *testing.B) {
	parsed, err := schedules.Parse("f", []byte("schedules: [{name: a, job: run, cron: '* * * * *'}]"), knownJobs, time.UTC)
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2025, 6, 2, 12, 0, 0, 0, time.UTC)
	for b.Loop() {
		parsed[0].Period(now)
	}
}

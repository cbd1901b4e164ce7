package schedules

import (
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule says when a job runs. Parse makes it.
type Schedule struct {
	Name     string
	Job      string
	Cron     string // as written
	Location *time.Location

	ticks cron.Schedule
}

// Next returns the first tick later than after. It is the zero time only for
// a Schedule that Parse has not made.
func (s Schedule) Next(after time.Time) time.Time {
	if s.ticks == nil {
		return time.Time{}
	}
	return s.ticks.Next(after.In(s.Location))
}

const (
	// periodSpan shows a weekend's gap to schedules of many ticks a day.
	periodSpan = 8 * 24 * time.Hour
	// periodTicks shows the longest month to schedules of few ticks a year.
	periodTicks = 13
)

// Period returns the longest time between two ticks among those that come next.
// A job that has not run for longer has missed one.
func (s Schedule) Period(now time.Time) time.Duration {
	var longest time.Duration
	tick := s.Next(now)
	for n := 1; n < periodTicks || tick.Sub(now) < periodSpan; n++ {
		next := s.Next(tick)
		if next.IsZero() {
			break
		}
		longest = max(longest, next.Sub(tick))
		tick = next
	}
	return longest
}

// Missed reports whether a tick came after last, when the job was started, up to
// now. A job that never ran, whose last is the zero time, has missed one.
func Missed(s Schedule, last, now time.Time) bool {
	if last.IsZero() {
		return true
	}
	next := s.Next(last)
	return !next.IsZero() && !next.After(now)
}

// lastTickSpans are how far LastTick looks back, each only if the one before had
// no tick.
var lastTickSpans = [...]time.Duration{time.Minute, time.Hour, 24 * time.Hour, 32 * 24 * time.Hour, 367 * 24 * time.Hour, 5 * 366 * 24 * time.Hour}

// LastTick returns the newest tick of a job's schedules up to now; the zero time if
// there is none. Every process with the same schedules gets the same one.
func LastTick(schedules []Schedule, job string, now time.Time) (last time.Time) {
	for _, s := range schedules {
		if s.Job != job {
			continue
		}
		for _, span := range lastTickSpans {
			tick := s.Next(now.Add(-span))
			if tick.IsZero() || tick.After(now) {
				continue
			}
			before, after := now.Add(-span), now // the last tick is the first after a time between them
			for after.Sub(before) > time.Minute {
				middle := before.Add(after.Sub(before) / 2)
				if tick := s.Next(middle); !tick.IsZero() && !tick.After(now) {
					before = middle
				} else {
					after = middle
				}
			}
			for tick = s.Next(before); !tick.IsZero() && !tick.After(now); tick = s.Next(tick) {
				last = later(last, tick)
			}
			break
		}
	}
	return last
}

// gapSpan is how far LongestGap looks ahead: past a leap day.
const gapSpan = 5 * 366 * 24 * time.Hour

// LongestGap returns the longest time without a tick of a job's schedules from now on and
// for years, if it is longer than limit. It looks at few of the ticks.
func LongestGap(schedules []Schedule, job string, now time.Time, limit time.Duration) (from, to time.Time, found bool) {
	next := func(after time.Time) (first time.Time) {
		for _, s := range schedules {
			if tick := s.Next(after); s.Job == job && !tick.IsZero() && (first.IsZero() || tick.Before(first)) {
				first = tick
			}
		}
		return first
	}
	for tick := now; tick.Before(now.Add(gapSpan)); {
		if last := LastTick(schedules, job, tick.Add(limit)); last.After(tick) {
			tick = last // no gap before it is longer
			continue
		}
		after := next(tick)
		if after.IsZero() {
			after = tick.Add(gapSpan)
		}
		if after.Sub(tick) > to.Sub(from) {
			from, to, found = tick, after, true
		}
		tick = after
	}
	return from, to, found
}

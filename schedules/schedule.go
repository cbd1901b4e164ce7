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

// Next returns the first tick after a time. It is the zero time only for a Schedule that Parse did
// not make.
func (s Schedule) Next(after time.Time) time.Time {
	if s.ticks == nil {
		return time.Time{}
	}
	return s.ticks.Next(after.In(s.Location))
}

const (
	// periodSpan covers the gap of a weekend, for schedules of many ticks a day.
	periodSpan = 8 * 24 * time.Hour
	// periodTicks covers the longest month, for schedules of few ticks a year.
	periodTicks = 13
)

// Period returns the longest time between two of the next ticks. A job that has not run for longer
// missed a tick.
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

// Missed reports whether a tick came after last, the job's last start, and up to now. A job that
// never ran (last is the zero time) missed one.
func Missed(s Schedule, last, now time.Time) bool {
	if last.IsZero() {
		return true
	}
	next := s.Next(last)
	return !next.IsZero() && !next.After(now)
}

// lastTickSpans are how far LastTick looks back. It tries a longer span if the shorter one has no
// tick.
var lastTickSpans = [...]time.Duration{time.Minute, time.Hour, 24 * time.Hour, 32 * 24 * time.Hour, 367 * 24 * time.Hour, 5 * 366 * 24 * time.Hour}

// LastTick returns the newest tick of a job's schedules up to now; the zero time if there is none.
// All processes with the same schedules get the same tick.
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

// LongestGap returns the longest time from now on without a tick of a job's schedules, if it is
// longer than limit. It looks only at the ticks that may begin or end such a gap.
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
			tick = last // no gap before this one is longer
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

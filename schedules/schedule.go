package schedules

import (
	"errors"
	"fmt"
	"strings"
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
// no tick: a schedule of many ticks is asked for few of them.
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
			for !tick.IsZero() && !tick.After(now) {
				if tick.After(last) {
					last = tick
				}
				tick = s.Next(tick)
			}
			break
		}
	}
	return last
}

// every ticks at whole multiples of a duration, so that processes started at
// different times tick together. The library counts from the start.
type every time.Duration

func (e every) Next(after time.Time) time.Time {
	return after.Truncate(time.Duration(e)).Add(time.Duration(e))
}

// minEvery is the shortest @every. The cron library makes a second of anything
// shorter, zero and negative durations included.
const minEvery = time.Minute

// parseCron reads five fields or a descriptor, whose clock is location's.
func parseCron(text string, location *time.Location) (cron.Schedule, error) {
	text = strings.Join(strings.Fields(text), " ") // so that no error has a second line
	if strings.HasPrefix(text, "CRON_TZ=") || strings.HasPrefix(text, "TZ=") {
		return nil, errors.New("must not hold a time zone: give it as timezone")
	}
	if duration, ok := strings.CutPrefix(text, "@every "); ok {
		length, err := time.ParseDuration(duration)
		if err != nil || length < minEvery {
			return nil, fmt.Errorf("%q is not a duration of at least %s, like @every 6h", duration, minEvery)
		}
		return every(length), nil
	}
	for _, field := range strings.Fields(text) {
		// The library takes an empty list for "never".
		if strings.HasPrefix(field, ",") || strings.HasSuffix(field, ",") || strings.Contains(field, ",,") {
			return nil, fmt.Errorf("%q has a comma too many", text)
		}
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
	ticks, err := parser.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%q is not five cron fields (minute, hour, day of month, month, day of week) "+
			"or one of @hourly, @daily, @weekly, @monthly, @every 6h: %w", text, err)
	}
	if spec, ok := ticks.(*cron.SpecSchedule); ok {
		spec.Location = location // the library's own default is the machine's zone
	}
	// The library looks five years ahead, and from here that is past a leap day.
	if ticks.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("%q names a day that never comes", text)
	}
	return ticks, nil
}

package schedules

import (
	"time"

	"github.com/robfig/cron/v3"
)

// wallClock ticks when the wall clock of its location shows one of the spec's times. It is pure.
// With a location, the library's own Next skips the whole day if clocks leave out the time.
//
// Where clocks go forward, a time that they leave out comes at the first instant after the gap.
// Where they go back, a time that they show twice comes once. A spec of every hour runs through
// both changes at its own pace: it loses no day.
type wallClock struct {
	spec     *cron.SpecSchedule // in UTC, whose days all have 24 hours
	location *time.Location
}

// everyHour is the library's value for a field of all hours, without its star bit.
const everyHour = 1<<24 - 1

func (w wallClock) hourly() bool { return w.spec.Hour&everyHour == everyHour }

// Next returns the first tick later than after; the zero time if there is none in
// five years.
func (w wallClock) Next(after time.Time) time.Time {
	at := after.Round(0).In(w.location) // without a monotonic reading
	begin, end := at.ZoneBounds()
	shown := onTheWall(at)
	if before := begin.Add(-time.Nanosecond); !begin.IsZero() && !w.hourly() {
		// Times that clocks showed before they went back have already come.
		if last := onTheWall(before.In(w.location)); last.After(shown) {
			shown = last
		}
	}
	for {
		next := w.spec.Next(shown)
		if next.IsZero() {
			return time.Time{}
		}
		if tick := at.Add(next.Sub(onTheWall(at))); end.IsZero() || tick.Before(end) {
			return tick
		}
		// The clocks change before they show this time.
		at = end.In(w.location)
		first := onTheWall(at)
		last := onTheWall(end.Add(-time.Nanosecond).In(w.location))
		switch {
		case w.hourly():
			shown = first.Add(-time.Nanosecond)
		case next.Before(first):
			return at // clocks leave it out
		default:
			shown = later(first.Add(-time.Nanosecond), last)
		}
		_, end = at.ZoneBounds()
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// onTheWall returns the time that a clock in t's location shows, as if it were UTC.
func onTheWall(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

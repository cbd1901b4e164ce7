package schedules

import (
	"time"

	"github.com/robfig/cron/v3"
)

// wallClock ticks when a clock on the wall of its location shows one of the spec's
// times. It is pure. The library's own Next, given a location, skips the whole day of
// a time that clocks leave out.
//
// Where clocks go forward, a time that they leave out comes at the first instant after
// the gap. Where they go back, a time that they show twice comes once. A spec of
// every hour runs through both changes at its pace instead: it loses no day by them.
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
	at := after.Round(0).In(w.location) // without what a monotonic clock says
	begin, end := at.ZoneBounds()
	shown := onTheWall(at)
	if before := begin.Add(-time.Nanosecond); !begin.IsZero() && !w.hourly() {
		// What clocks showed before they went back has come already.
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
		// Clocks change before they show that.
		at = end.In(w.location)
		first := onTheWall(at)
		last := onTheWall(end.Add(-time.Nanosecond).In(w.location))
		switch {
		case w.hourly():
			shown = first.Add(-time.Nanosecond)
		case next.Before(first):
			return at // it is left out
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

// onTheWall is the time that a clock in t's location shows, taken as UTC.
func onTheWall(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

package calendar

import (
	"fmt"
	"time"
)

// Day is a calendar date without a time zone, counted in days since 1970-01-01.
type Day int32

const secondsPerDay = 24 * 60 * 60

// DayOf returns the date that a clock in loc shows at t.
func DayOf(t time.Time, loc *time.Location) Day {
	year, month, day := t.In(loc).Date()
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

// ParseDay reads a date written as 2006-01-02.
func ParseDay(text string) (Day, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a day: write it as 2025-03-31", text)
	}
	return DayOf(t, time.UTC), nil
}

// UTC returns the date as midnight UTC, which is how Postgres drivers take a date.
func (d Day) UTC() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// Scan reads a date from a driver, as midnight UTC. It implements sql.Scanner.
func (d *Day) Scan(value any) error {
	date, ok := value.(time.Time)
	if !ok {
		return fmt.Errorf("%v is not a date", value)
	}
	*d = DayOf(date, time.UTC)
	return nil
}

func (d Day) String() string { return d.UTC().Format(time.DateOnly) }

// MarshalText writes the date as 2006-01-02.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Window returns the instants at which the date begins and ends in loc: 23, 24
// or 25 hours apart where clocks change.
func (d Day) Window(loc *time.Location) Window {
	return Window{Start: d.midnight(loc), End: (d + 1).midnight(loc)}
}

// midnight is the first instant with the date d in loc. time.Date alone does not return
// it where a clock change skips or repeats midnight: it may return the later of two
// midnights, or an instant on a neighbouring date.
func (d Day) midnight(loc *time.Location) time.Time {
	year, month, day := d.UTC().Date()
	t := time.Date(year, month, day, 0, 0, 0, 0, loc)
	zoneStart, zoneEnd := t.ZoneBounds()
	switch {
	case DayOf(t, loc) < d:
		return zoneEnd
	case zoneStart.IsZero():
		return t
	case t.Hour() != 0 || t.Minute() != 0:
		if DayOf(zoneStart, loc) == d {
			return zoneStart
		}
		return t
	}
	_, offset := t.Zone()
	_, offsetBefore := zoneStart.Add(-time.Second).Zone()
	earlier := t.Add(time.Duration(offset-offsetBefore) * time.Second)
	if earlier.Before(zoneStart) && DayOf(earlier, loc) == d {
		return earlier
	}
	return t
}

// Window is a half-open range of time: Start belongs to it, End does not.
type Window struct{ Start, End time.Time }

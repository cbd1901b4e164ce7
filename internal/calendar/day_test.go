package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"pushloss/internal/calendar"
)

// zones are those with a history: clocks that change at midnight, by half hours,
// in Ramadan, or that skip a day; and a few that are plain.
var zones = []string{
	"UTC", "Asia/Shanghai", "Asia/Tokyo", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Tehran", "Asia/Beirut", "Asia/Damascus",
	"Asia/Amman", "Asia/Gaza", "Asia/Riyadh", "Asia/Pyongyang", "Asia/Dhaka", "Asia/Vladivostok", "Asia/Ulaanbaatar",
	"Africa/Cairo", "Africa/Casablanca", "Africa/Juba", "Africa/Windhoek", "America/Sao_Paulo", "America/Havana",
	"America/Asuncion", "America/Santiago", "America/St_Johns", "America/Caracas", "America/New_York", "America/Los_Angeles",
	"America/Scoresbysund", "America/Godthab", "America/Argentina/San_Luis", "America/Port-au-Prince", "Antarctica/Troll",
	"Antarctica/Casey", "Atlantic/Azores", "Australia/Lord_Howe", "Australia/Sydney", "Australia/Eucla", "Europe/Berlin",
	"Europe/London", "Europe/Lisbon", "Europe/Moscow", "Europe/Volgograd", "Pacific/Apia", "Pacific/Chatham",
	"Pacific/Kiritimati", "Pacific/Kwajalein", "Pacific/Easter", "Pacific/Marquesas", "Pacific/Tongatapu",
}

func location(t fataler, name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return loc
}

type fataler interface{ Fatalf(string, ...any) }

func day(t fataler, text string) calendar.Day {
	d, err := calendar.ParseDay(text)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return d
}

// S16: the windows of all days tile time, in every zone.
func TestDayWindowsTileTime(t *testing.T) {
	t.Parallel()
	first, last := day(t, "1990-01-01"), day(t, "2037-12-31")
	for _, name := range zones {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loc := location(t, name)
			end := first.Window(loc).Start
			for d := first; d <= last; d++ {
				w := d.Window(loc)
				if !w.Start.Equal(end) {
					t.Fatalf("%s begins at %s, but the day before ended at %s", d, w.Start, end)
				}
				end = w.End
				if !w.Start.Before(w.End) {
					if skipped := calendar.DayOf(w.Start, loc) > d && calendar.DayOf(w.Start.Add(-time.Second), loc) < d; !skipped || w.End.Before(w.Start) {
						t.Fatalf("%s is %s long, though the zone did not skip it", d, w.End.Sub(w.Start))
					}
					continue
				}
				if got := calendar.DayOf(w.Start, loc); got != d {
					t.Fatalf("%s begins at %s, which is on %s", d, w.Start, got)
				}
				if before := calendar.DayOf(w.Start.Add(-time.Second), loc); before >= d {
					t.Fatalf("a second before %s begins, it is %s", d, before)
				}
				if length := w.End.Sub(w.Start); length < 20*time.Hour || length > 28*time.Hour {
					t.Fatalf("%s is %s long", d, length)
				}
			}
		})
	}
}

// S16: no instant before a day's window has its date. (A minute after midnight
// clocks may go back into the day before: then it is the first midnight.)
func TestADayBeginsWithTheFirstInstantOfItsDate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := location(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		d := calendar.Day(rapid.IntRange(7305, 24836).Draw(t, "day"))
		start := d.Window(loc).Start
		for ago := time.Minute; ago < 30*time.Hour; ago += time.Minute {
			if at := start.Add(-ago); calendar.DayOf(at, loc) == d {
				t.Fatalf("%s in %s begins at %s, but has its date at %s already", d, loc, start, at)
			}
		}
	})
}

func TestDaysOnWhichClocksChange(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		zone, day string
		start     string
		hours     float64
	}{
		{"Asia/Shanghai", "2025-03-12", "2025-03-11T16:00:00Z", 24},
		{"Europe/Berlin", "2025-03-30", "2025-03-29T23:00:00Z", 23},
		{"Europe/Berlin", "2025-10-26", "2025-10-25T22:00:00Z", 25},
		{"Australia/Lord_Howe", "2025-04-06", "2025-04-05T13:00:00Z", 24.5},
		{"America/Sao_Paulo", "2017-10-15", "2017-10-15T03:00:00Z", 23}, // begins at 01:00
		{"America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", 25}, // 23:00 comes twice
		{"America/Havana", "2025-03-09", "2025-03-09T05:00:00Z", 23},    // begins at 01:00
		{"America/Havana", "2025-11-02", "2025-11-02T04:00:00Z", 25},    // 00:00 comes twice
		{"Asia/Beirut", "2025-03-30", "2025-03-29T22:00:00Z", 23},
		{"Africa/Cairo", "2025-04-25", "2025-04-24T22:00:00Z", 23},
		{"Africa/Cairo", "2025-10-30", "2025-10-29T21:00:00Z", 25},
		{"Asia/Kathmandu", "2025-01-01", "2024-12-31T18:15:00Z", 24},
		{"America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z", 25}, // at 00:01 back to 23:01
		{"Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", 24},
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", 0}, // there was none
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", 24},
	} {
		t.Run(tt.zone+" "+tt.day, func(t *testing.T) {
			t.Parallel()
			w := day(t, tt.day).Window(location(t, tt.zone))
			if got := w.Start.UTC().Format(time.RFC3339); got != tt.start {
				t.Errorf("it begins at %s, want %s", got, tt.start)
			}
			if got := w.End.Sub(w.Start).Hours(); got != tt.hours {
				t.Errorf("it has %v hours, want %v", got, tt.hours)
			}
		})
	}
}

func TestADayIsReadAndWrittenAsADate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := calendar.Day(rapid.IntRange(-700000, 2900000).Draw(t, "day"))
		if got := day(t, d.String()); got != d {
			t.Fatalf("%d is written %s and read %d", d, d, got)
		}
		if text, err := d.MarshalText(); err != nil || string(text) != d.String() {
			t.Fatalf("%s is marshaled %s, %v", d, text, err)
		}
		if got := calendar.DayOf(d.UTC(), time.UTC); got != d {
			t.Fatalf("%d is midnight %s, which is on %d", d, d.UTC(), got)
		}
	})
	for _, text := range []string{"", "2025-3-1", "2025-02-30", "2025-03-01T00:00:00Z", "20250301", "yesterday"} {
		if d, err := calendar.ParseDay(text); err == nil {
			t.Errorf("%q is read as %s", text, d)
		}
	}
}

func TestTheDateDependsOnTheZone(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 3, 11, 16, 0, 0, 0, time.UTC)
	for name, want := range map[string]string{"UTC": "2025-03-11", "Asia/Shanghai": "2025-03-12", "America/New_York": "2025-03-11"} {
		if got := calendar.DayOf(at, location(t, name)).String(); got != want {
			t.Errorf("in %s it is %s, want %s", name, got, want)
		}
	}
}

func TestADayIsReadFromMidnightUTCOnly(t *testing.T) {
	t.Parallel()
	var day calendar.Day
	if err := day.Scan(time.Date(2025, 3, 31, 0, 0, 0, 0, time.UTC)); err != nil || day.String() != "2025-03-31" {
		t.Errorf("%s, %v", day, err)
	}
	for _, other := range []any{nil, "2025-03-30", int64(20179)} {
		if err := day.Scan(other); err == nil || day.String() != "2025-03-31" {
			t.Errorf("%v became %s", other, day)
		}
	}
}

package schedules_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Times that clocks leave out come at the first instant after the gap. Times that they show twice
// come once.
func TestATickAtAClockChangeComesOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, zone, cron string
		after            string // RFC 3339
		want             []string
	}{
		{"daily in the skipped hour", "Europe/Helsinki", "0 3 * * *", "2025-03-29T12:00:00Z",
			[]string{"03-30 04:00 EEST", "03-31 03:00 EEST"}},
		{"within the skipped hour", "Europe/Berlin", "30 2 * * *", "2025-03-29T12:00:00Z",
			[]string{"03-30 03:00 CEST", "03-31 02:30 CEST"}},
		{"at the end of the gap as well", "Europe/Helsinki", "0 3,4 * * *", "2025-03-29T12:00:00Z",
			[]string{"03-30 04:00 EEST", "03-31 03:00 EEST"}},
		{"a skipped midnight", "Africa/Cairo", "@daily", "2025-04-24T12:00:00Z",
			[]string{"04-25 01:00 EEST", "04-26 00:00 EEST"}},
		{"a skipped midnight, weekly", "Africa/Cairo", "0 0 * * 5", "2025-04-20T12:00:00Z",
			[]string{"04-25 01:00 EEST", "05-02 00:00 EEST"}},
		{"a skipped midnight, hourly on that day", "Africa/Cairo", "30 * 25 4 *", "2025-04-24T12:00:00Z",
			[]string{"04-25 01:30 EEST", "04-25 02:30 EEST"}},
		{"a weekly schedule in the gap", "Europe/Helsinki", "30 3 * * 0", "2025-03-24T12:00:00Z",
			[]string{"03-30 04:00 EEST", "04-06 03:30 EEST"}},
		{"a skipped end of a day", "America/Scoresbysund", "0 23 * * *", "2025-03-29T12:00:00Z",
			[]string{"03-30 00:00 -01", "03-30 23:00 -01"}},
		{"a skipped day", "Pacific/Apia", "0 3 * * *", "2011-12-29T20:00:00Z",
			[]string{"12-31 00:00 +14", "12-31 03:00 +14"}},
		{"a skipped half hour", "Australia/Lord_Howe", "15 2 * * *", "2025-10-04T12:00:00Z",
			[]string{"10-05 02:30 +11", "10-06 02:15 +11"}},
		{"the hour shown twice", "Europe/Berlin", "30 2 * * *", "2025-10-25T12:00:00Z",
			[]string{"10-26 02:30 CEST", "10-27 02:30 CET"}},
		{"from between the two", "Europe/Berlin", "30 2 * * *", "2025-10-26T01:10:00Z", // 02:10 CET
			[]string{"10-27 02:30 CET"}},
		{"after the hour shown twice", "Europe/Berlin", "0 3 * * *", "2025-10-25T12:00:00Z",
			[]string{"10-26 03:00 CET", "10-27 03:00 CET"}},
		{"every hour through the hour shown twice", "Europe/Berlin", "30 * * * *", "2025-10-26T00:00:00Z",
			[]string{"10-26 02:30 CEST", "10-26 02:30 CET", "10-26 03:30 CET"}},
		{"every hour through the skipped hour", "Europe/Berlin", "30 * * * *", "2025-03-30T00:00:00Z",
			[]string{"03-30 01:30 CET", "03-30 03:30 CEST"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			after, err := time.Parse(time.RFC3339, test.after)
			if err != nil {
				t.Fatal(err)
			}
			schedule := entriesIn(t, zone(t, test.zone), "run "+test.cron)[0]
			var got []string
			for range test.want {
				after = schedule.Next(after)
				got = append(got, after.Format("01-02 15:04 MST"))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("ticks (-want +got):\n%s", diff)
			}
		})
	}
}

// changing are zones whose clocks change in many ways.
var changing = []string{
	"UTC", "Asia/Shanghai", "Europe/Helsinki", "Europe/Berlin", "Europe/Dublin", "Africa/Cairo", "Africa/Casablanca", "America/New_York",
	"America/Sao_Paulo", "America/Havana", "America/Asuncion", "America/Santiago", "America/St_Johns", "America/Scoresbysund", "Asia/Tehran", "Asia/Beirut",
	"Asia/Gaza", "Asia/Amman", "Asia/Pyongyang", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia", "Pacific/Kwajalein", "Pacific/Chatham",
}

// A daily schedule ticks once for every day that the zone has, at the time or at the
// first instant after it, whatever the zone and the time. That instant is on the next
// day where clocks leave out the end of a day.
func TestADailyScheduleLosesNoDayInAnyZone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		location := zone(t, rapid.SampledFrom(changing).Draw(rt, "zone"))
		hour, minute := rapid.IntRange(0, 23).Draw(rt, "hour"), rapid.IntRange(0, 59).Draw(rt, "minute")
		schedule := entriesIn(t, location, fmt.Sprintf("run %d %d * * *", minute, hour))[0]
		begin := time.Date(rapid.IntRange(1990, 2035).Draw(rt, "year"), 1, rapid.IntRange(1, 200).Draw(rt, "day"), 12, 0, 0, 0, location)
		end := begin.AddDate(0, 6, 0)
		ticked := make(map[string]int)
		for tick := schedule.Next(begin); tick.Before(end); tick = schedule.Next(tick) {
			if wanted := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute; !shows(tick, wanted) && !shownFirst(tick) {
				rt.Fatalf("it ticks at %s", tick)
			}
			if last := schedule.Next(tick.Add(-time.Second)); !last.Equal(tick) {
				rt.Fatalf("a second before %s the next tick is %s", tick, last)
			}
			ticked[tick.Format(time.DateOnly)]++
		}
		for day := begin.AddDate(0, 0, 1); day.Before(end.AddDate(0, 0, -1)); day = day.AddDate(0, 0, 1) {
			date := day.Format(time.DateOnly)
			next := day.AddDate(0, 0, 1)
			switch n := ticked[date]; {
			case n == 1:
			case n == 0 && follows(location, next) && ticked[next.Format(time.DateOnly)] == 2:
			case n == 2 && follows(location, day):
			default:
				rt.Fatalf("it ticks %d times on %s", n, date)
			}
		}
	})
}

// shows reports whether a clock shows the time of day.
func shows(t time.Time, ofDay time.Duration) bool {
	return time.Duration(t.Hour())*time.Hour+time.Duration(t.Minute())*time.Minute == ofDay && t.Second() == 0
}

// shownFirst reports whether clocks change at t.
func shownFirst(t time.Time) bool {
	begin, _ := t.ZoneBounds()
	return begin.Equal(t)
}

// follows reports whether clocks left out a part of the day before, whose end
// comes on this day.
func follows(location *time.Location, day time.Time) bool {
	begin, _ := time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, location).ZoneBounds()
	return begin.Format(time.DateOnly) == day.Format(time.DateOnly)
}

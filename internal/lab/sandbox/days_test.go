package sandbox

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// calm is a world like the one with the faults, without them.
func calm(t *testing.T) *Sandbox {
	return newTestSandbox(t, func(c *Config) { c.Rows = 24 })
}

func TestTheSecondEndTimeMayBelongToTheWindow(t *testing.T) {
	t.Parallel()
	plain := calm(t)
	s := newTestSandbox(t, func(c *Config) {
		withFaults(t, "end-inclusive")(c)
		c.Rows, c.RecordCalls = 24, true
	})
	end := march9.AddDate(0, 0, 1)
	if d := cmp.Diff(plain.Truth(testApp, "a", march9, end), s.Truth(testApp, "a", march9, end)); d != "" {
		t.Errorf("the truth is another: %s", d)
	}

	// A second at which something was lost.
	lost := march9
	for plain.Truth(testApp, "a", lost, lost.Add(time.Second)).rows() == 0 {
		lost = lost.Add(time.Second)
	}
	for _, test := range []struct {
		name       string
		start, end time.Time // StartTime, EndTime
		until      time.Time // the window's end as everybody else has it
	}{
		{"a day to its last second", march9, end.Add(-time.Second), end},
		{"to the second of a loss", march9, lost, lost.Add(time.Second)},
		{"to the second before it", march9, lost.Add(-time.Second), lost},
		{"only that second", lost, lost, lost.Add(time.Second)},
	} {
		want := plain.Truth(testApp, "a", test.start, test.until)
		if d := cmp.Diff(want, ask(t, s, bodyFor(test.start, test.end, "a")).Results[0].figures()); d != "" {
			t.Errorf("%s: %s", test.name, d)
		}
		if calls := s.Calls(); calls[len(calls)-1].End != test.end.Unix() {
			t.Errorf("%s: the call is recorded as %+v", test.name, calls[len(calls)-1])
		}
	}
	for _, test := range []struct {
		name string
		body string
		code int
	}{
		{"7 days apart", bodyFor(march9, march9.AddDate(0, 0, 7)), 0},
		{"7 days and a second apart", bodyFor(march9, march9.AddDate(0, 0, 7).Add(time.Second)), 90100},
		{"an end before the start", bodyFor(march9, march9.Add(-time.Second)), 90100},
	} {
		if got := ask(t, s, test.body).ErrorCode; got != test.code {
			t.Errorf("%s: ErrorCode %d, want %d", test.name, got, test.code)
		}
	}
}

func TestFiguresMayBeKeptByTheDay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		zone, date      string  // a day of the zone
		startH, lengthH float64 // the window, in hours from the day's start
		by              string
		first, days     int // what it has: days of the zone, from date on
	}{
		{"Asia/Shanghai", "2025-03-09", 0, 24, "start", 0, 1},
		{"Asia/Shanghai", "2025-03-09", 0, 1, "start", 0, 1},
		{"Asia/Shanghai", "2025-03-09", 1, 23, "start", 0, 0},
		{"Asia/Shanghai", "2025-03-09", 1, 24, "start", 1, 1},
		{"Asia/Shanghai", "2025-03-09", -1, 26, "start", 0, 2},
		{"Asia/Shanghai", "2025-03-09", 0, 24, "touch", 0, 1},
		{"Asia/Shanghai", "2025-03-09", 1, 1, "touch", 0, 1},
		{"Asia/Shanghai", "2025-03-09", 1, 24, "touch", 0, 2},
		{"Asia/Shanghai", "2025-03-09", -1, 26, "touch", -1, 3},
		{"Asia/Kathmandu", "2025-03-09", -6, 24, "start", 0, 1},
		{"America/New_York", "2025-03-09", 0, 23, "start", 0, 1}, // all of a day of 23 hours
		{"America/New_York", "2025-03-09", 0, 24, "start", 0, 2},
		{"America/New_York", "2025-03-09", 22, 1, "touch", 0, 1},
		{"America/New_York", "2025-03-09", 23, 1, "touch", 1, 1},
	} {
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.ParseInLocation(time.DateOnly, test.date, zone)
		if err != nil {
			t.Fatal(err)
		}
		s := newTestSandbox(t, func(c *Config) {
			withFaults(t, "day-figures="+test.zone+":by="+test.by)(c)
			c.Rows = 24
		})
		start := day.Add(time.Duration(test.startH * float64(time.Hour)))
		end := start.Add(time.Duration(test.lengthH * float64(time.Hour)))
		want := calm(t).Truth(testApp, "a", day.AddDate(0, 0, test.first), day.AddDate(0, 0, test.first+test.days))
		if got := s.Truth(testApp, "a", start, end); !cmp.Equal(want, got) || test.days > 0 && got.rows() == 0 {
			t.Errorf("%+v: %s", test, cmp.Diff(want, got))
		}
		for _, fault := range []string{"shuffled", ""} { // the two ways to write an answer
			if fault != "" {
				withFault := append([]Fault{{Name: fault}}, Fault{Name: "day-figures", Value: test.zone, By: test.by})
				if err := s.SetFaults(withFault); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(want, ask(t, s, bodyFor(start, end, "a")).Results[0].figures()); d != "" {
				t.Errorf("%+v answers %s", test, d)
			}
		}
	}
}

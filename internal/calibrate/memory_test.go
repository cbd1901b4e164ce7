package calibrate_test

import (
	"strings"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/calibrate"
	"pushloss/internal/lab/sandbox"
)

// It is noon of March 20: the 14th began 6.5 days ago.
func TestTheAPIsMemoryIsMeasured(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		faults      string
		quiet       float64
		rows        int
		stored      int // how many days back days are stored, whole
		state       calibrate.State
		answer      string
		says        []string
		recommended string
		lookback    string
	}{
		{"nothing is ever forgotten", "", 0, 24, 0, calibrate.Measured, "at least 366 whole days", []string{"2024-03-19", "complete"}, "366", "7"},
		{"windows that start too long ago are empty, and facts prove it", "forget-after=7d", 0, 24, 40, calibrate.Measured, "6 whole days",
			[]string{"2025-03-14, 6 days back, complete", "2025-03-13 is empty, though 24 facts are stored of it: forgotten", "start too long ago"}, "6", "2"},
		{"windows that start too long ago are empty, and nothing proves it", "forget-after=7d", 0, 24, 0, calibrate.Unknown, "",
			[]string{"at least 6 whole days", "2025-03-13 is empty: forgotten, or nothing was lost", "what is stored then shows"}, "7", "7"},
		{"more is remembered than believed, and nothing proves the end", "forget-after=20d", 0, 24, 0, calibrate.Unknown, "",
			[]string{"at least 19 whole days"}, "19", "7"},
		{"windows that end too long ago are empty", "forget-after=7d:by=end", 0, 24, 40, calibrate.Measured, "7 whole days",
			[]string{"2025-03-13, 7 days back, complete", "end too long ago"}, "7", "2"},
		{"single losses are forgotten", "forget-after=7d:by=event", 0, 150, 40, calibrate.Measured, "6 whole days",
			[]string{"2025-03-13, 7 days back, in part", "single losses are forgotten"}, "6", "2"},
		{"single losses are forgotten, and nothing proves it", "forget-after=7d:by=event", 0, 150, 0, calibrate.Unknown, "",
			[]string{"at least 6 whole days", "2025-03-13, 7 days back, perhaps in part"}, "7", "7"},
		{"older days are refused", "forget-error=7d", 0, 24, 0, calibrate.Measured, "6 whole days",
			[]string{"for 2025-03-13 the answer is an error", "90100"}, "6", "4"},
		{"older days are refused by their end", "forget-error=9d:by=end", 0, 24, 0, calibrate.Measured, "9 whole days",
			[]string{"2025-03-11, 9 days back, complete", "for 2025-03-10 the answer is an error", "end too long ago"}, "9", "7"},
		{"a month is remembered", "forget-after=31d", 0, 24, 100, calibrate.Measured, "30 whole days", []string{"2025-02-18, 30 days back"}, "30", "2"},
		{"a month is remembered, then an error", "forget-error=31d", 0, 24, 0, calibrate.Measured, "30 whole days", []string{"2025-02-18, 30 days back"}, "30", "7"},
		{"two days are remembered", "forget-after=2d", 0, 24, 40, calibrate.Measured, "1 whole day", []string{"2025-03-19"}, "1", "0"},
		{"days without losses do not count as forgotten", "", 0.3, 24, 0, calibrate.Unknown, "",
			[]string{"at least 30 whole days", "2025-02-16 is empty: forgotten, or nothing was lost"}, "30", "7"},
		{"days are cut elsewhere, and forgotten", "day-figures=UTC forget-after=15d", 0, 24, 0, calibrate.Unknown, "", []string{"at least 13 whole days"}, "13", "7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			quiet := func(cfg *sandbox.Config) { cfg.QuietDays = test.quiet }
			w := setup(t, rows(test.rows), quiet, withFaults(t, strings.Fields(test.faults)...))
			if test.stored > 0 {
				today := day(t, "2025-03-20")
				w.remember(today-calendar.Day(test.stored), today-1, 4*24*time.Hour, rows(test.rows), quiet)
			}
			report := w.measure()
			f := finding(t, report, calibrate.APIMemory)
			if f.State != test.state || f.Answer != test.answer {
				t.Errorf("%d requests: %+v", report.Requests, f)
			}
			for _, word := range test.says {
				if !strings.Contains(f.Detail+f.ToTell, word) {
					t.Errorf("nothing says %q: %s; %s", word, f.Detail, f.ToTell)
				}
			}
			if got := recommended(t, report, "PUSHLOSS_API_MEMORY_DAYS"); got != test.recommended {
				t.Errorf("a memory of %s days is recommended, want %s", got, test.recommended)
			}
			if got := recommended(t, report, "PUSHLOSS_LOOKBACK_DAYS"); got != test.lookback {
				t.Errorf("a lookback of %s days is recommended, want %s", got, test.lookback)
			}
		})
	}
}

// The last pull of a day, made by a daily run at any time of the day, lies within
// the recommended memory with the whole of the day.
func TestTheRecommendedLookbackLetsTheLastPullSeeTheWholeDay(t *testing.T) {
	t.Parallel()
	for memory := 3; memory <= 40; memory += 6 {
		w := setup(t, rows(24), withFaults(t, "forget-after="+time.Duration(memory*24*int(time.Hour)).String()))
		today := day(t, "2025-03-20")
		w.remember(today-50, today-1, 30*24*time.Hour, rows(24))
		w.settings.LookbackDays = 60
		w.history.changes = nil
		report := w.measure()
		lookback := number(t, recommended(t, report, "PUSHLOSS_LOOKBACK_DAYS"))
		remembered := number(t, recommended(t, report, "PUSHLOSS_API_MEMORY_DAYS"))
		if remembered > memory || remembered < memory-1 {
			t.Errorf("%d days are remembered, and %d recommended", memory, remembered)
		}
		anyDay := today.Window(w.settings.Location)
		for hour := range 24 {
			settled := (today + calendar.Day(lookback)).Window(w.settings.Location).End
			pulled := settled.Add(time.Duration(hour) * time.Hour) // the daily run that comes first after it
			if age := pulled.Sub(anyDay.Start); age > time.Duration(remembered)*24*time.Hour {
				t.Errorf("memory %d, lookback %d: the last pull comes when the day began %s ago", remembered, lookback, age)
			}
		}
	}
}

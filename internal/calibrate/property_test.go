package calibrate_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/calibrate"
	"pushloss/internal/lab/sandbox"
)

// Whatever the service is like, and however few its losses are, no finding is false, and no
// measurement makes more requests than documented.
func TestNothingFalseIsReported(t *testing.T) {
	t.Parallel()
	zones := rapid.SampledFrom([]string{
		"Asia/Shanghai", "UTC", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin", "America/New_York", "America/Los_Angeles",
		"Australia/Adelaide", "Pacific/Chatham", "Etc/GMT-14", "Etc/GMT+11", "Pacific/Marquesas",
	})
	most := 0
	rapid.Check(t, func(rt *rapid.T) {
		inclusive := rapid.Bool().Draw(rt, "inclusive")
		cut := rapid.SampledFrom([]string{"", ":by=start", ":by=touch"}).Draw(rt, "days")
		theirs, ours := zones.Draw(rt, "their zone"), zones.Draw(rt, "our zone")
		differs := rapid.IntRange(0, 3).Draw(rt, "week differs") == 0
		memory := rapid.SampledFrom([]int{0, 3, 5, 7, 8, 14, 30}).Draw(rt, "memory")
		forgets := rapid.SampledFrom([]string{"forget-after=%dd", "forget-after=%dd:by=end", "forget-after=%dd:by=event", "forget-error=%dd"}).Draw(rt, "forgets")
		var faults []string
		if inclusive {
			faults = append(faults, "end-inclusive")
		}
		if cut != "" {
			faults = append(faults, "day-figures="+theirs+cut)
		}
		if differs {
			faults = append(faults, "week-differs")
		}
		if memory > 0 {
			faults = append(faults, fmt.Sprintf(forgets, memory))
		}
		var rowsADay int
		var quiet float64
		w := setup(t, withFaults(t, faults...), func(cfg *sandbox.Config) {
			cfg.Seed = rapid.Uint64().Draw(rt, "seed")
			rowsADay = rapid.SampledFrom([]int{0, 1, 2, 24, 150}).Draw(rt, "rows")
			quiet = rapid.SampledFrom([]float64{0, 0, 0.3}).Draw(rt, "quiet")
			cfg.Rows, cfg.QuietDays = rowsADay, quiet
		})
		w.now = time.Unix(rapid.Int64Range(1735689600, 1767225600).Draw(rt, "now"), 0) // in 2025
		w.settings.Location = location(t, ours)
		if rapid.Bool().Draw(rt, "set to inclusive") {
			w.settings.WindowEnd = extract.EndInclusive
		}
		report, err := w.try(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		most = max(most, report.Requests)
		if report.Requests > calibrate.MostRequests {
			rt.Errorf("%d requests", report.Requests)
		}

		days := finding(t, report, calibrate.DayCutting)
		if days.State == calibrate.Measured {
			if byDay := days.Answer != "the service cuts no days"; byDay != (cut != "") {
				rt.Errorf("day cutting: %+v", days)
			}
			zone := location(t, recommended(t, report, "PUSHLOSS_TIMEZONE"))
			if cut != "" && !sameMidnight(zone, location(t, theirs), days.Evidence[0].EndTime) {
				rt.Errorf("days are cut in %s, not in %s: %+v", theirs, zone, days)
			}
		}
		want := extract.EndExclusive
		if inclusive {
			want = extract.EndInclusive
		}
		if end := finding(t, report, calibrate.WindowEnd); end.State == calibrate.Measured && end.Answer != string(want) {
			rt.Errorf("window's end: %+v", end)
		}
		// With losses on every day of a week's memory there is no excuse.
		if quiet == 0 && (memory == 0 || memory >= 7) && (rowsADay == 0 || rowsADay > 2) {
			for _, question := range []calibrate.Question{calibrate.DayCutting, calibrate.WindowEnd, calibrate.AddingUp} {
				if f := finding(t, report, question); f.State != calibrate.Measured {
					rt.Errorf("%+v", f)
				}
			}
		}
		adds := finding(t, report, calibrate.AddingUp)
		endKnown := finding(t, report, calibrate.WindowEnd).State == calibrate.Measured
		if adds.State == calibrate.Measured && days.State == calibrate.Measured && endKnown {
			// Of few rows none may be among those that differ.
			if differs = differs && (rowsADay == 0 || rowsADay > 2); adds.Answer == "yes" && differs || adds.Answer == "no" && !differs && rowsADay != 1 && rowsADay != 2 {
				rt.Errorf("adding up: %+v", adds)
			}
		}
		remembered := number(t, recommended(t, report, "PUSHLOSS_API_MEMORY_DAYS"))
		if f := finding(t, report, calibrate.APIMemory); f.State == calibrate.Measured && memory > 0 && remembered > memory {
			// Windows are judged by their end then: a whole day more is remembered.
			if forgets != "forget-after=%dd:by=end" || remembered > memory+1 {
				rt.Errorf("%d days are remembered, not %d: %+v", memory, remembered, f)
			}
		}
	})
	t.Logf("at most %d requests were made", most)
}

// sameMidnight reports whether two zones have a midnight in common around t.
func sameMidnight(a, b *time.Location, t time.Time) bool {
	for _, off := range []calendar.Day{-1, 0, 1} {
		for _, other := range []calendar.Day{-1, 0, 1} {
			if (calendar.DayOf(t, a) + off).Window(a).Start.Equal((calendar.DayOf(t, b) + other).Window(b).Start) {
				return true
			}
		}
	}
	return false
}

package calibrate_test

import (
	"fmt"
	"strings"
	"testing"

	"pushloss/extract"
	"pushloss/internal/calibrate"
)

// Measure finds each way in which the service may behave, alone and together with others.
func TestBehavioursAreFoundOut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		now, zone string // the clock and the configured zone
		faults    string
		rows      int
		end       extract.WindowEnd
		days      string // the zone that is reported; empty: no days are cut
		again     bool   // another zone with the same midnights is reported
		addsUp    string
	}{
		{zone: "Asia/Shanghai", end: "exclusive", addsUp: "yes"},
		{zone: "Asia/Shanghai", rows: 150, end: "exclusive", addsUp: "yes"},
		{zone: "Asia/Shanghai", rows: 600, end: "exclusive", addsUp: "yes"},
		{zone: "Asia/Shanghai", rows: 2, end: "exclusive", addsUp: "yes"},
		{zone: "Asia/Shanghai", rows: 1, end: "exclusive", addsUp: "yes"},
		{zone: "Asia/Kolkata", end: "exclusive", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "end-inclusive", end: "inclusive", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "end-inclusive", rows: 600, end: "inclusive", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "end-inclusive", rows: 1, end: "inclusive", addsUp: "yes"},
		{zone: "Asia/Kathmandu", faults: "end-inclusive", end: "inclusive", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "week-differs", end: "exclusive", addsUp: "no"},
		{zone: "Asia/Shanghai", faults: "week-differs end-inclusive", end: "inclusive", addsUp: "no"},

		{zone: "Asia/Shanghai", faults: "day-figures=Asia/Shanghai", end: "exclusive", days: "Asia/Shanghai", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "day-figures=Asia/Shanghai:by=touch", end: "exclusive", days: "Asia/Shanghai", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "day-figures=Asia/Shanghai end-inclusive", end: "inclusive", days: "Asia/Shanghai", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "day-figures=Asia/Shanghai:by=touch end-inclusive", end: "inclusive", days: "Asia/Shanghai", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "day-figures=Asia/Shanghai", rows: 1, end: "exclusive", days: "Asia/Shanghai", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "day-figures=UTC", end: "exclusive", days: "UTC", again: true, addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "day-figures=UTC:by=touch", end: "exclusive", days: "UTC", again: true, addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "day-figures=UTC end-inclusive", end: "inclusive", days: "UTC", again: true, addsUp: "yes"},
		{zone: "UTC", faults: "day-figures=Asia/Shanghai:by=touch end-inclusive", end: "inclusive", days: "Asia/Shanghai", addsUp: "yes"},
		{zone: "Europe/Berlin", faults: "day-figures=Asia/Shanghai", end: "exclusive", days: "Asia/Shanghai", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "day-figures=Asia/Shanghai week-differs=3", end: "exclusive", days: "Asia/Shanghai", addsUp: "no"},
		{zone: "Asia/Kolkata", faults: "day-figures=Asia/Kolkata", end: "exclusive", days: "Asia/Kolkata", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "day-figures=Asia/Kolkata:by=touch", end: "exclusive", days: "Asia/Kolkata", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "day-figures=Asia/Kathmandu", end: "exclusive", days: "Asia/Kathmandu", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "day-figures=Asia/Kathmandu:by=touch end-inclusive", end: "inclusive", days: "Asia/Kathmandu", addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "day-figures=Etc/GMT+7", end: "exclusive", days: "America/Phoenix", again: true, addsUp: "yes"},
		{zone: "Asia/Shanghai", faults: "day-figures=Etc/GMT-11", end: "exclusive", days: "Etc/GMT-11", again: true, addsUp: "yes"},

		// The clocks of New York changed on March 9, Berlin's on March 30, back on October 26.
		{now: "2025-03-12T12:00:00", zone: "America/New_York", faults: "day-figures=America/New_York", end: "exclusive", days: "America/New_York", addsUp: "yes"},
		{now: "2025-03-11T12:00:00", zone: "America/New_York", faults: "day-figures=America/New_York:by=touch end-inclusive", end: "inclusive", days: "America/New_York", addsUp: "yes"},
		{now: "2025-03-11T20:00:00", zone: "Asia/Shanghai", faults: "day-figures=America/New_York", end: "exclusive", days: "America/New_York", addsUp: "yes"},
		{now: "2025-04-02T09:00:00", zone: "Europe/Berlin", faults: "day-figures=Europe/Berlin", end: "exclusive", days: "Europe/Berlin", addsUp: "yes"},
		{now: "2025-10-29T09:00:00", zone: "Europe/Berlin", faults: "day-figures=Europe/Berlin:by=touch", end: "exclusive", days: "Europe/Berlin", addsUp: "yes"},
		{now: "2025-10-29T09:00:00", zone: "Europe/Berlin", faults: "end-inclusive", end: "inclusive", addsUp: "yes"},
		{now: "2025-01-20T00:10:00", zone: "Europe/Berlin", faults: "day-figures=Europe/Berlin", end: "exclusive", days: "Europe/Berlin", again: true, addsUp: "yes"},
		{now: "2025-01-20T23:50:00", zone: "Asia/Shanghai", faults: "day-figures=Asia/Shanghai end-inclusive", end: "inclusive", days: "Asia/Shanghai", addsUp: "yes"},
	} {
		t.Run(fmt.Sprintf("%s %d %s %s", test.zone, test.rows, test.faults, test.now), func(t *testing.T) {
			t.Parallel()
			w := setup(t, rows(test.rows), withFaults(t, strings.Fields(test.faults)...))
			w.settings.Location = location(t, test.zone)
			if test.now != "" {
				w.now = zone(t, test.zone, test.now)
			}
			report := w.measure()
			t.Logf("%d requests", report.Requests)

			cut := finding(t, report, calibrate.DayCutting)
			wantCut, wantZone := "the service cuts no days", test.zone
			if test.days != "" {
				wantCut, wantZone = "days are cut at the midnights of "+test.days, test.days
			}
			if cut.Answer != wantCut || cut.State != calibrate.Measured {
				t.Errorf("day cutting: %+v", cut)
			}
			if advised := strings.Contains(cut.Detail, "calibrate again after"); advised != test.again {
				t.Errorf("other zones with the same midnights are reported: %v, in %q", advised, cut.Detail)
			}
			if by := strings.Contains(test.faults, "touch"); test.days != "" && by != strings.Contains(cut.Detail, "that it touches") {
				t.Errorf("what a window has of the days: %q", cut.Detail)
			}
			if got := recommended(t, report, "PUSHLOSS_TIMEZONE"); got != wantZone {
				t.Errorf("the zone %s is recommended, want %s", got, wantZone)
			}
			end := finding(t, report, calibrate.WindowEnd)
			if end.Answer != string(test.end) {
				t.Errorf("window's end: %+v", end)
			}
			if got := recommended(t, report, "PUSHLOSS_WINDOW_END"); got != string(test.end) {
				t.Errorf("the end %s is recommended", got)
			}
			if adds := finding(t, report, calibrate.AddingUp); adds.Answer != test.addsUp {
				t.Errorf("adding up: %+v", adds)
			}
			for _, f := range report.Findings[:4] {
				if len(f.Evidence) == 0 || f.Detail == "" {
					t.Errorf("%s has no evidence", f.Question)
				}
			}
		})
	}
}

package calibrate_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/calibrate"
)

func number(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLatenessIsReadOffTheHistoryAndTheStoredDays(t *testing.T) {
	t.Parallel()
	// watch is a number of days, the newest of them the 19th, loaded 3 h after their end
	// and again until the given age.
	watch := func(days int, until time.Duration) func(*world) {
		return func(w *world) {
			today := day(w.t, "2025-03-20")
			w.remember(today-calendar.Day(days), today-1, until, rows(24))
		}
	}
	changed := func(back int, age time.Duration, rows, less int64) func(*world) {
		return func(w *world) {
			d := day(w.t, "2025-03-20") - calendar.Day(back)
			w.history.changes = append(w.history.changes, calibrate.CountChange{
				Day: d, At: d.Window(w.settings.Location).End.Add(age), Rows: rows, Less: less,
			})
		}
	}
	// loadedLate is a day that was loaded only a week after its end, and again later.
	loadedLate := func(back int) func(*world) {
		return func(w *world) {
			d := day(w.t, "2025-03-20") - calendar.Day(back)
			first := d.Window(w.settings.Location).End.AddDate(0, 0, 7)
			last := first.AddDate(0, 0, 5)
			w.history.histories = append(w.history.histories, calibrate.DayHistory{Day: d, FirstLoadedAt: &first, LastLoadedAt: &last, Pulls: 2})
		}
	}
	const days = 24 * time.Hour
	for _, test := range []struct {
		name     string
		faults   string
		history  []func(*world)
		state    calibrate.State
		answer   string
		says     []string
		lookback string
	}{
		{"without history it is unknown, and the remedy is named", "", nil, calibrate.Unknown, "", []string{"0 days", "run daily for 9 days"}, "7"},
		{"two days are too few", "", []func(*world){watch(3, 5*days)}, calibrate.Unknown, "", []string{"2 days", "run daily"}, "7"},
		{"no change at all", "", []func(*world){watch(20, 5*days)}, calibrate.Measured, "no change after the first load", []string{"19 days"}, "2"},
		{"changes within two and a half days", "", []func(*world){
			watch(20, 7*days), changed(10, 12*time.Hour, 60, 0), changed(11, 36*time.Hour, 30, 3), changed(12, 60*time.Hour, 10, 0),
		}, calibrate.Measured, "up to 2.5 days after a day's end",
			[]string{"of 100 changed figures half came within 0.5 days", "95% within 2.5 days", "the last after 2.5 days"}, "4"},
		{"a change at the last pull leaves the end open", "", []func(*world){watch(20, 3*days), changed(10, 3*days, 5, 0)},
			calibrate.Measured, "up to 3.0 days after a day's end", []string{"they still changed when they were last pulled"}, "7"},
		{"changes of a day that was first loaded long after it do not count", "", []func(*world){
			watch(20, 5*days), loadedLate(40), changed(40, 11*days, 100, 0),
		}, calibrate.Measured, "no change after the first load", nil, "2"},
		{"figures that were removed because they were forgotten are not a change", "forget-after=7d", []func(*world){
			watch(20, 10*days), changed(15, 8*days, 24, 24), changed(15, 2*days, 4, 1),
		}, calibrate.Measured, "up to 2.0 days after a day's end", []string{"24 changes are left out"}, "3"},
		{"a count that grew after a part was forgotten is a change", "forget-after=7d", []func(*world){
			watch(20, 10*days), changed(15, 8*days, 24, 23),
		}, calibrate.Measured, "up to 8.0 days after a day's end", []string{"of 24 changed figures"}, "4"},
		{"the lookback is at most what the memory allows", "forget-after=7d", []func(*world){
			watch(20, 6*days), changed(15, 5*days, 4, 1),
		}, calibrate.Measured, "up to 5.0 days after a day's end", nil, "4"},
		{"stored days that differ now are changes too", "restated:day=2025-03-16", []func(*world){watch(20, 2*days)},
			calibrate.Measured, "up to 3.5 days after a day's end", []string{"the last after 3.5 days"}, "7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, rows(24), withFaults(t, strings.Fields(test.faults)...))
			for _, f := range test.history {
				f(w)
			}
			report := w.measure()
			f := finding(t, report, calibrate.Lateness)
			if f.State != test.state || f.Answer != test.answer {
				t.Errorf("%+v", f)
			}
			for _, word := range test.says {
				if !strings.Contains(f.Detail+f.ToTell, word) {
					t.Errorf("nothing says %q: %s; %s", word, f.Detail, f.ToTell)
				}
			}
			if got := recommended(t, report, "PUSHLOSS_LOOKBACK_DAYS"); got != test.lookback {
				t.Errorf("a lookback of %s days is recommended, want %s: %+v", got, test.lookback, report.Recommendations)
			}
		})
	}
}

func TestDaysThatAreStoredByOtherMidnightsAreNotCompared(t *testing.T) {
	t.Parallel()
	w := setup(t, rows(24))
	today := day(t, "2025-03-20")
	w.remember(today-20, today-1, 5*24*time.Hour, rows(24))
	w.settings.StoredTimezone = "UTC"
	f := finding(t, w.measure(), calibrate.Lateness)
	if f.State != calibrate.Unknown || !strings.Contains(f.Detail, "cut in UTC, not in Asia/Shanghai") {
		t.Errorf("%+v", f)
	}
}

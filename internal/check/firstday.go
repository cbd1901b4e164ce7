package check

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize/english"

	"pushloss/internal/calendar"
)

// FirstDay warns if the API may have forgotten days from PUSHLOSS_FIRST_DAY on before the next run
// pulls them for the first time. Nothing can prove the figures of such days. kept is the first day
// that runs keep; it is nil before the first run.
func FirstDay(sdkAppID int64, first calendar.Day, kept *calendar.Day, memoryDays int, zone *time.Location, now time.Time) (warning Finding, found bool) {
	last := calendar.DayOf(now.Add(-time.Duration(memoryDays)*24*time.Hour-1), zone) // the newest day that it may have forgotten
	if kept != nil {
		last = min(last, *kept-1)
	}
	if last < first {
		return Finding{}, false
	}
	return Warning(fmt.Sprintf("first day of app %d", sdkAppID),
		fmt.Sprintf("PUSHLOSS_FIRST_DAY=%s: the API is believed to remember %s, so the figures of %s (%s) will be unproven, and status not ok for 30 days",
			first, english.Plural(memoryDays, "day", ""), english.Plural(int(last-first)+1, "day", ""), calendar.Span{First: first, Last: last}),
		fmt.Sprintf("set PUSHLOSS_FIRST_DAY to %s or later; if the API remembers more, set PUSHLOSS_API_MEMORY_DAYS to what pushloss calibrate measures", last+1)), true
}

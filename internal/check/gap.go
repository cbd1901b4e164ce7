package check

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize/english"

	"pushloss/internal/calendar"
)

// Gap judges the longest time without a scheduled run: which days the API forgets, at least in
// part, before a run can pull them whole.
func Gap(from, to time.Time, memoryDays int, zones []*time.Location) Finding {
	const name = "schedules"
	if memoryDays < 2 {
		return Good(name, "") // no schedule helps then: see Lookback
	}
	gap := fmt.Sprintf("no run between %s and %s", from.Format(time.RFC3339), to.Format(time.RFC3339))
	var lost int
	for _, zone := range zones {
		lost = max(lost, lostDays(from, to, memoryDays, zone))
	}
	if lost > 0 {
		return Finding{
			Check: name,
			Detail: fmt.Sprintf("%s: the figures of %s are lost, because the API remembers %s",
				gap, english.Plural(lost, "day", ""), english.Plural(memoryDays, "day", "")),
			Hint: "schedule the job run daily; if the API remembers more, set PUSHLOSS_API_MEMORY_DAYS to what pushloss calibrate measures",
		}
	}
	return Warning(name, gap+": status calls days missing until then, and late figures have less time to be pulled",
		"schedule the job run daily")
}

// callDelay is about the shortest time from the tick of a run to its first call of the API.
const callDelay = time.Minute

// lostDays counts the days that are not over at a run and no longer wholly in the API's memory at
// the next one.
func lostDays(run, next time.Time, memoryDays int, zone *time.Location) int {
	memoryBegins := next.Add(callDelay - time.Duration(memoryDays)*24*time.Hour)
	return max(0, int(calendar.DayOf(memoryBegins.Add(-1), zone)-calendar.DayOf(run, zone))+1)
}

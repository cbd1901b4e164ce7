package pipeline

import (
	"fmt"
	"time"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// Outlook says which days of a newly registered task runs will not pull, and what to do about it.
// It returns "" if they pull all its days while the API is assumed to remember them. kept is the
// first day that runs keep; nil if unknown.
func (s Settings) Outlook(task load.Task, location *time.Location, kept *calendar.Day, now time.Time) string {
	rules := policy{Settings: s, location: location}
	days, ended := rules.followed(task), rules.lastEndedDay(now)
	first := calendar.DayOf(now, location) - calendar.Day(s.EffectiveLookback())
	switch {
	case s.FirstDay != nil:
		first = *s.FirstDay
	case kept != nil:
		first = *kept
	}
	backfill := func(last calendar.Day) string {
		return fmt.Sprintf("pushloss backfill --app %d --task %s --from %s --to %s, or correct its sent_at", task.SDKAppID, task.TaskID, days.First, min(last, ended))
	}
	sent := fmt.Sprintf("task %s of app %d was sent on %s", task.TaskID, task.SDKAppID, days.First)
	switch {
	case task.SentAt == nil:
		return "" // the task's days before its registration are a guess
	case days.Last < first:
		return fmt.Sprintf("%s, and runs pull none of its days: the %d days for which it is followed ended before %s, the first day kept: %s",
			sent, s.TaskDays, first, backfill(days.Last))
	case days.First < first:
		return fmt.Sprintf("%s, and runs do not pull its days before %s, the first day kept: %s", sent, first, backfill(first-1))
	case days.First <= rules.lastForgotten(now):
		return fmt.Sprintf("%s, and the API may have forgotten its days up to %s: figures for them, if any, are unproven",
			sent, min(rules.lastForgotten(now), days.Last))
	}
	return ""
}

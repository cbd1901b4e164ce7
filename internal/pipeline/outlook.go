package pipeline

import (
	"fmt"
	"time"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// Outlook says what runs are not going to pull of a task that is registered now, and
// what to do about it; empty if they pull all its days while the API is believed to
// remember them. kept is the first day that runs keep, if that is known.
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
		return fmt.Sprintf("pushloss backfill --task %s --from %s --to %s, or correct its sent_at", task.TaskID, days.First, min(last, ended))
	}
	switch {
	case task.SentAt == nil:
		return "" // the days before its registration are a guess
	case days.Last < first:
		return fmt.Sprintf("task %s was sent on %s, and runs pull nothing of it: the %d days in which it is followed ended before %s, the first day kept: %s",
			task.TaskID, days.First, s.TaskDays, first, backfill(days.Last))
	case days.First < first:
		return fmt.Sprintf("task %s was sent on %s, and runs do not pull its days before %s, the first day kept: %s",
			task.TaskID, days.First, first, backfill(first-1))
	case days.First <= rules.lastForgotten(now):
		return fmt.Sprintf("task %s was sent on %s, and the API need not remember its days until %s: figures of these, if any come, are unproven",
			task.TaskID, days.First, min(rules.lastForgotten(now), days.Last))
	}
	return ""
}

package pipeline

import (
	"fmt"
	"time"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// policy answers when a day is over, final, or out of the API's reach, for one
// app. It is pure.
type policy struct {
	Settings
	location *time.Location
}

// lastEndedDay is the newest day that is over at now.
func (p policy) lastEndedDay(now time.Time) calendar.Day {
	return calendar.DayOf(now, p.location) - 1
}

// EffectiveLookback is for how many days after its end a day is pulled again: as
// far as the API is believed to remember the whole day.
func (s Settings) EffectiveLookback() int { return max(0, min(s.LookbackDays, s.APIMemoryDays-1)) }

// settles is what loading a day at the given time makes of it: final, once the
// lookback is over.
func (p policy) settles(day calendar.Day, at time.Time) load.SettledReason {
	end := (day + calendar.Day(p.EffectiveLookback())).Window(p.location).End
	if at.Before(end) {
		return load.NotSettled
	}
	return load.ByLookback
}

// remembered reports whether the whole day lies within what the API is believed
// to remember at the given time, so that what an answer lacks is zero.
func (p policy) remembered(day calendar.Day, at time.Time) bool {
	return !day.Window(p.location).Start.Before(p.memoryBegins(at))
}

func (p policy) memoryBegins(at time.Time) time.Time {
	return at.Add(-time.Duration(p.APIMemoryDays) * 24 * time.Hour)
}

// lastForgotten is the newest day of which the API need not remember the whole any
// more at the given time.
func (p policy) lastForgotten(at time.Time) calendar.Day {
	day := calendar.DayOf(p.memoryBegins(at), p.location)
	if p.remembered(day, at) {
		day--
	}
	return day
}

// followed returns the days in which a scheduled run follows the task: from the
// day it was sent or, where that is not known, from a lookback before it was
// registered, since lists are imported after the push.
func (p policy) followed(task load.Task) calendar.Span {
	if task.SentAt != nil {
		first := calendar.DayOf(*task.SentAt, p.location)
		return calendar.Span{First: first, Last: first + calendar.Day(p.TaskDays) - 1}
	}
	registered := calendar.DayOf(task.RegisteredAt, p.location)
	return calendar.Span{First: registered - calendar.Day(p.EffectiveLookback()), Last: registered + calendar.Day(p.TaskDays) - 1}
}

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

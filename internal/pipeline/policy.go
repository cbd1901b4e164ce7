package pipeline

import (
	"time"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// policy decides for one app when a day is over, final, or outside the API's memory. It is pure.
type policy struct {
	Settings
	location *time.Location
}

// lastEndedDay is the newest day that is over at the given time.
func (p policy) lastEndedDay(now time.Time) calendar.Day {
	return calendar.DayOf(now, p.location) - 1
}

// EffectiveLookback is for how many days after its end a day is pulled again. It is at most as long
// as the API is assumed to remember the whole day.
func (s Settings) EffectiveLookback() int { return max(0, min(s.LookbackDays, s.APIMemoryDays-1)) }

// settles returns load.ByLookback if a day that is loaded at the given time becomes final: its
// lookback is over.
func (p policy) settles(day calendar.Day, at time.Time) load.SettledReason {
	end := (day + calendar.Day(p.EffectiveLookback())).Window(p.location).End
	if at.Before(end) {
		return load.NotSettled
	}
	return load.ByLookback
}

// remembered reports whether the API is assumed to remember the whole day at the given
// time, so that what an answer lacks is zero.
func (p policy) remembered(day calendar.Day, at time.Time) bool {
	return !day.Window(p.location).Start.Before(p.memoryBegins(at))
}

func (p policy) memoryBegins(at time.Time) time.Time {
	return at.Add(-time.Duration(p.APIMemoryDays) * 24 * time.Hour)
}

// lastForgotten is the newest day that the API may have forgotten in part at the given
// time.
func (p policy) lastForgotten(at time.Time) calendar.Day {
	day := calendar.DayOf(p.memoryBegins(at), p.location)
	if p.remembered(day, at) {
		day--
	}
	return day
}

// followed returns the days for which a scheduled run follows the task. They begin on the day of
// the push or, if that is unknown, a lookback before the registration, because lists are imported
// after the push.
func (p policy) followed(task load.Task) calendar.Span {
	if task.SentAt != nil {
		first := calendar.DayOf(*task.SentAt, p.location)
		return calendar.Span{First: first, Last: first + calendar.Day(p.TaskDays) - 1}
	}
	registered := calendar.DayOf(task.RegisteredAt, p.location)
	return calendar.Span{First: registered - calendar.Day(p.EffectiveLookback()), Last: registered + calendar.Day(p.TaskDays) - 1}
}

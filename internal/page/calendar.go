package page

import (
	"time"

	"pushloss/internal/calendar"
)

// state is the state of a day in the calendar. Mark shows it without a colour.
type state struct{ Name, Mark, Word, Meaning string }

// states are in the order of the legend.
var states = [...]state{
	{"loaded", "✓", "loaded", "the figures are there"},
	{"empty", "0", "empty", "nothing was lost"},
	{"open", "…", "open", "still to be pulled"},
	{"missing", "?", "missing", "long over, and not pulled"},
	{"failed", "✕", "failed", "the last pull failed"},
	{"absent", "–", "absent", "the answer lacked the task; what was known stays"},
	{"unproven", "~", "unproven", "an empty answer for a day too old to be believed: not zero"},
	{"unavailable", "/", "no answer", "the API no longer answers for the day"},
}

// outside is a day without expected figures.
var outside = state{"outside", "", "not kept", "before the first day that is kept, after the last one that has ended, not one of the task's days, or losses are not pulled (PUSHLOSS_STREAMS)"}

func stateOf(name string) state {
	for _, s := range states {
		if s.Name == name {
			return s
		}
	}
	return state{"open", "·", name, name}
}

// cell is a day in the calendar; Blank ones only fill the week.
type cell struct {
	Blank bool
	Day   calendar.Day
	State state
	Final bool
}

// Label is the day of the month, with the month where one begins.
func (c cell) Label() string {
	if date := c.Day.UTC(); date.Day() == 1 {
		return date.Format("2 Jan")
	}
	return c.Day.UTC().Format("2")
}

// week is a row of the calendar.
type week struct {
	Monday calendar.Day
	Days   [7]cell
}

// Label names the week by its first day.
func (w week) Label() string { return w.Monday.UTC().Format("2 Jan 2006") }

// Names are the weekdays in the order of Days.
func (w week) Names() (names [7]string) {
	for i := range names {
		names[i] = (w.Monday + calendar.Day(i)).UTC().Format("Mon")
	}
	return names
}

// calendarOf lays the days of a range out in weeks.
func calendarOf(from, to calendar.Day, windows []window) []week {
	known := make(map[calendar.Day]window)
	for _, w := range windows {
		known[w.Day] = w
	}
	var weeks []week
	for monday := mondayOf(from); monday <= to; monday += 7 {
		row := week{Monday: monday}
		for i := range row.Days {
			day := monday + calendar.Day(i)
			if day < from || day > to {
				row.Days[i] = cell{Blank: true}
				continue
			}
			row.Days[i] = cell{Day: day, State: outside}
			if w, ok := known[day]; ok {
				row.Days[i] = cell{Day: day, State: stateOf(w.State), Final: w.Settled}
			}
		}
		weeks = append(weeks, row)
	}
	return weeks
}

// legendOf are the states that a calendar shows, in a fixed order.
func legendOf(weeks []week) (legend []state) {
	shown := make(map[string]bool)
	for _, w := range weeks {
		for _, c := range w.Days {
			shown[c.State.Name] = true
		}
	}
	for _, s := range append(states[:], outside) {
		if shown[s.Name] {
			legend = append(legend, s)
		}
	}
	return legend
}

func mondayOf(day calendar.Day) calendar.Day {
	return day - calendar.Day((day.UTC().Weekday()-time.Monday+7)%7)
}

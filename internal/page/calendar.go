package page

import "pushloss/internal/calendar"

// state is the state of a day in the calendar. Mark shows it without a colour. Word and
// Meaning are the names of texts.
type state struct{ Name, Mark, Word, Meaning string }

// states are in the order of the legend.
var states = [...]state{
	{"loaded", "✓", "state.loaded", "state.loaded.meaning"},
	{"empty", "0", "state.empty", "state.empty.meaning"},
	{"open", "…", "state.open", "state.open.meaning"},
	{"missing", "?", "state.missing", "state.missing.meaning"},
	{"failed", "✕", "state.failed", "state.failed.meaning"},
	{"absent", "–", "state.absent", "state.absent.meaning"},
	{"unproven", "~", "state.unproven", "state.unproven.meaning"},
	{"unavailable", "/", "state.unavailable", "state.unavailable.meaning"},
}

var (
	// outside is a day without expected figures. unsent is one of them, before the push of the
	// chosen task.
	outside = state{"outside", "", "state.outside", "state.outside.meaning"}
	unsent  = state{"unsent", "‹", "state.unsent", "state.unsent.meaning"}
)

func stateOf(name string) state {
	for _, s := range states {
		if s.Name == name {
			return s
		}
	}
	return state{"open", "·", name, name}
}

// cell is a day in the calendar. A Blank cell only fills the week.
type cell struct {
	Blank bool
	Day   calendar.Day
	State state
	Final bool
}

// Number is the day of the month.
func (c cell) Number() int { return c.Day.UTC().Day() }

// Hatched reports whether the day's figures may still change.
func (c cell) Hatched() bool {
	return c.State != outside && c.State != unsent && (!c.Final || c.State.Name != "loaded" && c.State.Name != "empty")
}

// month is a part of the calendar, in weeks that begin on Monday.
type month struct {
	Name  string
	Weeks [][7]cell
}

// calendarOf arranges the days of a selection in months.
func calendarOf(w words, s selection, windows []window) (months []month) {
	before := s.unsent(windows)
	known := make(map[calendar.Day]window)
	for _, one := range windows {
		known[one.Day] = one
	}
	for day := s.From; day <= s.To; day++ {
		date := day.UTC()
		if day == s.From || date.Day() == 1 {
			months = append(months, month{Name: w.Time("month", date)})
		}
		m := &months[len(months)-1]
		if monday := mondayOf(day); len(m.Weeks) == 0 || monday == day {
			var blank [7]cell
			for i := range blank {
				blank[i].Blank = true
			}
			m.Weeks = append(m.Weeks, blank)
		}
		c := cell{Day: day, State: outside}
		if before(day) {
			c.State = unsent
		}
		if one, ok := known[day]; ok {
			c.State, c.Final = stateOf(one.State), one.Settled
		}
		m.Weeks[len(m.Weeks)-1][day-mondayOf(day)] = c
	}
	return months
}

// legendOf returns the states that a calendar shows, in the order of states.
func legendOf(months []month) (legend []state) {
	shown := make(map[string]bool)
	for _, m := range months {
		for _, w := range m.Weeks {
			for _, c := range w {
				shown[c.State.Name] = true
			}
		}
	}
	for _, s := range append(states[:], unsent, outside) {
		if shown[s.Name] {
			legend = append(legend, s)
		}
	}
	return legend
}

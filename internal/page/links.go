package page

import (
	"net/url"

	"pushloss/internal/calendar"
)

// pageAddress returns the address of the page for a query.
func pageAddress(query url.Values) string { return "/?" + query.Encode() }

// With returns the address of the same selection with one more choice.
func (s selection) With(parameter, value string) string {
	query := s.Query()
	query.Set(parameter, value)
	return pageAddress(query)
}

// Without returns the address of the same selection without one choice.
func (s selection) Without(parameter string) string {
	query := s.Query()
	query.Del(parameter)
	return pageAddress(query)
}

// Of returns the address of the same selection for other days.
func (s selection) Of(from, to calendar.Day) string {
	s.From, s.To = from, to
	return pageAddress(s.Query())
}

// Sheet returns the address of a table as CSV.
func (s selection) Sheet(name string) string { return "/" + name + ".csv?" + s.Query().Encode() }

// preset is a link to the last days, a given number of them.
type preset struct {
	Days    int
	Address string
	Current bool
}

// steps are the links to other days: the last ones, and the spans before and after this one. A span
// with nothing to see is empty.
type steps struct {
	Presets        []preset
	Previous, Next string
}

func (s selection) steps(newest calendar.Day) (links steps) {
	for _, days := range []int{7, 30, 90} {
		from := newest - calendar.Day(days) + 1
		links.Presets = append(links.Presets, preset{days, s.Of(from, newest), s.From == from && s.To == newest})
	}
	if before := s.before(); before.From >= firstDay {
		links.Previous = s.Of(before.From, before.To)
	}
	if s.To < newest {
		to := min(s.To+calendar.Day(s.Days()), newest)
		links.Next = s.Of(to-calendar.Day(s.Days())+1, to)
	}
	return links
}

// before returns the same selection for as many days, ending before its first day.
func (s selection) before() selection {
	s.From, s.To = s.From-calendar.Day(s.Days()), s.From-1
	return s
}

package calibrate

import (
	"context"
	"maps"
	"slices"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
)

const (
	// daysLookedAt is how many of the newest days are requested first. With the day that is not
	// over, they are within 7 days at any time of day.
	daysLookedAt = 6
	// batchesTried is how many batches of tasks are tried if the whole app lost nothing.
	batchesTried = 2
)

// daySpan is the request for a day.
func daySpan(day calendar.Day, location *time.Location, end extract.WindowEnd) span {
	window := day.Window(location)
	s := span{window.Start.Unix(), window.End.Unix()}
	if end == extract.EndInclusive {
		s.end--
	}
	return s
}

// jobSpan is the request by which jobs pull a day now.
func (m *measurement) jobSpan(day calendar.Day) span {
	return daySpan(day, m.settings.Location, m.settings.WindowEnd)
}

func (m *measurement) yesterday() calendar.Day {
	return calendar.DayOf(m.now, m.settings.Location) - 1
}

// lookAround requests the newest days one by one: of the whole app or, if that lost nothing, of
// tasks.
func (m *measurement) lookAround(ctx context.Context) error {
	subjects := [][]string{nil}
	for i, batch := range extract.Batches(m.opts.Tasks) {
		if i < batchesTried {
			subjects = append(subjects, batch)
		}
	}
	for _, tasks := range subjects {
		m.of(tasks)
		m.days = make(map[calendar.Day]figures)
		if err := m.askNewestDays(ctx); err != nil {
			return err
		}
		if len(m.lossy()) > 0 {
			return nil
		}
	}
	m.of(nil)
	return nil
}

func (m *measurement) askNewestDays(ctx context.Context) error {
	days := []calendar.Day{}
	for back := range calendar.Day(daysLookedAt) {
		days = append(days, m.yesterday()-back)
	}
	if m.opts.Day != nil {
		days = append(days, *m.opts.Day, *m.opts.Day-1)
	}
	for i, day := range days {
		f, err := m.ask(ctx, m.jobSpan(day))
		if refusal(err) != nil && i > 0 {
			continue // the API remembers less than these days
		}
		if err != nil {
			return err
		}
		m.days[day] = f
	}
	return nil
}

// lossy returns the days with known losses, newest first.
func (m *measurement) lossy() []calendar.Day {
	var days []calendar.Day
	for day, f := range m.days {
		if len(f) > 0 {
			days = append(days, day)
		}
	}
	slices.Sort(days)
	slices.Reverse(days)
	return days
}

// remembers reports whether a window with losses was answered that starts at t or earlier.
func (m *measurement) remembers(t int64) bool {
	days := m.lossy()
	return len(days) > 0 && m.jobSpan(days[len(days)-1]).start <= t
}

// remembersAll reports whether windows with losses were answered that start, and that end, no later
// than s.
func (m *measurement) remembersAll(s span) bool {
	days := m.lossy()
	return m.remembers(s.start) && m.jobSpan(days[len(days)-1]).end <= s.end
}

// remembersEnd reports whether a window with losses was answered that ends at t or earlier.
func (m *measurement) remembersEnd(ctx context.Context, t int64) (bool, error) {
	days := m.lossy()
	if m.jobSpan(days[len(days)-1]).end <= t {
		return true, nil
	}
	for _, day := range days {
		if s := m.jobSpan(day); s.start < t {
			part, err := m.ask(ctx, span{s.start, t})
			if refusal(err) != nil {
				return false, nil
			}
			return len(part) > 0, err
		}
	}
	return false, nil
}

// toLookInto returns the days for measuring, best first. The best is the newest day that ended more
// than a day ago, so that it is over also for a service in another zone, and that follows a
// remembered day.
func (m *measurement) toLookInto() []calendar.Day {
	days := m.lossy()
	if m.opts.Day != nil && slices.Contains(days, *m.opts.Day) {
		return append([]calendar.Day{*m.opts.Day}, slices.DeleteFunc(days, func(d calendar.Day) bool { return d == *m.opts.Day })...)
	}
	rank := func(day calendar.Day) int {
		switch {
		case day == m.yesterday():
			return 2
		case !m.remembers(m.jobSpan(day).start - ahead):
			return 1
		}
		return 0
	}
	slices.SortStableFunc(days, func(a, b calendar.Day) int { return rank(a) - rank(b) })
	return days
}

// offset returns the seconds by which the zone is ahead of UTC at the start of a day.
func (m *measurement) offset(day calendar.Day) int {
	_, seconds := day.Window(m.settings.Location).Start.Zone()
	return seconds
}

// otherDay returns the day on which to repeat a finding; ok is false if there is none. A day on the
// other side of a clock change says most.
func (m *measurement) otherDay(day calendar.Day) (other calendar.Day, ok bool) {
	rest := slices.DeleteFunc(m.toLookInto(), func(d calendar.Day) bool { return d == day })
	for _, d := range rest {
		if m.offset(d) != m.offset(day) {
			return d, true
		}
	}
	if len(rest) == 0 {
		return 0, false
	}
	return rest[0], true
}

// kept returns the stored figures of the days from first to last, by day.
func (m *measurement) kept(ctx context.Context, first, last calendar.Day) (map[calendar.Day]figures, error) {
	stored, err := m.history.KeptFacts(ctx, m.settings.SDKAppID, m.asked(), first, last)
	if err != nil {
		return nil, err
	}
	kept := make(map[calendar.Day]figures, len(stored))
	for day := range maps.Keys(stored) {
		kept[day] = figuresOf(stored[day])
	}
	return kept, nil
}

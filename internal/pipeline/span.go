package pipeline

import (
	"slices"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
)

// recheckWithin is how long after a check the next daily run may repeat it. The API must still
// remember the span at that time.
const recheckWithin = 24 * time.Hour

// spanWindow returns the time from a span's first midnight to its last one.
func (p policy) spanWindow(days calendar.Span) calendar.Window {
	return calendar.Window{Start: days.First.Window(p.location).Start, End: days.Last.Window(p.location).End}
}

// fits reports whether one request may cover the days: seven of them, or six if a clock goes back
// during them.
func (p policy) fits(days calendar.Span) bool {
	window := p.spanWindow(days)
	return window.End.Sub(window.Start) <= stream.Loss.MaxWindow()
}

// exists reports whether the zone's calendar has the date.
func (p policy) exists(day calendar.Day) bool {
	window := day.Window(p.location)
	return window.Start.Before(window.End)
}

// atLeastTwo returns the days. If they are only one, it adds the day before.
func (p policy) atLeastTwo(days calendar.Span) calendar.Span {
	if days.First == days.Last {
		for days.First--; !p.exists(days.First); days.First-- {
		}
	}
	return days
}

// newestSpan returns the longest span up to the newest ended day that one request may
// cover and that the API is assumed to remember now and at the next run. It is empty if
// there is none.
func (p policy) newestSpan(now time.Time) calendar.Span {
	return p.newestSpanTo(p.lastEndedDay(now), now)
}

// newestSpanTo is newestSpan up to an earlier day.
func (p policy) newestSpanTo(last calendar.Day, now time.Time) calendar.Span {
	days := calendar.Span{First: last + 1, Last: last}
	for {
		wider := calendar.Span{First: days.First - 1, Last: last}
		if !p.remembered(wider.First, now.Add(recheckWithin)) || !p.fits(wider) {
			return days
		}
		days = wider
	}
}

// cut divides days into spans that one request may cover, oldest first.
func (p policy) cut(days calendar.Span) []calendar.Span {
	var spans []calendar.Span
	for first := days.First; first <= days.Last; {
		piece := calendar.Span{First: first, Last: first}
		for piece.Last < days.Last && p.fits(calendar.Span{First: first, Last: piece.Last + 1}) {
			piece.Last++
		}
		spans = append(spans, piece)
		first = piece.Last + 1
	}
	return spans
}

// cutFromLast is cut, but makes the last span as long as possible.
func (p policy) cutFromLast(days calendar.Span) []calendar.Span {
	var spans []calendar.Span
	for last := days.Last; last >= days.First; {
		piece := calendar.Span{First: last, Last: last}
		for piece.First > days.First && p.fits(calendar.Span{First: piece.First - 1, Last: last}) {
			piece.First--
		}
		spans = append(spans, piece)
		last = piece.First - 1
	}
	slices.Reverse(spans)
	return spans
}

// longestRun returns the longest run of days in the span for which stored is true; of two equally
// long ones, the newer. Dates that the zone's calendar skips do not end a run.
func (p policy) longestRun(days calendar.Span, stored func(calendar.Day) bool) (longest calendar.Span, found bool) {
	length, longestLength := 0, 0
	var run calendar.Span
	for day := days.First; day <= days.Last; day++ {
		switch {
		case !p.exists(day):
			continue
		case !stored(day):
			length = 0
			continue
		case length == 0:
			run.First = day
		}
		length++
		run.Last = day
		if length >= longestLength {
			longest, longestLength = run, length
		}
	}
	return longest, longestLength > 0
}

package jump

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"pushloss/internal/calendar"
)

// Settings say what stands out.
type Settings struct {
	Factor float64 // how many times its usual a loss must be
	Least  int64   // how many pushes more than usual must be lost
}

// Event is a loss that stands out, from its first day to its last.
type Event struct {
	Cause
	First, Last calendar.Day
	// Worst is the day with the highest value. The figures are those of this day.
	Worst  calendar.Day
	Losses int64
	Pushes int64 // 0: not known
	// Usual is the usual share of the days before or, without pushes, their usual count.
	Usual float64
	// Over says that a later day was as usual again, or that the event's level has become the usual
	// one.
	Over bool
}

// Value returns the worst day's share of the pushes or, if these are not known, its losses.
func (e Event) Value() float64 { return reading{e.Losses, e.Pushes}.value() }

const (
	// A day is compared with the newest known days before it: at most before of them, and at least
	// fewest, none of them more than back days ago.
	before, back, fewest = 14, 35, 7
	// Longest is how many days an event lasts at most. After that, its level is the usual one.
	Longest = 28
	// rejoins is how many days after its last day an event may go on.
	rejoins = 3
	// Judged is how many of the newest days a run judges: those that may still change, and some
	// more.
	Judged = 14
	// Reach is how many days before the judged days the figures must begin.
	Reach = back + Longest
	// deviations is how many times its spread a value must lie above the usual.
	deviations = 5
	// leastSpread is the least spread, as a fraction of the usual.
	leastSpread = 0.15
	// leastShare is the least fraction of a channel's pushes that must be lost more than usual.
	leastShare = 0.005
	// manyMore is the fraction of a channel's pushes that stands out if it is lost more than usual,
	// even if the loss is so usual that the factor is not reached.
	manyMore = 0.10
	// muchOfChannel is the same if pushes are not known: a fraction of the channel's usual losses.
	muchOfChannel = 0.5
	// muchFactor is the exponent of the factor in these two cases.
	muchFactor = 0.85
	// aboveHighest: a value must be this many times the highest one of the days before.
	aboveHighest = 1.2
	// moreLosses is how many times its usual the count must be. A higher share of fewer pushes does
	// not stand out.
	moreLosses = 1.25
)

// Detect judges the days from first to last. It returns all events of the causes with figures:
// those that it found, and the known ones. It judges known events that reach these days again as a
// whole, so an event may change or disappear.
func Detect(f Figures, known []Event, first, last calendar.Day, s Settings) []Event {
	byCause := make(map[Cause][]Event, len(f.Losses))
	for cause := range f.Losses {
		byCause[cause] = nil
	}
	for _, e := range known {
		byCause[e.Cause] = append(byCause[e.Cause], e)
	}
	causes := slices.SortedFunc(maps.Keys(byCause), compareCauses)
	days := f.pulledDays(first-Reach, last)
	volume, pushes := newVolume(f, days), countsOf(days, f.Pushes)
	var events []Event
	for _, cause := range causes {
		l := &line{settings: s, pulledDays: days, volume: volume, cause: cause, losses: volume.losses[cause], pushes: pushes[cause.gate()]}
		events = append(events, l.detect(byCause[cause], first, last)...)
	}
	return events
}

func compareCauses(a, b Cause) int {
	return cmp.Or(cmp.Compare(a.StageID, b.StageID), cmp.Compare(a.EventType, b.EventType),
		cmp.Compare(a.PlatformID, b.PlatformID), cmp.Compare(a.Code, b.Code))
}

// line is the days of one cause.
type line struct {
	pulledDays
	cause          Cause
	losses, pushes counts
	settings       Settings
	volume         volume

	events []Event // the last one may be open
}

func (l *line) detect(known []Event, first, last calendar.Day) []Event {
	begin := first
	for _, e := range known {
		switch {
		case e.Last < first && (e.Over || e.First < first-Longest):
			e.Over = true
			l.events = append(l.events, e)
		default:
			begin = max(min(begin, e.First), first-Longest)
		}
	}
	slices.SortFunc(l.events, func(a, b Event) int { return cmp.Compare(a.First, b.First) })
	for day := begin; day <= last; day++ {
		l.judge(day)
	}
	return l.events
}

// judge judges one day.
func (l *line) judge(day calendar.Day) {
	e := l.latest()
	if e != nil && !e.Over && day-e.First >= Longest {
		e.Over = true
	}
	goesOn := e != nil && day-e.Last <= rejoins && day-e.First < Longest
	lasts := e != nil && (!e.Over || goesOn)
	if !lasts && l.losses.of(day).Now < l.settings.Least {
		return // too few, whatever the usual is
	}
	c, known := l.compare(day)
	if !known {
		return
	}
	switch {
	case lasts && c.above(math.Sqrt(l.settings.Factor), deviations/2.0) && (!e.Over || c.excess() >= float64(l.settings.Least)):
		e.Over, e.Last = false, day
		if (c.pushes > 0) == (e.Pushes > 0) && c.value() > e.Value() || c.pushes > 0 && e.Pushes == 0 {
			e.Worst, e.Losses, e.Pushes, e.Usual = day, c.losses, c.pushes, c.expected()
		}
	case lasts && !e.Over:
		e.Over = !c.tooFew(l.settings)
	case l.opens(c):
		l.events = append(l.events, Event{
			Cause: l.cause, First: day, Last: day, Worst: day, Losses: c.losses, Pushes: c.pushes, Usual: c.expected(),
		})
	}
}

func (l *line) opens(c comparison) bool {
	factor, more := l.settings.Factor, c.value()-c.usual
	switch {
	case c.pushes > 0 && more >= manyMore:
		factor = math.Sqrt(factor)
	case c.pushes == 0 && c.excess() >= muchOfChannel*c.channel*c.volume:
		factor = math.Pow(factor, muchFactor)
	}
	return c.excess() >= float64(l.settings.Least) && float64(c.losses) >= moreLosses*c.usualLosses && c.above(factor, deviations) &&
		c.level() >= aboveHighest*c.highest && (c.pushes == 0 || more >= leastShare)
}

func (l *line) latest() *Event {
	if len(l.events) == 0 {
		return nil
	}
	return &l.events[len(l.events)-1]
}

// series are the values of the days before a day.
type series struct {
	values  [before]float64 // the newest of them
	n       int             // how many there are
	highest float64         // of all but the day before, on which the same loss may have begun
}

func (s *series) newest() []float64 { return s.values[:s.n] }

func (s *series) add(value float64, ago calendar.Day) {
	if s.n < before {
		s.values[s.n] = value
		s.n++
	}
	if ago > 1 {
		s.highest = max(s.highest, value)
	}
}

// comparison is a day compared with the days before it.
type comparison struct {
	reading
	// usual, spread and highest are those of the days before: of their shares or, without pushes,
	// of their losses divided by the volume of the day.
	usual, spread float64
	highest       float64
	volume        float64 // of the day; 1 with pushes
	usualLosses   float64
	// channel is the usual loss of all codes of the channel together; it is set only without
	// pushes.
	channel float64
}

// excess returns how many pushes more than usual were lost.
func (c comparison) excess() float64 {
	if c.pushes > 0 {
		return float64(c.losses) - c.usual*float64(c.pushes)
	}
	return float64(c.losses) - c.usual*c.volume
}

// level returns the day's value in a form that is comparable between days.
func (c comparison) level() float64 { return c.value() / c.volume }

// expected returns the value that would be usual on the day.
func (c comparison) expected() float64 { return c.usual * c.volume }

func (c comparison) above(factor, deviations float64) bool {
	value := c.level()
	return value > c.usual && value >= factor*c.usual && value-c.usual >= deviations*c.spread
}

// tooFew reports whether the day has so few pushes that it cannot prove the end of an event.
func (c comparison) tooFew(s Settings) bool {
	return c.pushes > 0 && float64(c.pushes)*max(c.usual*s.Factor, 10*leastShare) < float64(s.Least)/4
}

// compare compares a day with the known days before it, as these were at the same age.
func (l *line) compare(day calendar.Day) (c comparison, known bool) {
	today := l.of(day)
	if !today.known {
		return c, false
	}
	c.volume = 1
	c.reading = today.read(l.losses.of(day), l.pushes.of(day), today.age)
	if today.counted && c.pushes == 0 && c.losses == 0 {
		return c, false // nothing was pushed
	}
	if c.losses > c.pushes {
		c.pushes = 0 // the numbers do not belong to the same pushes
	}
	var shares, counts series
	for past := day - 1; past >= day-back; past-- {
		then := l.of(past)
		if !then.known || l.unusual(past) {
			continue
		}
		r := then.read(l.losses.of(past), l.pushes.of(past), today.age)
		counts.add(float64(r.losses), day-past)
		if r.pushes > 0 {
			shares.add(r.value(), day-past)
		}
	}
	c.usualLosses = median(counts.newest())
	values := shares
	if c.pushes == 0 || shares.n < fewest {
		if c.pushes > 0 && l.countedDays(day) >= fewest {
			return c, false // the channel is new
		}
		c.pushes = 0
		values, c.volume, c.channel = l.levels(day)
	}
	if values.n < fewest {
		return c, false
	}
	c.usual, c.highest = median(values.newest()), values.highest
	c.spread = max(spread(values.newest(), c.usual), leastSpread*c.usual)
	if c.pushes > 0 {
		n := float64(c.pushes)
		c.spread = max(c.spread, math.Sqrt(c.usual*(1-c.usual)/n), 1/n)
	} else {
		c.usualLosses = c.expected()
		c.spread = max(c.spread, math.Sqrt(c.expected())/c.volume, 1/c.volume)
	}
	return c, true
}

// unusual reports whether a day belongs to an event whose level has not become the usual one.
func (l *line) unusual(day calendar.Day) bool {
	return slices.ContainsFunc(l.events, func(e Event) bool {
		return e.First <= day && day <= e.Last && e.Last-e.First < Longest-1
	})
}

// countedDays returns how many of the days before have numbers of pushes.
func (l *line) countedDays(day calendar.Day) (n int) {
	for past := day - 1; past >= day-before; past-- {
		if l.of(past).counted {
			n++
		}
	}
	return n
}

// levels returns the losses of the days before, each divided by the volume of its day; the volume
// of the day itself; and the losses of all codes of the channel on a day of usual volume.
func (l *line) levels(day calendar.Day) (levels series, volume, channel float64) {
	volumes, gate := l.volume.of(day), l.volume.gate(l.cause.gate(), day)
	today := l.of(day)
	var channels series
	for past := day - 1; past >= day-back; past-- {
		then := l.of(past)
		if !then.known || l.unusual(past) {
			continue
		}
		ago := day - past
		levels.add(float64(then.read(l.losses.of(past), Count{}, today.age).losses)/volumes[ago], ago)
		channels.add(gate[ago]/volumes[ago], ago)
	}
	return levels, volumes[0], median(channels.newest())
}

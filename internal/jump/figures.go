package jump

import (
	"time"

	"pushloss/internal/calendar"
)

// Channel is how pushes reach a device.
type Channel struct{ EventType, PlatformID int16 }

// Cause is what an event is about.
type Cause struct {
	StageID int16
	Channel
	Code string
}

// Gate is a channel at a stage: the pushes that can be lost there.
type Gate struct {
	StageID int16
	Channel
}

func (c Cause) gate() Gate { return Gate{c.StageID, c.Channel} }

// Change is a change of a count.
type Change struct {
	At     time.Time
	Before int64
}

// Count is a count of one day, with its history.
type Count struct {
	Now     int64
	Changes []Change // oldest first
}

// at returns the count as it was known at a time.
func (c Count) at(t time.Time) int64 {
	for _, change := range c.Changes {
		if change.At.After(t) {
			return change.Before
		}
	}
	return c.Now
}

// Pulled is when a day's figures were first loaded and last confirmed.
type Pulled struct{ First, Last time.Time }

// Figures are those of an app. A day without an entry in Lost (or Pushed) is not known. A cause
// without a count on a known day lost nothing.
type Figures struct {
	// Ended returns when a day ended.
	Ended func(calendar.Day) time.Time
	// Lost and Pushed have the days whose losses, and whose numbers of pushes, are known.
	Lost, Pushed map[calendar.Day]Pulled
	Losses       map[Cause]map[calendar.Day]Count
	Pushes       map[Gate]map[calendar.Day]Count
}

// slack is how much later an earlier day's figures may have been read than the judged day's and
// still count as being of the same age: runs do not pull at the same minute every day.
const slack = 2 * time.Hour

// reading is the figures of a cause on a day.
type reading struct {
	losses int64
	pushes int64 // 0: not known
}

func (r reading) value() float64 {
	if r.pushes > 0 {
		return float64(r.losses) / float64(r.pushes)
	}
	return float64(r.losses)
}

// pulledDay says whether, and when, an app's figures of a day were pulled.
type pulledDay struct {
	known, counted bool
	lost, pushed   time.Time // when first loaded
	ended          time.Time
	age            time.Duration // of the losses, at their last pull
}

// pulledDays are the days from first on.
type pulledDays struct {
	first calendar.Day
	days  []pulledDay
}

// pulledDays prepares the days from first to last for reading.
func (f Figures) pulledDays(first, last calendar.Day) pulledDays {
	s := pulledDays{first, make([]pulledDay, max(0, last-first+1))}
	for i := range s.days {
		day := first + calendar.Day(i)
		lost, known := f.Lost[day]
		if !known {
			continue
		}
		pushed, counted := f.Pushed[day]
		ended := f.Ended(day)
		s.days[i] = pulledDay{known: true, counted: counted, lost: lost.First, pushed: pushed.First, ended: ended, age: lost.Last.Sub(ended)}
	}
	return s
}

// of returns a day. A day that is out of reach is not known.
func (s pulledDays) of(day calendar.Day) pulledDay {
	if day < s.first || int(day-s.first) >= len(s.days) {
		return pulledDay{}
	}
	return s.days[day-s.first]
}

// counts are those of the days from first on. They are read some hundreds of times each, so they
// do not stay in a map.
type counts struct {
	first calendar.Day
	days  []Count
}

// countsOf returns the counts of the days of s.
func countsOf[K comparable](s pulledDays, figures map[K]map[calendar.Day]Count) map[K]counts {
	byKey := make(map[K]counts, len(figures))
	for key, byDay := range figures {
		c := counts{s.first, make([]Count, len(s.days))}
		for i := range c.days {
			c.days[i] = byDay[s.first+calendar.Day(i)]
		}
		byKey[key] = c
	}
	return byKey
}

// of returns the count of a day. A day that is out of reach has none.
func (c counts) of(day calendar.Day) Count {
	if day < c.first || int(day-c.first) >= len(c.days) {
		return Count{}
	}
	return c.days[day-c.first]
}

// read returns the losses of a known day as they were at an age, and the pushes of the channel. A
// day that was first loaded at a greater age is read as it was loaded.
func (s pulledDay) read(losses, pushes Count, age time.Duration) (r reading) {
	t := s.ended.Add(age + slack)
	r.losses = losses.at(later(t, s.lost))
	if s.counted {
		r.pushes = pushes.at(later(t, s.pushed))
	}
	return r
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

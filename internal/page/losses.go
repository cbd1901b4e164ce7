package page

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"pushloss/internal/calendar"
)

// maxSeries is how many channels are shown separately. The losses of the others are added up.
const maxSeries = 9

// daysInWeeks is from how many days on losses are shown by week.
const daysInWeeks = 100

// series is a channel and what it lost in each period.
type series struct {
	Platform string
	Others   int // how many channels are added up here; 0 for one channel
	Colour   int // index in the palette
	Lost     []float64
	Total    float64
}

// period is a day, or the selected days of a week.
type period struct {
	First, Last            calendar.Day
	KnownDays, SettledDays int
	// UnsentDays are its days before the push of the chosen task was sent.
	UnsentDays int
	// Total is that of the stages. It need not be equal to ByChannel.
	Total     tally
	Stages    []tally // in the order of the table's stages
	ByChannel float64
}

// Days returns the number of its days.
func (p period) Days() int { return int(p.Last-p.First) + 1 }

// Expected returns how many of its days have figures when all are pulled.
func (p period) Expected() int { return p.Days() - p.UnsentDays }

// Gaps reports whether an expected day of it is not known.
func (p period) Gaps() bool { return p.KnownDays < p.Expected() }

// Unsent reports whether it ended before the push was sent.
func (p period) Unsent() bool { return p.Unknown() && p.Expected() == 0 }

// Absence is the name of the text that replaces its figures if there are none.
func (p period) Absence() string {
	if p.Unsent() {
		return "unsent"
	}
	return "unknown"
}

// Unknown reports whether nothing is known about it.
func (p period) Unknown() bool { return p.KnownDays == 0 && p.Total.Lost == 0 && p.ByChannel == 0 }

// Final reports whether none of its days is pulled again.
func (p period) Final() bool { return p.SettledDays >= p.Expected() }

// lossTable is the losses of a selection by period, stage and channel.
type lossTable struct {
	Weekly  bool
	Periods []period
	Stages  []stage
	Series  []series
	// All is the sum of all periods.
	All period
}

// Partial reports whether a period is a week that the selection cuts.
func (t lossTable) Partial(p period) bool { return t.Weekly && p.Days() < 7 }

// stagesOf returns the stages that the selection shows.
func (s selection) stagesOf(all []stage) (shown []stage) {
	for _, one := range all {
		if s.Stage == "" || s.Stage == one.Name {
			shown = append(shown, one)
		}
	}
	return shown
}

// tableOf sums losses by period, stage and channel.
func tableOf(s selection, stages []stage, figures, channels []figure, windows []window) lossTable {
	t := lossTable{Weekly: s.Days() > daysInWeeks, Stages: s.stagesOf(stages)}
	at := make(map[calendar.Day]int) // index of a day's period
	for day := s.From; day <= s.To; day++ {
		if !t.Weekly || day == s.From || day == mondayOf(day) {
			t.Periods = append(t.Periods, period{First: day, Stages: make([]tally, len(t.Stages))})
		}
		at[day] = len(t.Periods) - 1
		t.Periods[at[day]].Last = day
	}
	t.All = period{First: s.From, Last: s.To, Stages: make([]tally, len(t.Stages))}
	both := func(day calendar.Day, add func(*period)) {
		add(&t.Periods[at[day]])
		add(&t.All)
	}
	unsent := s.unsent(windows)
	for day := range at {
		if unsent(day) {
			both(day, func(p *period) { p.UnsentDays++ })
		}
	}
	for _, w := range windows {
		if _, inRange := at[w.Day]; !inRange {
			continue
		}
		both(w.Day, func(p *period) {
			if w.known() {
				p.KnownDays++
			}
			if w.Settled {
				p.SettledDays++
			}
		})
	}
	for _, f := range figures {
		place := slices.IndexFunc(t.Stages, func(one stage) bool { return one.Name == f.Stage })
		both(f.Day, func(p *period) {
			p.Total.add(f.tally)
			p.Stages[place].add(f.tally)
		})
	}
	for _, f := range channels {
		both(f.Day, func(p *period) { p.ByChannel += f.Lost })
	}
	t.Series = seriesOf(channels, at, len(t.Periods))
	return t
}

// seriesOf sums the losses of each channel by period.
func seriesOf(channels []figure, at map[calendar.Day]int, periods int) []series {
	byName := make(map[string]*series)
	for _, f := range channels {
		if f.Lost == 0 {
			continue // it has only pushes
		}
		one := byName[f.Platform]
		if one == nil {
			one = &series{Platform: f.Platform, Colour: f.colour(), Lost: make([]float64, periods)}
			byName[f.Platform] = one
		}
		one.Lost[at[f.Day]] += f.Lost
		one.Total += f.Lost
	}
	var all []series
	for _, one := range byName {
		all = append(all, *one)
	}
	all = foldSmallest(all, periods)
	slices.SortFunc(all, func(a, b series) int {
		return cmp.Or(cmp.Compare(a.Colour, b.Colour), cmp.Compare(a.Platform, b.Platform))
	})
	return all
}

// foldSmallest adds up the smallest channels if there are more than maxSeries. The API may send any
// number of unknown channels.
func foldSmallest(all []series, periods int) []series {
	if len(all) <= maxSeries {
		return all
	}
	slices.SortFunc(all, func(a, b series) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Colour, b.Colour))
	})
	rest := series{
		Platform: fmt.Sprintf("%d others", len(all)-maxSeries+1), Others: len(all) - maxSeries + 1, Colour: restColour, Lost: make([]float64, periods),
	}
	for _, one := range all[maxSeries-1:] {
		for i, lost := range one.Lost {
			rest.Lost[i] += lost
		}
		rest.Total += one.Total
	}
	return append(all[:maxSeries-1], rest)
}

// colour returns the number of a channel's colour. Online pushes and an unknown vendor both have
// channel number 0.
func (f figure) colour() int {
	if f.ID == 0 && f.Platform != "online" {
		return restColour
	}
	return int(f.ID)
}

// channelLoss is what a channel lost at a stage on all days.
type channelLoss struct {
	Stage, Platform string
	Colour          int
	tally
}

// Key is the CSS class of the channel's colour in the key.
func (c channelLoss) Key() string { return series{Colour: c.Colour}.Key() }

// channelsOf sums the losses by channel and stage, the most first.
func channelsOf(channels []figure) (all []channelLoss) {
	type key struct{ stage, platform string }
	at := make(map[key]int)
	for _, f := range channels {
		place, seen := at[key{f.Stage, f.Platform}]
		if !seen {
			place = len(all)
			at[key{f.Stage, f.Platform}] = place
			all = append(all, channelLoss{Stage: f.Stage, Platform: f.Platform, Colour: f.colour()})
		}
		all[place].add(f.tally)
	}
	slices.SortStableFunc(all, func(a, b channelLoss) int {
		return cmp.Or(cmp.Compare(b.Lost, a.Lost), cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.Stage, b.Stage))
	})
	return all
}

func mondayOf(day calendar.Day) calendar.Day {
	return day - calendar.Day((day.UTC().Weekday()-time.Monday+7)%7)
}

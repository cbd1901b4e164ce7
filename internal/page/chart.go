package page

import (
	"math"
	"strconv"

	"github.com/dustin/go-humanize"

	"pushloss/internal/language"
)

// chart is a bar of stacked channels for each period. Lengths are in percent of the drawing, so
// that it fits every screen and texts keep their size.
type chart struct {
	Ticks []tick // from the top to zero
	Bars  []bar
	Dates []date
}

// tick is a line of the vertical axis.
type tick struct {
	Y     string
	Label string
}

// bar is a period. From and Width are those of its whole column.
type bar struct {
	Period      period
	From, Width string
	Partial     bool
	X, Thick    string
	Top, Height string // of the whole bar
	Parts       []part
}

// Hatched reports whether the figures may still change.
func (b bar) Hatched() bool {
	return b.Partial || !b.Period.Final() || b.Period.Gaps()
}

// part is what a channel lost in a period.
type part struct {
	Y, Height string
	Series    series
	Lost      float64
}

// date is a label of the horizontal axis.
type date struct {
	X, Label string
	Anchor   string
	Wide     bool // only a wide screen has room for it
}

const (
	// mostTicks and mostDates bound the labels of the axes.
	mostTicks = 6
	mostDates = 9
	// narrower is how many dates of a wide screen there are for one on a narrow screen.
	narrower = 3
)

// chartOf draws a table.
func chartOf(w words, t lossTable) (c chart) {
	highest := 0.0
	for _, p := range t.Periods {
		highest = max(highest, p.ByChannel)
	}
	step := stepOf(highest)
	ticks := max(1, math.Ceil(highest/step))
	top := ticks * step
	for n := ticks; n >= 0; n-- {
		c.Ticks = append(c.Ticks, tick{percent(1 - n/ticks), w.tickLabel(n*step, step)})
	}
	column := 1 / float64(len(t.Periods))
	for i, p := range t.Periods {
		from := float64(i) * column
		b := bar{
			Period: p, Partial: t.Partial(p), From: percent(from), Width: percent(column),
			X: percent(from + column*0.09), Thick: percent(column * 0.82),
		}
		under := 0.0
		for _, one := range t.Series {
			if lost := one.Lost[i]; lost > 0 {
				under += lost
				b.Parts = append(b.Parts, part{percent(1 - under/top), percent(lost / top), one, lost})
			}
		}
		b.Top, b.Height = percent(1-under/top), percent(under/top)
		c.Bars = append(c.Bars, b)
	}
	c.Dates = datesOf(w, t, column)
	return c
}

// stepOf returns the distance of the lines of an axis: 1, 2 or 5 with zeros, at least 1, because
// pushes are whole.
func stepOf(highest float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(max(highest/mostTicks, 1))))
	for _, factor := range []float64{1, 2, 5} {
		if factor*power*mostTicks >= highest {
			return factor * power
		}
	}
	return 10 * power
}

// tickLabel returns a whole number. If the step is a million or more, it has the step's unit, such
// as M.
func (w words) tickLabel(value, step float64) string {
	if step < 1e6 || value == 0 {
		return humanize.Commaf(value)
	}
	if w.Language == language.Chinese { // units have four digits
		unit, name := 1e4, "万"
		switch {
		case step >= 1e12:
			unit, name = 1e12, "万亿"
		case step >= 1e8:
			unit, name = 1e8, "亿"
		}
		return humanize.Commaf(math.Round(value/unit)) + name
	}
	steps, prefix := humanize.ComputeSI(step)
	return humanize.Commaf(math.Round(value/step*steps)) + " " + prefix
}

// datesOf labels some of the periods, with the year where it is not obvious.
func datesOf(w words, t lossTable, column float64) (dates []date) {
	format := w.Text("axis.day")
	if t.Weekly || t.All.First.UTC().Year() != t.All.Last.UTC().Year() {
		format = w.Text("axis.day.year")
	}
	every := (len(t.Periods) + mostDates - 1) / mostDates
	for n := 0; n*every < len(t.Periods); n++ {
		at := (float64(n*every) + 0.5) * column
		d := date{percent(at), t.Periods[n*every].First.UTC().Format(format), "middle", n%narrower != 0}
		switch {
		case at < 0.05:
			d.X, d.Anchor = percent(0), "start"
		case at > 0.95:
			d.X, d.Anchor = percent(1), "end"
		}
		dates = append(dates, d)
	}
	return dates
}

// percent returns a fraction as a length of SVG.
func percent(part float64) string { return strconv.FormatFloat(100*part, 'f', 3, 64) + "%" }

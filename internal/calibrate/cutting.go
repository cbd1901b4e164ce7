package calibrate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
)

// cutting is what was found about days that the service cuts.
type cutting struct {
	known bool
	curve curve // on which it was seen
	grown []bracket
	// even says that the curve grew too often for a service that cuts days.
	even bool

	byDay      bool
	boundaries []boundary
	// zone is the zone with these midnights; empty if none is known.
	zone string
}

// curveOf returns the curve for measuring on a day; ok is false if nothing was lost along it.
func (m *measurement) curveOf(ctx context.Context, day calendar.Day) (c curve, ok bool, err error) {
	start := day.Window(m.settings.Location).Start.Unix()
	for _, base := range []int64{start - ahead, start} {
		if base < start && !m.remembers(base) {
			continue
		}
		c = curve{prober: &m.prober, base: base, end: min(base+reach, m.now.Unix())}
		whole, err := c.at(ctx, c.end)
		if err != nil {
			return c, false, err
		}
		if len(whole) > 0 {
			c.sure, err = m.remembersEnd(ctx, base)
			return c, err == nil, err
		}
	}
	return c, false, nil
}

func (m *measurement) dayCutting(ctx context.Context) error {
	f := m.finding(DayCutting)
	return local(f, m.seeDayCutting(ctx, f))
}

func (m *measurement) seeDayCutting(ctx context.Context, f *Finding) error {
	const another = "calibrate with --day, at another day with many losses"
	day := m.toLookInto()[0]
	if m.opts.Day != nil && day != *m.opts.Day {
		f.unknown(fmt.Sprintf("the API reports no losses of %s", *m.opts.Day), another)
		return nil
	}
	c, ok, err := m.curveOf(ctx, day)
	if err != nil {
		return err
	}
	m.cut.curve = c
	if !ok {
		f.unknown(fmt.Sprintf("the losses of %s are in no window of a day around it", day), another)
		return nil
	}
	if m.cut.grown, err = c.look(ctx); err != nil {
		return err
	}
	later := m.cut.grown
	if later[0].from == c.base {
		later = later[1:]
	}
	if len(later) > 1 {
		m.cut.even = true
		return m.gradual(f)
	}
	b, at, ok, err := c.step(ctx, m.cut.grown[len(m.cut.grown)-1])
	switch {
	case err != nil:
		return err
	case !ok && b.from == c.base && len(c.jump(bracket{b.to, c.end})) == 0:
		m.show(f, "has it all", span{c.base, b.to}, span{c.base, c.end})
		f.unknown("all that was reported came at the very start of the window, where it may have begun earlier", another)
		return nil
	case !ok:
		return m.gradual(f)
	}
	return m.seeDays(ctx, f, day, at, c.jump(b))
}

// gradual is the finding that days are not cut by the service.
func (m *measurement) gradual(f *Finding) error {
	c := m.cut.curve
	for _, b := range m.cut.grown {
		m.show(f, "has more than before", span{c.base, b.to})
	}
	if !c.sure {
		f.unknown("too little is remembered to distinguish growing figures from the edge of the memory", "calibrate once there were losses on more days")
		return nil
	}
	m.cut.known, m.cut.byDay = true, false
	detail := "figures grow with the window, at more times than days begin"
	if !m.cut.even {
		detail = "figures grow with the window, and not at a full quarter of an hour, as days of a time zone would"
	}
	f.measured("the service cuts no days", detail+": the midnights of any time zone will do")
	return nil
}

// seeDays examines a time at which a day of the service may begin. gained is all that a window
// gains there.
func (m *measurement) seeDays(ctx context.Context, f *Finding, day calendar.Day, at boundary, gained figures) error {
	c := m.cut.curve
	begin, within := span{at.at, at.at + 6*oneHour}, span{at.at + 6*oneHour, at.at + 12*oneHour}
	first, err := m.ask(ctx, begin)
	if err != nil {
		return err
	}
	inside, err := m.ask(ctx, within)
	if err != nil {
		return err
	}
	low, high := span{c.base, at.at}, span{c.base, at.at + oneSecond}
	if at.end == extract.EndInclusive {
		low, high = span{c.base, at.at - oneSecond}, span{c.base, at.at}
	}
	var rule string
	switch {
	case first.equal(gained) && len(inside) == 0:
		rule = "a window has the whole days that start in it"
	case first.equal(gained) && inside.equal(gained):
		rule = "a window has the whole days that it touches"
	case first.covers(gained):
		return m.gradual(f) // losses grew at many times, not only at this one
	default:
		m.show(f, "before the growth", low)
		m.show(f, "after it", high)
		m.show(f, "begins there", begin, within)
		f.unknown("figures grow at one time of the day, but windows that begin there do not have them", "pushloss cannot find out: see the API's documentation")
		return nil
	}
	again, contradicts, err := m.boundaryOf(ctx, day, at)
	if err != nil {
		return err
	}
	if contradicts {
		return m.gradual(f)
	}
	boundaries := []boundary{at}
	if again != nil {
		boundaries = append(boundaries, *again)
	}
	if boundaries, err = m.tellZonesApart(ctx, boundaries); err != nil {
		return err
	}
	m.cut.known, m.cut.byDay, m.cut.boundaries = true, true, boundaries
	m.show(f, "does not have the day yet", low)
	m.show(f, "has it", high)
	m.show(f, "begins with it", begin)
	m.show(f, "lies within it", within)
	zones := fittingZones(boundaries, m.settings.Location)
	moments := make([]string, len(boundaries))
	for i, b := range boundaries {
		moments[i] = time.Unix(b.at, 0).UTC().Format("2006-01-02 15:04 UTC")
	}
	detail := fmt.Sprintf("a day begins at %s; %s", strings.Join(moments, ", and at "), rule)
	if len(boundaries) == 1 {
		detail += "; seen on one day only"
	}
	if len(inside) == 0 {
		detail += "; pushes sent at that time of the day only would look alike"
	}
	if len(zones) == 0 {
		f.measured("days are cut, at the midnights of no known time zone", detail)
		return nil
	}
	m.cut.zone = zones[0]
	f.measured("days are cut at the midnights of "+m.cut.zone, detail+ambiguity(zones))
	return nil
}

// boundaryOf looks for a boundary on another day: first at the same time of day, then anywhere. It
// returns nil if there is no other day. contradicts reports that the figures of the other day grow
// at no boundary.
func (m *measurement) boundaryOf(ctx context.Context, day calendar.Day, first boundary) (again *boundary, contradicts bool, err error) {
	other, ok := m.otherDay(day)
	if !ok {
		return nil, false, nil
	}
	c, ok, err := m.curveOf(ctx, other)
	if err != nil || !ok {
		return nil, false, err
	}
	guess := boundary{first.at + int64(other-day)*oneDay, first.end}
	if grows, err := c.growsAt(ctx, guess); err != nil || grows {
		return &guess, false, err
	}
	if !c.sure {
		return nil, false, nil
	}
	grown, err := c.look(ctx)
	if err != nil {
		return nil, false, err
	}
	b, found, ok, err := c.step(ctx, grown[len(grown)-1])
	switch {
	case err != nil:
		return nil, false, err
	case !ok && b.from == c.base:
		return nil, false, nil // the day may have begun before the curve
	case !ok:
		return nil, true, nil
	}
	return &found, false, nil
}

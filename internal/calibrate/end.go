package calibrate

import (
	"context"
	"fmt"
	"time"

	"pushloss/extract"
)

// vicinity is how far before and after a second windows are requested to see whether they include
// it.
const vicinity = 30 * oneSecond

func (m *measurement) windowEnd(ctx context.Context) error {
	f := m.finding(WindowEnd)
	if !m.cut.known {
		f.unknown("it is unknown how figures grow with the window", m.finding(DayCutting).ToTell)
		return nil
	}
	see := m.seeEndBySecond
	if m.cut.byDay {
		see = m.seeEndByDay
	}
	if err := local(f, see(ctx, f)); err != nil {
		return err
	}
	return m.checkSteadiness(ctx)
}

// checkSteadiness revokes findings if figures changed meanwhile.
func (m *measurement) checkSteadiness(ctx context.Context) error {
	c := m.cut.curve
	before := c.answers[span{c.base, c.end}]
	after, err := m.again(ctx, span{c.base, c.end})
	var scratch Finding
	if err := local(&scratch, err); err != nil || scratch.Detail != "" || after.equal(before) {
		return err
	}
	for _, f := range []*Finding{m.finding(DayCutting), m.finding(WindowEnd)} {
		f.unknown("figures changed while they were asked for: late ones were arriving", "calibrate again, perhaps with --day at an older day")
	}
	m.cut.known = false
	return nil
}

// seeEndByDay finds the end from the boundaries of the service's days.
func (m *measurement) seeEndByDay(_ context.Context, f *Finding) error {
	first := m.cut.boundaries[0]
	c := m.cut.curve
	at := span{c.base, first.at}
	if first.end == extract.EndInclusive {
		m.show(f, "ends a second before a day begins", span{c.base, first.at - oneSecond})
		m.show(f, "EndTime is when the day begins: it is in the window", at)
	} else {
		m.show(f, "EndTime is when a day begins: it is not in the window", at)
		m.show(f, "ends a second later", span{c.base, first.at + oneSecond})
	}
	for _, b := range m.cut.boundaries[1:] {
		if b.end != first.end {
			f.unknown("the beginnings of two days contradict each other", "calibrate again")
			return nil
		}
	}
	f.measured(string(first.end), fmt.Sprintf("by the beginning of %d of the service's days", len(m.cut.boundaries)))
	return nil
}

// sight is a second at which the curve grows, and what that shows about the end.
type sight struct {
	at  int64
	end extract.WindowEnd // empty if it contradicts itself
}

// lostAt is the second in which the curve's gain was lost.
func (s sight) lostAt() int64 {
	if s.end == extract.EndInclusive {
		return s.at
	}
	return s.at - oneSecond
}

// seeEndBySecond examines two seconds in which something was lost.
func (m *measurement) seeEndBySecond(ctx context.Context, f *Finding) error {
	c := m.cut.curve
	first, err := m.see(ctx, f, c, c.growing()[0])
	if err != nil {
		return err
	}
	sights := []sight{first}
	second, ok, err := m.seeAnother(ctx, f, first)
	if err != nil {
		return err
	}
	if ok {
		sights = append(sights, second)
	}
	for _, s := range sights {
		if s.end == "" || s.end != first.end {
			f.unknown("windows that meet at a second at which something was lost contradict each other",
				"calibrate again, with --day at another day; if it stays so, the service keeps its figures by more than a second")
			return nil
		}
	}
	if ok && !m.cut.even && (second.at-first.at)%oneDay == 0 {
		for _, f := range []*Finding{m.finding(DayCutting), f} {
			f.unknown("figures grow at the same second of two days, which is midnight in no time zone", "calibrate again with --day, at another day with many losses")
		}
		m.cut.known = false
		return nil
	}
	detail := fmt.Sprintf("by windows that meet at %s, when something was lost", m.clock(first.lostAt()))
	if ok {
		detail += ", and at " + m.clock(second.lostAt())
	} else {
		detail += "; no other such second was found to confirm it"
	}
	f.measured(string(first.end), detail)
	m.noteGrain(sights)
	return nil
}

// noteGrain adds to the finding about days that the service seems to keep figures by more than a
// second.
func (m *measurement) noteGrain(sights []sight) {
	if len(sights) < 2 {
		return
	}
	full := func(grain int64) bool { return sights[0].lostAt()%grain == 0 && sights[1].lostAt()%grain == 0 }
	f := m.finding(DayCutting)
	switch {
	case full(oneHour):
		f.Detail += "; both losses looked at were at full hours: if figures are kept by the hour, a zone needs its midnights at one"
	case full(60 * oneSecond):
		f.Detail += "; both losses looked at were at full minutes: figures may be kept by the minute"
	}
}

func (m *measurement) clock(t int64) string {
	return time.Unix(t, 0).In(m.settings.Location).Format("2006-01-02 15:04:05")
}

// seeAnother examines another second, on the same curve or else on that of another day.
func (m *measurement) seeAnother(ctx context.Context, f *Finding, first sight) (sight, bool, error) {
	c := m.cut.curve
	for _, b := range c.growing() {
		if b.to != first.at {
			s, err := m.see(ctx, f, c, b)
			return s, err == nil, err
		}
	}
	other, ok := m.otherDay(m.toLookInto()[0])
	if !ok {
		return sight{}, false, nil
	}
	c, ok, err := m.curveOf(ctx, other)
	if err != nil || !ok {
		return sight{}, false, err
	}
	if _, err := c.look(ctx); err != nil {
		return sight{}, false, err
	}
	s, err := m.see(ctx, f, c, c.growing()[0])
	return s, err == nil, err
}

// see narrows a bracket to the second at which the curve grows, and requests windows that meet
// there.
func (m *measurement) see(ctx context.Context, f *Finding, c curve, b bracket) (sight, error) {
	b, err := c.narrow(ctx, b, oneSecond)
	if err != nil {
		return sight{}, err
	}
	gained := c.jump(b)
	until, from := span{b.to - vicinity, b.to}, span{b.to, b.to + vicinity}
	both, after := span{b.to - vicinity, b.to + vicinity}, span{b.to + oneSecond, b.to + vicinity}
	sums := make(map[span]figures)
	for _, s := range []span{until, from, both, after} {
		if sums[s], err = m.ask(ctx, s); err != nil {
			return sight{}, err
		}
	}
	m.show(f, "ends there", until)
	m.show(f, "begins there", from)
	m.show(f, "has both", both)
	parts := sums[until].plus(sums[from])
	switch {
	case !sums[until].covers(gained):
	case parts.equal(sums[both]):
		return sight{b.to, extract.EndExclusive}, nil
	case parts.equal(sums[both].plus(gained)) && sums[until].plus(sums[after]).equal(sums[both]):
		return sight{b.to, extract.EndInclusive}, nil
	}
	return sight{at: b.to}, nil
}

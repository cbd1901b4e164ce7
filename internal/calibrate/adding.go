package calibrate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"pushloss/extract"
	"pushloss/internal/calendar"
)

// keysShown is how many differing keys a finding names.
const keysShown = 8

func (m *measurement) addingUp(ctx context.Context) error {
	f := m.finding(AddingUp)
	return local(f, m.seeAddingUp(ctx, f))
}

// measuredEnd returns the end as measured or, if it was not measured, as configured.
func (m *measurement) measuredEnd() extract.WindowEnd {
	if f := m.finding(WindowEnd); f.State == Measured {
		return extract.WindowEnd(f.Answer)
	}
	return m.settings.WindowEnd
}

// measuredZone returns the zone at whose midnights the service cuts days. If it cuts none, or the
// zone is unknown, that is the configured zone.
func (m *measurement) measuredZone() *time.Location {
	if m.cut.byDay && m.cut.zone != "" {
		if zone, err := time.LoadLocation(m.cut.zone); err == nil {
			return zone
		}
	}
	return m.settings.Location
}

// seeAddingUp requests the newest remembered days one by one and all at once. By the measured end,
// each second is in one window of each kind.
func (m *measurement) seeAddingUp(ctx context.Context, f *Finding) error {
	zone, end := m.measuredZone(), m.measuredEnd()
	last := calendar.DayOf(m.now, zone) - 1
	first := last + 1
	for last-first+2 <= daysLookedAt && m.remembersAll(daySpan(first-1, zone, end)) {
		first--
	}
	if last <= first {
		f.unknown("fewer than two days are remembered", "calibrate once there were losses on more days")
		return nil
	}
	sum := make(figures)
	var singles []span
	for day := first; day <= last; day++ {
		s := daySpan(day, zone, end)
		one, err := m.ask(ctx, s)
		if err != nil {
			return err
		}
		singles = append(singles, s)
		sum = sum.plus(one)
	}
	all := span{singles[0].start, singles[len(singles)-1].end}
	whole, err := m.ask(ctx, all)
	if err != nil {
		return err
	}
	m.show(f, "a day", singles...)
	m.show(f, "all at once", all)
	if whole.equal(sum) {
		f.measured("yes", fmt.Sprintf("%s to %s, day by day and at once, are the same in all rows (%d)", first, last, len(whole)))
		return nil
	}
	newest := singles[len(singles)-1]
	before := m.answers[newest]
	wholeNow, err := m.again(ctx, all)
	if err != nil {
		return err
	}
	newestNow, err := m.again(ctx, newest)
	if err != nil {
		return err
	}
	if !wholeNow.equal(whole) || !newestNow.equal(before) {
		f.unknown("figures changed while they were asked for: late ones were arriving", "calibrate again")
		return nil
	}
	keys := whole.differing(sum)
	var shown []string
	for _, k := range keys[:min(len(keys), keysShown)] {
		shown = append(shown, fmt.Sprintf("%s: %d by day, %d at once", k, sum[k], whole[k]))
	}
	f.measured("no", fmt.Sprintf("%s to %s, day by day and at once, differ in %d of %s: %s",
		first, last, len(keys), english.Plural(len(whole.plus(sum)), "row", ""), strings.Join(shown, "; ")))
	return nil
}

package calibrate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize/english"

	"pushloss/internal/calendar"
)

const (
	// enoughDays is how many watched days a finding needs.
	enoughDays = 3
	// A day counts as watched if it was first loaded at most watchedFrom after its end, and pulled
	// again watchedFor after that load or later.
	watchedFrom = 2 * 24 * time.Hour
	watchedFor  = 20 * time.Hour
)

// measuredLateness says how late figures change.
type measuredLateness struct {
	known bool
	// days is the age of the last change in days, rounded up.
	days int
	// open says that figures still changed when they were last looked at.
	open bool
}

// change is the latest time after the end of its day at which figures changed.
type change struct {
	age  time.Duration
	rows int64
}

func (m *measurement) lateFigures(ctx context.Context) error {
	f := m.finding(Lateness)
	if m.otherMidnights {
		f.unknown(fmt.Sprintf("the stored days are cut in %s, not in %s", m.settings.StoredTimezone, m.settings.Location),
			"set PUSHLOSS_TIMEZONE back, and calibrate again")
		return nil
	}
	recorded, err := m.history.CountChanges(ctx, m.settings.SDKAppID)
	if err != nil {
		return err
	}
	live, compared, err := m.compareWithStored(ctx, f)
	if err != nil {
		return err
	}
	watched := m.watched(compared)
	if len(watched) < enoughDays {
		f.unknown(fmt.Sprintf("%s pulled again after the first load: too few", english.Plural(len(watched), "day was", "days were")),
			fmt.Sprintf("run daily for %d days, then calibrate again", max(enoughDays+1, m.settings.LookbackDays+2)))
		return nil
	}
	changes, forgotten := m.recordedChanges(recorded, watched)
	changes = append(changes, live...)
	until := typical(watched)
	detail := fmt.Sprintf("%s watched, typically until %s after their end", english.Plural(len(watched), "day was", "days were"), inDays(until))
	if forgotten > 0 {
		detail += fmt.Sprintf("; %s left out, since older losses were only forgotten", english.Plural(forgotten, "change is", "changes are"))
	}
	m.late.known = true
	if len(changes) == 0 {
		f.measured("no change after the first load", detail)
		return nil
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.age, b.age) })
	last := changes[len(changes)-1].age
	m.late.days = int((last + 24*time.Hour - 1) / (24 * time.Hour))
	m.late.open = last > until-12*time.Hour
	detail += fmt.Sprintf("; of %d changed figures half came within %s of their day's end, 95%% within %s, the last after %s",
		total(changes), inDays(quantile(changes, 0.5)), inDays(quantile(changes, 0.95)), inDays(last))
	if m.late.open {
		detail += "; they still changed when they were last pulled, so later changes were not seen"
	}
	f.measured("up to "+inDays(last)+" after a day's end", detail)
	return nil
}

// watched returns, for each watched day, how long after its end it was last pulled.
func (m *measurement) watched(compared []calendar.Day) map[calendar.Day]time.Duration {
	watched := make(map[calendar.Day]time.Duration)
	for day, h := range m.pulls {
		end := day.Window(m.settings.Location).End
		if h.FirstLoadedAt == nil || h.LastLoadedAt == nil || h.FirstLoadedAt.After(end.Add(watchedFrom)) {
			continue
		}
		last := *h.LastLoadedAt
		if slices.Contains(compared, day) {
			last = m.now
		}
		if last.Sub(*h.FirstLoadedAt) >= watchedFor {
			watched[day] = last.Sub(end)
		}
	}
	return watched
}

// recordedChanges returns the changes of watched days, and the number of rows that changed because
// the API forgot them.
func (m *measurement) recordedChanges(recorded []CountChange, watched map[calendar.Day]time.Duration) (changes []change, forgotten int) {
	for _, c := range recorded {
		if _, ok := watched[c.Day]; !ok {
			continue
		}
		window := c.Day.Window(m.settings.Location)
		if m.memory.proven && c.Less == c.Rows && c.At.Sub(window.Start) > time.Duration(m.memory.days)*24*time.Hour {
			forgotten += int(c.Rows)
			continue
		}
		changes = append(changes, change{c.At.Sub(window.End), c.Rows})
	}
	return changes, forgotten
}

// compareWithStored looks for changes since the last load, on requested days that are not
// forgotten.
func (m *measurement) compareWithStored(ctx context.Context, f *Finding) (changes []change, compared []calendar.Day, err error) {
	for _, day := range m.lossy() {
		h := m.pulls[day]
		if h.LastLoadedAt == nil || m.memory.proven && day < m.memory.whole {
			continue
		}
		kept, err := m.kept(ctx, day, day)
		if err != nil {
			return nil, nil, err
		}
		if len(kept[day]) == 0 {
			continue // no windows of the day were loaded, or only others
		}
		compared = append(compared, day)
		if n := len(m.days[day].differing(kept[day])); n > 0 {
			changes = append(changes, change{m.now.Sub(day.Window(m.settings.Location).End), int64(n)})
			m.show(f, fmt.Sprintf("%s from what is stored", english.Plural(n, "row differs", "rows differ")), m.jobSpan(day))
		}
	}
	return changes, compared, nil
}

// typical is the upper quartile of the times for which days were watched. The newest days were
// watched only for a short time.
func typical(watched map[calendar.Day]time.Duration) time.Duration {
	var spans []time.Duration
	for _, span := range watched {
		spans = append(spans, span)
	}
	slices.Sort(spans)
	return spans[len(spans)*3/4]
}

func total(changes []change) (rows int64) {
	for _, c := range changes {
		rows += c.rows
	}
	return rows
}

// quantile is the age by which the given share of the changes had come. The changes are sorted by
// age.
func quantile(changes []change, share float64) time.Duration {
	var sum int64
	for _, c := range changes {
		if sum += c.rows; float64(sum) >= share*float64(total(changes)) {
			return c.age
		}
	}
	return 0
}

func inDays(d time.Duration) string { return fmt.Sprintf("%.1f days", d.Hours()/24) }

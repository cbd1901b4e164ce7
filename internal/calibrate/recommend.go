package calibrate

import (
	"fmt"
	"strconv"

	"github.com/dustin/go-humanize/english"
)

// marginDays is how many days older than the lookback the beginning of a pulled day may be: the day
// itself, and the day until the next daily run.
const marginDays = 2

// recommend derives settings from what was found.
func (m *measurement) recommend() []Recommendation {
	memoryDays, memory := m.recommendMemory()
	return []Recommendation{m.recommendZone(), m.recommendEnd(), m.recommendLookback(memoryDays), memory}
}

func recommend(setting, present, recommended, why string) Recommendation {
	return Recommendation{Setting: setting, Present: present, Recommended: recommended, Differs: recommended != present, Why: why}
}

func (m *measurement) recommendZone() Recommendation {
	present := m.settings.Location.String()
	recommended, why := present, "unknown: keep it"
	switch {
	case !m.cut.known:
	case !m.cut.byDay:
		why = "the service cuts no days: any time zone will do"
	case m.cut.zone == "":
		why = "the service cuts days where no known time zone does: keep it, and sum whole weeks only"
	case m.cut.zone == present:
		why = "the service cuts days at its midnights"
	default:
		recommended = m.cut.zone
		why = "the service cuts days at its midnights; days that are loaded already stay cut as they are: load into another database"
	}
	return recommend("PUSHLOSS_TIMEZONE", present, recommended, why)
}

func (m *measurement) recommendEnd() Recommendation {
	present := string(m.settings.WindowEnd)
	f := m.finding(WindowEnd)
	switch {
	case f.State != Measured:
		return recommend("PUSHLOSS_WINDOW_END", present, present, "unknown: keep it")
	case f.Answer == present:
		return recommend("PUSHLOSS_WINDOW_END", present, present, "as measured")
	}
	return recommend("PUSHLOSS_WINDOW_END", present, f.Answer,
		"as measured; load the days that the API remembers again: pushloss backfill --from DAY --to DAY --reprocess all")
}

func (m *measurement) recommendMemory() (days int, r Recommendation) {
	const setting = "PUSHLOSS_API_MEMORY_DAYS"
	days = m.settings.APIMemoryDays
	present := strconv.Itoa(days)
	switch {
	case m.finding(APIMemory).State == Measured, m.memory.days > days:
		days = m.memory.days
		return days, recommend(setting, present, strconv.Itoa(days), "that many whole days are proven to be complete")
	case m.memory.days > 0:
		return days, recommend(setting, present, present,
			fmt.Sprintf("unknown: keep it; %d whole days are proven to be complete", m.memory.days))
	}
	return days, recommend(setting, present, present, "unknown: keep it")
}

// recommendLookback returns a day more than the last change took, but no more than lets the last
// pull of a day still see all of it.
func (m *measurement) recommendLookback(memoryDays int) Recommendation {
	const setting = "PUSHLOSS_LOOKBACK_DAYS"
	const least = 2
	present := m.settings.LookbackDays
	most := max(0, memoryDays-marginDays)
	reason := fmt.Sprintf("a day is final when it is pulled N days after its end, by a daily run up to 24 h later; then it began up to N + %d days ago, and the API remembers %d: N is at most %d",
		marginDays, memoryDays, most)
	if !m.late.known && m.finding(APIMemory).State != Measured {
		return recommend(setting, strconv.Itoa(present), strconv.Itoa(present), "unknown: keep it")
	}
	wanted, why := present, "how late figures change is not known yet"
	if m.late.known {
		wanted = max(least, m.late.days+1)
		why = fmt.Sprintf("the last change came within %s of a day's end, and one more to be safe", english.Plural(m.late.days, "day", ""))
		if m.late.days == 0 {
			why = fmt.Sprintf("no figure changed after its first load; %d at least, to be safe", least)
		}
		if m.late.open {
			wanted, why = max(wanted, present), why+"; watch longer to see the end of it"
		}
	}
	if wanted > most {
		why += "; " + reason
	}
	return recommend(setting, strconv.Itoa(present), strconv.Itoa(min(wanted, most)), why)
}

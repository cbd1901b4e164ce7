package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// emptied notes the days of an app whose figures the answers remove. Figures of one day may
// be restated to nothing; if no window of a stream keeps any, an operator must know.
type emptied struct {
	days map[stream.Stream]map[calendar.Day]bool
	// kept are the streams for which a trusted answer left figures in a window that had some.
	kept map[stream.Stream]bool
}

func (e *emptied) note(r request, outcome load.Outcome, trusted bool) {
	if e.days == nil {
		e.days, e.kept = make(map[stream.Stream]map[calendar.Day]bool), make(map[stream.Stream]bool)
	}
	if trusted && outcome.Rows.Updated+outcome.Rows.Unchanged > 0 {
		e.kept[r.stream] = true
	}
	if outcome.Emptied == 0 {
		return
	}
	if e.days[r.stream] == nil {
		e.days[r.stream] = make(map[calendar.Day]bool)
	}
	e.days[r.stream][r.day] = true
}

// confirm notes that a trusted answer for several days confirmed stored figures.
func (e *emptied) confirm(of stream.Stream) {
	if e.kept == nil {
		e.days, e.kept = make(map[stream.Stream]map[calendar.Day]bool), make(map[stream.Stream]bool)
	}
	e.kept[of] = true
}

// count is the number of days, whatever the stream.
func (e *emptied) count() int64 {
	all := make(map[calendar.Day]bool)
	for _, days := range e.days {
		maps.Copy(all, days)
	}
	return int64(len(all))
}

// problem names the streams that lost all figures; empty if none did.
func (e *emptied) problem() string {
	var lost []string
	for s, days := range e.days {
		if !e.kept[s] {
			lost = append(lost, fmt.Sprintf("figures of %s (%s)", english.Plural(len(days), "day", ""), s))
		}
	}
	if len(lost) == 0 {
		return ""
	}
	slices.Sort(lost)
	return strings.Join(lost, " and ") + " were removed by the API's answers: every window that had figures is empty now"
}

// HintOfEmptied says what an operator should do about it.
const HintOfEmptied = "look at the push console: if it has these pushes, the API answers wrongly, and pushloss backfill --from DAY --to DAY --reprocess all " +
	"pulls them again while it remembers them; analytics.loss_changes and push_changes have the removed figures"

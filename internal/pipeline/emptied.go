package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
)

// emptied are the days of an app on which answers removed figures, or lowered them by much.
type emptied map[stream.Stream]map[calendar.Day]bool

func (e emptied) note(r request) {
	if e[r.stream] == nil {
		e[r.stream] = make(map[calendar.Day]bool)
	}
	e[r.stream][r.day] = true
}

// count returns the number of days, of all streams together.
func (e emptied) count() int64 {
	all := make(map[calendar.Day]bool)
	for _, days := range e {
		maps.Copy(all, days)
	}
	return int64(len(all))
}

// problem names the streams that lost figures; empty if none did.
func (e emptied) problem() string {
	var lost []string
	for s, days := range e {
		lost = append(lost, fmt.Sprintf("figures of %s (%s)", english.Plural(len(days), "day", ""), s))
	}
	if len(lost) == 0 {
		return ""
	}
	slices.Sort(lost)
	return strings.Join(lost, " and ") + " were removed by the API's answers, or lowered by more than a tenth"
}

// HintOfEmptied says what an operator should do about such days.
const HintOfEmptied = "check the push console: if it has these pushes, the API answers wrongly, and pushloss backfill --from DAY --to DAY --reprocess all " +
	"pulls them again while it remembers them; analytics.loss_changes and push_changes have the figures as they were"

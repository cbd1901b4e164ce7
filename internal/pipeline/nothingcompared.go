package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"pushloss/internal/stream"
)

const (
	neverPulled      = "never pulled"
	noResultOfApp    = "the answer has no result of the whole app, not even an empty one"
	answerLacksTask  = "the answer lacks the task"
	mostReasonsNamed = 3
)

// nothingCompared says why a reconciliation compared nothing, and what to do about it. failed says that
// an answer was missing or could not be used.
func (s Settings) nothingCompared(r Reconciliation, failed bool) (problem, hint string) {
	var reasons []string
	for _, left := range r.LeftOut {
		if !slices.Contains(reasons, left.Why) {
			reasons = append(reasons, left.Why)
		}
	}
	hint = "reconcile compares stored days with the API's answers: name days that are stored and that the API still remembers by --from and --to"
	switch {
	case failed:
		hint = "run this again; pushloss check shows whether the API answers"
	case !slices.Contains(s.Streams, stream.Loss):
		reasons = []string{"losses are not pulled"}
		hint = "only losses can be compared: name loss in PUSHLOSS_STREAMS"
	case len(r.Spans) == 0:
		reasons = []string{"there is no ended day that the API is believed to remember for another day"}
		hint = "see PUSHLOSS_API_MEMORY_DAYS, or name the days by --from and --to"
	case slices.Contains(reasons, neverPulled):
		hint = "pull the days first: pushloss run, or pushloss backfill --from DAY --to DAY"
	case slices.Contains(reasons, answerLacksTask):
		hint = "check the TaskIDs: pushloss tasks list"
	}
	if more := len(reasons) - mostReasonsNamed; more > 0 {
		reasons = append(reasons[:mostReasonsNamed], fmt.Sprintf("and %d more", more))
	}
	if at := slices.Index(reasons, neverPulled); at >= 0 {
		reasons[at] = "the days were " + neverPulled
	}
	return "nothing could be compared: " + strings.Join(reasons, "; "), hint
}

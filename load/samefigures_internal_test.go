package load

import (
	"testing"
	"time"
)

func TestEntriesDifferByWhatTheArchiveKnowsOfTheirFigures(t *testing.T) {
	t.Parallel()
	at, later := time.Unix(1, 0), time.Unix(2, 0)
	entry := Entry{RowCount: 1, FirstLoadedAt: &at, LastLoadedAt: &at, LastTrustedAt: &at, ProvenAt: &at}
	elsewhere := at.In(time.FixedZone("", 3600))
	for name, test := range map[string]struct {
		change func(*Entry)
		same   bool
	}{
		"the number of rows":              {func(e *Entry) { e.RowCount = 2 }, false},
		"the first load":                  {func(e *Entry) { e.FirstLoadedAt = &later }, false},
		"the last load":                   {func(e *Entry) { e.LastLoadedAt = &later }, false},
		"the last trusted load":           {func(e *Entry) { e.LastTrustedAt = nil }, false},
		"the last proof":                  {func(e *Entry) { e.ProvenAt = nil }, false},
		"the same time in another zone":   {func(e *Entry) { e.ProvenAt = &elsewhere }, true},
		"pulls that brought no new facts": {func(e *Entry) { e.Pulls, e.UpdatedAt = 2, later }, true},
	} {
		other := entry
		test.change(&other)
		if got := entry.sameFigures(other); got != test.same {
			t.Errorf("%s: same is %t", name, got)
		}
	}
}

package pipeline

import (
	"fmt"
	"strings"
	"time"
)

// ClockTolerance is how far apart the clocks of this machine, the database and the API
// may be: days are cut, trusted and settled by them.
const ClockTolerance = 5 * time.Minute

// ClockError says that clocks are too far apart to work by any of them.
type ClockError struct {
	Own, Database time.Time
	API           time.Time // zero where it was not asked, or does not say
}

func (e *ClockError) Error() string {
	said := []string{"this machine's says " + clockTime(e.Own), "the database's " + clockTime(e.Database)}
	if !e.API.IsZero() {
		said = append(said, "the API's "+clockTime(e.API))
	}
	return fmt.Sprintf("clocks are more than %.0f minutes apart: %s", ClockTolerance.Minutes(), strings.Join(said, ", "))
}

// Hint tells an operator what to do.
func (e *ClockError) Hint() string {
	return "nothing was loaded by a clock that may be wrong: set the clocks right (NTP), then run again"
}

func clockTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// clocks compares this machine's clock with the database's, which was read once, and
// with the API's, which comes with each answer.
type clocks struct {
	now func() time.Time
	// databaseAhead is by how much the database's clock is ahead of this machine's.
	databaseAhead time.Duration
}

// compare returns a *ClockError if any two clocks are too far apart. A zero api is a
// service that does not tell its time: then the other two have to do.
func (c clocks) compare(api time.Time) error {
	own := c.now()
	database := own.Add(c.databaseAhead)
	apart := c.databaseAhead.Abs()
	if !api.IsZero() {
		apart = max(apart, own.Sub(api).Abs(), database.Sub(api).Abs())
	}
	if apart > ClockTolerance {
		return &ClockError{Own: own, Database: database, API: api}
	}
	return nil
}

// present is what no window can have been pulled after, unless a clock ran ahead; zero
// where that cannot be told.
func (p *Pipeline) present() time.Time {
	if p.opts.Past {
		return time.Time{}
	}
	return p.opts.Now()
}

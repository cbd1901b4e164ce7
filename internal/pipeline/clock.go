package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"pushloss/internal/problem"
)

// ClockTolerance is how far apart the clocks of this machine, the database and the API
// may be. Days are cut, trusted and settled by these clocks.
const ClockTolerance = 5 * time.Minute

// ClockError says that clocks differ too much to trust any of them. A zero time means that the
// clock was not read, or gives no time.
type ClockError struct{ Own, Database, API time.Time }

// CompareClocks returns a *ClockError if two clocks differ by more than ClockTolerance. It ignores
// zero times.
func CompareClocks(own, database, api time.Time) error {
	e := &ClockError{Own: own, Database: database, API: api}
	clocks := e.clocks()
	for i, one := range clocks {
		for _, other := range clocks[:i] {
			if !one.agrees(other) {
				return e
			}
		}
	}
	return nil
}

func (e *ClockError) Error() string {
	var said []string
	for _, c := range e.clocks() {
		said = append(said, c.whose+" says "+c.says.UTC().Format(time.RFC3339))
	}
	text := fmt.Sprintf("clocks are more than %.0f minutes apart: %s", ClockTolerance.Minutes(), strings.Join(said, ", "))
	if odd := e.odd(); odd != "" {
		text += "; " + odd + " is " + e.direction(odd) + " the two others, which agree"
	}
	return text
}

// ExitCode is problem.Refused.
func (*ClockError) ExitCode() problem.Code { return problem.Refused }

// Hint says what an operator should do.
func (e *ClockError) Hint() string {
	const nothing = "nothing is loaded by a clock that may be wrong: "
	switch odd := e.odd(); odd {
	case "":
		return nothing + "set the clocks right (NTP), then run again"
	case clockOfAPI:
		return nothing + "look for a proxy or a TIM_BASE_URL whose Date header is " + e.direction(odd) + " the time, then run again"
	default:
		return nothing + "set " + odd + " right (NTP), then run again"
	}
}

const (
	clockOfMachine  = "this machine's clock"
	clockOfDatabase = "the database's clock"
	clockOfAPI      = "the API's clock"
)

type clock struct {
	whose string
	says  time.Time
}

func (c clock) agrees(with clock) bool { return c.says.Sub(with.says).Abs() <= ClockTolerance }

func (e *ClockError) clocks() []clock {
	all := []clock{{clockOfMachine, e.Own}, {clockOfDatabase, e.Database}, {clockOfAPI, e.API}}
	return slices.DeleteFunc(all, func(c clock) bool { return c.says.IsZero() })
}

// odd returns the clock that differs from the two others; empty if there is none.
func (e *ClockError) odd() string {
	c := e.clocks()
	if len(c) < 3 {
		return ""
	}
	for i := range c {
		one, other := c[(i+1)%3], c[(i+2)%3]
		if one.agrees(other) && !c[i].agrees(one) && !c[i].agrees(other) {
			return c[i].whose
		}
	}
	return ""
}

// direction returns "ahead of" or "behind" for the odd clock.
func (e *ClockError) direction(odd string) string {
	c := e.clocks()
	is := func(one clock) bool { return one.whose == odd }
	i, j := slices.IndexFunc(c, is), slices.IndexFunc(c, func(one clock) bool { return !is(one) })
	if c[i].says.After(c[j].says) {
		return "ahead of"
	}
	return "behind"
}

// clocks compares this machine's clock with the database's and with the API's, which each answer
// has.
type clocks struct {
	now      func() time.Time
	database func(context.Context) (time.Time, error)
	// databaseAhead is how far the database's clock was ahead of this machine's when the
	// job began.
	databaseAhead time.Duration
}

// compare returns a *ClockError if two clocks differ too much. A zero api means that the service
// does not send its time: then compare reads the database's clock again.
func (c clocks) compare(ctx context.Context, api time.Time) error {
	if api.IsZero() {
		database, err := c.database(ctx)
		if err != nil {
			return err
		}
		return CompareClocks(c.now(), database, api)
	}
	own := c.now()
	return CompareClocks(own, own.Add(c.databaseAhead), api)
}

// present is the latest time at which a window can have been pulled by a right clock; zero if it is
// unknown.
func (p *Pipeline) present() time.Time {
	if p.opts.Past {
		return time.Time{}
	}
	return p.opts.Now()
}

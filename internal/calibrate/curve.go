package calibrate

import (
	"cmp"
	"context"
	"slices"

	"pushloss/extract"
)

const (
	oneSecond = int64(1)
	oneHour   = 3600 * oneSecond
	oneDay    = 24 * oneHour
	quarter   = oneHour / 4 // every time zone's offset from UTC is a multiple of this

	// ahead is how long before a day its curve begins. It is not a multiple of a
	// quarter of an hour, so no day of any zone begins there.
	ahead = 5*oneHour + 7*60
	// reach is how long a curve is. It is longer than a day, so that a day of any zone begins in
	// it. It is shorter than the longest day, 25 hours, because a service may treat windows of
	// several days differently.
	reach = oneDay + 53*60
	// stride is the time between the first looks at a curve.
	stride = 4 * oneHour
)

// curve is what the API reports from base until t, as t grows.
type curve struct {
	*prober
	base, end int64
	// sure says that the API remembers windows that begin at the base or earlier, and windows that
	// end there. So no growth of the curve is the edge of its memory.
	sure bool
}

// at is the curve's value; at its base nothing has been lost yet.
func (c curve) at(ctx context.Context, t int64) (figures, error) {
	if t <= c.base {
		return figures{}, nil
	}
	return c.ask(ctx, span{c.base, t})
}

// bracket is two times between which a curve grows.
type bracket struct{ from, to int64 }

// look asks for the curve at every stride and returns where it grows. It stops as soon as that is
// clear, or the curve cannot grow any more. If the service cuts days, the curve grows at most once
// after the first stride, since its windows touch two days, one begun before the base.
func (c curve) look(ctx context.Context) (grown []bracket, err error) {
	whole, err := c.at(ctx, c.end)
	if err != nil {
		return nil, err
	}
	before, last := c.base, figures{}
	later := 0
	for t := c.base + stride; before < c.end && later < 2 && !last.equal(whole); t += stride {
		t = min(t, c.end)
		now, err := c.at(ctx, t)
		if err != nil {
			return nil, err
		}
		if !now.equal(last) {
			grown = append(grown, bracket{before, t})
			if before > c.base {
				later++
			}
		}
		before, last = t, now
	}
	return grown, nil
}

// growing returns the narrowest known brackets, narrowest first. The bracket that begins at the
// base comes last: what the curve has a second after the base may have been lost in either second.
func (c curve) growing() []bracket {
	points := []int64{c.base}
	for s := range c.answers {
		if s.start == c.base && s.end > c.base && s.end <= c.end {
			points = append(points, s.end)
		}
	}
	slices.Sort(points)
	var grown []bracket
	for i, to := range points[1:] {
		b := bracket{points[i], to}
		if len(c.jump(b)) > 0 {
			grown = append(grown, b)
		}
	}
	width := func(b bracket) int64 {
		if b.from == c.base {
			return reach
		}
		return b.to - b.from
	}
	slices.SortFunc(grown, func(a, b bracket) int { return cmp.Or(cmp.Compare(width(a), width(b)), cmp.Compare(a.from, b.from)) })
	return grown
}

// jump is the growth of the curve in a bracket whose ends were requested.
func (c curve) jump(b bracket) figures {
	return c.answers[span{c.base, b.to}].minus(c.answers[span{c.base, b.from}])
}

// narrow halves a bracket at multiples of grid until none is left inside.
func (c curve) narrow(ctx context.Context, b bracket, grid int64) (bracket, error) {
	before, err := c.at(ctx, b.from)
	if err != nil {
		return b, err
	}
	for {
		middle := (b.from + b.to) / 2 / grid * grid
		if middle <= b.from {
			middle += grid
		}
		if middle >= b.to {
			return b, nil
		}
		f, err := c.at(ctx, middle)
		if err != nil {
			return b, err
		}
		if f.equal(before) {
			b.from = middle
		} else {
			b.to = middle
		}
	}
}

// boundary is where a day of the service begins, and what a window that ends exactly there
// includes.
type boundary struct {
	at  int64
	end extract.WindowEnd
}

// boundary reports whether all growth of a bracket is at one of its ends and at a full quarter of
// an hour. A window includes what begins there: with an exclusive end if it ends a second later,
// with an inclusive end if it ends there.
func (c curve) boundary(ctx context.Context, b bracket) (found boundary, ok bool, err error) {
	from, err := c.at(ctx, b.from)
	if err != nil {
		return found, false, err
	}
	to, err := c.at(ctx, b.to)
	if err != nil {
		return found, false, err
	}
	if b.from%quarter == 0 && b.from > c.base {
		f, err := c.at(ctx, b.from+oneSecond)
		if err != nil || f.equal(to) {
			return boundary{b.from, extract.EndExclusive}, err == nil, err
		}
	}
	if b.to%quarter == 0 {
		f, err := c.at(ctx, b.to-oneSecond)
		if err != nil || f.equal(from) {
			return boundary{b.to, extract.EndInclusive}, err == nil, err
		}
	}
	return found, false, nil
}

// step narrows a bracket to the first quarter of an hour in which the curve grows, and reports
// whether that is a boundary. Growth at the very base, such as a day that was already running,
// counts only if there is no other.
func (c curve) step(ctx context.Context, within bracket) (b bracket, at boundary, ok bool, err error) {
	if b, err = c.narrow(ctx, within, quarter); err != nil {
		return b, at, false, err
	}
	if rest := (bracket{b.to, within.to}); b.from == c.base && len(c.jump(rest)) > 0 {
		if b, err = c.narrow(ctx, rest, quarter); err != nil {
			return b, at, false, err
		}
	}
	at, ok, err = c.boundary(ctx, b)
	return b, at, ok, err
}

// growsAt reports whether the curve grows at a boundary.
func (c curve) growsAt(ctx context.Context, at boundary) (bool, error) {
	b := bracket{at.at, at.at + oneSecond}
	if at.end == extract.EndInclusive {
		b = bracket{at.at - oneSecond, at.at}
	}
	if b.from <= c.base || b.to > c.end {
		return false, nil
	}
	from, err := c.at(ctx, b.from)
	if err != nil {
		return false, err
	}
	to, err := c.at(ctx, b.to)
	return err == nil && !from.equal(to), err
}

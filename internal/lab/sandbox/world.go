package sandbox

import (
	"math"
	"strconv"
	"strings"
)

const (
	hour = int64(3600)
	day  = 24 * hour

	longestDay = 25 * hour

	// period is the number of hours after which a cell has losses again. At half a day, each day of
	// 23, 24 or 25 hours in any time zone has every cell, and takes two evaluations instead of
	// twenty-four.
	period = 12

	// defaultRows is the size of a day when Config.Rows is not set.
	defaultRows = 24
	maxRows     = 20000

	overallFactor = 40
	bigExtra      = 3_000_000_000
)

// world makes the figures. It has no state: a count is a function of (seed, app, task, cell, hour). A cell has
// losses in every twelfth hour, all at one second of that hour, so that windows add up wherever they are cut.
type world struct {
	seed       uint64
	cells      []cell
	channels   []channel
	bigCell    int     // the cell whose counts big-count enlarges
	sparse     bool    // rows come and go
	quiet      float64 // share of days without any loss
	dayOffset  int64   // seconds between the start of quiet days and UTC midnight
	taskStarts bool
	activeDays uint64 // most days after its start on which a task has losses; 0: no limit
	chats      bool   // has the pushes that come with chat messages: no tasks, no EventType
	lives      map[int64]*appLife
}

// span is half-open, in Unix seconds.
type span struct{ from, to int64 }

func (s span) contains(t int64) bool { return s.from <= t && t < s.to }
func (s span) overlaps(o span) bool  { return s.from < o.to && o.from < s.to }

// view is what a task's world shows at one moment, after the faults that change the truth.
type view struct {
	in        span // the window, or its whole days
	key       uint64
	overall   bool
	start     int64 // of the task, which has no losses before it
	until     int64 // the task has no losses from then on
	now       int64 // nothing happens after it
	forgotten bool
	lateShare float64
	lateAfter int64
	restated  []span
	// restatedShare of the days have other figures restatedAfter seconds after an event.
	restatedShare float64
	restatedAfter int64
	drops         bool // three rows of ten are missing
	unknown       bool // rows of an unlisted platform
	big           bool
	extra         int64    // by how many a third of the rows are higher
	life          *appLife // nil if the app has none
}

// offline returns the EventType of offline pushes, 0 if rows have none.
func (w *world) offline() int {
	if w.chats {
		return 0
	}
	return 1
}

func (w *world) known(task string) bool { return !strings.HasPrefix(task, "unknown") }

func (w *world) view(app int64, task string, now int64) view {
	v := view{key: keyOf(w.seed, app, task), overall: task == "", now: now, start: math.MinInt64, until: math.MaxInt64, life: w.lives[app]}
	if w.taskStarts {
		if t, ok := startOfTask(task); ok {
			v.start = t
			if w.activeDays > 0 {
				v.until = t + int64(1+v.key>>40%w.activeDays)*day
			}
		}
	}
	return v
}

// count sums one cell over a view's window. It is the hot path, with one or two hashes per cell and day.
func (w *world) count(i int, v *view) int64 {
	c := &w.cells[i]
	switch {
	case v.drops && mix(v.key+uint64(i)*golden^0xd0)%10 < 3,
		c.presence == whenRestated && (!v.restates() || v.life != nil),
		c.presence == whenUnknownOne && !v.unknown:
		return 0
	}
	cellKey := mix(v.key + uint64(i+1)*golden)
	big := v.big && i == w.bigCell
	sparse := w.sparse && c.presence == always && !big
	never := c.presence == whenIncident || sparse && cellKey>>60 == 0 // one cell in sixteen never occurs in this task
	if never && v.life == nil {
		return 0
	}
	scale := c.scale * (1 + cellKey>>32&3)
	if v.overall {
		scale *= overallFactor
	}

	first := floorDiv(v.in.from, hour)
	phase := int64(cellKey % period)
	var sum int64
	for h := first + mod(phase-first, period); h*hour < v.in.to; h += period {
		e := mix(cellKey ^ uint64(h)*golden)
		second := h*hour + int64(e&0xffff)*hour>>16
		if !w.happened(second, v) {
			continue
		}
		n := int64(0)
		if !never && (!sparse || e>>16&7 >= 2) {
			n = 1 + int64((e>>32)*scale>>32)
			if v.life != nil {
				n = v.life.losses(w, c, n, float64(scale)/2, cellKey, second)
			}
		}
		if v.life != nil {
			n += v.life.lost(w, c, v, second)
		}
		if n == 0 {
			continue
		}
		if v.restates() || c.presence == whenRestated {
			n = restate(n, i, c, e, second, v)
		}
		if big && n > 0 {
			n += bigExtra
		}
		sum += v.arrived(n, e, second)
	}
	if i%3 == 0 && sum > 0 {
		sum += v.extra
	}
	return sum
}

// happened reports whether an event at a second is within the view's window and world.
func (w *world) happened(second int64, v *view) bool {
	return v.in.contains(second) && second <= v.now && second >= v.start && second < v.until && !(w.quiet > 0 && w.quietDay(v.key, second))
}

// arrived returns how many of n pushes at a second are known at the view's time.
func (v *view) arrived(n int64, e uint64, second int64) int64 {
	if v.lateShare > 0 && v.now < second+v.lateAfter {
		n -= int64(float64(n)*v.lateShare + float64(e>>20&0xfff)/4096)
	}
	return n
}

func (v *view) restates() bool { return len(v.restated) > 0 || v.restatedShare > 0 }

// restatedAt reports whether the figures of a second have changed at the view's time.
func (v *view) restatedAt(second int64) bool {
	for _, s := range v.restated {
		if s.contains(second) {
			return true
		}
	}
	if v.restatedShare == 0 || v.now < second+v.restatedAfter {
		return false
	}
	return float64(mix(v.key^uint64(floorDiv(second, day))*golden^0x5e)>>11)/(1<<53) < v.restatedShare
}

// restate returns the new figures of a restated day. Of four neighbouring cells, one is gone, one
// has another count, and two stay.
func restate(n int64, i int, c *cell, e uint64, second int64, v *view) int64 {
	in := v.restatedAt(second)
	switch {
	case c.presence == whenRestated && !in:
		return 0
	case c.presence != always || !in:
		return n
	}
	switch (uint64(i) + v.key) % 4 {
	case 0:
		return 0
	case 1:
		return n + 1 + int64(e>>24&7)
	}
	return n
}

func (w *world) quietDay(key uint64, second int64) bool {
	d := floorDiv(second+w.dayOffset, day)
	return float64(mix(key^uint64(d)*golden^0x51)>>11)/(1<<53) < w.quiet
}

// startOfTask reads the start from a task ID in the form of the push pages, such as
// 657bf434_537529d8_2000005e80aa873_2780d131_bc614e: Unix seconds in hexadecimal. The form is
// observed, not documented.
func startOfTask(task string) (int64, bool) {
	parts := strings.Split(strings.TrimPrefix(task, "batch_"), "_")
	if len(parts) < 5 || len(parts[0]) != 8 {
		return 0, false
	}
	t, err := strconv.ParseUint(parts[0], 16, 32)
	return int64(t), err == nil
}

func floorDiv(a, b int64) int64 { return (a - mod(a, b)) / b }

func mod(a, b int64) int64 {
	m := a % b
	if m < 0 {
		m += b
	}
	return m
}

package chaos

import (
	"maps"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
)

// window is a day of a task, or of the whole app.
type window struct {
	App       int64
	Day, Task string
}

// change is a row of the history.
type change struct {
	window
	key
	At, Run          int64 // microseconds; number
	Old, New         int64 // -1: none
	OldInfo, NewInfo string
}

// entry is what the ledger must say about a window after its last pull.
type entry struct {
	State, Reason string
	Rows, Rejects int
	First, Last   int64 // microseconds; 0: never
	Trusted       int64 // when a trusted answer last loaded it
	Proven        int64 // when a trusted answer for several days last agreed with it
	Pulled        int64 // when the last answer was loaded
	Pulls         int   // answers, so at least as many pulls
	HasError      bool
}

// model is what the windows become by the archive. It implements the program's rules a
// second time, in another way.
type model struct {
	zone    *time.Location
	figures map[window]map[key]figure
	ledger  map[window]*entry
	changes map[change]int
	back    map[int64]int // wrong spans that the model has applied, by app
}

// replay loads the archive from the first answer to the last.
func replay(a archive, zone *time.Location) (*model, differences) {
	m := &model{
		zone: zone, figures: make(map[window]map[key]figure), ledger: make(map[window]*entry), changes: make(map[change]int),
		back: make(map[int64]int),
	}
	var problems differences
	for _, p := range a.pulls {
		if p.Stream != sandbox.StreamLoss {
			continue
		}
		m.takeBack(a.wrong, p.App, p.LoadedAt)
		elements, err := readBody(a.bodies[string(p.SHA)])
		if err != nil {
			problems.add("the body of pull %d cannot be read: %v", p.ID, err)
			continue
		}
		reported := p
		reported.In, reported.Inserted, reported.Updated, reported.Deleted, reported.Unchanged, reported.Kept = 0, 0, 0, 0, 0, 0
		reported.Merged, reported.Rejected, reported.Ignore = 0, 0, 0
		if p.First != nil {
			problems = append(problems, m.prove(&reported, elements)...)
		} else {
			m.load(&reported, elements)
		}
		if now := (counts{reported}).list(); now != (counts{p}).list() {
			problems.add("pull %d has %v (in, inserted, updated, deleted, unchanged, kept, merged, rejected, ignored), the model %v",
				p.ID, counts{p}.list(), now)
		}
		if trusted := m.trusted(p); p.First == nil && trusted != p.Trusted {
			problems.add("pull %d of %s at %s is stored as trusted: %t", p.ID, p.Day, p.LoadedAt, p.Trusted)
		}
	}
	for _, app := range apps() {
		m.takeBack(a.wrong, app, time.Unix(1<<40, 0))
	}
	return m, problems
}

type counts struct{ pull }

func (c counts) list() [9]int {
	return [9]int{c.In, c.Inserted, c.Updated, c.Deleted, c.Unchanged, c.Kept, c.Merged, c.Rejected, c.Ignore}
}

func day(p pull) calendar.Day { return calendar.DayOf(p.Day, time.UTC) }

// trusted reports whether the API remembered the whole day.
func (m *model) trusted(p pull) bool { return m.remembered(p.Start, p.LoadedAt) }

func (m *model) remembered(start, at time.Time) bool {
	return !start.Before(at.Add(-memoryDays * 24 * time.Hour))
}

// load applies one answer, and counts in p what it did.
func (m *model) load(p *pull, elements []element) {
	wanted := p.Tasks
	if len(wanted) == 0 {
		wanted = []string{""}
	}
	answered := make(map[string]element)
	for _, task := range wanted {
		answered[task] = element{}
	}
	for _, e := range elements {
		p.In += e.rows
		if _, isAsked := answered[e.task]; !isAsked {
			p.Ignore += e.rows
			continue
		}
		answered[e.task] = e
		p.Merged += e.merged
		p.Rejected += e.rejected
	}
	for _, task := range wanted {
		m.loadWindow(p, window{p.App, day(*p).String(), task}, answered[task])
	}
}

func (m *model) loadWindow(p *pull, w window, e element) {
	l := m.ledger[w]
	if l == nil {
		l = &entry{}
		m.ledger[w] = l
	}
	at := p.LoadedAt.UnixMicro()
	l.Pulls++
	l.Pulled, l.HasError, l.Rejects = at, false, e.rejected
	isAnswered, saysNothing := e.figures != nil, len(e.figures) == 0
	switch {
	case isAnswered && saysNothing && e.rejected > 0, !isAnswered && w.Task == "" && p.Trusted:
		l.fail()
		return
	case !isAnswered && w.Task != "" && p.Trusted:
		l.State = "absent"
	case p.Trusted:
		m.become(p, w, e.figures, l.First != 0)
		l.Trusted = at
	default:
		m.become(p, w, m.raised(p, w, e.figures), l.First != 0)
	}
	if p.Trusted && isAnswered || !saysNothing {
		l.Last = at
		if l.First == 0 {
			l.First = at
		}
	}
	l.Rows = len(m.figures[w])
	if !isAnswered && w.Task != "" && !p.Trusted && l.First == 0 {
		l.HasError = true // a note
	}
	if isAnswered || !p.Trusted {
		l.State = l.stateOfFigures()
	}
	switch ended := (day(*p) + min(lookback, memoryDays-1)).Window(m.zone).End; {
	case !p.Trusted:
		l.forget()
	case p.LoadedAt.Before(ended):
		l.Reason = ""
	default:
		l.Reason = "lookback"
	}
}

// fail applies a pull without figures to a window: a final window stays final.
func (l *entry) fail() {
	l.HasError = true
	if l.Reason == "" {
		l.State = "failed"
	}
}

// forget makes a window final that can no longer be proven.
func (l *entry) forget() {
	if l.Reason == "" {
		l.Reason = "api_memory"
	}
}

func (l *entry) stateOfFigures() string {
	switch {
	case l.Trusted == 0 && l.Proven == 0:
		return "unproven"
	case l.Rows == 0:
		return "empty"
	}
	return "loaded"
}

// raised returns the larger of the stored figure and that of an answer that is not
// trusted. The text belongs to the count.
func (m *model) raised(p *pull, w window, said map[key]figure) map[key]figure {
	figures := maps.Clone(said)
	if figures == nil {
		figures = make(map[key]figure)
	}
	for k, old := range m.figures[w] {
		now, isSaid := said[k]
		if isSaid && now.Count > old.Count {
			continue
		}
		figures[k] = old
		if !isSaid || now.Count < old.Count {
			p.Kept++
			p.Unchanged--
		}
	}
	return figures
}

// become sets a window's figures, and notes the changes of those loaded before.
func (m *model) become(p *pull, w window, figures map[key]figure, loadedBefore bool) {
	before := m.figures[w]
	m.figures[w] = figures
	note := func(k key, old, now *figure) {
		if !loadedBefore {
			return
		}
		c := change{window: w, key: k, At: p.LoadedAt.UnixMicro(), Run: p.Run, Old: -1, New: -1}
		if old != nil {
			c.Old, c.OldInfo = old.Count, old.Info
		}
		if now != nil {
			c.New, c.NewInfo = now.Count, now.Info
		}
		m.changes[c]++
	}
	for k, now := range figures {
		old, known := before[k]
		switch {
		case !known:
			p.Inserted++
			note(k, nil, &now)
		case old != now:
			p.Updated++
			note(k, &old, &now)
		default:
			p.Unchanged++
		}
	}
	for k, old := range before {
		if _, stays := figures[k]; !stays {
			p.Deleted++
			note(k, &old, nil)
		}
	}
}

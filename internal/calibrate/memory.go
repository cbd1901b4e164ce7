package calibrate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize/english"

	"pushloss/extract"
	"pushloss/internal/calendar"
)

// memoryProbes are how many days back the API is asked. If it remembers all of these, farProbes
// follow.
var (
	memoryProbes = [...]calendar.Day{7, 8, 9, 15, 31, 62, 93}
	farProbes    = [...]calendar.Day{186, 366}
)

// provenGone is how many days in a row must be proven to be forgotten before no older one is
// requested.
const provenGone = 2

// freshly is how soon after its end a day must have been loaded. Only then do the stored facts show
// what the API had for it.
const freshly = 3 * 24 * time.Hour

// memory is what was found about how far back the API remembers.
type memory struct {
	// proven says that stored facts or an error prove that days are forgotten.
	proven bool
	// endless says that all requested days are remembered.
	endless bool
	// whole is the oldest day that is known to be complete. days is how many days back from now the
	// API can be relied on.
	whole calendar.Day
	days  int
}

// recall is the API's answer for a day.
type recall struct {
	figures figures
	refused *extract.Error
}

func (r recall) found() bool { return len(r.figures) > 0 }

// memories are the requested days, by how many days back they lie.
type memories struct {
	*measurement
	today calendar.Day
	days  map[calendar.Day]recall
}

func (m *measurement) apiMemory(ctx context.Context) error {
	f := m.finding(APIMemory)
	return local(f, m.seeMemory(ctx, f))
}

func (m *measurement) seeMemory(ctx context.Context, f *Finding) error {
	past := memories{measurement: m, today: m.yesterday() + 1, days: make(map[calendar.Day]recall)}
	if err := past.goBack(ctx); err != nil {
		return err
	}
	oldest, next, err := past.edge(ctx)
	if err != nil {
		return err
	}
	for _, back := range past.asked() {
		if gone := past.days[back]; back > oldest && (gone.refused != nil || past.stored(back)) {
			m.memory.proven = true
		}
	}
	m.memory.endless = next == 0
	how, byWindow, err := past.how(ctx, f, oldest, next)
	if err != nil {
		return err
	}
	why, err := past.whole(ctx, oldest, next, byWindow)
	if err != nil {
		return err
	}
	start := m.memory.whole.Window(m.settings.Location).Start
	m.memory.days = max(0, int(m.now.Sub(start)/(24*time.Hour)))
	m.show(f, "the oldest day with figures", m.jobSpan(past.today-oldest))
	if next != 0 && past.days[next].refused == nil {
		m.show(f, "the day before it", m.jobSpan(past.today-next))
	}

	detail := fmt.Sprintf("the oldest day with figures is %s, %s back, %s", past.today-oldest, english.Plural(int(oldest), "day", ""), why)
	if next != 0 {
		detail += "; " + past.describe(next)
	}
	detail += how
	switch {
	case m.memory.endless:
		f.measured("at least "+wholeDays(m.memory.days), detail)
	case m.memory.proven:
		f.measured(wholeDays(m.memory.days), detail)
	default:
		f.unknown(fmt.Sprintf("it remembers at least %s; %s", wholeDays(m.memory.days), detail),
			"keep running, and calibrate again once days that are stored now are older: what is stored then shows what was forgotten")
	}
	return nil
}

func wholeDays(n int) string {
	if n == 1 {
		return "1 whole day"
	}
	return fmt.Sprintf("%d whole days", n)
}

func (p *memories) look(ctx context.Context, back calendar.Day) (recall, error) {
	if known, ok := p.days[back]; ok {
		return known, nil
	}
	f, err := p.ask(ctx, p.jobSpan(p.today-back))
	r := recall{figures: f, refused: refusal(err)}
	if err != nil && r.refused == nil {
		return r, err
	}
	p.days[back] = r
	return r, nil
}

// stored reports whether the database has facts of a day.
func (p *memories) stored(back calendar.Day) bool { return p.pulls[p.today-back].Rows > 0 }

// asked returns the requested days, newest first.
func (p *memories) asked() []calendar.Day {
	var backs []calendar.Day
	for back := range p.days {
		backs = append(backs, back)
	}
	slices.Sort(backs)
	return backs
}

// goBack requests older and older days, beyond days without losses, until it is proven that they
// are forgotten.
func (p *memories) goBack(ctx context.Context) error {
	for back := calendar.Day(1); back <= daysLookedAt; back++ {
		if _, err := p.look(ctx, back); err != nil {
			return err
		}
	}
	gone := 0
	last := recall{}
	for _, back := range slices.Concat(memoryProbes[:], farProbes[:]) {
		if back > memoryProbes[len(memoryProbes)-1] && !last.found() {
			return nil
		}
		r, err := p.look(ctx, back)
		if err != nil {
			return err
		}
		switch {
		case r.found():
			gone = 0
		case r.refused != nil, p.stored(back):
			gone++
		}
		if gone == provenGone {
			return nil
		}
		last = r
	}
	return nil
}

// edge finds the oldest day with figures, and the next requested one without (0 if there is none).
// It halves the distance between the two, preferring days with stored facts, since a day without
// losses need not be forgotten.
func (p *memories) edge(ctx context.Context) (oldest, next calendar.Day, err error) {
	for _, back := range p.asked() {
		if p.days[back].found() {
			oldest, next = back, 0
		} else if next == 0 {
			next = back
		}
	}
	for next-oldest > 1 {
		middle := (oldest + next) / 2
		for off := calendar.Day(1); off < (next-oldest)/2 && !p.stored(middle); off++ {
			switch {
			case p.stored(middle - off):
				middle -= off
			case p.stored(middle + off):
				middle += off
			}
		}
		r, err := p.look(ctx, middle)
		if err != nil {
			return 0, 0, err
		}
		if r.found() {
			oldest = middle
		} else {
			next = middle
		}
	}
	return oldest, next, nil
}

// describe says what the API answered for a day without figures.
func (p *memories) describe(back calendar.Day) string {
	day := p.today - back
	switch r := p.days[back]; {
	case r.refused != nil:
		return fmt.Sprintf("for %s the answer is an error: %s", day, r.refused)
	case p.stored(back):
		return fmt.Sprintf("%s is empty, though %s stored of it: forgotten", day, english.Plural(int(p.pulls[day].Rows), "fact is", "facts are"))
	}
	return fmt.Sprintf("%s is empty: forgotten, or nothing was lost", day)
}

// how says whether whole windows are forgotten or single losses, if requests for half days near the
// edge show it.
func (p *memories) how(ctx context.Context, f *Finding, oldest, next calendar.Day) (text string, byWindow bool, err error) {
	if next != oldest+1 {
		return "", false, nil
	}
	byWindow = p.days[next].refused != nil // forgetting single losses causes no error
	if p.cut.byDay {
		return "", byWindow, nil
	}
	ask := func(note string, s span) (figures, error) {
		part, err := p.ask(ctx, s)
		if refusal(err) != nil {
			return nil, nil
		}
		if err == nil {
			p.show(f, note, s)
		}
		return part, err
	}
	gone, kept := p.jobSpan(p.today-next), p.jobSpan(p.today-oldest)
	late, err := ask("its second half", span{gone.start + 12*oneHour, gone.end})
	if err != nil {
		return "", false, err
	}
	if len(late) > 0 {
		return "; windows that start too long ago are forgotten, not single losses", true, nil
	}
	early, err := ask("the first half of the oldest day", span{kept.start, kept.start + 12*oneHour})
	if err != nil || len(early) > 0 {
		return "", byWindow, err
	}
	rest, err := ask("the second half of the oldest day", span{kept.start + 12*oneHour, kept.end})
	if err != nil {
		return "", byWindow, err
	}
	if whole := p.days[oldest].figures; !whole.equal(rest) {
		return "; windows that end too long ago are forgotten, not single losses", true, nil
	}
	return "", byWindow, nil
}

// whole finds the oldest day that is known to be complete, and says why it is.
func (p *memories) whole(ctx context.Context, oldest, next calendar.Day, byWindow bool) (why string, err error) {
	day := p.today - oldest
	p.memory.whole = day
	if next == 0 || byWindow {
		return "complete", nil
	}
	end := day.Window(p.settings.Location).End
	if first := p.pulls[day].FirstLoadedAt; p.stored(oldest) && first != nil && first.Before(end.Add(freshly)) {
		kept, err := p.kept(ctx, day, day)
		if err != nil {
			return "", err
		}
		if p.days[oldest].figures.covers(kept[day]) {
			return "complete: it has all that is stored of it", nil
		}
		p.memory.whole++
		return "in part: more is stored of it, so single losses are forgotten", nil
	}
	p.memory.whole++
	return "perhaps in part", nil
}

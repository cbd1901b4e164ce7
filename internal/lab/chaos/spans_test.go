package chaos

import (
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
)

// wrongSpan is a span that the program found to be wrong.
type wrongSpan struct {
	App int64
	At  time.Time
}

const sqlWrongSpans = `
	SELECT sdk_app_id, found_at FROM pushloss.span_disagreement JOIN pushloss.stream USING (stream_id)
	WHERE stream = '` + sandbox.StreamLoss + `' ORDER BY found_at`

// prove applies an answer for several days. The program may only record as proven what
// is true: that the answer equalled the sum of the days at that time.
func (m *model) prove(p *pull, elements []element) (problems differences) {
	answered := make(map[string]element)
	for _, task := range p.Tasks {
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
	first := calendar.DayOf(*p.First, time.UTC)
	for i, task := range p.Proven {
		sums := make(map[key]int64)
		for d := first; d <= day(*p); d++ {
			for k, f := range m.figures[window{p.App, d.String(), task}] {
				sums[k] += f.Count
			}
		}
		e := answered[task]
		for k, f := range e.figures {
			sums[k] -= f.Count
		}
		for k, difference := range sums {
			if difference != 0 {
				problems.add("pull %d proves %s, and %v of its days differs by %d", p.ID, task, k, difference)
			}
		}
		if e.figures == nil || e.rejected > 0 {
			problems.add("pull %d proves %s without an answer", p.ID, task)
		}
		for d := calendar.DayOf(p.ProvenFrom[i], time.UTC); d <= calendar.DayOf(p.ProvenTo[i], time.UTC); d++ {
			if span := d.Window(m.zone); span.Start.Before(span.End) {
				m.proveWindow(p, window{p.App, d.String(), task}, d)
			}
		}
	}
	return problems
}

func (m *model) proveWindow(p *pull, w window, d calendar.Day) {
	l := m.ledger[w]
	if l == nil {
		l = &entry{}
		m.ledger[w] = l
	}
	at := p.LoadedAt.UnixMicro()
	l.Pulls++
	l.Pulled, l.HasError = at, false
	p.Unchanged += l.Rows
	if !p.Trusted {
		l.forget()
	} else {
		l.Proven, l.Last = at, at
		if l.First == 0 {
			l.First = at
		}
		if l.Rows == 0 && !p.LoadedAt.Before((d + min(lookback, memoryDays-1)).Window(m.zone).End) {
			l.Reason = "lookback"
		}
	}
	l.State = l.stateOfFigures()
}

// takeBack applies the wrong spans found before a time: no proof counts any more, and
// windows that only a proof had confirmed are open again while the API remembers them.
func (m *model) takeBack(wrong []wrongSpan, app int64, before time.Time) {
	seen := 0
	for _, span := range wrong {
		if span.App != app || !span.At.Before(before) {
			continue
		}
		if seen++; seen <= m.back[app] {
			continue
		}
		m.back[app] = seen
		for w, l := range m.ledger {
			if w.App != app || l.Proven == 0 {
				continue
			}
			d, err := calendar.ParseDay(w.Day)
			if err != nil {
				panic(err) // the model wrote it
			}
			switch {
			case m.remembered(d.Window(m.zone).Start, span.At) && l.Proven >= l.Last:
				l.Reason = ""
				if l.Trusted == 0 {
					l.State = "open"
				}
			case l.Trusted == 0 && (l.State == "loaded" || l.State == "empty"):
				l.State = "unproven"
			}
			l.Proven = 0
		}
	}
}

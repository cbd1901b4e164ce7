package calibrate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/transform"
)

// Asker asks the API for losses. It sends the ends of the window unchanged as StartTime and
// EndTime. No tasks means the whole app.
type Asker interface {
	Ask(ctx context.Context, window calendar.Window, tasks []string) ([]transform.Snapshot, error)
}

// MostRequests is how many requests a measurement makes at most.
const MostRequests = 90

var errSpent = fmt.Errorf("the %d requests that calibrate makes at most are used up", MostRequests)

// span is a request's StartTime and EndTime in Unix seconds.
type span struct{ start, end int64 }

// prober asks for the figures of its tasks, each span once.
type prober struct {
	api       Asker
	location  *time.Location // zone of the times in evidence
	tasks     []string
	onRequest func(made int, at time.Time)

	made    int
	answers map[span]figures
}

// of forgets all answers and goes on with other tasks.
func (p *prober) of(tasks []string) {
	p.tasks, p.answers = tasks, make(map[span]figures)
}

// ask returns what the API reports for the span. A refusal of the span, or the limit of requests,
// concerns only the current question (see local).
func (p *prober) ask(ctx context.Context, s span) (figures, error) {
	if known, ok := p.answers[s]; ok {
		return known, nil
	}
	return p.again(ctx, s)
}

// again asks even if the answer is already known.
func (p *prober) again(ctx context.Context, s span) (figures, error) {
	if p.made >= MostRequests {
		return nil, errSpent
	}
	window := calendar.Window{Start: time.Unix(s.start, 0).In(p.location), End: time.Unix(s.end, 0).In(p.location)}
	p.made++
	snapshots, err := p.api.Ask(ctx, window, p.tasks)
	if err != nil {
		return nil, err
	}
	if p.onRequest != nil {
		p.onRequest(p.made, window.Start)
	}
	f := figuresOf(snapshots)
	p.answers[s] = f
	return f, nil
}

// evidence describes the answer for a span.
func (p *prober) evidence(s span, note string) Evidence {
	f := p.answers[s]
	return Evidence{
		StartTime: time.Unix(s.start, 0).In(p.location), EndTime: time.Unix(s.end, 0).In(p.location),
		Lost: f.lost(), Rows: len(f), Note: note,
	}
}

// show adds spans that were asked for to a finding.
func (p *prober) show(f *Finding, note string, spans ...span) {
	for _, s := range spans {
		f.Evidence = append(f.Evidence, p.evidence(s, note))
	}
}

// refusal returns the API's refusal of a window, or nil if err is not one.
func refusal(err error) *extract.Error {
	var failed *extract.Error
	if errors.As(err, &failed) && failed.AboutWindow() {
		return failed
	}
	return nil
}

// local turns an error that concerns only one question into that question's finding. It returns
// other errors, which end the measurement.
func local(f *Finding, err error) error {
	switch failed := refusal(err); {
	case failed != nil:
		f.unknown("the API refused a window that was needed: "+failed.Error(), "pushloss cannot find out: see the API's documentation")
	case errors.Is(err, errSpent):
		f.unknown(err.Error(), "calibrate again with --day, at a day with many losses")
	default:
		return err
	}
	return nil
}

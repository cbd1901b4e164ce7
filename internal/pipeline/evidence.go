package pipeline

import (
	"context"
	"errors"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/transform"
)

// worthEvidence is how many requests for single days of tasks a run must make for spans to
// be worth a comparison.
const worthEvidence = 20

// gatherEvidence compares, once a week for each stream, the API's answer for a span of the
// newest days with the stored days, which the run has just pulled. It does so for the
// tasks with the most figures. If both agree, later runs may use spans. A failure changes
// nothing: the next run tries again.
func (p *puller) gatherEvidence(ctx context.Context, at turn, plan appPlan, rules policy, ofTasks int) error {
	if !p.settings.Spans || !plan.scheduled || plan.spans == nil && ofTasks < worthEvidence {
		return nil
	}
	days := rules.newestSpan(p.opts.Now())
	if days.Last-days.First < 1 {
		return nil
	}
	for _, planned := range plan.streams {
		if !planned.ByTask() {
			continue
		}
		evidence, err := p.db.Evidence(ctx, at.Account.SDKAppID, planned.Stream, p.opts.Now())
		if err != nil {
			return err
		}
		if evidence.Contradicted || evidence.Fresh(p.opts.Now()) {
			continue
		}
		if err := p.compareSpan(ctx, at, rules, planned.Stream, days); err != nil {
			return err
		}
	}
	return nil
}

func (p *puller) compareSpan(ctx context.Context, at turn, rules policy, of stream.Stream, days calendar.Span) error {
	tasks, err := p.db.TasksForEvidence(ctx, at.Account.SDKAppID, of, days, extract.MaxTasksPerRequest)
	if err != nil || len(tasks) == 0 {
		return err
	}
	p.planned(1)
	window := rules.spanWindow(days)
	ids := taskIDs(tasks)
	answer, err := at.client.Pull(ctx, extract.Request{Stream: of, Window: window, Tasks: ids, Tries: 1})
	p.step(at.Account.SDKAppID, days.Last)
	var failed *extract.Error
	switch {
	case errors.As(err, &failed):
		at.log.WarnContext(ctx, "several days could not be compared with a request for all of them", "stream", of, "error", failed)
		return nil
	case err != nil:
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	defer answer.Release()
	normalizer := transform.Normalizer{MaxRows: maxRows}
	result, err := normalizer.Normalize(of, answer.JSON, ids)
	if err != nil {
		at.log.WarnContext(ctx, "several days could not be compared with a request for all of them", "stream", of, "error", err)
		return nil
	}
	pull := load.SpanPull{
		RunID: at.runID, Stream: of, Days: days, Window: calendar.Window{Start: window.Start, End: answer.EndTime},
		Result: result, Body: answer.Body, SentAt: answer.SentAt, Trusted: true,
	}
	for _, task := range tasks {
		pull.Tasks = append(pull.Tasks, load.SpanTask{TaskRef: task, Due: days})
	}
	agreed, err := at.lock.SaveEvidence(ctx, pull, p.opts.Now())
	if err != nil {
		return err
	}
	at.log.InfoContext(ctx, "several days were compared with a request for all of them", "stream", of, "first_day", days.First, "last_day", days.Last, "agreed", agreed)
	return nil
}

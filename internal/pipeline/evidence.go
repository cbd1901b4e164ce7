package pipeline

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/transform"
)

const (
	// worthEvidence is how many requests for single days of tasks a run must make before a
	// comparison is worth its calls.
	worthEvidence = 20
	// worthEvidenceFirst is how many of them a backfill without evidence must make to begin with a
	// comparison.
	worthEvidenceFirst = 200
	// maxLooks is how many requests a backfill makes to find tasks with figures.
	maxLooks = 20
)

// worth has the least numbers of requests by days for spans and for comparisons, and how many spans
// are tried. Tests change them.
type worth struct{ spans, evidence, evidenceFirst, tried int }

// mostForComparison bounds the requests of a backfill's comparison, besides those for the days: the
// looks, the comparison itself, and the days that share no request.
const mostForComparison = maxLooks + 1 + denseAmong

// gathersFirst reports whether a job without evidence begins with a comparison.
func (p *Pipeline) gathersFirst(plan appPlan, ofTasks int) bool {
	return p.settings.Spans && !plan.scheduled && plan.reprocess == Missing && ofTasks >= p.opts.worth.evidenceFirst
}

// gatherFirst makes a long backfill begin with evidence that the days add up. It looks for tasks
// with figures on its newest days, requests each of these days, and compares them. asked says that
// it pulled windows of the plan.
func (p *puller) gatherFirst(ctx context.Context, work *appWork, ofTasks int) (asked bool, err error) {
	plan := work.plan
	if !p.gathersFirst(plan, ofTasks) {
		return false, nil
	}
	newest := work.policy.newestSpanTo(plan.last, p.opts.Now())
	streams, err := p.streamsWhere(ctx, plan, mayAddUp)
	if err != nil {
		return false, err
	}
	for _, planned := range streams {
		tasks, days, err := p.lookForFigures(ctx, work, planned, newest)
		var failed *extract.Error
		switch {
		case errors.As(err, &failed) && (blamesNoTask(failed) || failed.AboutAccount()):
			return asked, nil // the plan's requests will say what is wrong
		case errors.As(err, &failed):
			continue
		case err != nil:
			return asked, err
		}
		if len(tasks) == 0 {
			continue
		}
		var requests []request
		for day := days.First; day <= days.Last; day++ {
			if work.policy.exists(day) {
				requests = append(requests, plan.request(planned.Stream, day, tasks))
			}
		}
		p.planned(len(requests))
		asked = true
		if err := each(ctx, work, withoutErrors(requests), work.one); err != nil {
			return asked, err
		}
		if err := p.compareSpan(ctx, work.turn, work.policy, planned.Stream, days); err != nil {
			return asked, err
		}
	}
	return asked, nil
}

// lookForFigures returns tasks that have figures on the given days, or on the newest of
// them. The newest tasks come first.
func (p *puller) lookForFigures(ctx context.Context, work *appWork, of planStream, newest calendar.Span) ([]load.TaskRef, calendar.Span, error) {
	type candidate struct {
		load.TaskRef
		first calendar.Day
	}
	var candidates []candidate
	begin := max(newest.First, of.first)
	for _, task := range work.plan.tasks {
		first := begin
		for first <= newest.Last && !work.plan.covers(task, first) {
			first++
		}
		if first < newest.Last && work.plan.covers(task, newest.Last) {
			candidates = append(candidates, candidate{task.Ref(), first})
		}
	}
	slices.SortFunc(candidates, func(a, b candidate) int { return cmp.Or(cmp.Compare(b.first, a.first), cmp.Compare(b.Key, a.Key)) })
	normalizer := transform.Normalizer{MaxRows: maxRows}
	looks := 0
	for batch := range slices.Chunk(candidates, extract.MaxTasksPerRequest) {
		if looks++; looks > maxLooks {
			break
		}
		days := newest
		var tasks []load.TaskRef
		for _, task := range batch {
			days.First = max(days.First, task.first)
			tasks = append(tasks, task.TaskRef)
		}
		p.planned(1)
		answer, err := work.client.Pull(ctx, extract.Request{Stream: of.Stream, Window: work.policy.spanWindow(days), Tasks: taskIDs(tasks)})
		p.step(work.Account.SDKAppID, days.Last)
		if err != nil {
			return nil, days, err
		}
		result, err := normalizer.Normalize(of.Stream, answer.JSON, taskIDs(tasks))
		figures := err == nil && slices.ContainsFunc(result.Snapshots, func(s transform.Snapshot) bool { return len(s.Facts) > 0 })
		answer.Release()
		if figures {
			return tasks, days, nil
		}
	}
	return nil, newest, nil
}

// gatherEvidence compares, once a week for each stream, the API's answer for a span of the
// newest days with the stored days, which the run has just pulled. It does so for the
// tasks with the most figures. If both agree, later runs may use spans. A failure changes
// nothing: the next run tries again.
func (p *puller) gatherEvidence(ctx context.Context, at turn, plan appPlan, rules policy, ofTasks int) error {
	due, err := p.evidenceDue(ctx, plan, rules, ofTasks)
	if err != nil {
		return err
	}
	for _, of := range due {
		if err := p.compareSpan(ctx, at, rules, of, rules.newestSpan(p.opts.Now())); err != nil {
			return err
		}
	}
	return nil
}

// evidenceDue returns the streams for which a run gathers evidence.
func (p *Pipeline) evidenceDue(ctx context.Context, plan appPlan, rules policy, ofTasks int) (due []stream.Stream, err error) {
	days := rules.newestSpan(p.opts.Now())
	if !p.settings.Spans || !plan.scheduled || plan.spans == nil && ofTasks < p.opts.worth.evidence || days.Last-days.First < 1 {
		return nil, nil
	}
	old := func(e load.Evidence) bool { return mayAddUp(e) && !e.Fresh(p.opts.Now()) }
	streams, err := p.streamsWhere(ctx, plan, old)
	return streamsOf(streams), err
}

// mayAddUp reports whether a comparison may show that days add up.
func mayAddUp(e load.Evidence) bool { return !e.Contradicted }

// streamsWhere returns the plan's streams with figures of tasks whose evidence meets the condition.
func (p *Pipeline) streamsWhere(ctx context.Context, plan appPlan, condition func(load.Evidence) bool) (found []planStream, err error) {
	for _, planned := range plan.streams {
		if !planned.ByTask() {
			continue
		}
		evidence, err := p.db.Ledger.Evidence(ctx, plan.app.Account.SDKAppID, planned.Stream, p.opts.Now())
		if err != nil {
			return nil, err
		}
		if condition(evidence) {
			found = append(found, planned)
		}
	}
	return found, nil
}

func streamsOf(planned []planStream) (streams []stream.Stream) {
	for _, p := range planned {
		streams = append(streams, p.Stream)
	}
	return streams
}

func (p *puller) compareSpan(ctx context.Context, at turn, rules policy, of stream.Stream, days calendar.Span) error {
	tasks, err := p.db.Ledger.TasksForEvidence(ctx, at.Account.SDKAppID, of, days, extract.MaxTasksPerRequest)
	if err != nil || len(tasks) == 0 {
		return err
	}
	p.planned(1)
	window := rules.spanWindow(days)
	ids := taskIDs(tasks)
	answer, err := at.client.Pull(ctx, extract.Request{Stream: of, Window: window, Tasks: ids})
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

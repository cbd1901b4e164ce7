package pipeline

import (
	"context"
	"time"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// puller is the work of run and backfill on an app.
type puller struct {
	*job
	// asOf is the clock that decides what is final.
	asOf func() time.Time
	// prepare returns the plan of an app; it is called under the app's lock.
	prepare func(ctx context.Context, app App) (appPlan, policy, error)
	// giveWay, in a backfill, is the state in which each app begins to give way to runs.
	giveWay *giveWay
}

// do executes the app's plan, then repeats the checks whose days it pulled.
func (p *puller) do(ctx context.Context, at turn, report *AppReport) error {
	undiscovered := ""
	if p.kind == KindRun && p.settings.DiscoverScheduled {
		var err error
		if undiscovered, err = p.discover(ctx, at, earlier(p.asOf(), p.opts.Now())); err != nil {
			return err
		}
	}
	plan, policy, err := p.prepare(ctx, at.App)
	if err != nil {
		return err
	}
	work := &appWork{
		turn: at, plan: plan, policy: policy, now: p.opts.Now, asOf: p.asOf,
		progress: func(day calendar.Day) { p.step(at.Account.SDKAppID, day) },
		more:     p.planned,
		opts:     p.opts, began: p.opts.Now(), emptied: make(emptied), fresh: make(map[freshOf]freshFigures),
	}
	if p.giveWay != nil {
		work.givesWay = &giveWay{job: p.job, app: at.App, seen: p.giveWay.seen, looked: p.giveWay.looked}
	}
	size, err := p.pullBySpans(ctx, work)
	report.Totals, report.DaysRemoved = work.totals, work.emptied.count()
	if err != nil {
		return err
	}
	plan, work.byWeek = work.plan, size.byWeek
	at.log.InfoContext(ctx, "app planned", "windows", size.windows, "requests", size.requests, "takes", at.Duration(size.requests))
	p.planned(size.requests)
	if size.requests == 0 { // no answer will confirm the clock, but the database did
		if err := work.keep(ctx); err != nil {
			return err
		}
	}
	err = work.do(ctx, p.db.Ledger)
	p.conclude(report, work, size.unproven, undiscovered)
	if err != nil {
		return err
	}
	if work.loads > 0 { // an answer confirmed the clock, by which days are forgotten
		if _, err := at.lock.Settle(ctx, policy.lastForgotten(p.opts.Now()), policy.lastEndedDay(p.opts.Now())); err != nil {
			return err
		}
	}
	if err := p.recheck(ctx, at, plan, policy, report); err != nil {
		return err
	}
	return p.gatherEvidence(ctx, at, plan, policy, size.ofTasks)
}

// conclude adds the work's result to the app's report. unproven is how many windows the plan left
// alone. undiscovered says why scheduled pushes may be missing.
func (p *puller) conclude(report *AppReport, work *appWork, unproven int, undiscovered string) {
	report.Totals, report.judgeSince = work.totals, work.oldest
	report.DaysRemoved = work.emptied.count()
	if p.kind == KindBackfill { // an operator asked for these days, although asking the API again proves nothing
		report.WindowsUnproven += int64(unproven)
	}
	report.Problem = work.lastProblem
	if report.WindowsFailed > 0 || report.Rejects > 0 {
		report.State = AppPartial
		report.Hint = "see last_error in analytics.stream_coverage; failed windows are pulled again by the next run"
		switch {
		case report.WindowsFailed == 0:
			report.Hint = "see pushloss.reject; the other rows are loaded, and the next run pulls the day again while it may change"
		case report.Rejects > 0:
			report.Hint += "; pushloss.reject has the rows that could not be understood"
		}
		if hint := work.refusals.hint(); hint != "" {
			report.Hint = hint
		}
	}
	if problem := work.emptied.problem(); problem != "" {
		report.partial(problem, HintOfEmptied)
	}
	// Nobody asked a run for such days; status reports them.
	if unproven := report.WindowsUnproven; unproven > 0 && p.kind == KindBackfill {
		report.partial(problemOfUnproven(unproven), hintOfUnproven)
	}
	if undiscovered != "" {
		report.partial(undiscovered, hintOfDiscovery)
	}
	if work.disagreed {
		report.Hint = hintOfDisagreement
	}
}

// pullBySpans decides which windows of the plan spans cover. A long backfill first gathers the
// evidence for that.
func (p *puller) pullBySpans(ctx context.Context, work *appWork) (size planSize, err error) {
	if work.plan.spans, err = p.spanRules(ctx, work.plan, work.policy, work.began, p.asOf()); err != nil {
		return size, err
	}
	if size, err = work.plan.count(ctx, p.db.Ledger); err != nil || work.plan.spans != nil {
		return size, err
	}
	asked, err := p.gatherFirst(ctx, work, size.ofTasks)
	if err != nil || !asked {
		return size, err
	}
	if work.plan.spans, err = p.spanRules(ctx, work.plan, work.policy, p.opts.Now(), p.asOf()); err != nil {
		return size, err
	}
	work.plan.pulledSince = work.began
	return work.plan.count(ctx, p.db.Ledger)
}

// hintOfDisagreement says what happens after a wrong span.
const hintOfDisagreement = "the days that spans proved are requested again one by one, and no span is used for 30 days; you need not do anything"

// spanRules returns how a plan uses spans; nil if it does not.
func (p *Pipeline) spanRules(ctx context.Context, plan appPlan, rules policy, now, asOf time.Time) (*spanRules, error) {
	if !p.settings.Spans || len(plan.tasks) == 0 || plan.reprocess == All || plan.reprocess == Failed {
		return nil, nil
	}
	adding, err := p.streamsWhere(ctx, plan, func(e load.Evidence) bool { return e.AddUp(now) })
	if err != nil || len(adding) == 0 {
		return nil, err
	}
	return &spanRules{policy: rules, now: now, asOf: asOf, worth: p.opts.worth.spans, streams: streamsOf(adding)}, nil
}

package pipeline

import (
	"context"

	"pushloss/internal/calendar"
	"pushloss/internal/problem"
	"pushloss/transform"
)

// ReconcileRequest says what to compare.
type ReconcileRequest struct {
	// From and To are the first and last day, both included; nil for both is the
	// newest days, seven at most, that the API is believed to remember now and for
	// another day, so that the next run can ask for them again.
	From, To *calendar.Day
	// SDKAppID is the only app; 0 means all.
	SDKAppID int64
}

// Reconcile compares the stored days, added up, with what the API says of spans of
// them: of the whole app, and of every task that is not retired. An app that
// another process works on is left out.
//
// Where the two differ, the days are opened: the next run pulls them anew and makes
// the same check again, so that figures which only grew in between agree then. If it
// differs again it stays, and status warns of it. The days are not opened another
// time: a third pull would bring the same. The warning stands until a later check
// of the span (or of one around it) agrees, until somebody pulls the days anew by a
// backfill of everything and the check that follows agrees or can no longer be
// made, or until the task is retired.
//
// What the API says of a span that it need not remember is recorded as unproven
// unless it agrees; it opens nothing and warns of nothing. A check that differed and
// that the API need not remember when it could be made again becomes unproven too.
func (p *Pipeline) Reconcile(ctx context.Context, request ReconcileRequest) (Report, error) {
	apps, err := p.appsNamed(ctx, request.SDKAppID)
	if err != nil {
		return Report{}, err
	}
	switch {
	case request.From == nil && request.To == nil:
	case request.From == nil || request.To == nil:
		return Report{}, &problem.UsageError{Problem: "--from and --to go together", Remedy: "give both, or neither"}
	default:
		if err := p.checkRange(apps, calendar.Span{First: *request.From, Last: *request.To}); err != nil {
			return Report{}, err
		}
	}
	j := &job{Pipeline: p, kind: KindReconcile, acquire: acquireFree}
	j.work = func(ctx context.Context, at turn, report *AppReport) error {
		return j.reconcile(ctx, at, request, report)
	}
	return j.execute(ctx, apps)
}

// reconcile is the work of the job on one app.
func (j *job) reconcile(ctx context.Context, at turn, request ReconcileRequest, report *AppReport) error {
	if err := j.checkTimezone(ctx, at.App); err != nil {
		return err
	}
	rules := policy{Settings: j.settings, location: at.Location}
	days := rules.newestSpan(j.opts.Now())
	if request.From != nil {
		days = calendar.Span{First: *request.From, Last: *request.To}
	}
	check := checker{turn: at, normalizer: transform.Normalizer{MaxRows: maxRows}, policy: rules, now: j.opts.Now, told: newReconciliation(rules.cut(days)...)}
	report.Reconciliation = &check.told
	plan, err := j.planChecks(ctx, at, rules, check.told.Spans)
	if err != nil {
		return err
	}
	check.told.LeftOut = append(check.told.LeftOut, plan.leftOut...)
	at.log.InfoContext(ctx, "app planned", "spans", len(check.told.Spans), "requests", len(plan.requests), "takes", at.Duration(len(plan.requests)))
	j.planned(len(plan.requests))

	err = func() error {
		for _, request := range plan.requests {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := check.one(ctx, request); err != nil {
				return err
			}
			j.step(at.Account.SDKAppID, request.days.Last)
		}
		return nil
	}()
	check.tell(report)
	return err
}

func (j *job) planChecks(ctx context.Context, at turn, rules policy, spans []calendar.Span) (checkPlan, error) {
	var plan checkPlan
	tasks, err := j.db.Tasks(ctx, at.Account.SDKAppID)
	if err != nil {
		return plan, err
	}
	for _, span := range spans {
		entries, err := j.db.Ledger(ctx, at.Account.SDKAppID, span.First, span.Last)
		if err != nil {
			return plan, err
		}
		plan.add(rules, span, tasks, entries)
	}
	return plan, nil
}

// tell gives the app's report its state.
func (c *checker) tell(report *AppReport) {
	report.Rejects = c.rejects
	switch problem := c.told.problem(); {
	case problem != "":
		report.State, report.Problem = AppPartial, problem
		report.Hint = "see analytics.reconciliations; the next run pulls the days anew and makes the check again"
		if c.told.differing() == 0 {
			report.Hint = hintOfStays
		}
	case c.lastFailure != "":
		report.State, report.Problem = AppPartial, c.lastFailure
		report.Hint = "the rest was compared; run this again"
	}
}

// hintOfStays says what can be done about a check that differed again.
const hintOfStays = "see analytics.reconciliations; if the figures have changed since, pull the days anew: pushloss backfill --reprocess all"

package pipeline

import (
	"context"

	"pushloss/internal/calendar"
	"pushloss/internal/problem"
)

// ReconcileRequest says what to compare.
type ReconcileRequest struct {
	// From and To are the first and last day, both included. If both are nil, they are the newest
	// days, seven at most, that the API is assumed to remember for another day, so that the next
	// run can repeat the check.
	From, To *calendar.Day
	// SDKAppID is the only app; 0 means all.
	SDKAppID int64
}

// Reconcile compares the sums of stored days with the API's answers for spans of these days, for
// the whole app and for every task that is not retired. It leaves out an app on which another
// process works.
//
// If the two differ, Reconcile opens the days. The next run pulls them again and repeats the check.
// Figures that only grew in between agree then. If the check differs again, its state is stays, and
// status warns of it. The days are not opened a second time, because a third pull would bring the
// same. The warning ends in one of three ways: a later check of the span (or of a longer span
// around it) agrees; a backfill of everything pulls the days again, and the check after it agrees
// or is no longer possible; or the task is retired.
//
// An answer for a span that the API may have forgotten is recorded as unproven, unless it agrees.
// It opens no days and causes no warning. A check that differed becomes unproven too if the API may
// have forgotten its days before it could be repeated.
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

// reconcile is the job's work on one app.
func (j *job) reconcile(ctx context.Context, at turn, request ReconcileRequest, report *AppReport) error {
	if err := j.db.Apps.CheckTimezone(ctx, at.App.Account.SDKAppID, at.App.Location); err != nil {
		return err
	}
	rules := policy{Settings: j.settings, location: at.Location}
	days := rules.newestSpan(j.opts.Now())
	if request.From != nil {
		days = calendar.Span{First: *request.From, Last: *request.To}
	}
	check := newChecker(at, rules, j.opts.Now, rules.cut(days)...)
	report.Reconciliation = &check.result
	plan, err := j.planChecks(ctx, at, rules, check.result.Spans)
	if err != nil {
		return err
	}
	check.result.LeftOut = append(check.result.LeftOut, plan.leftOut...)
	at.log.InfoContext(ctx, "app planned", "spans", len(check.result.Spans), "requests", len(plan.requests), "takes", at.Duration(len(plan.requests)))
	j.planned(len(plan.requests))

	defer check.conclude(report)
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
}

func (j *job) planChecks(ctx context.Context, at turn, rules policy, spans []calendar.Span) (checkPlan, error) {
	var plan checkPlan
	tasks, err := j.db.Tasks.Of(ctx, at.Account.SDKAppID)
	if err != nil {
		return plan, err
	}
	for _, span := range spans {
		ledger, err := j.db.Ledger.States(ctx, at.Account.SDKAppID, span.First, span.Last)
		if err != nil {
			return plan, err
		}
		plan.add(rules, span, tasks, ledger)
	}
	return plan, nil
}

// conclude sets the state of the app's report.
func (c *checker) conclude(report *AppReport) {
	report.Rejects = c.rejects
	switch problem := c.result.problem(); {
	case problem != "":
		report.State, report.Problem = AppPartial, problem
		report.Hint = "see analytics.reconciliations; the next run pulls the days again and repeats the check"
		if c.result.differing() == 0 {
			report.Hint = hintOfStays
		}
	case c.result.Checks == 0:
		report.State = AppPartial
		report.Problem, report.Hint = c.policy.nothingCompared(c.result, c.lastFailure != "")
	case c.lastFailure != "":
		report.State, report.Problem = AppPartial, c.lastFailure
		report.Hint = "the rest was compared; run this again"
	}
}

// hintOfStays says what to do about a check that differed again.
const hintOfStays = "see analytics.reconciliations; if the figures have changed since, pull the days again: pushloss backfill --reprocess all"

package pipeline

import (
	"context"
	"errors"
	"slices"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// recheck repeats checks that had differed and whose days were all pulled since. It runs right
// after the plan, when the stored days are as recent as an answer can be. It repeats a check in the
// state stays only after a backfill, started by hand, pulled all of its days again. If the API may
// have forgotten the days, the check cannot be repeated and becomes unproven.
//
// If a request fails, its checks wait for the next run; the plan itself was executed.
func (p *puller) recheck(ctx context.Context, at turn, plan appPlan, rules policy, report *AppReport) error {
	unequal, err := p.db.Ledger.UnequalChecks(ctx, at.Account.SDKAppID)
	if err != nil || len(unequal) == 0 {
		return err
	}
	again, expired := plan.dueChecks(rules, unequal, p.opts.Now())
	if len(expired) > 0 {
		at.log.WarnContext(ctx, "reconciliations can no longer be repeated", "checks", len(expired))
		if err := at.lock.ExpireChecks(ctx, expired); err != nil {
			return err
		}
	}
	if len(again) == 0 {
		return nil
	}
	check := newChecker(at, rules, p.opts.Now)
	report.Reconciliation = &check.result
	for _, request := range again {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		check.result.look(request.days)
		var unreachable *unreachableError
		var failed *extract.Error
		switch err := check.one(ctx, request); {
		case errors.As(err, &unreachable):
			return nil
		case errors.As(err, &failed) && failed.Class == extract.BadRequest:
			// The days themselves were answered, so the refusal concerns the span.
			check.failed(ctx, request, failed.Error())
		case err != nil:
			return err
		}
	}
	if n := check.result.staying(); n > 0 {
		// This is not a problem of this run: its windows are loaded.
		at.log.WarnContext(ctx, "reconciliations differ again after their days were pulled again", "checks", n, "hint", hintOfStays)
		if report.Hint == "" {
			report.Hint = hintOfStays
		}
	}
	return nil
}

// dueChecks returns the checks to repeat, in batches, and those that can no longer be
// repeated. It is pure.
func (p appPlan) dueChecks(rules policy, unequal []load.UnequalCheck, now time.Time) (again []checkRequest, expired []int64) {
	var groups []checkRequest
	for _, check := range unequal {
		days := calendar.Span{First: check.First, Last: check.Last}
		byHand := p.reprocess == All && p.pulls(check.Task, days) && !check.Failed
		switch {
		case check.State == load.CheckStays && !byHand:
			continue
		case !rules.remembered(check.First, now):
			expired = append(expired, check.ID)
			continue
		case !check.Pulled:
			continue
		}
		at := slices.IndexFunc(groups, func(group checkRequest) bool {
			// The whole app has its own request.
			return group.days == days && (group.tasks[0].Key == 0) == (check.Task.Key == 0)
		})
		if at < 0 {
			at = len(groups)
			groups = append(groups, checkRequest{days: days})
		}
		groups[at].tasks = append(groups[at].tasks, check.Task)
	}
	var checks checkPlan
	checks.batch(groups)
	return checks.requests, expired
}

// pulls reports whether the plan contains all windows of the task's losses in the days.
func (p appPlan) pulls(ref load.TaskRef, days calendar.Span) bool {
	loss := slices.IndexFunc(p.streams, func(planned planStream) bool { return planned.Stream == stream.Loss })
	if loss < 0 || days.First < p.streams[loss].first || days.Last > p.last {
		return false
	}
	if ref.Key == 0 {
		return !p.tasksOnly
	}
	at := slices.IndexFunc(p.tasks, func(task load.Task) bool { return task.Key == ref.Key })
	return at >= 0 && p.covers(p.tasks[at], days.First) && p.covers(p.tasks[at], days.Last)
}

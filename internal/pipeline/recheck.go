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
	"pushloss/transform"
)

// recheck makes the checks again that had differed and whose days were all pulled
// since, right after the plan was carried out: the stored days are as fresh then as
// an answer can be. A check that stays is made again only after a backfill of
// everything pulled its days: by hand. What the API need not remember any more
// cannot be made again, and becomes unproven.
//
// A request that fails leaves its checks as they are, for the next run: the plan was
// carried out all the same.
func (p *puller) recheck(ctx context.Context, at turn, plan appPlan, rules policy, report *AppReport) error {
	unequal, err := p.db.UnequalChecks(ctx, at.Account.SDKAppID)
	if err != nil || len(unequal) == 0 {
		return err
	}
	again, expired := plan.dueChecks(rules, unequal, p.opts.Now())
	if len(expired) > 0 {
		at.log.WarnContext(ctx, "reconciliations can no longer be made again", "checks", len(expired))
		if err := at.lock.ExpireChecks(ctx, expired); err != nil {
			return err
		}
	}
	if len(again) == 0 {
		return nil
	}
	check := checker{turn: at, normalizer: transform.Normalizer{MaxRows: maxRows}, policy: rules, now: p.opts.Now, told: newReconciliation()}
	report.Reconciliation = &check.told
	for _, request := range again {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		check.told.look(request.days)
		var unreachable *unreachableError
		var failed *extract.Error
		switch err := check.one(ctx, request); {
		case errors.As(err, &unreachable):
			return nil
		case errors.As(err, &failed) && failed.Class == extract.BadRequest:
			// The days themselves were answered: it is about the span.
			check.failed(ctx, request, failed.Error())
		case err != nil:
			return err
		}
	}
	if n := check.told.staying(); n > 0 {
		// No problem of this run's: its windows are loaded.
		at.log.WarnContext(ctx, "reconciliations differ again after their days were pulled anew", "checks", n, "hint", hintOfStays)
		if report.Hint == "" {
			report.Hint = hintOfStays
		}
	}
	return nil
}

// dueChecks sorts out what is to be made again, in batches, and what can no longer
// be. It is pure.
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
			// The whole app's figures are asked for alone.
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

// pulls reports whether all windows of the task's losses in the days belong to the
// plan.
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

package pipeline

import (
	"context"
	"time"
)

// Plan is what a run or a backfill would do.
type Plan struct {
	Windows []PlannedWindow `json:"windows"`
	// The requests and Duration cover all apps, which run at the same time.
	Requests int          `json:"requests"`
	ByKind   PlannedCalls `json:"requests_by_kind"`
	// Duration is how long the requests take, without those expected.
	Duration time.Duration `json:"-"`
}

// PlannedCalls are the requests of a plan by kind.
type PlannedCalls struct {
	Days  int `json:"days"`  // for one day
	Spans int `json:"spans"` // for several days
	// Least and Most limit the requests for single days that the spans lead to: where their
	// tasks have figures now, up to every day of theirs, and for the sample that is checked.
	Least int `json:"then_at_least"`
	Most  int `json:"then_at_most"`
}

// PlanRun returns what Run would do at the given time; the zero time means now. It does
// not call the API.
func (p *Pipeline) PlanRun(ctx context.Context, asOf time.Time) (Plan, error) {
	if asOf.IsZero() {
		asOf = p.opts.Now()
	}
	apps, err := p.appsNamed(ctx, 0)
	if err != nil {
		return Plan{}, err
	}
	return p.planOf(ctx, apps, func(ctx context.Context, app App) (appPlan, policy, error) {
		return p.planAppRun(ctx, app, asOf)
	})
}

// planOf adds up the plans of apps.
func (p *Pipeline) planOf(ctx context.Context, apps []App, prepare func(context.Context, App) (appPlan, policy, error)) (Plan, error) {
	all := Plan{Windows: []PlannedWindow{}}
	now := p.opts.Now()
	for _, app := range apps {
		if err := p.db.CheckTimezone(ctx, app.Account.SDKAppID, app.Location, now); err != nil {
			return Plan{}, err
		}
		plan, rules, err := prepare(ctx, app)
		if err != nil {
			return Plan{}, err
		}
		if plan.spans, err = p.spanRules(ctx, plan, rules, now, now); err != nil {
			return Plan{}, err
		}
		var calls PlannedCalls
		runs := plan.spanRuns()
		for week, err := range plan.weeks(ctx, p.db, allWindows) {
			if err != nil {
				return Plan{}, err
			}
			for _, windows := range week.days {
				all.Windows = append(all.Windows, windows...)
				calls.Days += len(plan.requests(windows))
			}
			for _, part := range runs.add(week) {
				calls.add(part.expect())
			}
		}
		for _, part := range runs.rest() {
			calls.add(part.expect())
		}
		all.ByKind.add(calls)
		all.Duration = max(all.Duration, app.Duration(calls.Days+calls.Spans))
	}
	all.Requests = all.ByKind.Days + all.ByKind.Spans
	return all, nil
}

func (c *PlannedCalls) add(o PlannedCalls) {
	c.Days, c.Spans, c.Least, c.Most = c.Days+o.Days, c.Spans+o.Spans, c.Least+o.Least, c.Most+o.Most
}

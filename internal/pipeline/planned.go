package pipeline

import (
	"context"
	"time"

	"pushloss/internal/stream"
)

// Plan is what a run or a backfill would do.
type Plan struct {
	Windows int `json:"windows_total"`
	Due     int `json:"windows_due"` // that would be pulled
	// Requests and durations are for all apps, which run at the same time. They leave out what no
	// plan can know: refused requests, and wrong spans.
	Requests int           `json:"requests"` // at least
	AtMost   int           `json:"requests_at_most"`
	ByKind   PlannedCalls  `json:"requests_by_kind"`
	Duration time.Duration `json:"-"` // of the least requests
	Longest  time.Duration `json:"-"`
	// Compares says that the job first finds out whether days add up, and uses spans if they do.
	Compares bool `json:"compares_first"`
}

// PlannedCalls are the numbers of requests of a plan, by kind.
type PlannedCalls struct {
	Days  int `json:"days"`  // for one day
	Spans int `json:"spans"` // for several days
	// More bounds the requests for parts of the spans: to narrow or check them, or to request days
	// instead if spans do not save requests.
	More int `json:"then_at_most"`
	// less is how many requests fewer the days may take than the spans.
	less int
}

func (c PlannedCalls) atLeast() int { return c.Days + c.Spans - c.less }
func (c PlannedCalls) atMost() int  { return c.Days + c.Spans + c.More }

func (c *PlannedCalls) add(o PlannedCalls) {
	c.Days, c.Spans, c.More, c.less = c.Days+o.Days, c.Spans+o.Spans, c.More+o.More, c.less+o.less
}

// PlanRun returns what Run would do at the given time; the zero time means now. It does not call the
// API. It calls list for each window, app by app and oldest first: a first import has millions.
func (p *Pipeline) PlanRun(ctx context.Context, asOf time.Time, list func(PlannedWindow)) (Plan, error) {
	if asOf.IsZero() {
		asOf = p.opts.Now()
	}
	apps, err := p.appsNamed(ctx, 0)
	if err != nil {
		return Plan{}, err
	}
	return p.planOf(ctx, apps, list, func(ctx context.Context, app App) (appPlan, policy, error) {
		return p.planAppRun(ctx, app, asOf)
	})
}

// planOf adds up the plans of apps.
func (p *Pipeline) planOf(
	ctx context.Context, apps []App, list func(PlannedWindow), prepare func(context.Context, App) (appPlan, policy, error),
) (Plan, error) {
	var all Plan
	now := p.opts.Now()
	for _, app := range apps {
		if err := p.db.Apps.CheckTimezone(ctx, app.Account.SDKAppID, app.Location); err != nil {
			return Plan{}, err
		}
		plan, rules, err := prepare(ctx, app)
		if err != nil {
			return Plan{}, err
		}
		if plan.spans, err = p.spanRules(ctx, plan, rules, now, now); err != nil {
			return Plan{}, err
		}
		calls, ofTasks, err := p.expect(ctx, plan, func(w planWindow) {
			all.Windows++
			if w.Due {
				all.Due++
			}
			list(plan.describe(w))
		})
		if err != nil {
			return Plan{}, err
		}
		least, most := calls.atLeast(), calls.atMost()
		if spans, found, err := p.spansAfterComparison(ctx, plan, rules, ofTasks); err != nil {
			return Plan{}, err
		} else if found > 0 {
			bySpans, _, err := p.expect(ctx, spans, func(planWindow) {})
			if err != nil {
				return Plan{}, err
			}
			all.Compares = true
			least, most = min(least, bySpans.atLeast()), max(most, bySpans.atMost())+found*mostForComparison
		}
		evidence, err := p.evidenceDue(ctx, plan, rules, ofTasks)
		if err != nil {
			return Plan{}, err
		}
		most += len(evidence)
		all.ByKind.add(calls)
		all.Requests, all.AtMost = all.Requests+least, all.AtMost+most
		all.Duration, all.Longest = max(all.Duration, app.Duration(least)), max(all.Longest, app.Duration(most))
	}
	return all, nil
}

// expect returns the requests of a plan, and how many of them are for single days of tasks.
func (p *Pipeline) expect(ctx context.Context, plan appPlan, each func(planWindow)) (calls PlannedCalls, ofTasks int, err error) {
	runs := plan.spanRuns()
	used := make(map[stream.Stream]int) // the most days that a span has
	expect := func(parts []spanPart) {
		for _, part := range parts {
			calls.add(part.expect())
			for _, r := range part.requests {
				used[r.stream] = max(used[r.stream], r.length())
			}
		}
	}
	for week, err := range plan.weeks(ctx, p.db.Ledger, allWindows) {
		if err != nil {
			return calls, ofTasks, err
		}
		for _, windows := range week.days {
			for _, w := range windows {
				each(w)
			}
			requests := plan.requests(windows)
			calls.Days += len(requests)
			for _, r := range requests {
				if r.ofTasks() {
					ofTasks++
				}
			}
		}
		expect(runs.add(week))
	}
	expect(runs.rest())
	for _, days := range used {
		calls.More += 2 + days // the probes, and the check of the likeliest tasks
	}
	return calls, ofTasks, nil
}

// spansAfterComparison returns the plan with spans for each stream that a backfill compares first,
// and the number of these streams.
func (p *Pipeline) spansAfterComparison(ctx context.Context, plan appPlan, rules policy, ofTasks int) (appPlan, int, error) {
	if plan.spans != nil || !p.gathersFirst(plan, ofTasks) {
		return plan, 0, nil
	}
	compared, err := p.streamsWhere(ctx, plan, mayAddUp)
	now := p.opts.Now()
	plan.spans = &spanRules{policy: rules, now: now, asOf: now, worth: p.opts.worth.spans, streams: streamsOf(compared)}
	return plan, len(compared), err
}

package pipeline

import (
	"context"
	"fmt"
	"slices"
	"time"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// The kinds of job, as stored with the run.
const (
	KindRun       = "run"
	KindBackfill  = "backfill"
	KindReconcile = "reconcile"
)

// Run pulls everything that is due, for every app. All days since the first day to keep are due, from
// their end until they are settled, for the whole app and for every task that is followed then. So
// is every window that a reconciliation opened or whose last pull failed. Run leaves out an app on
// which another process works.
//
// asOf makes the run decide as if it were made at that time; the zero time means now.
// Days that are not over by the real clock are always left out.
func (p *Pipeline) Run(ctx context.Context, asOf time.Time) (Report, error) {
	return p.runAs(ctx, asOf, time.Time{})
}

// RunTick is Run for a tick that other processes with the same schedule also have: windows that any
// of them pulled since the tick are not due again.
func (p *Pipeline) RunTick(ctx context.Context, tick time.Time) (Report, error) {
	return p.runAs(ctx, time.Time{}, tick)
}

func (p *Pipeline) runAs(ctx context.Context, asOf, tick time.Time) (Report, error) {
	clock := p.opts.Now
	if !asOf.IsZero() {
		clock = func() time.Time { return asOf }
	}
	j := &job{Pipeline: p, kind: KindRun, acquire: acquireFree}
	pull := &puller{
		job: j,
		// No window is final before its time by the real clock.
		asOf: func() time.Time { return earlier(clock(), p.opts.Now()) },
		prepare: func(ctx context.Context, app App) (appPlan, policy, error) {
			plan, rules, err := p.planAppRun(ctx, app, clock())
			plan.tick = tick
			return plan, rules, err
		},
	}
	j.work = pull.do
	apps, err := p.appsNamed(ctx, 0)
	if err != nil {
		return Report{}, err
	}
	return j.execute(ctx, apps)
}

// unretired returns the apps for jobs that name none.
func (p *Pipeline) unretired(ctx context.Context) ([]App, error) {
	retired, err := p.db.Apps.Retired(ctx)
	if err != nil {
		return nil, err
	}
	var apps []App
	for _, app := range p.apps {
		if slices.Contains(retired, app.Account.SDKAppID) {
			p.opts.Log.InfoContext(ctx, "app is retired and left out", "sdk_app_id", app.Account.SDKAppID)
			continue
		}
		apps = append(apps, app)
	}
	if len(apps) == 0 && len(p.apps) > 0 {
		p.opts.Log.WarnContext(ctx, "all apps are retired: nothing is pulled", "hint", "pushloss apps restore SDKAPPID")
	}
	return apps, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// planAppRun returns what a run at the given time would do to an app.
func (p *Pipeline) planAppRun(ctx context.Context, app App, at time.Time) (appPlan, policy, error) {
	rules := policy{Settings: p.settings, location: app.Location}
	first, keepFirst, err := p.firstDay(ctx, app, at)
	if err != nil {
		return appPlan{}, rules, err
	}
	id, begin := app.Account.SDKAppID, calendar.DayOf(earlier(at, p.opts.Now()), app.Location)-calendar.Day(p.settings.EffectiveLookback())
	active, err := p.db.Apps.PlanStreams(ctx, id, p.settings.Streams, begin)
	if err != nil {
		return appPlan{}, rules, err
	}
	keep := func(ctx context.Context) error {
		if err := keepFirst(ctx); err != nil {
			return err
		}
		_, err := p.db.Apps.SaveStreams(ctx, id, p.settings.Streams, begin)
		return err
	}
	var streams []planStream
	for _, stream := range active {
		from := first
		if stream.FirstDay != nil {
			from = max(first, *stream.FirstDay)
		}
		streams = append(streams, planStream{stream.Stream, from})
	}
	tasks, err := p.db.Tasks.Of(ctx, id)
	if err != nil {
		return appPlan{}, rules, err
	}
	opened, err := p.db.Ledger.Opened(ctx, id)
	if err != nil {
		return appPlan{}, rules, err
	}
	failed, err := p.db.Ledger.Failed(ctx, id)
	if err != nil {
		return appPlan{}, rules, err
	}
	return appPlan{
		app:       app,
		streams:   streams,
		last:      rules.lastEndedDay(earlier(at, p.opts.Now())),
		tasks:     tasks,
		opened:    setOf(opened),
		failed:    setOf(failed),
		scheduled: true,
		forgotten: rules.lastForgotten(p.opts.Now()),
		keep:      keep,
		now:       p.present(),
		reprocess: Missing,
		covers: func(task load.Task, day calendar.Day) bool {
			return task.RetiredAt == nil && rules.followed(task).Has(day)
		},
	}, rules, nil
}

// firstDay is the first day kept for an app: that of the settings or else that of the first run,
// which keep stores.
func (p *Pipeline) firstDay(ctx context.Context, app App, at time.Time) (first calendar.Day, keep func(context.Context) error, err error) {
	wanted := load.App{
		SDKAppID: app.Account.SDKAppID, Timezone: app.Location.String(),
		FirstDay: p.settings.FirstDay, LookbackDays: p.settings.EffectiveLookback(), TaskDays: p.settings.TaskDays,
	}
	save := func(ctx context.Context) (load.App, error) {
		kept, err := p.db.Apps.Save(ctx, wanted)
		if err != nil {
			err = fmt.Errorf("app %d: %w", app.Account.SDKAppID, err)
		}
		return kept, err
	}
	nothing := func(context.Context) error { return nil }
	kept, err := save(ctx)
	if err != nil {
		return 0, nil, err
	}
	first = calendar.DayOf(at, app.Location) - calendar.Day(p.settings.EffectiveLookback())
	if kept.FirstDay != nil && (p.settings.FirstDay != nil || *kept.FirstDay <= first) {
		return *kept.FirstDay, nothing, nil
	}
	if kept.FirstDay != nil { // a first run that pulled nothing must not give up days for good
		windows, err := p.db.Ledger.AppStates(ctx, app.Account.SDKAppID, 0, calendar.DayOf(p.opts.Now(), app.Location))
		if err != nil || len(windows) > 0 {
			return *kept.FirstDay, nothing, err
		}
	}
	if at.After(p.opts.Now()) {
		return first, nothing, nil // a plan for a later time must not change what runs keep
	}
	return first, func(ctx context.Context) error {
		wanted.FirstDay = &first
		_, err := save(ctx)
		if err == nil {
			p.opts.Log.InfoContext(ctx, "first run of the app: first_day is its first day; PUSHLOSS_FIRST_DAY changes it",
				"sdk_app_id", app.Account.SDKAppID, "first_day", first)
		}
		return err
	}, nil
}

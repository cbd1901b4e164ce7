package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"pushloss/internal/calendar"
	"pushloss/internal/problem"
	"pushloss/load"
)

// BackfillRequest says what to pull.
type BackfillRequest struct {
	From, To calendar.Day // both included
	// SDKAppID is the only app to backfill; 0 means all.
	SDKAppID int64
	// Tasks are the only tasks to backfill, without the whole app's figures; an empty
	// list means both.
	Tasks     []string
	Reprocess Reprocess
}

// Backfill pulls the windows of a range of days. It waits for apps on which other processes work,
// and calls waiting for each. Windows that a run wanted meanwhile go first.
func (p *Pipeline) Backfill(ctx context.Context, request BackfillRequest, waiting func(*load.BusyError)) (Report, error) {
	apps, err := p.check(ctx, request)
	if err != nil {
		return Report{}, err
	}
	looked := time.Now()
	seen, err := p.newestRun(ctx)
	if err != nil {
		return Report{}, err
	}
	j := &job{Pipeline: p, kind: KindBackfill, acquire: acquireLater(waiting), judgeSince: &request.From}
	pull := &puller{
		job:  j,
		asOf: p.opts.Now, giveWay: &giveWay{seen: seen.ID, looked: looked},
		prepare: func(ctx context.Context, app App) (appPlan, policy, error) {
			_, err := p.db.Apps.Save(ctx, load.App{
				SDKAppID: app.Account.SDKAppID, Timezone: app.Location.String(),
				LookbackDays: p.settings.EffectiveLookback(), TaskDays: p.settings.TaskDays,
			})
			if err != nil {
				return appPlan{}, policy{}, err
			}
			return p.planAppBackfill(ctx, app, request)
		},
	}
	j.work = pull.do
	return j.execute(ctx, apps)
}

func problemOfUnproven(windows int64) string {
	return fmt.Sprintf("the figures of %s cannot be proven: the API no longer had to remember the whole day when it was first asked",
		english.Plural(int(windows), "window", ""))
}

const hintOfUnproven = "what the API still reported is stored, and without figures there may still have been pushes; analytics.stream_coverage names the windows " +
	"(state unproven or unavailable); if the API remembers longer than PUSHLOSS_API_MEMORY_DAYS, which pushloss calibrate measures, set that " +
	"and pull the days again by --reprocess all"

// PlanBackfill is PlanRun for Backfill.
func (p *Pipeline) PlanBackfill(ctx context.Context, request BackfillRequest, list func(PlannedWindow)) (Plan, error) {
	apps, err := p.check(ctx, request)
	if err != nil {
		return Plan{}, err
	}
	return p.planOf(ctx, apps, list, func(ctx context.Context, app App) (appPlan, policy, error) {
		return p.planAppBackfill(ctx, app, request)
	})
}

// check returns an error for invalid ranges and names, before anything is done.
func (p *Pipeline) check(ctx context.Context, request BackfillRequest) ([]App, error) {
	apps, err := p.appsNamed(ctx, request.SDKAppID)
	if err != nil {
		return nil, err
	}
	if err := p.checkRange(apps, calendar.Span{First: request.From, Last: request.To}); err != nil {
		return nil, err
	}
	return apps, p.checkTasks(ctx, apps, request.Tasks)
}

// firstYear catches mistyped years: a backfill would store their days as permanently outside the
// API's memory.
const firstYear = 2000

// checkRange refuses days that are reversed, too long ago, not over yet, or in no app's calendar.
func (p *Pipeline) checkRange(apps []App, days calendar.Span) error {
	if days.Last < days.First {
		return &problem.UsageError{
			Problem: fmt.Sprintf("the range ends on %s, before it begins on %s", days.Last, days.First),
			Remedy:  "give the earlier day to --from",
		}
	}
	if days.First.UTC().Year() < firstYear {
		return &problem.UsageError{
			Problem: fmt.Sprintf("%s is long before the push service existed", days.First),
			Remedy:  "give a later day to --from",
		}
	}
	for _, app := range apps {
		last := policy{location: app.Location}.lastEndedDay(p.opts.Now())
		if days.Last > last {
			return &problem.UsageError{
				Problem: fmt.Sprintf("%s is not over yet for app %d (%s)", days.Last, app.Account.SDKAppID, app.Location),
				Remedy:  fmt.Sprintf("the newest day that can be pulled is %s", last),
			}
		}
	}
	// A zone leaves out one date at a time, as when it moves across the date line.
	has := func(app App) bool { return policy{location: app.Location}.exists(days.First) }
	if days.First == days.Last && len(apps) > 0 && !slices.ContainsFunc(apps, has) {
		return &problem.UsageError{
			Problem: fmt.Sprintf("there was no %s in %s, which left the date out of its calendar", days.First, apps[0].Location),
			Remedy:  "give the day before or after it",
		}
	}
	return nil
}

func (p *Pipeline) checkTasks(ctx context.Context, apps []App, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	var appIDs []int64
	for _, app := range apps {
		appIDs = append(appIDs, app.Account.SDKAppID)
	}
	tasks, err := p.db.Tasks.Of(ctx, appIDs...)
	if err != nil {
		return err
	}
	if slices.Contains(ids, "") {
		return &problem.UsageError{Problem: "a task has no name", Remedy: "give the ID of a task of the registry"}
	}
	unknown := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return slices.ContainsFunc(tasks, func(task load.Task) bool { return task.TaskID == id })
	})
	if len(unknown) > 0 {
		return &problem.UsageError{
			Problem: "not in the registry of tasks: " + strings.Join(unknown, ", "),
			Remedy:  "add them first: pushloss tasks add ID…",
		}
	}
	return nil
}

func (p *Pipeline) planAppBackfill(ctx context.Context, app App, request BackfillRequest) (appPlan, policy, error) {
	rules := policy{Settings: p.settings, location: app.Location}
	tasks, err := p.db.Tasks.Of(ctx, app.Account.SDKAppID)
	if err != nil {
		return appPlan{}, rules, err
	}
	failed, err := p.db.Ledger.Failed(ctx, app.Account.SDKAppID)
	if err != nil {
		return appPlan{}, rules, err
	}
	var streams []planStream
	for _, stream := range p.settings.Streams {
		streams = append(streams, planStream{stream, request.From})
	}
	return appPlan{
		app:       app,
		streams:   streams,
		last:      request.To,
		tasks:     tasks,
		tasksOnly: len(request.Tasks) > 0,
		failed:    setOf(failed),
		forgotten: rules.lastForgotten(p.opts.Now()),
		now:       p.present(),
		reprocess: request.Reprocess,
		covers: func(task load.Task, day calendar.Day) bool {
			if len(request.Tasks) > 0 {
				if !slices.Contains(request.Tasks, task.TaskID) {
					return false
				}
			} else if task.RetiredAt != nil {
				return false
			}
			return task.SentAt == nil || rules.followed(task).Has(day)
		},
	}, rules, nil
}

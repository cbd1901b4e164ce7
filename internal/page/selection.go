package page

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
)

// maxListed is how many tasks the form suggests. Any other may be typed.
const maxListed = 200

// app is an app that the reader can choose.
type app struct {
	ID       int64
	Timezone string
	HasRun   bool // and loaded something
}

// task is a task that the reader can choose.
type task struct{ ID, Label string }

// stage is a stage at which pushes are lost. Meaning is the name of a text.
type stage struct{ Name, Meaning string }

// filter says which losses are shown. An empty text means all.
type filter struct {
	Task     string // empty for the whole app
	Stage    string
	Platform string
	Code     string
}

// ByChannel reports whether all figures are those by channel: a code means something only with its
// platform.
func (f filter) ByChannel() bool { return f.Platform != "" || f.Code != "" }

// selection says whose figures are shown, and for which days.
type selection struct {
	App app
	filter
	From calendar.Day
	To   calendar.Day
	// Sent is the day on which the chosen task's push was sent; nil if that is not known.
	Sent *calendar.Day
	// Lang is the language for which the address asks; empty if it does not.
	Lang string
}

// Query returns the selection as a query of the page's address.
func (s selection) Query() url.Values {
	values := url.Values{"app": {strconv.FormatInt(s.App.ID, 10)}, "from": {s.From.String()}, "to": {s.To.String()}}
	for name, value := range map[string]string{"task": s.Task, "stage": s.Stage, "platform": s.Platform, "code": s.Code, "lang": s.Lang} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values
}

// Days returns the number of days.
func (s selection) Days() int { return int(s.To-s.From) + 1 }

// arguments returns the arguments of the queries of figures, $1 to $7.
func (s selection) arguments() []any {
	return []any{s.App.ID, s.From.UTC(), s.To.UTC(), s.Task, s.Stage, s.Platform, s.Code}
}

// location returns the zone of the app's days.
func (a app) location() *time.Location {
	location, err := time.LoadLocation(a.Timezone)
	if err != nil {
		return time.UTC
	}
	return location
}

const sqlApps = `
	SELECT sdk_app_id, timezone, first_day IS NOT NULL
	FROM analytics.apps
	ORDER BY sdk_app_id`

func readApps(ctx context.Context, tx pgx.Tx) ([]app, error) {
	apps, err := postgres.List(ctx, tx, pgx.RowToStructByPos[app], sqlApps)
	if err != nil {
		return nil, fmt.Errorf("read the apps: %w", err)
	}
	return apps, nil
}

const sqlStages = `
	SELECT stage
	FROM analytics.stages
	WHERE stage IN ('ready_to_send', 'post_send_delivered')
	ORDER BY stage_id`

func readStages(ctx context.Context, tx pgx.Tx) ([]stage, error) {
	stages, err := postgres.List(ctx, tx, func(row pgx.CollectableRow) (one stage, err error) {
		err = row.Scan(&one.Name)
		switch one.Name {
		case "ready_to_send":
			one.Meaning = "stage.ready_to_send"
		case "post_send_delivered":
			one.Meaning = "stage.post_send_delivered"
		}
		return one, err
	}, sqlStages)
	if err != nil {
		return nil, fmt.Errorf("read the stages: %w", err)
	}
	return stages, nil
}

const sqlTasks = `
	SELECT task_id, coalesce(label, '')
	FROM analytics.tasks
	WHERE sdk_app_id = $1
	ORDER BY coalesce(sent_at, registered_at) DESC, task_id
	LIMIT $2`

func readTasks(ctx context.Context, tx pgx.Tx, sdkAppID int64) ([]task, error) {
	tasks, err := postgres.List(ctx, tx, pgx.RowToStructByPos[task], sqlTasks, sdkAppID, maxListed)
	if err != nil {
		return nil, fmt.Errorf("read the tasks: %w", err)
	}
	return tasks, nil
}

const (
	sqlSentAt         = `SELECT sent_at FROM analytics.tasks WHERE sdk_app_id = $1 AND task_id = $2`
	sqlPlatformNames  = `SELECT platform FROM (SELECT platform_id, platform FROM analytics.platforms UNION SELECT 0, 'online') AS p ORDER BY platform_id, platform`
	sqlPlatformExists = `SELECT $1 = 'online' OR $1 LIKE 'unknown (%)' OR EXISTS (SELECT 1 FROM analytics.platforms WHERE platform = $1)`
)

// maxNamed is how many apps a message names.
const maxNamed = 10

func idsOf(apps []app) string {
	ids := make([]string, 0, maxNamed)
	for _, one := range apps {
		if len(ids) == maxNamed {
			ids = append(ids, "…")
			break
		}
		ids = append(ids, strconv.FormatInt(one.ID, 10))
	}
	return strings.Join(ids, ", ")
}

// choose finds the app, the task and the channel of the request. If the request names no app, it
// chooses the first one.
func (r request) choose(ctx context.Context, tx pgx.Tx, apps []app) (selection, error) {
	if len(apps) == 0 {
		return selection{}, problems{{Parameter: "app", Name: "wrong.none"}}
	}
	var wrong problems
	s := selection{App: apps[0], filter: r.filter, Lang: r.given["lang"]}
	if r.app != 0 {
		found := false
		for _, one := range apps {
			if one.ID == r.app {
				s.App, found = one, true
			}
		}
		if !found {
			wrong.add("app", "wrong.no.app", strconv.FormatInt(r.app, 10), idsOf(apps))
			return s, wrong
		}
	}
	if s.Task != "" {
		var at *time.Time
		switch err := tx.QueryRow(ctx, sqlSentAt, s.App.ID, s.Task).Scan(&at); {
		case errors.Is(err, pgx.ErrNoRows):
			wrong.add("task", "wrong.no.task", strconv.FormatInt(s.App.ID, 10), s.Task)
		case err != nil:
			return s, fmt.Errorf("look for the task: %w", err)
		case at != nil:
			s.Sent = new(calendar.DayOf(*at, s.App.location()))
		}
	}
	if s.Platform != "" {
		exists := false
		if err := tx.QueryRow(ctx, sqlPlatformExists, s.Platform).Scan(&exists); err != nil {
			return s, fmt.Errorf("look for the platform: %w", err)
		}
		if !exists {
			names, err := postgres.List(ctx, tx, pgx.RowTo[string], sqlPlatformNames)
			if err != nil {
				return s, fmt.Errorf("read the platforms: %w", err)
			}
			wrong.add("platform", "wrong.no.platform", s.Platform, strings.Join(names, ", "))
		}
	}
	return s, wrong.orNil()
}

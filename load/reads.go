package load

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/rounds"
)

// reads are the questions that each app asks when its work begins and ends. Many apps share the
// statements, since each statement costs CPU that the calls need.
type reads struct {
	tasks       *rounds.Rounds[daysOf, []Task]
	failed      *rounds.Rounds[daysOf, []WindowRef]
	states      *rounds.Rounds[daysOf, WindowStates]
	statesOfApp *rounds.Rounds[daysOf, WindowStates]
	known       *rounds.Rounds[daysOf, KnownAnswers]
	unequal     *rounds.Rounds[daysOf, bool]
	unsettled   *rounds.Rounds[daysOf, bool]
}

// maxRead is how many apps share a statement: what it returns must fit into memory.
const maxRead = 32

// daysOf is a question about days of an app. The days are empty if it is about the app itself.
type daysOf struct {
	app  int64
	days calendar.Span
}

func newReads(db *DB) reads {
	return reads{
		tasks: newRead("read tasks", func(ctx context.Context, _ calendar.Span, apps []int64) (map[int64][]Task, error) {
			tasks, err := db.Tasks.read(ctx, apps)
			byApp := make(map[int64][]Task)
			for _, task := range tasks {
				byApp[task.SDKAppID] = append(byApp[task.SDKAppID], task)
			}
			return byApp, err
		}),
		failed: newRead("read failed windows", func(ctx context.Context, _ calendar.Span, apps []int64) (map[int64][]WindowRef, error) {
			return listByApp(ctx, db.pool, func(row pgx.CollectableRow, app *int64) (w WindowRef, err error) {
				err = row.Scan(&w.Stream, &w.Day, &w.TaskKey, app)
				return w, err
			}, sqlFailedWindows, apps)
		}),
		states:      newRead("read the ledger", db.Ledger.stateQuery(sqlWindowStates)),
		statesOfApp: newRead("read the ledger of whole apps", db.Ledger.stateQuery(sqlAppStates)),
		known:       newRead("read which answers are known", db.Ledger.queryKnownAnswers),
		unequal: newRead("look for reconciliations that differ", func(ctx context.Context, _ calendar.Span, apps []int64) (map[int64]bool, error) {
			return setOf(ctx, db.pool, sqlHaveUnequalChecks, apps)
		}),
		unsettled: newRead("look for windows to settle", func(ctx context.Context, days calendar.Span, apps []int64) (map[int64]bool, error) {
			return setOf(ctx, db.pool, sqlToSettle, apps, days.First.UTC(), days.Last.UTC())
		}),
	}
}

// newRead returns the rounds of a question. Apps that ask about the same days share a statement.
// read returns its answers by app.
func newRead[A any](what string, read func(ctx context.Context, days calendar.Span, apps []int64) (map[int64]A, error)) *rounds.Rounds[daysOf, A] {
	return rounds.New(func(ctx context.Context, round []daysOf) ([]A, error) {
		apps := make(map[calendar.Span][]int64)
		for _, q := range round {
			apps[q.days] = append(apps[q.days], q.app)
		}
		found := make(map[calendar.Span]map[int64]A)
		for days, of := range apps {
			var err error
			if found[days], err = read(ctx, days, of); err != nil {
				return nil, err
			}
		}
		answers := make([]A, len(round))
		for i, q := range round {
			answers[i] = found[q.days][q.app]
		}
		return answers, nil
	}, rounds.Options[daysOf]{What: what, Most: maxRead, OfOne: ofOneApp})
}

// listByApp returns the rows of a query by app. scan scans a row, and its app into the argument.
func listByApp[T any](ctx context.Context, from postgres.Reader, scan func(row pgx.CollectableRow, app *int64) (T, error), sql string, args ...any) (map[int64][]T, error) {
	rows, err := from.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	byApp := make(map[int64][]T)
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var app int64
		one, err := scan(row, &app)
		byApp[app] = append(byApp[app], one)
		return struct{}{}, err
	})
	return byApp, err
}

// setOf returns the apps that a query returns.
func setOf(ctx context.Context, from postgres.Reader, sql string, args ...any) (map[int64]bool, error) {
	apps, err := postgres.List(ctx, from, pgx.RowTo[int64], sql, args...)
	set := make(map[int64]bool, len(apps))
	for _, app := range apps {
		set[app] = true
	}
	return set, err
}

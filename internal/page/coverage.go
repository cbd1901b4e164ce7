package page

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/load"
)

// window is the state of a day of the selection.
type window struct {
	Day          calendar.Day
	State        string // a key of states
	Settled      bool
	LastLoadedAt *time.Time
}

// known reports whether the losses, possibly zero, are known. A failed pull keeps earlier ones.
func (w window) known() bool {
	return w.State == "loaded" || w.State == "empty" || w.State == "failed" && w.LastLoadedAt != nil
}

// unsent returns a function that reports whether a day has no window because the push of the chosen
// task was not sent yet.
func (s selection) unsent(windows []window) func(calendar.Day) bool {
	expected := make(map[calendar.Day]bool)
	for _, w := range windows {
		expected[w.Day] = true
	}
	return func(day calendar.Day) bool { return s.Sent != nil && day < *s.Sent && !expected[day] }
}

// sqlStateOf is the state of a window c. An open window counts as missing after the grace.
const sqlStateOf = `
	CASE WHEN c.state = 'open' AND (c.day + 1)::timestamp AT TIME ZONE a.timezone + $4::interval < $3
		THEN 'missing' ELSE c.state END`

const sqlWindows = `
	SELECT c.day, ` + sqlStateOf + `, c.settled, c.last_loaded_at
	FROM analytics.stream_coverage AS c
	JOIN analytics.apps AS a USING (sdk_app_id)
	WHERE c.stream = 'loss' AND sdk_app_id = $1 AND c.task_id = $2 AND c.scope = CASE $2 WHEN '' THEN 'app' ELSE 'task' END
	ORDER BY c.day`

// readWindows reads all windows of the losses of the selection's app or task, by day.
func readWindows(ctx context.Context, tx pgx.Tx, s selection, now time.Time, grace time.Duration) ([]window, error) {
	windows, err := postgres.List(ctx, tx, func(row pgx.CollectableRow) (w window, err error) {
		err = row.Scan(&w.Day, &w.State, &w.Settled, &w.LastLoadedAt)
		return w, err
	}, sqlWindows, s.App.ID, s.Task, now, grace)
	if err != nil {
		return nil, fmt.Errorf("read the coverage: %w", err)
	}
	return windows, nil
}

// trouble is a window of the app, or of one of its tasks, that lacks its figures, of any stream.
type trouble struct {
	Day    calendar.Day
	Task   string
	Stream string
	State  string
	Error  string
}

// Word is the name of the text of the state.
func (t trouble) Word() string { return stateOf(t.State).Word }

// maxTroubles is how many troubles are listed. All of them are counted.
const maxTroubles = 10

// The windows of tasks without a row are counted and listed apart, because there can be millions of
// them. The listed ones are $7 to $9.
const sqlTroubles = `
	WITH known AS (
		SELECT day, task_id, stream, state, error
		FROM (
			SELECT c.day, c.task_id, c.stream, ` + sqlStateOf + ` AS state, coalesce(c.last_error, '') AS error
			FROM analytics.stream_coverage AS c
			JOIN analytics.apps AS a USING (sdk_app_id)
			LEFT JOIN analytics.tasks AS t USING (sdk_app_id, task_id)
			WHERE sdk_app_id = $1 AND c.day BETWEEN $2 AND $5 AND c.active AND c.state IN ('failed', 'open') AND t.retired_at IS NULL
				AND (c.scope = 'app' OR c.last_pulled_at IS NOT NULL)
		) AS c
		WHERE state IN ('failed', 'missing')
	)
	SELECT day, task_id, stream, state, error, (SELECT count(*) FROM known)
	FROM (
		SELECT day, task_id, stream, state, error FROM known
		UNION ALL
		SELECT day, task_id, stream, 'missing', '' FROM unnest($7::date[], $8::text[], $9::text[]) AS m (day, task_id, stream)
	) AS troubles
	ORDER BY day DESC, task_id, stream
	LIMIT $6`

// readTroubles reads the newest troubles of the selection's days. more is the number of the others.
func readTroubles(ctx context.Context, tx pgx.Tx, s selection, now time.Time, grace time.Duration) (list []trouble, more int, err error) {
	missing, err := load.ReadMissing(ctx, tx, s.App.ID, calendar.Span{First: s.From, Last: s.To}, now, grace)
	if err != nil {
		return nil, 0, err
	}
	first, err := load.ListMissing(ctx, tx, s.App.ID, missing, maxTroubles)
	if err != nil {
		return nil, 0, err
	}
	days, tasks, streams := make([]time.Time, len(first)), make([]string, len(first)), make([]string, len(first))
	for i, m := range first {
		days[i], tasks[i], streams[i] = m.Day.UTC(), m.TaskID, m.Stream
	}
	known := 0
	list, err = postgres.List(ctx, tx, func(row pgx.CollectableRow) (t trouble, err error) {
		err = row.Scan(&t.Day, &t.Task, &t.Stream, &t.State, &t.Error, &known)
		return t, err
	}, sqlTroubles, s.App.ID, s.From.UTC(), now, grace, s.To.UTC(), maxTroubles, days, tasks, streams)
	if err != nil {
		return nil, 0, fmt.Errorf("read the gaps: %w", err)
	}
	all := known
	for _, m := range missing {
		all += m.Windows
	}
	return list, all - len(list), nil
}

// freshness is how new the selection's figures are. Nil means never.
type freshness struct {
	Newest      *calendar.Day // with figures, zero included
	NewestFinal *calendar.Day
	LoadedAt    *time.Time
}

func freshnessOf(windows []window) (f freshness) {
	for _, w := range windows {
		if w.known() {
			f.Newest = &w.Day
		}
		if w.Settled {
			f.NewestFinal = &w.Day
		}
		if at := w.LastLoadedAt; at != nil && (f.LoadedAt == nil || at.After(*f.LoadedAt)) {
			f.LoadedAt = at
		}
	}
	return f
}

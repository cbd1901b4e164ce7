package page

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/extract"
)

// window is what is known of a day of the selection.
type window struct {
	Day          extract.Day
	State        string // a key of states
	Settled      bool
	LastLoadedAt *time.Time
}

// known reports whether the losses are known, zero included.
func (w window) known() bool { return w.State == "loaded" || w.State == "empty" }

// trouble is a window of the app, or of any of its tasks, that lacks its figures,
// whether of losses or of another stream.
type trouble struct {
	Day    extract.Day
	Stream string
	Task   string
	State  string
	Error  string
	// ofDay is how many there are of that day; place is this one's among them.
	ofDay, place int
}

// coverage is what is known of the selection's days, and what is wrong with any
// window of the app, both in order.
type coverage struct {
	windows  []window
	troubles []trouble // of each day as many as may be listed
}

// maxTroubles is how many are listed; all are counted.
const maxTroubles = 10

// The view is worked out for the whole app whatever is asked of it, so it is asked
// once. An open day is missing when the grace has passed.
const sqlCoverage = `
	WITH windows AS (
		SELECT c.day, c.task_id, c.settled, c.last_loaded_at, c.last_error, c.task_id = $2 AND c.stream = 'loss' AS own,
			c.stream, t.retired_at,
			CASE WHEN c.state = 'open' AND (c.day + 1)::timestamp AT TIME ZONE a.timezone + $4::interval < $3
				THEN 'missing' ELSE c.state END AS state
		FROM analytics.stream_coverage AS c
		JOIN analytics.apps AS a USING (sdk_app_id)
		LEFT JOIN analytics.tasks AS t USING (sdk_app_id, task_id)
		WHERE sdk_app_id = $1 AND (c.task_id = $2 AND c.stream = 'loss' OR c.active AND c.state IN ('failed', 'open'))
	), judged AS (
		SELECT *, state IN ('failed', 'missing') AND retired_at IS NULL AS trouble FROM windows
	), counted AS (
		SELECT *, row_number() OVER same AS place, count(*) OVER (PARTITION BY day, trouble) AS of_day
		FROM judged
		WINDOW same AS (PARTITION BY day, trouble ORDER BY task_id, stream)
	)
	SELECT day, task_id, state, settled, last_loaded_at, coalesce(last_error, ''), own, trouble, stream, place, of_day
	FROM counted
	WHERE own OR trouble AND place <= $5
	ORDER BY day, task_id, stream`

func readCoverage(ctx context.Context, tx pgx.Tx, s selection, now time.Time, grace time.Duration) (c coverage, err error) {
	rows, err := tx.Query(ctx, sqlCoverage, s.App.ID, s.Task, now, grace, maxTroubles)
	if err != nil {
		return c, fmt.Errorf("read the coverage: %w", err)
	}
	var (
		day            time.Time
		w              window
		t              trouble
		own, isTrouble bool
	)
	_, err = pgx.ForEachRow(rows,
		[]any{&day, &t.Task, &w.State, &w.Settled, &w.LastLoadedAt, &t.Error, &own, &isTrouble, &t.Stream, &t.place, &t.ofDay},
		func() error {
			w.Day = extract.DayOf(day, time.UTC)
			t.Day, t.State = w.Day, w.State
			if own {
				c.windows = append(c.windows, w)
			}
			if isTrouble {
				c.troubles = append(c.troubles, t)
			}
			return nil
		})
	if err != nil {
		return c, fmt.Errorf("read the coverage: %w", err)
	}
	return c, nil
}

// newestTroubles are those of a range that are listed, and how many more there are.
func (c coverage) newestTroubles(from, to extract.Day) (list []trouble, more int) {
	all := 0
	for _, t := range c.troubles {
		if t.Day < from || t.Day > to {
			continue
		}
		list = append(list, t)
		if t.place == 1 {
			all += t.ofDay
		}
	}
	slices.SortStableFunc(list, func(a, b trouble) int { return cmp.Compare(b.Day, a.Day) })
	list = list[:min(len(list), maxTroubles)]
	return list, all - len(list)
}

// freshness is how new the selection's figures are; what is nil never was.
type freshness struct {
	Newest      *extract.Day // with figures, zero included
	NewestFinal *extract.Day
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

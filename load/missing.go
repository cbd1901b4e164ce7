package load

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/stream"
)

const (
	// The expected windows of tasks, as in analytics.stream_coverage, but counted: tasks with the
	// same days are one row, so that the cost is that of reading the tasks, not their windows.
	sqlExpectedByDay = `
		WITH active AS (
			SELECT a.sdk_app_id, s.stream_id, greatest(a.first_day, c.first_day) AS first
			FROM pushloss.app AS a
			CROSS JOIN pushloss.stream AS s
			LEFT JOIN pushloss.app_stream AS c USING (sdk_app_id, stream_id)
			WHERE a.first_day IS NOT NULL AND s.by_task AND coalesce(c.active, s.stream_id = 0)
		), followed AS (
			SELECT t.sdk_app_id, a.timezone, (now() AT TIME ZONE a.timezone)::date AS today, a.task_days, t.covered_to,
				(coalesce(t.sent_at, t.registered_at) AT TIME ZONE a.timezone)::date AS sent, count(*) AS tasks
			FROM pushloss.task AS t
			JOIN pushloss.app AS a USING (sdk_app_id)
			WHERE t.retired_at IS NULL AND t.covered_to < 'infinity' AND a.first_day IS NOT NULL
				AND ($3::bigint[] IS NULL OR t.sdk_app_id = ANY($3)) AND t.sdk_app_id <> ALL($4::bigint[])
			GROUP BY 1, 2, 3, 4, 5, 6
		), expected AS (
			SELECT f.sdk_app_id, a.stream_id, f.timezone, greatest(f.sent, a.first, f.covered_to + 1) + n.n AS day, f.tasks
			FROM followed AS f
			JOIN active AS a USING (sdk_app_id)
			CROSS JOIN LATERAL generate_series(0, least(f.today, f.sent + f.task_days) - 1 - greatest(f.sent, a.first, f.covered_to + 1)) AS n (n)
		)
		SELECT sdk_app_id, stream_id, day, sum(tasks)::bigint
		FROM expected
		WHERE (day + 1)::timestamp AT TIME ZONE timezone + $2::interval < $1
		GROUP BY sdk_app_id, stream_id, day`
	// The tasks of apps that are followed, and their days. OFFSET makes Postgres compute these once. The
	// comparison with the app comes after it.
	sqlFollowed = `
			SELECT t.task_key, t.task_id, greatest(sent.day, t.covered_to + 1) AS first, sent.day + a.task_days - 1 AS last
			FROM pushloss.task AS t
			JOIN pushloss.app AS a USING (sdk_app_id)
			CROSS JOIN LATERAL (SELECT (coalesce(t.sent_at, t.registered_at) AT TIME ZONE a.timezone)::date AS day OFFSET 0) AS sent
			WHERE t.retired_at IS NULL AND t.covered_to < 'infinity' AND t.sdk_app_id = `
	// The expected windows that have a row.
	sqlPulledByDay = `
		SELECT l.sdk_app_id, l.stream_id, l.day, count(*)
		FROM unnest($1::bigint[], $2::date[], $3::date[]) AS due (sdk_app_id, first, last)
		JOIN pushloss.ledger AS l ON l.sdk_app_id = due.sdk_app_id AND l.day BETWEEN due.first AND due.last
		JOIN (` + sqlFollowed + `ANY($1)
			OFFSET 0
		) AS t ON t.task_key = l.task_key AND l.day BETWEEN t.first AND t.last
		GROUP BY l.sdk_app_id, l.stream_id, l.day`
	sqlListMissing = `
		SELECT due.day, t.task_id, s.stream
		FROM unnest($2::date[], $3::smallint[]) AS due (day, stream_id)
		JOIN pushloss.stream AS s USING (stream_id)
		JOIN (` + sqlFollowed + `$1
			OFFSET 0
		) AS t ON due.day BETWEEN t.first AND t.last
		LEFT JOIN pushloss.ledger AS l ON l.sdk_app_id = $1 AND l.day = due.day AND l.task_key = t.task_key AND l.stream_id = due.stream_id
		WHERE l.sdk_app_id IS NULL
		ORDER BY due.day DESC, t.task_id, s.stream
		LIMIT $4`
)

// MissingDay counts the windows of an app's tasks on a day that were never pulled.
type MissingDay struct {
	SDKAppID int64
	Stream   stream.Stream
	Day      calendar.Day
	Windows  int
}

// missingOf says whose missing windows count.
type missingOf struct {
	apps    []int64 // nil means all
	leftOut []int64
	days    *calendar.Span // nil means all
	now     time.Time
	grace   time.Duration
}

// ReadMissing returns those of the given days of an app on which windows of its tasks are over for
// longer than the grace and were never pulled. They are windows without a row, of active streams and
// tasks. The order is that of days. The transaction must see one state of the database throughout.
func ReadMissing(ctx context.Context, tx pgx.Tx, sdkAppID int64, days calendar.Span, now time.Time, grace time.Duration) ([]MissingDay, error) {
	return countMissing(ctx, tx, missingOf{apps: []int64{sdkAppID}, days: &days, now: now, grace: grace})
}

// countMissing counts the windows that exist and the rows that they have, since a list of the missing
// windows can have millions of them.
func countMissing(ctx context.Context, tx pgx.Tx, of missingOf) ([]MissingDay, error) {
	leftOut := append([]int64{}, of.leftOut...)
	missing, err := postgres.List(ctx, tx, pgx.RowToStructByPos[MissingDay], sqlExpectedByDay, of.now, of.grace, of.apps, leftOut)
	if err != nil {
		return nil, fmt.Errorf("count the windows of tasks: %w", err)
	}
	if of.days != nil {
		missing = slices.DeleteFunc(missing, func(m MissingDay) bool { return !of.days.Has(m.Day) })
	}
	if len(missing) == 0 {
		return nil, nil
	}
	slices.SortFunc(missing, func(a, b MissingDay) int { return int(a.Day - b.Day) })
	var (
		apps        []int64
		first, last []time.Time
		at          = make(map[int64]int)
	)
	for _, m := range missing { // oldest first
		i, found := at[m.SDKAppID]
		if !found {
			i, at[m.SDKAppID] = len(apps), len(apps)
			apps, first, last = append(apps, m.SDKAppID), append(first, m.Day.UTC()), append(last, m.Day.UTC())
		}
		last[i] = m.Day.UTC()
	}
	pulled, err := postgres.List(ctx, tx, pgx.RowToStructByPos[MissingDay], sqlPulledByDay, apps, first, last)
	if err != nil {
		return nil, fmt.Errorf("count the windows that were pulled: %w", err)
	}
	rows := make(map[MissingDay]int, len(pulled))
	for _, p := range pulled {
		rows[MissingDay{SDKAppID: p.SDKAppID, Stream: p.Stream, Day: p.Day}] = p.Windows
	}
	for i := range missing {
		m := &missing[i]
		m.Windows -= rows[MissingDay{SDKAppID: m.SDKAppID, Stream: m.Stream, Day: m.Day}]
	}
	return slices.DeleteFunc(missing, func(m MissingDay) bool { return m.Windows == 0 }), nil
}

// MissingWindow is a window of a task that was never pulled.
type MissingWindow struct {
	Day            calendar.Day
	TaskID, Stream string
}

// ListMissing returns the first missing windows of the given days of an app, newest days first, then
// by task. ReadMissing returned the days.
func ListMissing(ctx context.Context, tx pgx.Tx, sdkAppID int64, days []MissingDay, most int) ([]MissingWindow, error) {
	var due []time.Time
	var streams []int16
	found := 0
	for _, m := range slices.Backward(days) { // only as many days as are needed
		if n := len(due); found >= most && m.Day.UTC().Before(due[n-1]) {
			break
		}
		found += m.Windows
		due, streams = append(due, m.Day.UTC()), append(streams, int16(m.Stream))
	}
	if len(due) == 0 {
		return nil, nil
	}
	list, err := postgres.List(ctx, tx, pgx.RowToStructByPos[MissingWindow], sqlListMissing, sdkAppID, due, streams, most)
	if err != nil {
		return nil, fmt.Errorf("list the windows that were never pulled: %w", err)
	}
	return list, nil
}

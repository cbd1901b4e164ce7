package load

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
)

// AppStatus is how complete an app's figures are. Its windows are those of the whole app and of its
// tasks, for every active stream. Windows of retired tasks do not count, because they are never
// due.
type AppStatus struct {
	SDKAppID int64
	Timezone string
	FirstDay *calendar.Day
	// NewestSettledDay is the newest final day of the whole app's losses or, if those are not
	// pulled, of its first stream. It is the measure of freshness: the newest load may belong to
	// any day.
	NewestSettledDay *calendar.Day
	Failed           int // the last pull failed
	Missing          int // never pulled, and over for longer than the grace
	Late             int // pulled, but not again since its lookback ended
	// Unproven windows were first loaded, or requested, when the API may have forgotten part of the
	// day. Nothing can prove them any more, so they count only for unprovenTold after their last
	// pull.
	Unproven int
	// Absent counts the windows, pulled within the same time, whose answers lack their task
	// although others had it. A task that no answer ever had is Unanswered.
	Absent int
	// Rejects are rows of the last answers, within the same time, that could not be understood.
	Rejects int64
	// Differences counts the reconciliations (a span of days of the whole app or of a
	// task) that differed again after their days were pulled again.
	Differences   int
	OldestProblem *calendar.Day
	RetiredAt     *time.Time // since when the app is left out
	// UnknownZone says that the database does not know the app's time zone, so the views have no
	// days for it.
	UnknownZone bool
	LastError   *string // of a failed window
	// Unanswered are the tasks that never had an answer.
	Unanswered Unanswered
	// Emptied are the days whose figures answers removed, or lowered by much.
	Emptied Emptied
	// SpansOff is the newest disagreement that keeps runs from using spans; nil if none does.
	SpansOff *SpansOff
	// Jumps are the losses that stand out against their own past, and those that no longer do
	// although their alert is open.
	Jumps []Jump
}

// unprovenTold is how long the status reports an unproven window.
const unprovenTold = 30 * 24 * time.Hour

// A window of a task without figures may wait for waitDays after its lookback, or for waitAge days
// after its end: then it is two weeks old.
const waitDays, waitAge = 7, 13

// LongestWait is for how many days after its lookback a window of a task without figures may wait, so
// that a week of windows becomes final together. Status counts a window that waits longer as late.
func LongestWait(lookbackDays int) int { return max(waitDays, waitAge-lookbackDays) }

// If a reconciliation opened a window, its lookback starts again. $5 and $6 are those of LongestWait. The
// windows of tasks that were never pulled are counted apart, see countMissing.
const sqlStatus = `
	WITH active AS (
		SELECT a.sdk_app_id, a.timezone, a.lookback_days, s.stream, s.stream_id, s.stream_id = min(s.stream_id) OVER (PARTITION BY a.sdk_app_id) AS leads
		FROM pushloss.app AS a
		CROSS JOIN pushloss.stream AS s
		LEFT JOIN pushloss.app_stream AS c USING (sdk_app_id, stream_id)
		WHERE coalesce(c.active, s.stream_id = 0)
	), stays AS (
		SELECT r.sdk_app_id, count(*) AS n
		FROM pushloss.reconciliation AS r
		LEFT JOIN pushloss.task AS t ON t.task_key = r.task_key
		WHERE r.state = 'stays' AND t.retired_at IS NULL
		GROUP BY r.sdk_app_id
	), final AS (
		SELECT l.sdk_app_id, max(l.day) AS day
		FROM pushloss.ledger AS l
		JOIN active USING (sdk_app_id, stream_id)
		JOIN pushloss.app AS a USING (sdk_app_id)
		WHERE l.task_key = 0 AND l.settled AND active.leads AND (a.first_day IS NULL OR l.day >= a.first_day)
		GROUP BY l.sdk_app_id
	), windows AS (
		SELECT l.sdk_app_id, l.day, l.task_key, l.last_error, l.state = 'failed' AS failed,
			l.state = 'open' AND l.task_key <> 0 AND (l.day + 1)::timestamp AT TIME ZONE active.timezone + $2::interval < $1 AS missing,
			false AS unproven, 0 AS rejects,
			NOT l.settled AND l.state NOT IN ('failed', 'open')
				AND greatest((l.day + 1 + active.lookback_days)::timestamp AT TIME ZONE active.timezone, l.opened_at) + $2::interval
					+ CASE WHEN l.state = 'empty' AND l.task_key <> 0 THEN greatest($5::integer, $6::integer - active.lookback_days) ELSE 0 END * interval '1 day' < $1 AS late
		FROM pushloss.ledger AS l
		JOIN active USING (sdk_app_id, stream_id)
		WHERE (NOT l.settled OR l.state IN ('failed', 'open')) AND l.sdk_app_id <> ALL($4)
		UNION ALL
		SELECT l.sdk_app_id, l.day, l.task_key, NULL, false, false, l.state IN ('unproven', 'unavailable'), l.reject_count, false
		FROM pushloss.ledger AS l
		JOIN active USING (sdk_app_id, stream_id)
		WHERE (l.state IN ('unproven', 'unavailable') OR l.reject_count > 0) AND l.updated_at > $1::timestamptz - $3::interval
			AND l.sdk_app_id <> ALL($4)
		UNION ALL
		SELECT c.sdk_app_id, c.day, 0, NULL, false, true, false, 0, false
		FROM analytics.stream_coverage AS c
		JOIN active USING (sdk_app_id, stream)
		WHERE c.scope = 'app' AND c.state = 'open' AND (c.day + 1)::timestamp AT TIME ZONE active.timezone + $2::interval < $1 AND c.sdk_app_id <> ALL($4)
	), problems AS (
		SELECT w.sdk_app_id, count(*) FILTER (WHERE w.failed) AS failed, count(*) FILTER (WHERE w.missing) AS missing,
			count(*) FILTER (WHERE w.late) AS late, count(*) FILTER (WHERE w.unproven) AS unproven, sum(w.rejects) AS rejects,
			min(w.day) FILTER (WHERE w.failed OR w.missing OR w.late OR w.unproven) AS oldest,
			max(w.last_error) FILTER (WHERE w.failed) AS last_error
		FROM windows AS w
		LEFT JOIN (SELECT task_key FROM pushloss.task WHERE retired_at IS NOT NULL) AS retired USING (task_key)
		WHERE (w.failed OR w.missing OR w.late OR w.unproven OR w.rejects > 0) AND retired.task_key IS NULL
		GROUP BY w.sdk_app_id
	)
	SELECT a.sdk_app_id, a.timezone, a.first_day, a.retired_at, f.day,
		coalesce(p.failed, 0), coalesce(p.missing, 0), coalesce(p.late, 0), coalesce(p.unproven, 0), coalesce(p.rejects, 0),
		coalesce(s.n, 0), p.oldest, p.last_error
	FROM analytics.apps AS a
	LEFT JOIN final AS f USING (sdk_app_id)
	LEFT JOIN problems AS p USING (sdk_app_id)
	LEFT JOIN stays AS s USING (sdk_app_id)
	WHERE a.sdk_app_id <> ALL($4)
	ORDER BY a.sdk_app_id`

// Status returns the status of every app. grace is how late a pull may be without a warning.
func (db *DB) Status(ctx context.Context, now time.Time, grace time.Duration) ([]AppStatus, error) {
	statuses, err := db.statusOf(ctx, now, grace, []int64{})
	if postgres.Code(err) != pgerrcode.InvalidParameterValue {
		return statuses, err
	}
	// An app with an unknown zone must not hide the status of all others.
	unknown, err := db.unknownZones(ctx)
	if err != nil {
		return nil, err
	}
	left := []int64{}
	for _, s := range unknown {
		left = append(left, s.SDKAppID)
	}
	statuses, err = db.statusOf(ctx, now, grace, left)
	return append(statuses, unknown...), err
}

const sqlUnknownZones = `
	SELECT a.sdk_app_id, a.timezone, a.first_day, a.retired_at FROM pushloss.app AS a
	WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_timezone_names AS n WHERE n.name = a.timezone)
	ORDER BY a.sdk_app_id`

// unknownZones returns the apps whose time zone the database does not know.
func (db *DB) unknownZones(ctx context.Context) ([]AppStatus, error) {
	apps, err := postgres.List(ctx, db.pool, func(row pgx.CollectableRow) (AppStatus, error) {
		s := AppStatus{UnknownZone: true}
		err := row.Scan(&s.SDKAppID, &s.Timezone, &s.FirstDay, &s.RetiredAt)
		return s, err
	}, sqlUnknownZones)
	if err != nil {
		return nil, fmt.Errorf("look for unknown time zones: %w", err)
	}
	return apps, nil
}

// statusOf returns the status of the apps that are not in leftOut.
func (db *DB) statusOf(ctx context.Context, now time.Time, grace time.Duration, leftOut []int64) ([]AppStatus, error) {
	statuses, err := postgres.List(ctx, db.pool, func(row pgx.CollectableRow) (AppStatus, error) {
		var s AppStatus
		err := row.Scan(&s.SDKAppID, &s.Timezone, &s.FirstDay, &s.RetiredAt, &s.NewestSettledDay,
			&s.Failed, &s.Missing, &s.Late, &s.Unproven, &s.Rejects, &s.Differences, &s.OldestProblem, &s.LastError)
		return s, err
	}, sqlStatus, now, grace, unprovenTold, leftOut, waitDays, waitAge)
	if err != nil {
		return nil, fmt.Errorf("read the status: %w", err)
	}
	missing, err := db.missing(ctx, missingOf{leftOut: leftOut, now: now, grace: grace})
	if err != nil {
		return nil, err
	}
	unanswered, err := ReadUnanswered(ctx, db.pool, now)
	if err != nil {
		return nil, err
	}
	absent, err := readAbsent(ctx, db.pool, now)
	if err != nil {
		return nil, err
	}
	emptied, err := readEmptied(ctx, db.pool, now)
	if err != nil {
		return nil, err
	}
	off, err := readSpansOff(ctx, db.pool, now)
	if err != nil {
		return nil, err
	}
	jumps, err := readJumps(ctx, db.pool)
	if err != nil {
		return nil, err
	}
	for i := range statuses {
		s := &statuses[i]
		s.Jumps, s.SpansOff, s.Absent = jumps[s.SDKAppID], off[s.SDKAppID], absent[s.SDKAppID]
		s.Unanswered, s.Emptied = unanswered[s.SDKAppID], emptied[s.SDKAppID]
		for _, m := range missing[s.SDKAppID] {
			s.Missing += m.Windows
			if s.OldestProblem == nil || m.Day < *s.OldestProblem {
				s.OldestProblem = &m.Day
			}
		}
	}
	return statuses, nil
}

// missing returns the days with missing windows of tasks by app, oldest first.
func (db *DB) missing(ctx context.Context, of missingOf) (map[int64][]MissingDay, error) {
	byApp := make(map[int64][]MissingDay)
	err := pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		days, err := countMissing(ctx, tx, of)
		for _, m := range days {
			byApp[m.SDKAppID] = append(byApp[m.SDKAppID], m)
		}
		return err
	})
	return byApp, err
}

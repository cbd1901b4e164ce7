package load_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// sqlRandomLedger makes apps of several zones, with tasks, notes of their days, and a ledger with
// gaps, all of them random. Some of the apps never ran, and some streams are not active.
var sqlRandomLedger = []string{
	`TRUNCATE pushloss.app, pushloss.app_stream, pushloss.ledger, pushloss.task`,
	`INSERT INTO pushloss.app (sdk_app_id, timezone, first_day, lookback_days, task_days)
	SELECT n, ('{UTC,Asia/Shanghai,America/Havana,Pacific/Kiritimati,America/New_York}'::text[])[n], CASE WHEN random() < 0.9 THEN current_date - (random() * 12)::int END,
		(random() * 5)::int, 1 + (random() * 9)::int
	FROM generate_series(1, 5) AS n`,
	`INSERT INTO pushloss.app_stream (sdk_app_id, stream_id, active, first_day)
	SELECT sdk_app_id, stream_id, random() < 0.7, CASE WHEN random() < 0.3 THEN current_date - (random() * 12)::int END
	FROM pushloss.app, pushloss.stream WHERE random() < 0.8`,
	`INSERT INTO pushloss.task (sdk_app_id, task_id, sent_at, registered_at, retired_at, covered_to)
	SELECT sdk_app_id, n::text, CASE WHEN random() < 0.8 THEN now() - random() * interval '15 days' END, now() - random() * interval '15 days',
		CASE WHEN random() < 0.1 THEN now() END,
		CASE WHEN random() < 0.5 THEN '-infinity'::date WHEN random() < 0.1 THEN 'infinity'::date ELSE current_date - (random() * 14)::int END
	FROM pushloss.app, generate_series(1, 12) AS n`,
	`INSERT INTO pushloss.ledger (sdk_app_id, day, stream_id, task_key, state, settled, settled_reason, pulls, row_count, reject_count, opened_at, updated_at)
	SELECT sdk_app_id, day, stream_id, task_key, state, settled, CASE WHEN settled THEN 'lookback' END, 1, 0, 0,
		CASE WHEN state = 'open' AND random() < 0.5 THEN now() - random() * interval '9 days' END, now()
	FROM (
		SELECT t.sdk_app_id, current_date - d AS day, s AS stream_id, t.task_key, random() < 0.3 AS settled,
			('{loaded,empty,absent,failed,open}'::text[])[1 + (random() * 4)::int] AS state
		FROM (SELECT sdk_app_id, task_key FROM pushloss.task UNION ALL SELECT sdk_app_id, 0 FROM pushloss.app) AS t,
			generate_series(-1, 16) AS d, generate_series(0, 3) AS s
		WHERE random() < 0.5
	) AS w`,
}

// sqlMissing lists the windows that are missing, as analytics.stream_coverage knows them.
const sqlMissing = `
	SELECT c.sdk_app_id, c.stream, c.day, c.task_id, c.scope, c.last_pulled_at IS NULL AS never
	FROM analytics.stream_coverage AS c
	JOIN pushloss.app AS a USING (sdk_app_id)
	LEFT JOIN pushloss.task AS t USING (sdk_app_id, task_id)
	WHERE c.state = 'open' AND c.active AND t.retired_at IS NULL AND (c.day + 1)::timestamp AT TIME ZONE a.timezone + $2::interval < $1`

// The missing windows are counted without a list of them. The counts are those of the view, which
// has the list.
func TestTheCountsOfMissingWindowsAreThoseOfTheCoverage(t *testing.T) {
	t.Parallel()
	f := setup(t)
	seen := 0
	for round := range 25 {
		for _, sql := range sqlRandomLedger {
			f.exec(sql)
		}
		now := f.today().UTC().Add(time.Duration(round) * time.Hour)
		grace := time.Duration(round%3) * 18 * time.Hour
		listed := func(sql string) []string {
			return f.rows(`WITH missing AS (`+sqlMissing+`) `+sql, now, grace)
		}

		statuses, err := f.db.Status(t.Context(), now, grace)
		must(t, err)
		var counts []string
		for _, s := range statuses {
			counts = append(counts, fmt.Sprint(s.SDKAppID, " ", s.Missing))
			seen += s.Missing
		}
		equal(t, "missing windows by app", listed(`SELECT a.sdk_app_id, count(m.day) FROM pushloss.app AS a LEFT JOIN missing AS m USING (sdk_app_id)
			GROUP BY a.sdk_app_id ORDER BY a.sdk_app_id`), counts)

		var days, first []string
		must(t, f.db.Read(t.Context(), time.Minute, func(tx pgx.Tx) error {
			for _, s := range statuses {
				missing, err := load.ReadMissing(t.Context(), tx, s.SDKAppID, calendar.Span{First: f.today() - 9, Last: f.today() + 1}, now, grace)
				if err != nil {
					return err
				}
				list, err := load.ListMissing(t.Context(), tx, s.SDKAppID, missing, 4)
				if err != nil {
					return err
				}
				for _, m := range list {
					first = append(first, fmt.Sprint(s.SDKAppID, " ", m.Day, " ", m.TaskID, " ", m.Stream))
				}
				for _, m := range missing {
					days = append(days, fmt.Sprint(m.SDKAppID, " ", m.Day, " ", m.Stream, " ", m.Windows))
				}
				if len(missing) > 0 && *s.OldestProblem > missing[0].Day {
					t.Errorf("the oldest problem of app %d is %s, but a window of %s is missing", s.SDKAppID, s.OldestProblem, missing[0].Day)
				}
			}
			return nil
		}))
		slices.Sort(days)
		equal(t, "missing windows of tasks by day", listed(`SELECT sdk_app_id, day::text, stream, count(*) FROM missing WHERE scope = 'task' AND never AND day >= current_date - 9
			GROUP BY sdk_app_id, day, stream ORDER BY sdk_app_id, day, stream`), days)
		equal(t, "the first missing windows", listed(`SELECT sdk_app_id, day::text, task_id, stream
			FROM (SELECT *, row_number() OVER (PARTITION BY sdk_app_id ORDER BY day DESC, task_id, stream) AS nth FROM missing WHERE scope = 'task' AND never AND day >= current_date - 9) AS m
			WHERE nth <= 4 ORDER BY sdk_app_id, nth`), first)
	}
	if seen < 1000 {
		t.Errorf("only %d windows were missing: such ledgers compare nothing", seen)
	}
}

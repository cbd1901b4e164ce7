package load_test

import "testing"

// The coverage tests fix now() with a transaction: the view has the days until yesterday.

// begin starts a transaction on the fixture's connection.
func (f *fixture) begin() {
	f.t.Helper()
	f.exec(`BEGIN`)
	f.t.Cleanup(func() { _, _ = f.conn.Exec(f.t.Context(), `ROLLBACK`) })
}

// daysAgo shows windows by how long ago they were in the app's zone.
const daysAgo = `
	SELECT coalesce(nullif(c.task_id, ''), 'overall'), (now() AT TIME ZONE a.timezone)::date - c.day,
		c.state, c.settled, c.pulls, c.row_count
	FROM (TABLE analytics.coverage UNION ALL TABLE analytics.task_coverage) AS c JOIN analytics.apps AS a USING (sdk_app_id)
	WHERE sdk_app_id = 1 ORDER BY 1, 2 DESC`

func TestCoverageShowsWindowsThatWereNeverPulled(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.begin()
	f.exec(`DELETE FROM pushloss.task`)
	f.exec(`INSERT INTO pushloss.app (sdk_app_id, timezone, first_day, lookback_days, task_days) VALUES
		(1, 'Asia/Shanghai', (now() AT TIME ZONE 'Asia/Shanghai')::date - 5, 7, 3),
		(2, 'UTC', NULL, 7, 3)`)
	// Midnights in Shanghai, which is never a midnight in UTC.
	f.exec(`INSERT INTO pushloss.task (sdk_app_id, task_id, sent_at, registered_at, retired_at)
		SELECT app, task, midnight + sent_after, midnight + registered_after, midnight + retired_after
		FROM (VALUES
			(1, 'before the first day', interval '-6 days', interval '0', NULL),
			(1, 'sent', interval '-4 days', interval '0', NULL),
			(1, 'sent, registered later', interval '-5 days 1 second', interval '-1 day', NULL),
			(1, 'not known when sent', NULL, interval '-2 days', NULL),
			(1, 'sent at the last second of a day', interval '-1 day -1 second', interval '0', NULL),
			(1, 'sent today', interval '1 second', interval '0', NULL),
			(1, 'over', interval '-40 days', interval '0', NULL),
			(1, 'retired', interval '-4 days', interval '0', interval '-1 day'),
			(2, 'of an app that never ran', interval '-4 days', interval '0', NULL)
		) AS given (app, task, sent_after, registered_after, retired_after)
		CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date::timestamp AT TIME ZONE 'Asia/Shanghai') AS m (midnight)`)
	equal(t, "an app that never ran", []string(nil), f.rows(`SELECT day FROM analytics.calendar WHERE sdk_app_id = 2`))
	equal(t, "coverage", []string{
		"before the first day 5 open false 0 0", "before the first day 4 open false 0 0",
		"not known when sent 2 open false 0 0", "not known when sent 1 open false 0 0",
		"overall 5 open false 0 0", "overall 4 open false 0 0", "overall 3 open false 0 0", "overall 2 open false 0 0", "overall 1 open false 0 0",
		"sent 4 open false 0 0", "sent 3 open false 0 0", "sent 2 open false 0 0",
		"sent at the last second of a day 2 open false 0 0", "sent at the last second of a day 1 open false 0 0",
		"sent, registered later 5 open false 0 0", "sent, registered later 4 open false 0 0", "sent, registered later 3 open false 0 0",
	}, f.rows(daysAgo))

	// A pulled window replaces an open one. It also appears where nothing is due: days
	// before the first, retired tasks, apps that never ran.
	f.exec(`INSERT INTO pushloss.ledger (sdk_app_id, day, task_key, state, settled, settled_reason, pulls, row_count, reject_count, updated_at)
		SELECT given.app, (now() AT TIME ZONE 'Asia/Shanghai')::date - ago, coalesce(task_key, 0), state, reason IS NOT NULL, reason, 2, given.rows, 0, now()
		FROM (VALUES
			(1, 'overall', 5, 'loaded', 'lookback', 9),
			(1, 'overall', 40, 'unproven', 'api_memory', 0),
			(1, 'sent', 3, 'failed', NULL, 8),
			(1, 'retired', 4, 'loaded', NULL, 7),
			(2, 'overall', 3, 'empty', NULL, 0)
		) AS given (app, task, ago, state, reason, rows)
		LEFT JOIN pushloss.task AS t ON t.sdk_app_id = given.app AND t.task_id = given.task`)
	equal(t, "coverage", []string{
		"before the first day 5 open false 0 0", "before the first day 4 open false 0 0",
		"not known when sent 2 open false 0 0", "not known when sent 1 open false 0 0",
		"overall 40 unproven true 2 0",
		"overall 5 loaded true 2 9", "overall 4 open false 0 0", "overall 3 open false 0 0", "overall 2 open false 0 0", "overall 1 open false 0 0",
		"retired 4 loaded false 2 7",
		"sent 4 open false 0 0", "sent 3 failed false 2 8", "sent 2 open false 0 0",
		"sent at the last second of a day 2 open false 0 0", "sent at the last second of a day 1 open false 0 0",
		"sent, registered later 5 open false 0 0", "sent, registered later 4 open false 0 0", "sent, registered later 3 open false 0 0",
	}, f.rows(daysAgo))
	equal(t, "an app that never ran", []string{"empty"}, f.rows(`SELECT state FROM analytics.coverage WHERE sdk_app_id = 2`))
}

// A BI tool reads in its own time zone, where some midnights do not exist.
func TestCoverageDoesNotDependOnTheReadersTimezone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.begin()
	f.exec(`INSERT INTO pushloss.app (sdk_app_id, timezone, first_day, lookback_days, task_days)
		VALUES (1, 'Asia/Shanghai', (now() AT TIME ZONE 'Asia/Shanghai')::date - 800, 7, 800)`)
	f.exec(`UPDATE pushloss.task SET sdk_app_id = 1, sent_at = now() - interval '750 days' WHERE task_id = 'a'`)
	const windows = `SELECT task_id, count(*), min(day)::text, max(day)::text FROM analytics.stream_coverage WHERE stream = 'loss' GROUP BY task_id ORDER BY 1`
	f.exec(`SET TIME ZONE 'UTC'`)
	want := f.rows(windows)
	if len(want) != 2 {
		t.Fatalf("coverage: %v", want)
	}
	for _, zone := range []string{"America/Santiago", "Africa/Cairo", "Asia/Beirut", "America/Havana", "Pacific/Kiritimati", "Pacific/Pago_Pago"} {
		f.exec(`SET TIME ZONE '` + zone + `'`)
		equal(t, zone, want, f.rows(windows))
	}
}

package load

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
)

const (
	// Uses the days of analytics.stream_coverage, and looks up only those after the known covered
	// ones. OFFSET makes Postgres look up each window by its whole key: with a join, it reads the
	// whole app's ledger for each task.
	sqlUncovered = `
		SELECT t.task_key, coalesce(t.sent_at, t.registered_at), CASE
			WHEN lacking.first IS NOT NULL THEN lacking.first - 1
			WHEN followed.last <= $2::date THEN 'infinity'::date
			ELSE $2::date
		END
		FROM pushloss.task AS t
		JOIN pushloss.app AS a USING (sdk_app_id)
		CROSS JOIN LATERAL (SELECT (coalesce(t.sent_at, t.registered_at) AT TIME ZONE a.timezone)::date AS day) AS sent
		CROSS JOIN LATERAL (SELECT sent.day + a.task_days - 1 AS last) AS followed
		CROSS JOIN LATERAL (
			SELECT min(begin.day + n.n) AS first
			FROM pushloss.stream AS s
			LEFT JOIN pushloss.app_stream AS c ON c.sdk_app_id = $1 AND c.stream_id = s.stream_id
			CROSS JOIN LATERAL (
				SELECT greatest(sent.day, a.first_day, c.first_day, least(t.covered_to, followed.last) + 1) AS day
			) AS begin
			CROSS JOIN LATERAL generate_series(0, least($2::date, followed.last) - begin.day) AS n (n)
			WHERE s.by_task AND coalesce(c.active, s.stream_id = 0) AND NOT EXISTS (
				SELECT 1 FROM pushloss.ledger AS l
				WHERE l.sdk_app_id = $1 AND l.day = begin.day + n.n AND l.task_key = t.task_key AND l.stream_id = s.stream_id
				OFFSET 0
			)
		) AS lacking
		WHERE t.sdk_app_id = $1 AND t.retired_at IS NULL AND t.covered_to < 'infinity' AND a.first_day IS NOT NULL`
	// Skips a task whose time was changed meanwhile: it has other days.
	sqlCoverTasks = `
		UPDATE pushloss.task AS t SET covered_to = g.covered_to
		FROM unnest($1::int[], $2::timestamptz[], $3::date[]) AS g (task_key, sent_at, covered_to)
		WHERE t.task_key = g.task_key AND coalesce(t.sent_at, t.registered_at) = g.sent_at AND t.covered_to < g.covered_to`
	sqlNewlyAnswered = `
		SELECT t.task_key
		FROM pushloss.task AS t
		JOIN pushloss.task_summary AS s ON s.sdk_app_id = $1 AND s.task_key = t.task_key
		WHERE t.sdk_app_id = $1 AND t.retired_at IS NULL AND NOT t.answered AND s.answered`
	sqlNoteAnswered = `UPDATE pushloss.task SET answered = true WHERE task_key = ANY($1)`

	// Writers of covered days, and of settings that change the days, take turns. Otherwise days of
	// the old settings could be written after the new settings.
	sqlHoldSettings = `SELECT 1 FROM pushloss.app WHERE sdk_app_id = $1 FOR UPDATE`

	// Tasks have other days under other settings. The next cover looks from the start.
	sqlUncoverBySettings = `
		UPDATE pushloss.task AS t SET covered_to = '-infinity'
		FROM pushloss.app AS a
		WHERE a.sdk_app_id = $1 AND t.sdk_app_id = $1 AND t.covered_to > '-infinity'
			AND (a.timezone, a.first_day, a.task_days) IS DISTINCT FROM ($2, coalesce($3, a.first_day), $4)`
	sqlUncover = `UPDATE pushloss.task SET covered_to = '-infinity' WHERE sdk_app_id = $1 AND covered_to > '-infinity'`
)

// cover records, under the lock, up to which day the ledger has all windows of each task, and which
// tasks were answered. So neither needs a search through the ledger. The statements are separate,
// because Citus cannot update tasks from the ledger.
func (l *AppLock) cover(ctx context.Context, tx pgx.Tx, lastEnded calendar.Day) error {
	var (
		keys   []int32
		sentAt []time.Time
		days   []pgtype.Date
		key    int32
		sent   time.Time
		day    pgtype.Date
	)
	if _, err := tx.Exec(ctx, sqlHoldSettings, l.sdkAppID); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, sqlUncovered, l.sdkAppID, lastEnded.UTC())
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, []any{&key, &sent, &day}, func() error {
		keys, sentAt, days = append(keys, key), append(sentAt, sent), append(days, day)
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for windows never pulled: %w", err)
	}
	if len(keys) > 0 {
		if _, err := tx.Exec(ctx, sqlCoverTasks, keys, sentAt, days); err != nil {
			return fmt.Errorf("note which windows were pulled: %w", err)
		}
	}
	answered, err := postgres.List(ctx, tx, pgx.RowTo[int32], sqlNewlyAnswered, l.sdkAppID)
	if err != nil || len(answered) == 0 {
		return err
	}
	_, err = tx.Exec(ctx, sqlNoteAnswered, answered)
	return err
}

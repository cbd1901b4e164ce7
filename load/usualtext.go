package load

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/stream"
)

// usualTexts is a table of the most frequent texts of lost pushes, with the columns of a code's
// place and the table of facts that it summarizes.
type usualTexts struct{ table, place, facts string }

// usualTextTables are the tables of each stream.
var usualTextTables = [...][]usualTexts{
	stream.Loss:     {{"usual_stage_text", "stage_id", "stage_loss"}, {"usual_platform_text", "stage_id, platform_id", "platform_loss"}},
	stream.ChatLoss: {{"usual_stage_text", "stage_id", "chat_stage_loss"}, {"usual_platform_text", "stage_id, platform_id", "chat_platform_loss"}},
}

func (u usualTexts) sql(text string) string {
	return strings.NewReplacer("{table}", u.table, "{place}", u.place, "{facts}", u.facts).Replace(text)
}

const (
	sqlKeepUsualTexts = `
		INSERT INTO pushloss.{table} AS u (err_code_key, {place}, stream_id, err_info)
		SELECT DISTINCT ON (err_code_key, {place}) err_code_key, {place}, $1::smallint, err_info
		FROM (
			SELECT err_code_key, {place}, err_info_key, sum(err_count) AS lost
			FROM chosen
			GROUP BY err_code_key, {place}, err_info_key
		) AS s
		JOIN pushloss.err_info USING (err_info_key)
		WHERE err_info <> ''
		ORDER BY err_code_key, {place}, lost DESC, err_info
		ON CONFLICT (err_code_key, {place}, stream_id) DO UPDATE SET err_info = EXCLUDED.err_info WHERE u.err_info <> EXCLUDED.err_info`
	sqlPulledDays = `SELECT DISTINCT sdk_app_id, day FROM pushloss.pull WHERE run_id = $1 AND stream_id = $2`
	// Recent texts count, so that the cost does not grow with older days.
	sqlRecentDays = `
		SELECT l.sdk_app_id, l.day
		FROM pushloss.app AS a JOIN pushloss.ledger AS l ON l.sdk_app_id = a.sdk_app_id
		WHERE l.day BETWEEN current_date - 30 AND current_date AND l.task_key = 0 AND l.stream_id = $1 AND l.row_count > 0`
	sqlAnyTask     = `SELECT EXISTS (SELECT 1 FROM pushloss.task)`
	sqlOfWholeApps = `
		FROM unnest($2::bigint[], $3::date[]) AS d (sdk_app_id, day)
		JOIN pushloss.{facts} USING (sdk_app_id, day)`
	sqlUsualTexts = `
		WITH chosen AS (SELECT err_code_key, {place}, err_info_key, err_count` + sqlOfWholeApps + ` WHERE task_key = 0)` + sqlKeepUsualTexts
	// Reads the places that the whole apps' figures lack, or for which they have no text: a list of
	// the API may lack some codes. A place without a text has no figures with a text, because the
	// first load of such figures stores it (see places).
	sqlPlacesOfTasks = `
		SELECT err_code_key, {place} FROM pushloss.{table} WHERE stream_id = $1 AND err_info <> ''
		EXCEPT
		SELECT err_code_key, {place}` + sqlOfWholeApps + ` JOIN pushloss.err_info USING (err_info_key)
		WHERE task_key = 0 AND err_info <> ''`
	sqlCodesOfTasks = `SELECT DISTINCT err_code_key FROM (` + sqlPlacesOfTasks + `) AS places`
	// Reads only the days that the run pulled, which the keys of the facts find.
	sqlUsualTextsOfTasks = `
		WITH pulled AS MATERIALIZED (
			SELECT DISTINCT sdk_app_id, day FROM pushloss.pull WHERE run_id = $4 AND stream_id = 0
		), chosen AS (
			SELECT err_code_key, {place}, err_info_key, err_count FROM pulled JOIN pushloss.{facts} USING (sdk_app_id, day)
			WHERE err_code_key = ANY($5) AND (err_code_key, {place}) IN (` + sqlPlacesOfTasks + `)
		)` + sqlKeepUsualTexts
)

// RefreshUsualTexts stores, for each place of an error code, the text with which most pushes were
// lost. It uses the whole apps' figures of the last 30 days and of the days that the run pulled.
// For a place that only tasks have, it uses the tasks' figures of the days that the run pulled. A
// place without figures keeps its text. The views show the text for a code that the catalogue
// lacks.
func (db *DB) RefreshUsualTexts(ctx context.Context, runID int64) error {
	for of, tables := range usualTextTables {
		if err := db.refresh(ctx, stream.Stream(of), tables, runID); err != nil {
			return fmt.Errorf("store the usual texts of error codes: %w", err)
		}
	}
	return nil
}

// refresh stores the texts of a stream, unless the run pulled none of it.
func (db *DB) refresh(ctx context.Context, of stream.Stream, tables []usualTexts, runID int64) error {
	pulled, err := db.daysOfApps(ctx, sqlPulledDays, runID, int16(of))
	if err != nil || len(pulled) == 0 {
		return err
	}
	recent, err := db.daysOfApps(ctx, sqlRecentDays, int16(of))
	if err != nil {
		return err
	}
	maps.Copy(pulled, recent)
	var apps []int64
	var days []time.Time
	for _, d := range slices.SortedFunc(maps.Keys(pulled), dayOfApp.compare) {
		apps, days = append(apps, d.sdkAppID), append(days, d.day.UTC())
	}
	args := []any{int16(of), apps, days}
	var hasTasks bool
	if of == stream.Loss {
		if err := db.pool.QueryRow(ctx, sqlAnyTask).Scan(&hasTasks); err != nil {
			return err
		}
	}
	for _, u := range tables {
		if _, err := db.pool.Exec(ctx, u.sql(sqlUsualTexts), args...); err != nil {
			return err
		}
		if !hasTasks {
			continue
		}
		codes, err := postgres.List(ctx, db.pool, pgx.RowTo[int32], u.sql(sqlCodesOfTasks), args...)
		if err == nil && len(codes) > 0 {
			_, err = db.pool.Exec(ctx, u.sql(sqlUsualTextsOfTasks), append(args, runID, codes)...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type dayOfApp struct {
	sdkAppID int64
	day      calendar.Day
}

func (d dayOfApp) compare(other dayOfApp) int {
	return cmp.Or(cmp.Compare(d.sdkAppID, other.sdkAppID), cmp.Compare(d.day, other.day))
}

func (db *DB) daysOfApps(ctx context.Context, sql string, args ...any) (map[dayOfApp]bool, error) {
	rows, err := db.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	days := make(map[dayOfApp]bool)
	var d dayOfApp
	_, err = pgx.ForEachRow(rows, []any{&d.sdkAppID, &d.day}, func() error {
		days[d] = true
		return nil
	})
	return days, err
}

package load

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// usualTexts is a table of the most frequent texts of lost pushes, by what its facts know
// about a code's place.
type usualTexts struct{ table, place, facts, chatFacts string }

var usualTextTables = []usualTexts{
	{"usual_stage_text", "stage_id", "stage_loss", "chat_stage_loss"},
	{"usual_platform_text", "stage_id, platform_id", "platform_loss", "chat_platform_loss"},
}

func (u usualTexts) sql(text string) string {
	return strings.NewReplacer("{table}", u.table, "{place}", u.place, "{facts}", u.facts, "{chatFacts}", u.chatFacts).Replace(text)
}

const (
	sqlKeepUsualTexts = `
		INSERT INTO pushloss.{table} AS u (err_code_key, {place}, err_info)
		SELECT DISTINCT ON (err_code_key, {place}) err_code_key, {place}, err_info
		FROM (
			SELECT err_code_key, {place}, err_info_key, sum(err_count) AS lost
			FROM chosen
			GROUP BY err_code_key, {place}, err_info_key
		) AS s
		JOIN pushloss.err_info USING (err_info_key)
		WHERE err_info <> ''
		ORDER BY err_code_key, {place}, lost DESC, err_info
		ON CONFLICT (err_code_key, {place}) DO UPDATE SET err_info = EXCLUDED.err_info WHERE u.err_info <> EXCLUDED.err_info`
	// Reads the figures of whole apps: they are few and have an index of their own.
	sqlUsualTexts = `
		WITH chosen AS (
			SELECT err_code_key, {place}, err_info_key, err_count FROM pushloss.{facts} WHERE task_key = 0
			UNION ALL
			SELECT err_code_key, {place}, err_info_key, err_count FROM pushloss.{chatFacts}
		)` + sqlKeepUsualTexts
	// Reads codes that the whole apps' figures lack or have no text for: not every list
	// of the API has every code.
	sqlCodesWithoutText = `
		SELECT err_code_key FROM pushloss.err_code AS c
		WHERE NOT EXISTS (SELECT FROM pushloss.{table} AS u WHERE u.err_code_key = c.err_code_key)`
	// Reads the last days only: the keys of the facts lead to them.
	sqlUsualTextsOfTasks = `
		WITH chosen AS (
			SELECT err_code_key, {place}, err_info_key, err_count FROM pushloss.app JOIN pushloss.{facts} USING (sdk_app_id)
			WHERE day >= $2 AND err_code_key = ANY($1)
		)` + sqlKeepUsualTexts
)

// textsOfTasksDays is how many days back RefreshUsualTexts looks for texts that only
// tasks have: the days that most runs pull.
const textsOfTasksDays = 10

// RefreshUsualTexts stores for each error code the most frequent texts of lost pushes, by
// stage and by platform. The views show them for a code that the catalogue lacks.
func (db *DB) RefreshUsualTexts(ctx context.Context, now time.Time) error {
	for _, u := range usualTextTables {
		if err := db.refresh(ctx, u, now); err != nil {
			return fmt.Errorf("store the usual texts of error codes: %w", err)
		}
	}
	return nil
}

func (db *DB) refresh(ctx context.Context, u usualTexts, now time.Time) error {
	if _, err := db.pool.Exec(ctx, u.sql(sqlUsualTexts)); err != nil {
		return err
	}
	rows, err := db.pool.Query(ctx, u.sql(sqlCodesWithoutText))
	if err != nil {
		return err
	}
	codes, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil || len(codes) == 0 {
		return err
	}
	_, err = db.pool.Exec(ctx, u.sql(sqlUsualTextsOfTasks), codes, now.AddDate(0, 0, -textsOfTasksDays))
	return err
}

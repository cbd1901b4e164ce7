package load

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// Of the whole apps' figures, which are few and have an index of their own.
	sqlUsualTexts = `
		UPDATE pushloss.err_code AS c SET usual_info = u.err_info
		FROM (
			SELECT DISTINCT ON (err_code_key) err_code_key, err_info
			FROM (
				SELECT err_code_key, err_info_key, sum(err_count) AS lost
				FROM (
					SELECT err_code_key, err_info_key, err_count FROM pushloss.stage_loss WHERE task_key = 0
					UNION ALL
					SELECT err_code_key, err_info_key, err_count FROM pushloss.platform_loss WHERE task_key = 0
					UNION ALL
					SELECT err_code_key, err_info_key, err_count FROM pushloss.chat_stage_loss
					UNION ALL
					SELECT err_code_key, err_info_key, err_count FROM pushloss.chat_platform_loss
				) AS f
				GROUP BY err_code_key, err_info_key
			) AS s
			JOIN pushloss.err_info USING (err_info_key)
			WHERE err_info <> ''
			ORDER BY err_code_key, lost DESC, err_info
		) AS u
		WHERE c.err_code_key = u.err_code_key AND c.usual_info IS DISTINCT FROM u.err_info`
	// Codes that the whole apps' figures lack: not every list of the API has every
	// code.
	sqlCodesOfTasks = `
		SELECT err_code_key FROM pushloss.err_code AS c
		WHERE usual_info IS NULL
			AND NOT EXISTS (SELECT FROM pushloss.stage_loss AS f WHERE f.task_key = 0 AND f.err_code_key = c.err_code_key)
			AND NOT EXISTS (SELECT FROM pushloss.platform_loss AS f WHERE f.task_key = 0 AND f.err_code_key = c.err_code_key)
			AND NOT EXISTS (SELECT FROM pushloss.chat_stage_loss AS f WHERE f.err_code_key = c.err_code_key)
			AND NOT EXISTS (SELECT FROM pushloss.chat_platform_loss AS f WHERE f.err_code_key = c.err_code_key)`
	// Of the last days alone, which the keys of the facts lead to.
	sqlUsualTextsOfTasks = `
		UPDATE pushloss.err_code AS c SET usual_info = u.err_info
		FROM (
			SELECT DISTINCT ON (err_code_key) err_code_key, err_info
			FROM (
				SELECT err_code_key, err_info_key, sum(err_count) AS lost
				FROM (
					SELECT err_code_key, err_info_key, err_count FROM pushloss.app JOIN pushloss.stage_loss USING (sdk_app_id)
					WHERE day >= $2 AND err_code_key = ANY($1)
					UNION ALL
					SELECT err_code_key, err_info_key, err_count FROM pushloss.app JOIN pushloss.platform_loss USING (sdk_app_id)
					WHERE day >= $2 AND err_code_key = ANY($1)
				) AS f
				GROUP BY err_code_key, err_info_key
			) AS s
			JOIN pushloss.err_info USING (err_info_key)
			WHERE err_info <> ''
			ORDER BY err_code_key, lost DESC, err_info
		) AS u
		WHERE c.err_code_key = u.err_code_key`
)

// textsOfTasksDays is how far back texts of codes that only tasks have are looked
// for.
const textsOfTasksDays = 40

// RefreshUsualTexts notes for each error code the text that most pushes were lost
// with: what the views show of a code that the catalogue lacks.
func (db *DB) RefreshUsualTexts(ctx context.Context, now time.Time) error {
	if _, err := db.pool.Exec(ctx, sqlUsualTexts); err != nil {
		return fmt.Errorf("note the usual texts of error codes: %w", err)
	}
	rows, err := db.pool.Query(ctx, sqlCodesOfTasks)
	if err != nil {
		return fmt.Errorf("look for error codes without a text: %w", err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return fmt.Errorf("look for error codes without a text: %w", err)
	}
	if len(keys) == 0 {
		return nil
	}
	if _, err := db.pool.Exec(ctx, sqlUsualTextsOfTasks, keys, now.AddDate(0, 0, -textsOfTasksDays)); err != nil {
		return fmt.Errorf("note the usual texts of error codes: %w", err)
	}
	return nil
}

// Package demo reads the figures that `pushloss demo` shows.
package demo

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
)

// StageTotal is the number of pushes that an app lost at one stage, over all channels.
type StageTotal struct {
	Stage string
	Lost  int64
	Of    *int64 // pushes that reached the stage; nil if not known
	Codes int
}

// PlatformTotal is the number of pushes that an app lost at one stage on one channel.
type PlatformTotal struct {
	Stage, Event, Platform string
	Lost                   int64
}

// CodeTotal is the number of pushes that an app lost with one code, by stage.
type CodeTotal struct {
	Stage, Code, Info string
	Lost              int64
}

// Summary is an overview of one app and some days: its overall figures, and the number of rows that
// are stored for its tasks.
type Summary struct {
	Stages    []StageTotal
	Platforms []PlatformTotal
	TopCodes  []CodeTotal
	TaskRows  int64
}

const (
	sqlStageTotals = `
		SELECT stage, sum(err_count)::bigint, (
				SELECT sum(denominator)::bigint FROM analytics.loss_rates AS r
				WHERE r.sdk_app_id = $1 AND r.day BETWEEN $2 AND $3 AND r.grain = 'app_stage' AND r.stage = f.stage
			), count(DISTINCT err_code)
		FROM analytics.app_stage_loss AS f
		WHERE sdk_app_id = $1 AND day BETWEEN $2 AND $3
		GROUP BY stage ORDER BY stage DESC`
	sqlPlatformTotals = `
		SELECT stage, event, platform, sum(err_count)::bigint
		FROM analytics.app_platform_loss
		WHERE sdk_app_id = $1 AND day BETWEEN $2 AND $3
		GROUP BY stage, event, platform ORDER BY stage DESC, sum(err_count) DESC, platform`
	sqlTopCodes = `
		SELECT stage, err_code, max(err_info), sum(err_count)::bigint
		FROM analytics.app_stage_loss
		WHERE sdk_app_id = $1 AND day BETWEEN $2 AND $3
		GROUP BY stage, err_code ORDER BY sum(err_count) DESC, err_code LIMIT 5`
	sqlTaskRows = `
		SELECT (SELECT count(*) FROM analytics.task_stage_loss WHERE sdk_app_id = $1 AND day BETWEEN $2 AND $3)
			+ (SELECT count(*) FROM analytics.task_platform_loss WHERE sdk_app_id = $1 AND day BETWEEN $2 AND $3)`
)

// Summarize reads the overview of the days from first to last, both included.
func Summarize(ctx context.Context, pool *postgres.Pool, sdkAppID int64, first, last calendar.Day) (Summary, error) {
	var s Summary
	args := []any{sdkAppID, first.UTC(), last.UTC()}
	batch := &pgx.Batch{}
	batch.Queue(sqlStageTotals, args...).Query(func(rows pgx.Rows) (err error) {
		s.Stages, err = pgx.CollectRows(rows, pgx.RowToStructByPos[StageTotal])
		return err
	})
	batch.Queue(sqlPlatformTotals, args...).Query(func(rows pgx.Rows) (err error) {
		s.Platforms, err = pgx.CollectRows(rows, pgx.RowToStructByPos[PlatformTotal])
		return err
	})
	batch.Queue(sqlTopCodes, args...).Query(func(rows pgx.Rows) (err error) {
		s.TopCodes, err = pgx.CollectRows(rows, pgx.RowToStructByPos[CodeTotal])
		return err
	})
	batch.Queue(sqlTaskRows, args...).QueryRow(func(row pgx.Row) error { return row.Scan(&s.TaskRows) })
	if err := pool.SendBatch(ctx, batch); err != nil {
		return Summary{}, fmt.Errorf("summarize app %d: %w", sdkAppID, err)
	}
	return s, nil
}

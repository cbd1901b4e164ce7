package page

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
)

// The database sums pushes exactly. They are shown as float64, which no sum overflows and which is
// exact up to 2^53.

// The queries of figures have the arguments of a selection: $1 the app, $2 and $3 the first and the
// last day, $4 the task, $5 the stage, $6 the platform, $7 the code. They read day by day, so that
// the key finds the rows of the app or the task, however many tasks there are.
const (
	sqlDays = `
	generate_series(0, $3::date - $2::date) AS n (n)
	CROSS JOIN LATERAL (SELECT $2::date + n.n AS day) AS days`

	sqlStageFacts = `
	SELECT stage, err_count
	FROM analytics.app_stage_loss
	WHERE $4 = '' AND sdk_app_id = $1 AND day = days.day AND $5 IN ('', stage)
	UNION ALL
	SELECT stage, err_count
	FROM analytics.task_stage_loss
	WHERE $4 <> '' AND sdk_app_id = $1 AND day = days.day AND task_id = $4 AND $5 IN ('', stage)`

	sqlChannelFacts = `
	SELECT stage, platform_id, platform, err_code, err_meaning, what_to_do, err_count
	FROM analytics.app_platform_loss
	WHERE $4 = '' AND sdk_app_id = $1 AND day = days.day
		AND $5 IN ('', stage) AND $6 IN ('', platform) AND $7 IN ('', err_code)
	UNION ALL
	SELECT stage, platform_id, platform, err_code, err_meaning, what_to_do, err_count
	FROM analytics.task_platform_loss
	WHERE $4 <> '' AND sdk_app_id = $1 AND day = days.day AND task_id = $4
		AND $5 IN ('', stage) AND $6 IN ('', platform) AND $7 IN ('', err_code)`

	// sqlParts sums what rates need from rows of loss_rates. A rate is over the days that have both
	// of its figures, as on the dashboards.
	sqlParts = `
		CASE WHEN loss_rate IS NOT NULL THEN denominator END AS coded_of,
		CASE WHEN gap_rate IS NOT NULL THEN gap END AS gap,
		CASE WHEN gap_rate IS NOT NULL THEN denominator END AS gap_of`

	sqlChannelRates = `
	SELECT stage, platform_id, platform, ` + sqlParts + `
	FROM analytics.loss_rates
	WHERE grain = CASE WHEN $4 = '' THEN 'app_platform' ELSE 'task_platform' END
		AND sdk_app_id = $1 AND day = days.day AND task_id = $4 AND $5 IN ('', stage) AND $6 IN ('', platform)`
)

// figure is what was lost on a day at a stage, for all channels together or for one.
type figure struct {
	Day      calendar.Day
	Stage    string
	ID       int16
	Platform string
	tally
}

// tally is what was lost, with the numbers for its rates.
type tally struct {
	Lost float64
	// Coded of CodedOf pushes were lost with a code. Gap of GapOf pushes did not get through, for
	// any reason.
	Coded, CodedOf, Gap, GapOf float64
}

func (t *tally) add(other tally) {
	t.Lost += other.Lost
	t.Coded += other.Coded
	t.CodedOf += other.CodedOf
	t.Gap += other.Gap
	t.GapOf += other.GapOf
}

// sqlSums sums a day's facts and rates.
const sqlSums = `coalesce(sum(lost), 0)::float8, CASE WHEN count(coded_of) > 0 THEN coalesce(sum(lost), 0) ELSE 0 END::float8,
			coalesce(sum(coded_of), 0)::float8, coalesce(sum(gap), 0)::float8, coalesce(sum(gap_of), 0)::float8`

const sqlStageFigures = `
	SELECT days.day, f.*
	FROM ` + sqlDays + `
	CROSS JOIN LATERAL (
		SELECT stage, 0::smallint, '', ` + sqlSums + `
		FROM (
			SELECT stage, err_count AS lost, NULL::bigint AS coded_of, NULL::bigint AS gap, NULL::bigint AS gap_of
			FROM (` + sqlStageFacts + `) AS facts
			UNION ALL
			SELECT stage, NULL, ` + sqlParts + `
			FROM analytics.loss_rates
			WHERE grain = CASE WHEN $4 = '' THEN 'app_stage' ELSE 'task_stage' END
				AND sdk_app_id = $1 AND day = days.day AND task_id = $4 AND $5 IN ('', stage)
		) AS united
		WHERE $6 = '' AND $7 = ''
		GROUP BY stage
	) AS f
	ORDER BY days.day, f.stage`

const sqlChannelFigures = `
	SELECT days.day, f.*
	FROM ` + sqlDays + `
	CROSS JOIN LATERAL (
		SELECT stage, platform_id, platform, ` + sqlSums + `
		FROM (
			SELECT stage, platform_id, platform, err_count AS lost, NULL::bigint AS coded_of, NULL::bigint AS gap, NULL::bigint AS gap_of
			FROM (` + sqlChannelFacts + `) AS facts
			UNION ALL
			SELECT stage, platform_id, platform, NULL, coded_of, gap, gap_of
			FROM (` + sqlChannelRates + `) AS rates
		) AS united
		GROUP BY stage, platform_id, platform
	) AS f
	ORDER BY days.day, f.stage, f.platform_id, f.platform`

// readFigures reads the losses of each day at each stage, all channels together, which is the total
// everywhere. For a single channel or code, only the count by channel exists.
func readFigures(ctx context.Context, tx pgx.Tx, s selection) ([]figure, error) {
	query := sqlStageFigures
	if s.ByChannel() {
		query = sqlChannelFigures
	}
	return listFigures(ctx, tx, query, s)
}

// readChannels reads the losses of each day at each stage by channel. Their sum need not be equal
// to the total.
func readChannels(ctx context.Context, tx pgx.Tx, s selection) ([]figure, error) {
	return listFigures(ctx, tx, sqlChannelFigures, s)
}

func listFigures(ctx context.Context, tx pgx.Tx, query string, s selection) ([]figure, error) {
	figures, err := postgres.List(ctx, tx, func(row pgx.CollectableRow) (f figure, err error) {
		err = row.Scan(&f.Day, &f.Stage, &f.ID, &f.Platform, &f.Lost, &f.Coded, &f.CodedOf, &f.Gap, &f.GapOf)
		return f, err
	}, query, s.arguments()...)
	if err != nil {
		return nil, fmt.Errorf("read the losses: %w", err)
	}
	return figures, nil
}

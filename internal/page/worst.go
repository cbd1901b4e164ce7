package page

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
)

// taskLoss is what a task lost on all days, for all channels together or for the chosen one.
type taskLoss struct {
	ID, Label string
	Lost      float64
	Stages    []tally // in the order of the table's stages
}

// sqlTaskFacts are the losses of tasks on all days, for all channels together or by channel.
const sqlTaskFacts = `
	SELECT task_id, day, stage, err_count
	FROM analytics.task_stage_loss
	WHERE $6 = '' AND $7 = '' AND sdk_app_id = $1 AND day BETWEEN $2 AND $3 AND $4 IN ('', task_id) AND $5 IN ('', stage)
	UNION ALL
	SELECT task_id, day, stage, err_count
	FROM analytics.task_platform_loss
	WHERE ($6 <> '' OR $7 <> '') AND sdk_app_id = $1 AND day BETWEEN $2 AND $3 AND $4 IN ('', task_id)
		AND $5 IN ('', stage) AND $6 IN ('', platform) AND $7 IN ('', err_code)`

const sqlWorstTasks = `
	SELECT f.task_id, coalesce((SELECT t.label FROM analytics.tasks AS t WHERE t.sdk_app_id = $1 AND t.task_id = f.task_id), ''), f.lost::float8
	FROM (
		SELECT task_id, sum(err_count) AS lost
		FROM (` + sqlTaskFacts + `) AS facts
		GROUP BY task_id
		ORDER BY sum(err_count) DESC, task_id
		LIMIT $8
	) AS f
	ORDER BY f.lost DESC, f.task_id`

// sqlTaskTallies are the numbers for the rates of some tasks ($8), by stage.
const sqlTaskTallies = `
	SELECT task_id, stage, sum(lost)::float8, sum(coded)::float8, sum(coded_of)::float8, sum(gap)::float8, sum(gap_of)::float8
	FROM (
		SELECT task_id, day, stage, coalesce(sum(lost), 0) AS lost, CASE WHEN count(coded_of) > 0 THEN coalesce(sum(lost), 0) ELSE 0 END AS coded,
			coalesce(sum(coded_of), 0) AS coded_of, coalesce(sum(gap), 0) AS gap, coalesce(sum(gap_of), 0) AS gap_of
		FROM (
			SELECT task_id, day, stage, err_count AS lost, NULL::bigint AS coded_of, NULL::bigint AS gap, NULL::bigint AS gap_of
			FROM (` + sqlTaskFacts + `) AS facts
			WHERE task_id = ANY ($8)
			UNION ALL
			SELECT task_id, day, stage, NULL, ` + sqlParts + `
			FROM analytics.loss_rates
			WHERE grain = CASE WHEN $6 = '' AND $7 = '' THEN 'task_stage' ELSE 'task_platform' END
				AND sdk_app_id = $1 AND day BETWEEN $2 AND $3 AND task_id = ANY ($8) AND $5 IN ('', stage) AND ($6 = '' OR platform = $6)
		) AS united
		GROUP BY task_id, day, stage
	) AS daily
	GROUP BY task_id, stage`

// readWorstWithin returns the tasks that lost most, or late if that takes longer than the limit.
// The losses of all tasks on many days are a lot of rows; the rest of the page reads few.
func readWorstWithin(ctx context.Context, tx pgx.Tx, limit time.Duration, s selection, stages []stage, most int) (tasks []taskLoss, late bool, err error) {
	err = pgx.BeginFunc(ctx, tx, func(within pgx.Tx) error { // its settings end with the inner transaction
		if _, err := within.Exec(ctx, `SELECT set_config('statement_timeout', $1, true)`, fmt.Sprint(limit.Milliseconds())); err != nil {
			return fmt.Errorf("limit the time to read: %w", err)
		}
		tasks, err = readWorstTasks(ctx, within, s, stages, most)
		if err != nil {
			return err
		}
		_, err = within.Exec(ctx, `SELECT set_config('statement_timeout', $1, true)`, fmt.Sprint(statementTimeout.Milliseconds()))
		return err
	})
	if isTimeout(err) && ctx.Err() == nil {
		return nil, true, nil
	}
	return tasks, false, err
}

// readWorstTasks returns the tasks that lost most, the most first, most of them at most. It reads
// rates only for these tasks.
func readWorstTasks(ctx context.Context, tx pgx.Tx, s selection, stages []stage, most int) ([]taskLoss, error) {
	tasks, err := postgres.List(ctx, tx, func(row pgx.CollectableRow) (t taskLoss, err error) {
		t.Stages = make([]tally, len(stages))
		err = row.Scan(&t.ID, &t.Label, &t.Lost)
		return t, err
	}, sqlWorstTasks, append(s.arguments(), most)...)
	if err != nil || len(tasks) == 0 {
		return nil, worstError(err)
	}
	at := make(map[string]int)
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		at[t.ID], ids[i] = i, t.ID
	}
	rows, err := tx.Query(ctx, sqlTaskTallies, append(s.arguments(), ids)...)
	if err != nil {
		return nil, worstError(err)
	}
	var id, name string
	var t tally
	_, err = pgx.ForEachRow(rows, []any{&id, &name, &t.Lost, &t.Coded, &t.CodedOf, &t.Gap, &t.GapOf}, func() error {
		place := slices.IndexFunc(stages, func(one stage) bool { return one.Name == name })
		tasks[at[id]].Stages[place] = t
		return nil
	})
	return tasks, worstError(err)
}

func worstError(err error) error {
	if err != nil {
		return fmt.Errorf("read the tasks by loss: %w", err)
	}
	return nil
}

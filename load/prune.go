package load

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
)

// Retention has the times since which raw answers and records of runs are kept. The zero time keeps
// all of them.
type Retention struct{ Answers, Runs time.Time }

// PrunedDay is one day of an app whose answers are pruned: all of them or none, so that a
// day can be replayed either completely or not at all.
type PrunedDay struct {
	SDKAppID int64        `json:"sdk_app_id"`
	Day      calendar.Day `json:"day"`
	Pulls    int64        `json:"pulls"`
}

// Pruned is what a retention removes. Facts, changes, the ledger and records of pulls are never
// removed.
type Pruned struct {
	Days   []PrunedDay `json:"days"`
	Bodies int64       `json:"bodies"` // answers that no other day needs
	Bytes  int64       `json:"bytes"`  // their stored size
	Runs   int64       `json:"runs"`
}

const (
	// A load needs the answers that it found until it commits.
	sqlShareBodies = `SELECT pg_advisory_xact_lock_shared(hashtextextended('pushloss raw bodies', 0))`
	sqlOwnBodies   = `SELECT pg_advisory_xact_lock(hashtextextended('pushloss raw bodies', 0))`

	sqlPrunableDays = `
		SELECT sdk_app_id, day, count(*)
		FROM pushloss.pull
		WHERE raw_pruned_at IS NULL
		GROUP BY sdk_app_id, day
		HAVING max(loaded_at) < $1
		ORDER BY sdk_app_id, day`
	sqlPrunableBodies = `
		WITH due AS (
			SELECT sdk_app_id, day FROM pushloss.pull WHERE raw_pruned_at IS NULL
			GROUP BY sdk_app_id, day HAVING max(loaded_at) < $1
		), bodies AS (
			SELECT p.body_sha256 AS sha256, bool_and(due.day IS NOT NULL) AS free
			FROM pushloss.pull AS p LEFT JOIN due USING (sdk_app_id, day)
			WHERE p.raw_pruned_at IS NULL GROUP BY p.body_sha256
		)
		SELECT count(*), coalesce(sum(octet_length(b.body)), 0)::bigint
		FROM bodies JOIN pushloss.raw_body AS b USING (sha256) WHERE bodies.free`
	sqlPrunePulls = `
		UPDATE pushloss.pull SET raw_pruned_at = $4
		WHERE sdk_app_id = $1 AND day = $2 AND raw_pruned_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM pushloss.pull AS newer
				WHERE newer.sdk_app_id = $1 AND newer.day = $2 AND newer.loaded_at >= $3)
		RETURNING body_sha256`
	sqlPruneBodies = `
		DELETE FROM pushloss.raw_body AS b
		WHERE sha256 = ANY($1)
			AND NOT EXISTS (SELECT 1 FROM pushloss.pull AS p WHERE p.body_sha256 = b.sha256 AND p.raw_pruned_at IS NULL)
		RETURNING octet_length(body)`

	// Schedules and probes need the newest run of each kind and state.
	sqlPrunableRuns = `
		FROM pushloss.run AS r
		WHERE finished_at < $1 AND state <> 'running'
			AND EXISTS (SELECT 1 FROM pushloss.run AS newer
				WHERE newer.kind = r.kind AND newer.state = r.state AND newer.run_id > r.run_id)`
	sqlCountRuns = `SELECT count(*) ` + sqlPrunableRuns
	sqlPruneRuns = `DELETE ` + sqlPrunableRuns
)

// PlanPrune returns what Prune would remove now.
func (a Archive) PlanPrune(ctx context.Context, keep Retention) (Pruned, error) {
	var pruned Pruned
	var err error
	if pruned.Days, err = a.prunableDays(ctx, keep); err != nil {
		return pruned, err
	}
	if len(pruned.Days) > 0 {
		if err := a.db.pool.QueryRow(ctx, sqlPrunableBodies, keep.Answers).Scan(&pruned.Bodies, &pruned.Bytes); err != nil {
			return pruned, fmt.Errorf("read what can be pruned: %w", err)
		}
	}
	if !keep.Runs.IsZero() {
		if err := a.db.pool.QueryRow(ctx, sqlCountRuns, keep.Runs).Scan(&pruned.Runs); err != nil {
			return pruned, fmt.Errorf("read which runs can be pruned: %w", err)
		}
	}
	return pruned, nil
}

func (a Archive) prunableDays(ctx context.Context, keep Retention) ([]PrunedDay, error) {
	if keep.Answers.IsZero() {
		return []PrunedDay{}, nil
	}
	days, err := postgres.List(ctx, a.db.pool, pgx.RowToStructByPos[PrunedDay], sqlPrunableDays, keep.Answers)
	if err != nil {
		return nil, fmt.Errorf("read which days can be pruned: %w", err)
	}
	return days, nil
}

// Prune removes raw answers and records of runs that are older than the retention. Each transaction
// removes the answers of a day. So Prune can be stopped at any time, and loads wait for one day at
// most. The records of pulls stay, marked as pruned.
func (a Archive) Prune(ctx context.Context, keep Retention, now time.Time) (Pruned, error) {
	pruned := Pruned{Days: []PrunedDay{}}
	days, err := a.prunableDays(ctx, keep)
	if err != nil {
		return pruned, err
	}
	for _, d := range days {
		var sizes []int64
		d.Pulls = 0
		err := pgx.BeginFunc(ctx, a.db.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, sqlOwnBodies); err != nil {
				return err
			}
			digests, err := postgres.List(ctx, tx, pgx.RowTo[[]byte], sqlPrunePulls, d.SDKAppID, d.Day.UTC(), keep.Answers, now)
			if err != nil {
				return err
			}
			d.Pulls = int64(len(digests))
			sizes, err = postgres.List(ctx, tx, pgx.RowTo[int64], sqlPruneBodies, digests)
			return err
		})
		if err != nil {
			return pruned, fmt.Errorf("prune the answers of %s of app %d: %w", d.Day, d.SDKAppID, err)
		}
		if d.Pulls == 0 {
			continue // pulled again meanwhile
		}
		pruned.Days = append(pruned.Days, d)
		pruned.Bodies += int64(len(sizes))
		for _, size := range sizes {
			pruned.Bytes += size
		}
	}
	if !keep.Runs.IsZero() {
		tag, err := a.db.pool.Exec(ctx, sqlPruneRuns, keep.Runs)
		if err != nil {
			return pruned, fmt.Errorf("prune runs: %w", err)
		}
		pruned.Runs = tag.RowsAffected()
	}
	return pruned, nil
}

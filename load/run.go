package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pushloss/internal/postgres"
)

// RunState is the state of a run.
type RunState string

// The states of a run.
const (
	RunRunning     RunState = "running"
	RunDone        RunState = "done"
	RunPartial     RunState = "partial"     // some windows failed or rows were rejected
	RunFailed      RunState = "failed"      // an app or the database stopped it
	RunInterrupted RunState = "interrupted" // by a signal
	RunAbandoned   RunState = "abandoned"   // its process died, or could not record its end
	RunSkipped     RunState = "skipped"     // other processes worked on all apps
)

// RunTotals is what a run did.
type RunTotals struct {
	Requests, Retries, Windows, Rejects int64
	Rows                                Changes
}

// Run is one execution of a job.
type Run struct {
	ID         int64
	Kind       string
	StartedAt  time.Time
	FinishedAt *time.Time
	State      RunState
	Error      *string
}

// Runs are the records of runs.
type Runs struct{ db *DB }

const (
	sqlInsertRun = `
		INSERT INTO pushloss.run (kind, started_at, state)
		VALUES ($1, $2, 'running') RETURNING run_id`
	sqlLockRun     = `SELECT pg_advisory_lock(hashtextextended('pushloss run ' || $1::bigint, 0))`
	sqlRunningRuns = `SELECT run_id FROM pushloss.run WHERE state = 'running' ORDER BY run_id`
	// The lock of this run is free, so its process has ended. Its pulls show what it did.
	sqlAbandonRun = `
		UPDATE pushloss.run AS r SET
			state = 'abandoned', finished_at = greatest(p.last, r.started_at), error = 'its process died, or could not reach the database at its end',
			requests = p.requests, windows = p.windows, rejects = p.rejects,
			rows_inserted = p.inserted, rows_updated = p.updated,
			rows_deleted = p.deleted, rows_unchanged = p.unchanged
		FROM (
			SELECT count(*) AS requests, coalesce(sum(greatest(cardinality(task_ids), 1)), 0) AS windows,
				coalesce(sum(rows_rejected), 0) AS rejects, coalesce(sum(rows_inserted), 0) AS inserted,
				coalesce(sum(rows_updated), 0) AS updated, coalesce(sum(rows_deleted), 0) AS deleted,
				coalesce(sum(rows_unchanged), 0) AS unchanged, max(loaded_at) AS last
			FROM pushloss.pull WHERE run_id = $1
		) AS p
		WHERE r.run_id = $1 AND r.state = 'running'
			AND pg_try_advisory_xact_lock(hashtextextended('pushloss run ' || $1::bigint, 0))`
	sqlFinishRun = `
		UPDATE pushloss.run SET finished_at = $2, state = $3, error = $4,
			requests = $5, retries = $6, windows = $7, rejects = $8,
			rows_inserted = $9, rows_updated = $10, rows_deleted = $11, rows_unchanged = $12
		WHERE run_id = $1`
	sqlLastRun = `
		SELECT run_id, kind, started_at, finished_at, state, error
		FROM pushloss.run
		WHERE kind = $1 AND state = ANY($2::text[])
		ORDER BY run_id DESC LIMIT 1`
	sqlFirstStarted = `SELECT min(started_at) FROM pushloss.run WHERE kind = $1`
	sqlBrokenOff    = `
		SELECT EXISTS (
			SELECT 1 FROM pushloss.run AS r
			WHERE kind = $1 AND state IN ('abandoned', 'interrupted') AND NOT EXISTS (
				SELECT 1 FROM pushloss.run AS later
				WHERE later.kind = $1 AND later.state = ANY($2::text[]) AND later.run_id > r.run_id
					AND later.started_at >= coalesce(r.finished_at, r.started_at)))`
)

// StartRun records the start of a run, and marks runs whose process died as abandoned. The lock on
// the session's connection shows others that this run is alive.
func (s *Session) StartRun(ctx context.Context, kind string, now time.Time) (int64, error) {
	var id int64
	err := s.do(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		if err := markAbandoned(ctx, conn); err != nil {
			return err
		}
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if err := tx.QueryRow(ctx, sqlInsertRun, kind, now).Scan(&id); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, sqlLockRun, id)
			return err
		})
	})
	if err != nil {
		return 0, fmt.Errorf("record the run's start: %w", err)
	}
	return id, nil
}

func markAbandoned(ctx context.Context, conn *pgx.Conn) error {
	running, err := postgres.List(ctx, conn, pgx.RowTo[int64], sqlRunningRuns)
	if err != nil {
		return err
	}
	for _, id := range running {
		if _, err := conn.Exec(ctx, sqlAbandonRun, id); err != nil {
			return err
		}
	}
	return nil
}

// Finish records how a run ended. It uses a connection of the pool, so that it also
// works after the session broke.
func (r Runs) Finish(ctx context.Context, id int64, state RunState, totals RunTotals, problem string, now time.Time) error {
	var text *string
	if problem != "" {
		problem = postgres.Storable(problem)
		text = &problem
	}
	err := r.db.pool.ExecAgain(ctx, sqlFinishRun, id, now, state, text,
		totals.Requests, totals.Retries, totals.Windows, totals.Rejects,
		totals.Rows.Inserted, totals.Rows.Updated, totals.Rows.Deleted, totals.Rows.Unchanged)
	if err != nil {
		return fmt.Errorf("record the end of run %d: %w", id, err)
	}
	return nil
}

// Last returns the newest run of a kind in one of the states; found is false if there
// is none.
func (r Runs) Last(ctx context.Context, kind string, states ...RunState) (run Run, found bool, err error) {
	rows, err := r.db.pool.Query(ctx, sqlLastRun, kind, states)
	if err != nil {
		return run, false, fmt.Errorf("read the last run: %w", err)
	}
	run, err = pgx.CollectOneRow(rows, pgx.RowToStructByPos[Run])
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return run, false, nil
	case err != nil:
		return run, false, fmt.Errorf("read the last run: %w", err)
	}
	return run, true, nil
}

// FirstStarted returns when the oldest run of a kind began; the zero time if there is
// none.
func (r Runs) FirstStarted(ctx context.Context, kind string) (time.Time, error) {
	var first *time.Time
	if err := r.db.pool.QueryRow(ctx, sqlFirstStarted, kind).Scan(&first); err != nil {
		return time.Time{}, fmt.Errorf("read the first run: %w", err)
	}
	if first == nil {
		return time.Time{}, nil
	}
	return *first, nil
}

// BrokenOff reports whether a run of a kind broke off, possibly before an app that other runs left
// to it, and no later run ended in one of the states.
func (r Runs) BrokenOff(ctx context.Context, kind string, states ...RunState) (bool, error) {
	var brokenOff bool
	err := r.db.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		if err := markAbandoned(ctx, conn.Conn()); err != nil {
			return err
		}
		return conn.QueryRow(ctx, sqlBrokenOff, kind, states).Scan(&brokenOff)
	})
	if err != nil {
		return false, fmt.Errorf("look for runs that broke off: %w", err)
	}
	return brokenOff, nil
}

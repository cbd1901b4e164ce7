package page

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
	"pushloss/load"
)

// run is an execution of a job, over all apps.
type run struct {
	ID       int64
	Kind     string
	State    string
	Started  time.Time
	Finished *time.Time
	Requests int64
	Windows  int64
	Changed  int64 // rows inserted, updated and deleted
	Rejects  int64
	Error    string
}

// Ended is the name of the text of the state.
func (r run) Ended() string {
	switch load.RunState(r.State) {
	case load.RunRunning:
		return "ended.running"
	case load.RunDone:
		return "ended.done"
	case load.RunPartial:
		return "ended.partial"
	case load.RunFailed:
		return "ended.failed"
	case load.RunInterrupted:
		return "ended.interrupted"
	}
	return r.State
}

// Took is how long the run lasted; empty while it runs.
func (r run) Took() string {
	if r.Finished == nil {
		return ""
	}
	return r.Finished.Sub(r.Started).Round(100 * time.Millisecond).String()
}

const maxRuns = 5

const sqlRuns = `
	SELECT run_id, kind, state, started_at, finished_at, requests, windows,
		rows_inserted + rows_updated + rows_deleted, rejects, coalesce(error, '')
	FROM analytics.runs
	ORDER BY run_id DESC
	LIMIT $1`

// readRuns returns the last runs, the newest first.
func readRuns(ctx context.Context, tx pgx.Tx) ([]run, error) {
	runs, err := postgres.List(ctx, tx, pgx.RowToStructByPos[run], sqlRuns, maxRuns)
	if err != nil {
		return nil, fmt.Errorf("read the runs: %w", err)
	}
	return runs, nil
}

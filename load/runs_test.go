package load_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/localpg/pgtest"
	"pushloss/load"
)

func TestARunFromItsStartToItsEnd(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	const runs = `
		SELECT kind, (started_at AT TIME ZONE 'UTC')::text, (finished_at AT TIME ZONE 'UTC')::text, state, requests, retries,
			windows, rows_inserted, rows_updated, rows_deleted, rows_unchanged, rejects, error
		FROM analytics.runs`
	equal(t, "started", []string{"run 2025-03-10 03:00:00 <nil> running 0 0 0 0 0 0 0 0 <nil>"}, f.rows(runs))
	totals := load.RunTotals{
		Requests: 1, Retries: 2, Windows: 3, Rejects: 4, Rows: load.Changes{Inserted: 5, Updated: 6, Deleted: 7, Unchanged: 8},
	}
	must(t, f.db.Runs.Finish(ctx, f.run, load.RunInterrupted, totals, "stopped by \x00 and \xff", loadedAt.Add(time.Minute)))
	equal(t, "finished", []string{"run 2025-03-10 03:00:00 2025-03-10 03:01:00 interrupted 1 2 3 5 6 7 8 4 stopped by \ufffd and \ufffd"}, f.rows(runs))
	must(t, f.db.Runs.Finish(ctx, f.run, load.RunDone, totals, "", loadedAt))
	equal(t, "without a problem", []string{"done <nil>"}, f.rows(`SELECT state, error FROM analytics.runs`))
}

// A run that could not record its end, because its lock connection broke, records it later. Its own
// record replaces what others concluded.
func TestARunThatWasTakenForDeadRecordsItsEnd(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.terminateLockHolder()
	next, work := openSession(t, open(t, f.url), "next")
	_, err := next.StartRun(work, "run", loadedAt)
	must(t, err)
	const state = `SELECT state, windows, error FROM analytics.runs WHERE run_id = $1`
	equal(t, "before it speaks", []string{"abandoned 0 its process died, or could not reach the database at its end"}, f.rows(state, f.run))
	must(t, f.db.Runs.Finish(t.Context(), f.run, load.RunFailed, load.RunTotals{Windows: 2}, "the lock was lost", loadedAt))
	equal(t, "after it", []string{"failed 2 the lock was lost"}, f.rows(state, f.run))
}

// The next run starts no matter how many died before, and they are marked once.
func TestAbandonedRunsAreMarkedOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	db := open(t, f.url)
	for range 3 {
		session, work, err := db.OpenSession(t.Context(), "short-lived")
		must(t, err)
		_, err = session.StartRun(work, "backfill", loadedAt)
		must(t, err)
		session.Close() // without Finish
	}
	f.eventually("the server to let go of the locks", `
		SELECT 1 WHERE 2 = (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`)
	session, work := openSession(t, db, "next")
	_, err := session.StartRun(work, "run", loadedAt)
	must(t, err)
	equal(t, "runs", []string{"running", "abandoned", "abandoned", "abandoned", "running"},
		f.rows(`SELECT state FROM analytics.runs ORDER BY run_id`))
	f.exec(`UPDATE pushloss.run SET error = 'seen' WHERE state = 'abandoned'`)
	another, work := openSession(t, db, "another")
	_, err = another.StartRun(work, "run", loadedAt)
	must(t, err)
	equal(t, "marked again", []string{"0"}, f.rows(`SELECT count(*) FROM analytics.runs WHERE error LIKE 'its process died%'`))
}

func TestTheLastRunIsTheNewestInOneOfTheStates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	_, found, err := f.db.Runs.Last(ctx, "run", load.RunDone)
	must(t, err)
	equal(t, "none that is done", false, found)

	ids := map[load.RunState]int64{load.RunRunning: f.run}
	session, work := openSession(t, f.db, "more runs")
	for i, state := range []load.RunState{load.RunDone, load.RunPartial, load.RunFailed} {
		id, err := session.StartRun(work, "run", loadedAt)
		must(t, err)
		ids[state] = id
		must(t, f.db.Runs.Finish(ctx, id, state, load.RunTotals{}, "why", loadedAt.Add(time.Duration(i)*time.Hour)))
	}
	_, err = session.StartRun(work, "backfill", loadedAt)
	must(t, err)
	tests := []struct {
		states []load.RunState
		want   load.RunState
	}{
		{[]load.RunState{load.RunDone, load.RunPartial}, load.RunPartial},
		{[]load.RunState{load.RunDone}, load.RunDone},
		{[]load.RunState{load.RunDone, load.RunPartial, load.RunFailed}, load.RunFailed},
	}
	for _, test := range tests {
		run, found, err := f.db.Runs.Last(ctx, "run", test.states...)
		must(t, err)
		equal(t, "found", true, found)
		equal(t, string(test.want), ids[test.want], run.ID)
		equal(t, "state", test.want, run.State)
		equal(t, "error", ptr("why"), run.Error)
		equal(t, "start", true, run.StartedAt.Equal(loadedAt))
		if run.FinishedAt == nil || run.FinishedAt.Before(loadedAt) {
			t.Errorf("finished at %v", run.FinishedAt)
		}
	}
	_, found, err = f.db.Runs.Last(ctx, "backfill", load.RunDone)
	must(t, err)
	equal(t, "of another kind", false, found)
}

// K3: what other processes did meanwhile does not complete the run of a dead replica.
func TestARunIsBrokenOffUntilALaterOneMakesUpForIt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		runs string // VALUES of (kind, start, end, state), in hours
		want bool
	}{
		{"no run at all", `('backfill', 1, 2, 'abandoned')`, false},
		{"only whole ones", `('run', 1, 2, 'done'), ('run', 3, 4, 'partial')`, false},
		{"abandoned, and nothing since", `('run', 1, 2, 'done'), ('run', 3, 4, 'abandoned')`, true},
		{"interrupted, and nothing since", `('run', 1, 2, 'done'), ('run', 3, 4, 'interrupted')`, true},
		{"another one beside it", `('run', 1, 4, 'abandoned'), ('run', 1, 2, 'done')`, true},
		{"another one after it", `('run', 1, 4, 'abandoned'), ('run', 5, 6, 'failed')`, false},
		{"one after it that did nothing", `('run', 1, 4, 'abandoned'), ('run', 5, 6, 'skipped')`, true},
		{"its process is gone, which was not recorded", `('run', 1, 2, 'done'), ('run', 3, NULL, 'running')`, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			db := open(t, url)
			conn, err := pgx.Connect(t.Context(), url)
			must(t, err)
			defer conn.Close(t.Context())
			_, err = conn.Exec(t.Context(), `
				INSERT INTO pushloss.run (kind, started_at, finished_at, state)
				SELECT kind, timestamptz '2025-03-10' + start * interval '1 hour', timestamptz '2025-03-10' + finish * interval '1 hour', state
				FROM (VALUES `+test.runs+`) AS v (kind, start, finish, state)`)
			must(t, err)
			got, err := db.Runs.BrokenOff(t.Context(), "run", load.RunDone, load.RunPartial, load.RunFailed)
			must(t, err)
			if got != test.want {
				t.Errorf("broken off: %t", got)
			}
		})
	}
}

func TestARunningRunIsNotBrokenOff(t *testing.T) {
	t.Parallel()
	f := setup(t)
	got, err := f.db.Runs.BrokenOff(t.Context(), "run", load.RunDone)
	must(t, err)
	if got {
		t.Error("it is reported as broken off")
	}
	equal(t, "it runs", []string{"running"}, f.rows(`SELECT state FROM analytics.runs`))
}

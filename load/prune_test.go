package load_test

import (
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// bodies are the days of the pulls whose answers are still there.
func (f *fixture) bodies() []string {
	f.t.Helper()
	return f.rows(`SELECT DISTINCT p.day::text FROM pushloss.pull AS p JOIN pushloss.raw_body AS b ON b.sha256 = p.body_sha256
		WHERE p.raw_pruned_at IS NULL ORDER BY 1`)
}

func TestTheAnswersOfADayGoTogetherOnceAllAreOld(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(testApp)
	old, recent := loadedAt, loadedAt.AddDate(0, 0, 10)
	f.load(f.answer(march, lossOfA("1"), true, f.taskA), old)
	f.load(f.answer(march, lossOfA("2"), true, f.taskA), old.Add(time.Hour))
	f.load(f.answer(march+1, lossOfA("3"), true, f.taskA), old)
	f.load(f.answer(march+1, lossOfA("4"), true, f.taskA), recent) // keeps both of its day
	f.load(f.answer(march+2, lossOfA("1"), true, f.taskA), recent) // and so does an equal answer of another day
	keep := load.Retention{Answers: old.AddDate(0, 0, 5)}

	planned, err := f.db.Archive.PlanPrune(t.Context(), keep)
	must(t, err)
	equal(t, "nothing went by planning", []string{"4"}, f.rows(`SELECT count(*) FROM pushloss.raw_body`))
	before := append(append(f.tables(march), f.tables(march+1)...), f.tables(march+2)...)
	pruned, err := f.db.Archive.Prune(t.Context(), keep, recent)
	must(t, err)
	equal(t, "the plan is what was done", planned, pruned)
	equal(t, "days", []load.PrunedDay{{SDKAppID: testApp, Day: march, Pulls: 2}}, pruned.Days)
	if pruned.Bodies != 1 || pruned.Bytes == 0 {
		t.Errorf("pruned %+v, want the answer that no other day needs", pruned)
	}
	equal(t, "answers of", []string{(march + 1).String(), (march + 2).String()}, f.bodies())
	equal(t, "pulls stay", []string{"5"}, f.rows(`SELECT count(*) FROM pushloss.pull`))
	equal(t, "facts, changes and ledger stay", before, append(append(f.tables(march), f.tables(march+1)...), f.tables(march+2)...))

	checked, differences := f.verify(load.Selection{})
	equal(t, "differences", []load.Difference(nil), differences)
	equal(t, "windows beyond the archive", 1, checked.BeyondArchive)
	again, err := f.db.Archive.Prune(t.Context(), keep, recent)
	must(t, err)
	equal(t, "pruning again", load.Pruned{Days: []load.PrunedDay{}}, again)

	// After another pull the day has answers again, but not its first ones.
	f.load(f.answer(march, lossOfA("9"), true, f.taskA), recent)
	checked, differences = f.verify(load.Selection{})
	equal(t, "differences", []load.Difference(nil), differences)
	equal(t, "windows beyond the archive", 1, checked.BeyondArchive)
	facts := f.tables(march)
	equal(t, "windows not replayed", 1, f.replay(load.Selection{}).BeyondArchive)
	equal(t, "facts of the pruned day", facts, f.tables(march))

	// The ledger shows that a row of that day is lost, and nothing can repair it.
	_, err = f.conn.Exec(t.Context(), `DELETE FROM pushloss.stage_loss WHERE day = $1`, march.UTC())
	must(t, err)
	_, differences = f.verify(load.Selection{})
	equal(t, "a lost row", []string{"archive: the ledger counts 1 row, the tables have 0, and the answers were pruned"}, reasons(differences))
	equal(t, "windows that replay leaves as they are", 1, f.replay(load.Selection{}).BeyondArchive)
	pruned, err = f.db.Archive.Prune(t.Context(), load.Retention{Answers: recent.AddDate(1, 0, 0)}, recent.AddDate(1, 0, 0))
	must(t, err)
	equal(t, "days at last", 3, len(pruned.Days))
	equal(t, "answers at last", []string(nil), f.bodies())
	equal(t, "bodies at last", []string{"0"}, f.rows(`SELECT count(*) FROM pushloss.raw_body`))
}

func reasons(differences []load.Difference) (texts []string) {
	for _, d := range differences {
		texts = append(texts, d.Of+": "+d.Archived)
	}
	return texts
}

func TestTheNewestRunsOfEachKindAndStateStay(t *testing.T) {
	t.Parallel()
	f := setup(t) // with a run that is running
	old := loadedAt.AddDate(0, 0, -10)
	for _, r := range []struct{ kind, state string }{
		{"run", "done"}, {"run", "failed"}, {"run", "done"}, {"backfill", "done"}, {"run", "done"}, {"run", "abandoned"},
	} {
		_, err := f.conn.Exec(t.Context(), `INSERT INTO pushloss.run (kind, state, started_at, finished_at) VALUES ($1, $2, $3, $3)`, r.kind, r.state, old)
		must(t, err)
	}
	_, err := f.conn.Exec(t.Context(), `UPDATE pushloss.run SET started_at = $1`, old)
	must(t, err)
	keep := load.Retention{Runs: loadedAt}
	planned, err := f.db.Archive.PlanPrune(t.Context(), keep)
	must(t, err)
	pruned, err := f.db.Archive.Prune(t.Context(), keep, loadedAt)
	must(t, err)
	equal(t, "planned", int64(2), planned.Runs)
	equal(t, "pruned", int64(2), pruned.Runs)
	equal(t, "runs", []string{"backfill done", "run abandoned", "run done", "run failed", "run running"},
		f.rows(`SELECT kind, state FROM pushloss.run ORDER BY 1, 2`))
}

func TestWithoutARetentionEverythingIsKept(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.load(f.answer(march, lossOfA("1"), true, f.taskA), loadedAt)
	for _, prune := range []func() (load.Pruned, error){
		func() (load.Pruned, error) { return f.db.Archive.PlanPrune(t.Context(), load.Retention{}) },
		func() (load.Pruned, error) {
			return f.db.Archive.Prune(t.Context(), load.Retention{}, loadedAt.AddDate(50, 0, 0))
		},
	} {
		pruned, err := prune()
		must(t, err)
		equal(t, "pruned", load.Pruned{Days: []load.PrunedDay{}}, pruned)
	}
	equal(t, "answers of", []string{march.String()}, f.bodies())
}

// waitsForLock polls until some session waits for an advisory lock.
func (f *fixture) waitsForLock() {
	f.t.Helper()
	f.eventually("a session that waits for a lock", `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
}

const (
	bodiesShared = `SELECT pg_advisory_xact_lock_shared(hashtextextended('pushloss raw bodies', 0))`
	bodiesOwned  = `SELECT pg_advisory_xact_lock(hashtextextended('pushloss raw bodies', 0))`
)

// A load that found its answer archived commits a pull that needs it, whatever is
// pruned beside it.
func TestAnAnswerThatALoadReliesOnIsNotPruned(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.load(f.answer(march, lossOfA("1"), true, f.taskA), loadedAt)
	// As Load does between finding the answer and its commit:
	tx, err := f.conn.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), bodiesShared)
	must(t, err)
	ended := make(chan error, 1)
	go func() {
		_, err := f.db.Archive.Prune(t.Context(), load.Retention{Answers: loadedAt.AddDate(0, 0, 5)}, loadedAt)
		ended <- err
	}()
	f.waitsForLock()
	_, err = tx.Exec(t.Context(), `
		INSERT INTO pushloss.pull (sdk_app_id, run_id, day, window_start, window_end, task_ids, sent_at, loaded_at, body_sha256, trusted,
			rows_in, rows_inserted, rows_updated, rows_deleted, rows_unchanged, rows_merged, rows_rejected, rows_ignored)
		SELECT sdk_app_id, run_id, day + 1, window_start, window_end, task_ids, sent_at, loaded_at + interval '10 days', body_sha256, trusted,
			rows_in, rows_inserted, rows_updated, rows_deleted, rows_unchanged, rows_merged, rows_rejected, rows_ignored FROM pushloss.pull`)
	must(t, err)
	must(t, tx.Commit(t.Context()))
	must(t, <-ended)
	equal(t, "answers of", []string{(march + calendar.Day(1)).String()}, f.bodies())
}

// A load waits for a concurrent pruning, and archives again what the pruning removed.
func TestALoadArchivesAgainWhatAConcurrentPruningRemoves(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.load(f.answer(march, lossOfA("1"), true, f.taskA), loadedAt)
	tx, err := f.conn.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), bodiesOwned)
	must(t, err)
	ended := make(chan error, 1)
	again := f.answer(march+1, lossOfA("1"), true, f.taskA)
	go func() {
		_, err := f.lock.Load(t.Context(), again, loadedAt)
		ended <- err
	}()
	f.waitsForLock() // on the same connection, inside its transaction
	_, err = tx.Exec(t.Context(), `UPDATE pushloss.pull SET raw_pruned_at = now()`)
	must(t, err)
	_, err = tx.Exec(t.Context(), `DELETE FROM pushloss.raw_body`)
	must(t, err)
	must(t, tx.Commit(t.Context()))
	must(t, <-ended)
	equal(t, "answers of", []string{(march + calendar.Day(1)).String()}, f.bodies())
}

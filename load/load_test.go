package load_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"

	"pushloss/internal/localpg/pgtest"
	"pushloss/load"
	"pushloss/transform"
)

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestASnapshotIsStoredAsItCame(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.load(f.pull(
		transform.Snapshot{
			TaskID: "a",
			Facts:  []transform.Fact{stageFact("-1", 1<<40, "推送 😀 'quoted' \\back\\"), platformFact(2, "410", 7), platformFact(42, "410", 8)},
		},
		transform.Snapshot{TaskID: "b"},
	), loadedAt)
	equal(t, "T9 facts", []string{
		"a post_send_delivered offline Xiaomi 410 info 7",
		"a post_send_delivered offline unknown (42) 410 info 8",
		"a ready_to_send - - -1 推送 😀 'quoted' \\back\\ 1099511627776",
	}, f.facts())
	equal(t, "ledger", []string{"a loaded 3 1", "b empty 0 1"}, f.states())
	equal(t, "first loads are not changes", []string(nil), f.changes())
}

// states are the ledger's windows with their rows and pulls.
func (f *fixture) states() []string {
	f.t.Helper()
	return f.rows(`SELECT task_id, state, row_count, pulls FROM analytics.stream_coverage WHERE stream = 'loss' AND pulls > 0 ORDER BY task_id`)
}

func (f *fixture) changes() []string {
	f.t.Helper()
	return f.rows(`
		SELECT task_id, coalesce(platform, '-'), err_code, old_count, new_count, old_err_info, new_err_info, run_id
		FROM analytics.loss_changes ORDER BY task_id, platform NULLS FIRST, err_code, changed_at`)
}

func TestT4AnUnchangedReloadWritesNoFact(t *testing.T) {
	t.Parallel()
	f := setup(t)
	pull := f.pull(transform.Snapshot{
		TaskID: "a",
		Facts:  []transform.Fact{stageFact("-1", 5, ""), stageFact("-2", 6, ""), platformFact(1, "1", 2)},
	}, transform.Snapshot{TaskID: "b"})
	const versions = `
		SELECT xmin::text, ctid::text, updated_at::text FROM pushloss.stage_loss
		UNION ALL SELECT xmin::text, ctid::text, updated_at::text FROM pushloss.platform_loss ORDER BY 1, 2`
	equal(t, "T1 first load", load.Changes{Inserted: 3}, f.load(pull, loadedAt).Rows)
	before := f.rows(versions)
	equal(t, "T1 same batch again", load.Changes{Unchanged: 3}, f.load(pull, loadedAt.Add(time.Hour)).Rows)
	equal(t, "row versions", before, f.rows(versions))
	equal(t, "changes", []string(nil), f.changes())
	equal(t, "pulls", []string{"a loaded 3 2", "b empty 0 2"}, f.states())
	equal(t, "equal bodies are kept once", []string{"1 2"},
		f.rows(`SELECT (SELECT count(*) FROM pushloss.raw_body), (SELECT count(*) FROM pushloss.pull)`))
}

func TestT5AndT6ARestatedDayEqualsTheNewAnswerAndLeavesItsHistory(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.load(f.pull(transform.Snapshot{
		TaskID: "a",
		Facts:  []transform.Fact{stageFact("gone", 1, "x"), stageFact("grown", 2, "x"), stageFact("same", 3, "x"), stageFact("text", 4, "old"), platformFact(1, "1", 10)},
	}, transform.Snapshot{TaskID: "b", Facts: []transform.Fact{stageFact("kept", 9, "")}}), loadedAt)
	later := loadedAt.Add(24 * time.Hour)
	outcome := f.load(f.pull(transform.Snapshot{
		TaskID: "a",
		Facts:  []transform.Fact{stageFact("come", 7, "y"), stageFact("grown", 20, "x"), stageFact("same", 3, "x"), stageFact("text", 4, "new"), platformFact(2, "1", 10)},
	}), later)
	equal(t, "counts", load.Changes{Inserted: 2, Updated: 2, Deleted: 2, Unchanged: 1}, outcome.Rows)
	equal(t, "facts", []string{
		"a post_send_delivered offline Xiaomi 1 info 10",
		"a ready_to_send - - come y 7",
		"a ready_to_send - - grown x 20",
		"a ready_to_send - - same x 3",
		"a ready_to_send - - text new 4",
		"b ready_to_send - - kept  9",
	}, f.facts())
	run := fmt.Sprint(f.run)
	equal(t, "history", []string{
		"a - come <nil> 7 <nil> y " + run,
		"a - gone 1 <nil> x <nil> " + run,
		"a - grown 2 20 x x " + run,
		"a - text 4 4 old new " + run,
		"a Apple APNs 1 10 <nil> info <nil> " + run,
		"a Xiaomi 1 <nil> 10 <nil> info " + run,
	}, f.changes())
	equal(t, "changed_at", []string{"true"}, f.rows(`SELECT DISTINCT changed_at = $1 FROM analytics.loss_changes`, later))
	equal(t, "the absent task keeps its facts", []string{"a loaded 5 2", "b absent 1 2"}, f.states())
}

func TestT6WhatKeepsAndWhatRemovesStoredFacts(t *testing.T) {
	t.Parallel()
	empty := transform.Snapshot{TaskID: "a"}
	tests := []struct {
		name    string
		answer  func(f *fixture) load.Pull
		kept    bool
		state   string
		settled bool
	}{
		{"a trusted empty answer removes them", func(f *fixture) load.Pull { return f.pull(empty) }, false, "empty", false},
		{"an empty answer beyond the API's memory keeps them, final", func(f *fixture) load.Pull {
			pull := f.pull(empty)
			pull.Trusted = false
			return pull
		}, true, "loaded", true},
		{"an absent task keeps them", func(f *fixture) load.Pull { return f.pull() }, true, "absent", false},
		{"an unreadable task keeps them", func(f *fixture) load.Pull {
			pull := f.pull()
			pull.Result.Absent = []string{"b"}
			pull.Result.Unreadable = []transform.Unreadable{{TaskID: "a", Reason: "odd"}}
			return pull
		}, true, "failed", false},
		{"an answer of only rejects keeps them", func(f *fixture) load.Pull {
			pull := f.pull(empty)
			pull.Result.Rejects = []transform.Reject{{TaskID: "a", Array: "ReadyToSendLoss", JSON: "{}", Reason: "odd", Rows: 1}}
			return pull
		}, true, "failed", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.load(f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("-1", 5, "")}}), loadedAt)
			f.load(test.answer(f), loadedAt.Add(time.Hour))
			equal(t, "facts kept", test.kept, len(f.facts()) == 1)
			equal(t, "ledger", []string{fmt.Sprint(test.state, " ", test.settled)},
				f.rows(`SELECT state, settled FROM analytics.stream_coverage WHERE stream = 'loss' AND task_id = 'a' AND pulls > 0`))
		})
	}
}

func TestTheLedgerRecordsAFailureAndFactsStay(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.load(f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("-1", 5, "")}}), loadedAt)
	tasks := []load.TaskRef{f.taskA, f.taskB}
	f.fails(load.Failure{Day: march, Tasks: tasks, Reason: "no answer"})
	equal(t, "failed", []string{"a failed false <nil> no answer", "b failed false <nil> no answer"}, f.rows(
		`SELECT task_id, state, settled, settled_reason, last_error FROM analytics.stream_coverage WHERE stream = 'loss' AND pulls > 0 ORDER BY 1`))
	if n := f.fails(load.Failure{Day: march, Tasks: tasks, Reason: "too old", Unavailable: true}); n != 1 {
		t.Errorf("%d windows are unproven, want b's", n)
	}
	equal(t, "a was loaded in time", []string{"a loaded true api_memory too old 3", "b unavailable true api_memory too old 3"}, f.rows(
		`SELECT task_id, state, settled, settled_reason, last_error, pulls FROM analytics.stream_coverage WHERE stream = 'loss' AND pulls > 0 ORDER BY 1`))
	f.fails(load.Failure{Day: march, Tasks: tasks[:1], Reason: "no answer"})
	equal(t, "final stays final", []string{"loaded true api_memory no answer 4"}, f.rows(
		`SELECT state, settled, settled_reason, last_error, pulls FROM analytics.stream_coverage WHERE stream = 'loss' AND task_id = 'a' AND pulls > 0`))
	equal(t, "facts", []string{"a ready_to_send - - -1  5"}, f.facts())
}

func TestT10RejectsAreThoseOfTheNewestAnswer(t *testing.T) {
	t.Parallel()
	f := setup(t)
	withRejects := func(reasons ...string) load.Pull {
		pull := f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("-1", 5, "")}})
		for _, reason := range reasons {
			pull.Result.Rejects = append(pull.Result.Rejects, transform.Reject{
				TaskID: "a", Array: "ReadyToSendLoss", JSON: `{"ErrCount":-1}`, Reason: reason, Rows: 1,
			})
		}
		return pull
	}
	const stored = `SELECT task_id, list, row_json, reason, row_count FROM pushloss.reject ORDER BY reason`
	f.load(withRejects("first", "second"), loadedAt)
	equal(t, "rejects", []string{`a ReadyToSendLoss {"ErrCount":-1} first 1`, `a ReadyToSendLoss {"ErrCount":-1} second 1`}, f.rows(stored))
	equal(t, "the rest loads", []string{"a ready_to_send - - -1  5"}, f.facts())
	f.load(withRejects("third"), loadedAt)
	equal(t, "replaced", []string{`a ReadyToSendLoss {"ErrCount":-1} third 1`}, f.rows(stored))
	f.load(withRejects(), loadedAt)
	equal(t, "gone with the next clean answer", []string(nil), f.rows(stored))
}

func TestT14APullLargerThanAStatementHasParametersLoads(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const rows = 20_000
	facts := make([]transform.Fact, rows)
	for i := range facts {
		facts[i] = stageFact(fmt.Sprintf("%06d", i), int64(i), "info")
	}
	pull := f.pull(transform.Snapshot{TaskID: "a", Facts: facts})
	equal(t, "first", load.Changes{Inserted: rows}, f.load(pull, loadedAt).Rows)
	equal(t, "again", load.Changes{Unchanged: rows}, f.load(pull, loadedAt).Rows)
	equal(t, "sum", []string{fmt.Sprint(rows * (rows - 1) / 2)},
		f.rows(`SELECT sum(err_count)::bigint FROM analytics.task_stage_loss`))
}

func TestTheRawBodyIsKeptByteForByte(t *testing.T) {
	t.Parallel()
	f := setup(t)
	pull := f.pull(transform.Snapshot{TaskID: "a"})
	pull.Body = []byte("{\"x\": \"\x00\xff\u20ac" + strings.Repeat("long", 10_000) + "\",}")
	f.load(pull, loadedAt)
	var digest, body []byte
	var size int
	must(t, f.conn.QueryRow(t.Context(), `
		SELECT b.sha256, b.size, b.body FROM pushloss.pull AS p JOIN pushloss.raw_body AS b ON b.sha256 = p.body_sha256`).
		Scan(&digest, &size, &body))
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	must(t, err)
	defer decoder.Close()
	restored, err := decoder.DecodeAll(body, nil)
	must(t, err)
	want := sha256.Sum256(pull.Body)
	equal(t, "body", pull.Body, restored)
	equal(t, "digest", want[:], digest)
	equal(t, "size", len(pull.Body), size)
}

// TestT7AndT8 breaks a load off at each table it writes to, and in its end: the
// database must be as before, and the same load must do its work afterwards.
func TestT7AndT8AnInterruptedLoadLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	const all = `
		SELECT (SELECT coalesce(json_agg(x ORDER BY x::text), '[]')::text FROM pushloss.stage_loss AS x),
			(SELECT coalesce(json_agg(x ORDER BY x::text), '[]')::text FROM pushloss.platform_loss AS x),
			(SELECT coalesce(json_agg(x ORDER BY x::text), '[]')::text FROM pushloss.loss_change AS x),
			(SELECT coalesce(json_agg(x ORDER BY x::text), '[]')::text FROM pushloss.ledger AS x),
			(SELECT coalesce(json_agg(x ORDER BY x::text), '[]')::text FROM pushloss.reject AS x),
			(SELECT count(*) FROM pushloss.raw_body), (SELECT count(*) FROM pushloss.pull)`
	for _, table := range []string{"stage_loss", "platform_loss", "loss_change", "ledger", "reject", "raw_body", "pull"} {
		for _, timing := range []string{"AFTER", "DEFERRED"} {
			t.Run(table+" "+timing, func(t *testing.T) {
				t.Parallel()
				f := setup(t)
				if pgtest.OnCitus() && len(f.rows(`SELECT 1 FROM pg_dist_partition WHERE logicalrelid = $1::regclass`, "pushloss."+table)) > 0 {
					t.Skip("Citus has no triggers on distributed tables")
				}
				f.load(f.pull(transform.Snapshot{
					TaskID: "a", Facts: []transform.Fact{stageFact("1", 1, ""), platformFact(1, "1", 1)},
				}), loadedAt)
				next := f.pull(transform.Snapshot{
					TaskID: "a", Facts: []transform.Fact{stageFact("1", 2, ""), stageFact("2", 2, ""), platformFact(2, "1", 1)},
				})
				next.Result.Rejects = []transform.Reject{{TaskID: "a", Reason: "odd", Rows: 1}}
				before := f.rows(all)
				create := `CREATE TRIGGER crash AFTER INSERT OR UPDATE OR DELETE ON pushloss.` + table + ` FOR EACH ROW EXECUTE FUNCTION crash()`
				if timing == "DEFERRED" { // raised by COMMIT itself
					create = `CREATE CONSTRAINT TRIGGER crash AFTER INSERT OR UPDATE OR DELETE ON pushloss.` + table +
						` DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION crash()`
				}
				f.exec(`CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'crash'; END $$`)
				f.exec(create)
				if _, err := f.lock.Load(t.Context(), next, loadedAt); err == nil || !strings.Contains(err.Error(), "crash") {
					t.Fatalf("the load did not fail where it was to: %v", err)
				}
				equal(t, "everything is as before", before, f.rows(all))
				f.exec(`DROP TRIGGER crash ON pushloss.` + table)
				equal(t, "then", load.Changes{Inserted: 2, Updated: 1, Deleted: 1}, f.load(next, loadedAt).Rows)
			})
		}
	}
}

func (f *fixture) exec(sql string, args ...any) {
	f.t.Helper()
	_, err := f.conn.Exec(f.t.Context(), sql, args...)
	must(f.t, err)
}

func TestT16AReadOnlyDatabaseIsReportedAsUnreachable(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
	db := open(t, f.url) // a new pool sees the setting
	_, err := db.Tasks.Save(t.Context(), []load.Task{{SDKAppID: testApp, TaskID: "c"}}, loadedAt)
	if !load.Unreachable(err) {
		t.Errorf("not classed as the database's: %v", err)
	}
}

func TestT16ALoadThatIsCutOffLeavesNothing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.lock.Load(ctx, f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 1, "")}}), loadedAt)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
	equal(t, "facts", []string(nil), f.facts())
}

package load_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pushloss/load"
	"pushloss/transform"
)

// T4: if one row of a window changed, only that row is written.
func TestT4OnlyWhatChangedIsWritten(t *testing.T) {
	t.Parallel()
	f := setup(t)
	answer := func(second int64) load.Pull {
		return f.pull(transform.Snapshot{
			TaskID: "a",
			Facts:  []transform.Fact{stageFact("same", 1, ""), stageFact("second", second, ""), platformFact(1, "same", 1), platformFact(2, "second", second)},
		})
	}
	const versions = `
		SELECT err_code, f.xmin::text, (f.updated_at AT TIME ZONE 'UTC')::text FROM pushloss.stage_loss AS f JOIN pushloss.err_code USING (err_code_key)
		UNION ALL
		SELECT err_code, f.xmin::text, (f.updated_at AT TIME ZONE 'UTC')::text FROM pushloss.platform_loss AS f JOIN pushloss.err_code USING (err_code_key)
		ORDER BY 1`
	f.load(answer(1), loadedAt)
	before := f.rows(versions)
	equal(t, "counts", load.Changes{Updated: 2, Unchanged: 2}, f.load(answer(2), loadedAt.Add(time.Hour)).Rows)
	after := f.rows(versions)
	equal(t, "the same rows", before[:2], after[:2])
	if slices.Equal(before[2:], after[2:]) {
		t.Errorf("the changed rows: %v", after[2:])
	}
	equal(t, "updated_at", []string{"2025-03-10 03:00:00 2", "2025-03-10 04:00:00 2"}, f.rows(`
		SELECT (updated_at AT TIME ZONE 'UTC')::text, count(*) FROM (
			SELECT updated_at FROM analytics.task_stage_loss UNION ALL SELECT updated_at FROM analytics.task_platform_loss) AS x
		GROUP BY 1 ORDER BY 1`))
}

// T5: each task by itself decides whether a load is its first.
func TestT5FirstLoadsAndChanges(t *testing.T) {
	t.Parallel()
	some := func(task string, count int64) transform.Snapshot {
		return transform.Snapshot{TaskID: task, Facts: []transform.Fact{stageFact("1", count, "")}}
	}
	tests := []struct {
		name  string
		loads func(f *fixture) []load.Pull
		want  []string // task, code, old and new count, hours after the first load
	}{
		{"a task that was absent at first", func(f *fixture) []load.Pull {
			return []load.Pull{f.pull(some("a", 1)), f.pull(some("a", 2), some("b", 3))}
		}, []string{"a 1 1 2 1"}},
		{"rows after an empty answer", func(f *fixture) []load.Pull {
			return []load.Pull{f.pull(transform.Snapshot{TaskID: "a"}), f.pull(some("a", 1))}
		}, []string{"a 1 <nil> 1 1"}},
		{"rows after an unproven answer", func(f *fixture) []load.Pull {
			late := f.pull(transform.Snapshot{TaskID: "a"})
			late.Trusted = false
			return []load.Pull{late, f.pull(some("a", 1)), f.pull(some("a", 2))}
		}, []string{"a 1 1 2 2"}},
		{"gone and back", func(f *fixture) []load.Pull {
			return []load.Pull{f.pull(some("a", 1)), f.pull(transform.Snapshot{TaskID: "a"}), f.pull(some("a", 1))}
		}, []string{"a 1 1 <nil> 1", "a 1 <nil> 1 2"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			for hours, pull := range test.loads(f) {
				f.load(pull, loadedAt.Add(time.Duration(hours)*time.Hour))
			}
			equal(t, "changes", test.want, f.rows(`
				SELECT task_id, err_code, old_count, new_count, extract(hour FROM changed_at - $1)::int
				FROM analytics.loss_changes ORDER BY changed_at`, loadedAt))
		})
	}
}

// T6: each window of a request is judged by itself.
func TestT6OneTaskFailsTheOthersLoad(t *testing.T) {
	t.Parallel()
	f := setup(t)
	some := []transform.Fact{stageFact("1", 1, "")}
	f.load(f.pull(transform.Snapshot{TaskID: "a", Facts: some}, transform.Snapshot{TaskID: "b", Facts: some}), loadedAt)
	pull := f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 2, "")}})
	pull.Result.Absent, pull.Result.Unreadable = nil, []transform.Unreadable{{TaskID: "b", Reason: "why"}}
	equal(t, "outcome", load.Outcome{Rows: load.Changes{Updated: 1}, Failed: 1, Problem: "why"}, f.load(pull, loadedAt.Add(time.Hour)))
	equal(t, "facts", []string{"a ready_to_send - - 1  2", "b ready_to_send - - 1  1"}, f.facts())
	const ledger = `
		SELECT task_id, state, pulls, row_count, (first_loaded_at AT TIME ZONE 'UTC')::time::text, (last_loaded_at AT TIME ZONE 'UTC')::time::text, last_error
		FROM analytics.stream_coverage WHERE stream = 'loss' AND pulls > 0 ORDER BY 1`
	equal(t, "ledger", []string{"a loaded 2 1 03:00:00 04:00:00 <nil>", "b failed 2 1 03:00:00 03:00:00 why"}, f.rows(ledger))
	f.load(f.pull(transform.Snapshot{TaskID: "b", Facts: some}), loadedAt.Add(2*time.Hour))
	equal(t, "ledger after a success", []string{"a absent 3 1 03:00:00 04:00:00 <nil>", "b loaded 3 1 03:00:00 05:00:00 <nil>"}, f.rows(ledger))
}

// A load touches its own windows and no other.
func TestOtherWindowsAreLeftAlone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	some := func(task string) transform.Snapshot {
		return transform.Snapshot{TaskID: task, Facts: []transform.Fact{stageFact("1", 1, ""), platformFact(1, "1", 1)}}
	}
	both := f.pull(some("a"), some("b"))
	f.load(both, loadedAt)
	f.load(f.ofApp(some("")), loadedAt)
	tomorrow := both
	tomorrow.Day++
	f.load(tomorrow, loadedAt)
	const others = `
		SELECT t::text, xmin::text FROM pushloss.stage_loss AS t WHERE (day, task_key) <> ($1, $2) UNION ALL
		SELECT t::text, xmin::text FROM pushloss.platform_loss AS t WHERE (day, task_key) <> ($1, $2) UNION ALL
		SELECT t::text, xmin::text FROM pushloss.ledger AS t WHERE (day, task_key) <> ($1, $2) ORDER BY 1`
	before := f.rows(others, march.UTC(), f.taskA.Key)
	if len(before) != 4+4+4 {
		t.Fatalf("rows: %v", before)
	}
	empty := f.pull(transform.Snapshot{TaskID: "a"})
	empty.Tasks = empty.Tasks[:1]
	equal(t, "counts", load.Changes{Deleted: 2}, f.load(empty, loadedAt.Add(time.Hour)).Rows)
	equal(t, "others", before, f.rows(others, march.UTC(), f.taskA.Key))
}

// T2: every value is replaced, also by zero and by the largest possible value.
func TestT2EveryValueIsReplaced(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, count := range []int64{10, 0, 1<<63 - 1, 1} {
		text := fmt.Sprint("text ", count)
		fact := platformFact(2, "1", count)
		fact.Info = text
		f.load(f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", count, text), fact}}), loadedAt)
		equal(t, "facts", []string{
			fmt.Sprint("a post_send_delivered offline Xiaomi 1 ", text, " ", count),
			fmt.Sprint("a ready_to_send - - 1 ", text, " ", count),
		}, f.facts())
	}
}

func TestT17NoRowsAndOne(t *testing.T) {
	t.Parallel()
	f := setup(t)
	equal(t, "none", load.Outcome{Absent: 2}, f.load(f.pull(), loadedAt))
	equal(t, "pulls", []string{"0 0"}, f.rows(`SELECT rows_in, rows_inserted FROM pushloss.pull`))
	equal(t, "ledger", []string{"a absent 0 1", "b absent 0 1"}, f.states())
	one := f.pull(transform.Snapshot{TaskID: "b", Facts: []transform.Fact{platformFact(1, "1", 1)}})
	equal(t, "one", load.Outcome{Rows: load.Changes{Inserted: 1}, Absent: 1}, f.load(one, loadedAt))
}

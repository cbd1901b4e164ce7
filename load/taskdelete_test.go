package load_test

import (
	"strconv"
	"testing"

	"pushloss/load"
)

func TestATaskWithoutFactsIsDeletedWithAllThatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(testApp)
	f.load(f.answer(march, lossOfA("1"), true, f.taskA, f.taskB), loadedAt)
	f.load(f.answer(march+1, `{"ErrorCode":0,"Results":[{"TaskID":"b"}]}`, true, f.taskB), loadedAt)
	f.exec(`INSERT INTO pushloss.reject (sdk_app_id, day, task_key, task_id, list, row_json, reason, row_count, run_id, rejected_at)
		SELECT sdk_app_id, day, task_key, 'b', 'Results', '{}', 'x', 0, 1, now() FROM pushloss.ledger WHERE task_key = $1`, f.taskB.Key)
	must(t, f.lock.Unlock(t.Context()))
	remove := func(ids ...string) (int, load.TasksNotDeleted) {
		t.Helper()
		deleted, not, err := f.db.Tasks.Delete(t.Context(), testApp, ids, "the test", func(*load.BusyError) {})
		must(t, err)
		return deleted, not
	}
	clean := func(when string, windows int) {
		t.Helper()
		checked, differences := f.verify(load.Selection{})
		if len(differences) > 0 || checked.Windows != windows {
			t.Errorf("%s: %d windows, want %d; %+v", when, checked.Windows, windows, differences)
		}
	}
	clean("before", 3)
	deleted, not := remove("b", "nobody")
	equal(t, "with an unknown one", []any{0, load.TasksNotDeleted{Unknown: []string{"nobody"}, WithFacts: []string{}}}, []any{deleted, not})
	deleted, not = remove("b", "a")
	equal(t, "with one that has facts", []any{0, load.TasksNotDeleted{Unknown: []string{}, WithFacts: []string{"a"}}}, []any{deleted, not})
	deleted, _ = remove("b")
	equal(t, "deleted", 1, deleted)
	clean("after", 1)
	equal(t, "what is left", []string{"a"}, f.rows(`SELECT task_id FROM analytics.tasks UNION SELECT task_id FROM analytics.coverage WHERE task_id <> ''`))
	equal(t, "rejects", []string{"0"}, f.rows(`SELECT count(*) FROM pushloss.reject`))

	_, err := f.db.Tasks.Save(t.Context(), []load.Task{{SDKAppID: testApp, TaskID: "b"}}, loadedAt)
	must(t, err)
	clean("when it was registered again", 1)
}

// Removed figures were facts too, and are in the history.
func TestATaskThatHadFactsIsNotDeleted(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.load(f.answer(march, lossOfA("1"), true, f.taskA), loadedAt)
	f.load(f.answer(march, `{"ErrorCode":0,"Results":[{"TaskID":"a","ReadyToSendLoss":[]}]}`, true, f.taskA), loadedAt)
	equal(t, "facts", []string{}, f.facts())
	must(t, f.lock.Unlock(t.Context()))
	_, not, err := f.db.Tasks.Delete(t.Context(), testApp, []string{"a"}, "the test", func(*load.BusyError) {})
	must(t, err)
	equal(t, "with facts", []string{"a"}, not.WithFacts)
}

func TestAWrongTimeOfATaskCanBeRemoved(t *testing.T) {
	t.Parallel()
	f := setup(t)
	sent := loadedAt
	_, err := f.db.Tasks.Save(t.Context(), []load.Task{{SDKAppID: testApp, TaskID: "a", SentAt: &sent}}, loadedAt)
	must(t, err)
	changed, unknown, err := f.db.Tasks.ForgetSentAt(t.Context(), testApp, []string{"a", "nobody"})
	must(t, err)
	equal(t, "with an unknown one", []any{0, []string{"nobody"}}, []any{changed, unknown})
	changed, _, err = f.db.Tasks.ForgetSentAt(t.Context(), testApp, []string{"a", "b"})
	must(t, err)
	equal(t, "changed", 1, changed)
	equal(t, "times", []string{"a <nil>", "b <nil>"}, f.rows(`SELECT task_id, sent_at::text FROM analytics.tasks ORDER BY 1`))
}

// A time in an ID is the vendor's, but not the moment of the push. A known time, or a removed one,
// is better.
func TestATimeFromAnIDIsForANewTaskOnly(t *testing.T) {
	t.Parallel()
	f := setup(t)
	given, hinted := loadedAt, loadedAt.AddDate(0, 0, -3)
	fromID := func(id string) load.Task {
		return load.Task{SDKAppID: testApp, TaskID: id, SentAt: &hinted, SentAtFromID: true, Source: load.SourcePushAnswer}
	}
	for _, tt := range []struct {
		name  string
		tasks []load.Task
		want  load.TaskChanges
	}{
		{"new", []load.Task{fromID("corrected"), fromID("removed")}, load.TaskChanges{Added: 2, SentAtFromID: 2}},
		{"corrected", []load.Task{{SDKAppID: testApp, TaskID: "corrected", SentAt: &given}}, load.TaskChanges{Updated: 1}},
		{"reported again", []load.Task{fromID("corrected"), fromID("other")}, load.TaskChanges{Added: 1, Unchanged: 1, SentAtFromID: 1}},
	} {
		changes, err := f.db.Tasks.Save(t.Context(), tt.tasks, loadedAt)
		must(t, err)
		equal(t, tt.name, tt.want, changes)
	}
	_, _, err := f.db.Tasks.ForgetSentAt(t.Context(), testApp, []string{"removed"})
	must(t, err)
	changes, err := f.db.Tasks.Save(t.Context(), []load.Task{fromID("removed")}, loadedAt)
	must(t, err)
	equal(t, "removed", load.TaskChanges{Unchanged: 1}, changes)
	equal(t, "times", []string{"corrected 2025-03-10", "other 2025-03-07", "removed <nil>"},
		f.rows(`SELECT task_id, (sent_at AT TIME ZONE 'UTC')::date::text FROM analytics.tasks WHERE task_id NOT IN ('a', 'b') ORDER BY 1`))
}

func TestARetiredTaskIsActiveAgainIfSomebodyNamesIt(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, tt := range []struct {
		source  load.TaskSource
		retired bool
	}{
		{load.SourcePushAnswer, true}, {load.SourceCallback, true}, {load.SourceSchedule, true},
		{load.SourceCommand, false}, {load.SourceFile, false}, {load.SourceRequest, false},
	} {
		_, _, err := f.db.Tasks.Retire(t.Context(), testApp, []string{"a"}, loadedAt)
		must(t, err)
		_, err = f.db.Tasks.Save(t.Context(), []load.Task{{SDKAppID: testApp, TaskID: "a", Source: tt.source}}, loadedAt)
		must(t, err)
		equal(t, string(tt.source), []string{strconv.FormatBool(tt.retired)}, f.rows(`SELECT (retired_at IS NOT NULL)::text FROM analytics.tasks WHERE task_id = 'a'`))
	}
}

func TestTheFirstSourceOfATaskStays(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, source := range []load.TaskSource{load.SourceCallback, load.SourceFile} {
		_, err := f.db.Tasks.Save(t.Context(), []load.Task{{SDKAppID: testApp, TaskID: "c", Source: source}, {SDKAppID: testApp, TaskID: "a", Source: source}}, loadedAt)
		must(t, err)
	}
	f.load(f.answer(march, lossOfA("1"), true, f.taskA, f.taskB), loadedAt)
	equal(t, "sources", []string{"a <nil> true 2025-03-10 03:00:00", "b <nil> false <nil>", "c callback false <nil>"},
		f.rows(`SELECT task_id, source, answered, (last_figures_at AT TIME ZONE 'UTC')::text FROM analytics.tasks ORDER BY 1`))
}

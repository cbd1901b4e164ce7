package load_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/localpg/pgtest"
	"pushloss/load"
	"pushloss/transform"
)

func ptr[T any](value T) *T { return &value }

func TestAnAppIsKeptAsItWasSaved(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.URL(t))
	ctx := t.Context()
	_, found, err := db.Apps.Lookup(ctx, testApp)
	must(t, err)
	equal(t, "an app that nobody saved", false, found)

	app := load.App{SDKAppID: testApp, Timezone: "Asia/Shanghai", LookbackDays: 7, TaskDays: 30}
	steps := []struct {
		name  string
		given *calendar.Day
		want  *calendar.Day
	}{
		{"without a first day", nil, nil},
		{"with one", ptr(march), ptr(march)},
		{"without one again, the first stays", nil, ptr(march)},
		{"with another", ptr(march - 10), ptr(march - 10)},
	}
	for i, step := range steps {
		app.FirstDay, app.LookbackDays, app.TaskDays = step.given, 7+i, 30+i
		kept, err := db.Apps.Save(ctx, app)
		must(t, err)
		app.FirstDay = step.want
		equal(t, step.name+": returned", app, kept)
		stored, found, err := db.Apps.Lookup(ctx, testApp)
		must(t, err)
		equal(t, step.name+": found", true, found)
		equal(t, step.name+": stored", app, stored)
	}
}

func TestATimezoneIsFixedOnceAWindowWasPulled(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	app := load.App{SDKAppID: testApp, Timezone: "UTC", FirstDay: ptr(march), LookbackDays: 7, TaskDays: 30}
	_, err := f.db.Apps.Save(ctx, app)
	must(t, err)
	app.Timezone = "Asia/Shanghai" // nothing is pulled yet
	_, err = f.db.Apps.Save(ctx, app)
	must(t, err)

	// Even a failure counts: its day is one of these midnights.
	f.fails(load.Failure{Day: march, Tasks: []load.TaskRef{{}}, Reason: "x"})
	other := load.App{SDKAppID: testApp, Timezone: "UTC", FirstDay: ptr(march - 5), LookbackDays: 1, TaskDays: 1}
	_, err = f.db.Apps.Save(ctx, other)
	var refused *load.TimezoneError
	if !errors.As(err, &refused) {
		t.Fatalf("error: %v", err)
	}
	equal(t, "error", load.TimezoneError{SDKAppID: testApp, Stored: "Asia/Shanghai", Configured: "UTC"}, *refused)
	if !strings.Contains(refused.Hint(), "Asia/Shanghai") || load.Unreachable(err) {
		t.Errorf("hint: %s", refused.Hint())
	}
	stored, _, err := f.db.Apps.Lookup(ctx, testApp)
	must(t, err)
	equal(t, "a refusal saves nothing", app, stored)

	app.LookbackDays = 9 // the same zone still saves
	_, err = f.db.Apps.Save(ctx, app)
	must(t, err)
	other.SDKAppID++ // and another app has its own
	_, err = f.db.Apps.Save(ctx, other)
	must(t, err)
}

// A zone that only Go knows would break the views for every app.
func TestATimezoneThatPostgresDoesNotKnowIsRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.db.Apps.Save(t.Context(), load.App{SDKAppID: testApp, Timezone: "Moon/Base", LookbackDays: 7, TaskDays: 30})
	if err == nil || !strings.Contains(err.Error(), "Moon/Base") {
		t.Errorf("error: %v", err)
	}
	equal(t, "apps", []string(nil), f.rows(`SELECT sdk_app_id FROM analytics.apps`))
}

func TestSavedTasksAreCountedAndKeepWhatIsNotGiven(t *testing.T) {
	t.Parallel()
	sent := time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)
	task := func(id string, change ...func(*load.Task)) load.Task {
		task := load.Task{SDKAppID: testApp, TaskID: id}
		for _, f := range change {
			f(&task)
		}
		return task
	}
	at := func(at time.Time) func(*load.Task) { return func(t *load.Task) { t.SentAt = &at } }
	label := func(label string) func(*load.Task) { return func(t *load.Task) { t.Label = &label } }
	tests := []struct {
		name          string
		before, given []load.Task
		want          load.TaskChanges
		stored        []string
	}{
		{
			"none", nil, nil, load.TaskChanges{}, nil,
		},
		{
			"new ones", nil, []load.Task{task("x", at(sent), label("推送 😀 'it''s' \\n")), task("y")},
			load.TaskChanges{Added: 2},
			[]string{"x 2025-03-01 08:00:00 推送 😀 'it''s' \\n", "y <nil> <nil>"},
		},
		{
			"the same again", []load.Task{task("x", at(sent), label("l")), task("y")}, []load.Task{task("x", at(sent), label("l")), task("y")},
			load.TaskChanges{Unchanged: 2},
			[]string{"x 2025-03-01 08:00:00 l", "y <nil> <nil>"},
		},
		{
			"what is not given stays", []load.Task{task("x", at(sent), label("l"))}, []load.Task{task("x")},
			load.TaskChanges{Unchanged: 1},
			[]string{"x 2025-03-01 08:00:00 l"},
		},
		{
			"what is given replaces", []load.Task{task("x", at(sent), label("l")), task("y", label("l"))},
			[]load.Task{task("x", at(sent.Add(time.Hour))), task("y", label(""))},
			load.TaskChanges{Updated: 2},
			[]string{"x 2025-03-01 09:00:00 l", "y <nil> "},
		},
		{
			"some of each", []load.Task{task("x"), task("y")}, []load.Task{task("z"), task("y", label("l")), task("x")},
			load.TaskChanges{Added: 1, Updated: 1, Unchanged: 1},
			[]string{"x <nil> <nil>", "y <nil> l", "z <nil> <nil>"},
		},
		{
			"equal names of two apps", []load.Task{task("x")}, []load.Task{task("x", label("l"), func(t *load.Task) { t.SDKAppID++ })},
			load.TaskChanges{Added: 1},
			[]string{"x <nil> <nil>", "x <nil> l"},
		},
	}
	f := setup(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f.exec(`DELETE FROM pushloss.task`)
			_, err := f.db.Tasks.Save(t.Context(), test.before, loadedAt)
			must(t, err)
			got, err := f.db.Tasks.Save(t.Context(), test.given, loadedAt.Add(time.Hour))
			must(t, err)
			equal(t, "changes", test.want, got)
			equal(t, "tasks", test.stored, f.rows(`SELECT task_id, (sent_at AT TIME ZONE 'UTC')::text, label FROM analytics.tasks ORDER BY sdk_app_id, task_id`))
		})
	}
}

// A registry that cannot be saved whole is not saved at all.
func TestSavingTasksIsAllOrNothing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.db.Tasks.Save(t.Context(), []load.Task{
		{SDKAppID: testApp, TaskID: "c"}, {SDKAppID: testApp, TaskID: ""},
	}, loadedAt)
	if err == nil || load.Unreachable(err) {
		t.Errorf("error: %v", err)
	}
	equal(t, "tasks", []string{"a", "b"}, f.rows(`SELECT task_id FROM analytics.tasks ORDER BY 1`))
}

func TestTasksAreListedByApp(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.db.Tasks.Save(t.Context(), []load.Task{
		{SDKAppID: testApp + 1, TaskID: "c"}, {SDKAppID: testApp + 2, TaskID: "d"},
	}, loadedAt)
	must(t, err)
	ids := func(tasks []load.Task, err error) []string {
		t.Helper()
		must(t, err)
		var ids []string
		for _, task := range tasks {
			ids = append(ids, task.TaskID)
		}
		return ids
	}
	equal(t, "one app", []string{"a", "b"}, ids(f.db.Tasks.Of(t.Context(), testApp)))
	equal(t, "two apps", []string{"a", "b", "d"}, ids(f.db.Tasks.Of(t.Context(), testApp+2, testApp)))
	equal(t, "no app", []string(nil), ids(f.db.Tasks.Of(t.Context())))
	equal(t, "an unknown app", []string(nil), ids(f.db.Tasks.Of(t.Context(), 1)))
	equal(t, "every app", []string{"a", "b", "c", "d"}, ids(f.db.Tasks.All(t.Context())))
}

func TestARetiredTaskIsFollowedAgainWhenAListNamesIt(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	f.load(f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 5, "")}}), loadedAt)
	const stored = `SELECT task_id, (retired_at AT TIME ZONE 'UTC')::text FROM analytics.tasks WHERE sdk_app_id = $1 ORDER BY 1`

	retired, unknown, err := f.db.Tasks.Retire(ctx, testApp, []string{"a", "nobody"}, loadedAt)
	must(t, err)
	equal(t, "with an unknown one", []any{0, []string{"nobody"}}, []any{retired, unknown})
	equal(t, "tasks", []string{"a <nil>", "b <nil>"}, f.rows(stored, testApp))

	retired, unknown, err = f.db.Tasks.Retire(ctx, testApp+1, []string{"a"}, loadedAt)
	must(t, err)
	equal(t, "of another app", []any{0, []string{"a"}}, []any{retired, unknown})

	retired, unknown, err = f.db.Tasks.Retire(ctx, testApp, []string{"a", "b"}, loadedAt)
	must(t, err)
	equal(t, "all known", []any{2, []string{}}, []any{retired, unknown})
	retired, _, err = f.db.Tasks.Retire(ctx, testApp, []string{"a"}, loadedAt.Add(time.Hour))
	must(t, err)
	equal(t, "again", 0, retired)
	equal(t, "tasks", []string{"a 2025-03-10 03:00:00", "b 2025-03-10 03:00:00"}, f.rows(stored, testApp))
	equal(t, "facts stay", []string{"a ready_to_send - - 1  5"}, f.facts())

	changes, err := f.db.Tasks.Save(ctx, []load.Task{{SDKAppID: testApp, TaskID: "a"}}, loadedAt)
	must(t, err)
	equal(t, "importing it again", load.TaskChanges{Updated: 1}, changes)
	equal(t, "follows it again", []string{"a <nil>", "b 2025-03-10 03:00:00"}, f.rows(stored, testApp))
	tasks, err := f.db.Tasks.Of(ctx, testApp)
	must(t, err)
	equal(t, "under its old key", f.taskA.Key, tasks[0].Key)
}

// What registers by itself changes nothing that is there.
func TestRegisteringTasksLeavesKnownOnesAlone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	_, _, err := f.db.Tasks.Retire(ctx, testApp, []string{"a"}, loadedAt)
	must(t, err)
	sent, later := loadedAt.Add(-time.Hour), loadedAt.Add(time.Hour)
	for _, want := range []int{2, 0} {
		added, err := f.db.Tasks.Register(ctx, []load.Task{
			{SDKAppID: testApp, TaskID: "a", SentAt: &sent, Source: load.SourceCallback},
			{SDKAppID: testApp, TaskID: "c", SentAt: &sent, Source: load.SourceSchedule},
			{SDKAppID: testApp + 1, TaskID: "a", Source: load.SourceCallback},
		}, later)
		must(t, err)
		equal(t, "added", want, added)
	}
	equal(t, "tasks", []string{
		"1400000001 a <nil> <nil> 2025-03-10 03:00:00", "1400000001 b <nil> <nil> <nil>",
		"1400000001 c 2025-03-10 02:00:00 schedule <nil>", "1400000002 a <nil> callback <nil>",
	}, f.rows(`SELECT sdk_app_id, task_id, (sent_at AT TIME ZONE 'UTC')::text, source, (retired_at AT TIME ZONE 'UTC')::text FROM analytics.tasks ORDER BY 1, 2`))
	newest, err := f.db.Tasks.NewestScheduled(ctx, testApp)
	must(t, err)
	if newest == nil || !newest.Equal(sent) {
		t.Errorf("the newest scheduled push is of %v, want %v", newest, sent)
	}
	if newest, err = f.db.Tasks.NewestScheduled(ctx, testApp+1); newest != nil || err != nil {
		t.Errorf("another app's is of %v, %v", newest, err)
	}
}

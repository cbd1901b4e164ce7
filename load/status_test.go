package load_test

import (
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/localpg/pgtest"
	"pushloss/load"
)

// today is the database's date. The tests' clock shows its noon, UTC.
func (f *fixture) today() calendar.Day {
	f.t.Helper()
	now, err := f.db.Now(f.t.Context())
	must(f.t, err)
	return calendar.DayOf(now, time.UTC)
}

// window writes an entry of the ledger.
func (f *fixture) window(task load.TaskRef, day calendar.Day, state load.State, settled load.SettledReason, problem string) {
	f.t.Helper()
	f.exec(`INSERT INTO pushloss.ledger (sdk_app_id, day, task_key, state, settled, settled_reason, pulls, row_count, reject_count, last_error, updated_at)
		VALUES ($1, $2, $3, $4, $5 <> '', nullif($5, ''), 1, 1, 0, nullif($6, ''), now())`,
		testApp, day.UTC(), task.Key, state, settled, problem)
}

func TestO2StatusOfAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	statuses, err := open(t, pgtest.URL(t)).Status(t.Context(), time.Now(), time.Hour)
	must(t, err)
	equal(t, "statuses", []load.AppStatus(nil), statuses)
}

func TestO1StatusCountsWhatIsLateMissingOrFailed(t *testing.T) {
	t.Parallel()
	overall := load.TaskRef{}
	const lookback = 2 // a day is late from the second midnight after its end
	tests := []struct {
		name    string
		first   int // days ago; 0 is never ran
		grace   time.Duration
		windows func(f *fixture, today calendar.Day)
		want    func(today calendar.Day) load.AppStatus
	}{
		{
			name: "an app that never ran", grace: time.Hour,
			windows: func(*fixture, calendar.Day) {},
			want:    func(calendar.Day) load.AppStatus { return load.AppStatus{} },
		},
		{
			name: "all is well", first: 4, grace: time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-4, load.StateLoaded, load.ByLookback, "")
				f.window(overall, today-3, load.StateEmpty, load.ByLookback, "")
				f.window(overall, today-2, load.StateLoaded, load.NotSettled, "")
				f.window(overall, today-1, load.StateLoaded, load.NotSettled, "")
			},
			want: func(today calendar.Day) load.AppStatus {
				return load.AppStatus{FirstDay: ptr(today - 4), NewestSettledDay: ptr(today - 3)}
			},
		},
		{
			name: "days were never pulled", first: 3, grace: time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-2, load.StateLoaded, load.NotSettled, "")
			},
			want: func(today calendar.Day) load.AppStatus {
				return load.AppStatus{FirstDay: ptr(today - 3), Missing: 2, OldestProblem: ptr(today - 3)}
			},
		},
		{
			name: "yesterday may still come", first: 1, grace: 13 * time.Hour,
			windows: func(*fixture, calendar.Day) {},
			want:    func(today calendar.Day) load.AppStatus { return load.AppStatus{FirstDay: ptr(today - 1)} },
		},
		{
			name: "a day was not pulled after its lookback", first: 3, grace: time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-3, load.StateLoaded, load.NotSettled, "")
				f.window(overall, today-2, load.StateLoaded, load.NotSettled, "")
				f.window(overall, today-1, load.StateLoaded, load.NotSettled, "")
			},
			want: func(today calendar.Day) load.AppStatus {
				return load.AppStatus{FirstDay: ptr(today - 3), Late: 1, OldestProblem: ptr(today - 3)}
			},
		},
		{
			name: "the pull after the lookback may still come", first: 3, grace: 13 * time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-3, load.StateLoaded, load.NotSettled, "")
				f.window(overall, today-2, load.StateLoaded, load.NotSettled, "")
				f.window(overall, today-1, load.StateLoaded, load.NotSettled, "")
			},
			want: func(today calendar.Day) load.AppStatus { return load.AppStatus{FirstDay: ptr(today - 3)} },
		},
		{
			name: "rows could not be understood", first: 1, grace: 48 * time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-1, load.StateLoaded, load.NotSettled, "")
				f.window(f.taskA, today-50, load.StateLoaded, load.ByLookback, "")
				f.window(f.taskB, today-50, load.StateLoaded, load.ByLookback, "")
				f.exec(`UPDATE pushloss.ledger SET reject_count = 2 WHERE task_key IN (0, $1)`, f.taskA.Key)
				f.exec(`UPDATE pushloss.ledger SET reject_count = 9, updated_at = $2 WHERE task_key = $1`, f.taskB.Key, time.Now().AddDate(0, 0, -31))
			},
			want: func(today calendar.Day) load.AppStatus { return load.AppStatus{FirstDay: ptr(today - 1), Rejects: 4} },
		},
		{
			name: "a day before the first one was pulled too late", first: 1, grace: 48 * time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-1, load.StateLoaded, load.NotSettled, "")
				f.window(overall, today-90, load.StateUnproven, load.ByAPIMemory, "")
			},
			want: func(today calendar.Day) load.AppStatus {
				return load.AppStatus{FirstDay: ptr(today - 1), Unproven: 1, OldestProblem: ptr(today - 90)}
			},
		},
		{
			name: "windows failed, tasks' too", first: 2, grace: time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-2, load.StateLoaded, load.NotSettled, "")
				f.window(overall, today-1, load.StateFailed, load.NotSettled, "one reason")
				f.window(f.taskA, today-20, load.StateFailed, load.NotSettled, "a reason")
			},
			want: func(today calendar.Day) load.AppStatus {
				return load.AppStatus{FirstDay: ptr(today - 2), Failed: 2, OldestProblem: ptr(today - 20), LastError: ptr("one reason")}
			},
		},
		{
			name: "an answer that says too long ago is not a failure", first: 1, grace: time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-1, load.StateUnavailable, load.ByAPIMemory, "too old")
			},
			want: func(today calendar.Day) load.AppStatus {
				return load.AppStatus{FirstDay: ptr(today - 1), NewestSettledDay: ptr(today - 1), Unproven: 1, OldestProblem: ptr(today - 1)}
			},
		},
		{
			name: "O2 a backfill of old days makes nothing fresh", first: 3, grace: time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-3, load.StateLoaded, load.ByLookback, "")
				f.window(overall, today-40, load.StateLoaded, load.ByLookback, "") // the newest load
				f.window(overall, today-2, load.StateLoaded, load.NotSettled, "")
				f.window(overall, today-1, load.StateLoaded, load.NotSettled, "")
			},
			want: func(today calendar.Day) load.AppStatus {
				return load.AppStatus{FirstDay: ptr(today - 3), NewestSettledDay: ptr(today - 3)}
			},
		},
		{
			name: "O2 a task's settled day is not the app's", first: 1, grace: time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-1, load.StateLoaded, load.NotSettled, "")
				f.window(f.taskA, today-1, load.StateAbsent, load.ByLookback, "")
			},
			want: func(today calendar.Day) load.AppStatus { return load.AppStatus{FirstDay: ptr(today - 1)} },
		},
		{
			name: "a window that was opened gets its full time again", first: 3, grace: time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-3, load.StateLoaded, load.NotSettled, "")
				f.window(overall, today-2, load.StateLoaded, load.NotSettled, "")
				f.window(overall, today-1, load.StateLoaded, load.NotSettled, "")
				f.window(f.taskA, today-30, load.StateLoaded, load.NotSettled, "")
				f.exec(`UPDATE pushloss.ledger SET opened_at = $1`, today.UTC().Add(11*time.Hour))
			},
			want: func(today calendar.Day) load.AppStatus { return load.AppStatus{FirstDay: ptr(today - 3)} },
		},
		{
			name: "a window that was opened long ago is late", first: 1, grace: time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-1, load.StateLoaded, load.NotSettled, "")
				f.window(f.taskA, today-30, load.StateLoaded, load.NotSettled, "")
				f.exec(`UPDATE pushloss.ledger SET opened_at = $1`, today.UTC().Add(11*time.Hour-time.Second))
			},
			want: func(today calendar.Day) load.AppStatus {
				return load.AppStatus{FirstDay: ptr(today - 1), Late: 1, OldestProblem: ptr(today - 30)}
			},
		},
		{
			name: "windows of a task without figures wait for each other until their days are two weeks old", first: 1, grace: time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-1, load.StateLoaded, load.NotSettled, "")
				f.window(f.taskA, today-13, load.StateEmpty, load.NotSettled, "")
				f.window(f.taskA, today-14, load.StateEmpty, load.NotSettled, "")
			},
			want: func(today calendar.Day) load.AppStatus {
				return load.AppStatus{FirstDay: ptr(today - 1), Late: 1, OldestProblem: ptr(today - 14)}
			},
		},
		{
			name: "reconciliations that stay different, without those of retired tasks", first: 1, grace: time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-1, load.StateLoaded, load.NotSettled, "")
				f.exec(`INSERT INTO pushloss.reconciliation (sdk_app_id, run_id, task_key, first_day, last_day, checked_at, trusted, keys, differences, attempt, state)
					SELECT $1, 1, key, current_date - 9, current_date - 3, now(), true, 1, 1, 2, state
					FROM unnest($2::int[]) AS key, unnest('{agreed,differs,stays,unproven,superseded}'::text[]) AS state`,
					testApp, []int32{0, f.taskA.Key, f.taskB.Key})
				_, _, err := f.db.Tasks.Retire(f.t.Context(), testApp, []string{"b"}, loadedAt)
				must(f.t, err)
			},
			want: func(today calendar.Day) load.AppStatus {
				return load.AppStatus{FirstDay: ptr(today - 1), Differences: 2}
			},
		},
		{
			name: "nothing is due of a retired task", first: 1, grace: time.Hour,
			windows: func(f *fixture, today calendar.Day) {
				f.window(overall, today-1, load.StateLoaded, load.NotSettled, "")
				f.window(f.taskA, today-10, load.StateLoaded, load.NotSettled, "")
				f.window(f.taskA, today-9, load.StateFailed, load.NotSettled, "reason")
				_, _, err := f.db.Tasks.Retire(f.t.Context(), testApp, []string{"a"}, loadedAt)
				must(f.t, err)
			},
			want: func(today calendar.Day) load.AppStatus { return load.AppStatus{FirstDay: ptr(today - 1)} },
		},
	}
	f := setup(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f.exec(`TRUNCATE pushloss.app, pushloss.ledger, pushloss.reconciliation`)
			f.exec(`UPDATE pushloss.task SET sent_at = '2020-01-01', retired_at = NULL`) // no task is followed any more
			today := f.today()
			app := load.App{SDKAppID: testApp, Timezone: "UTC", LookbackDays: lookback, TaskDays: 30}
			if test.first > 0 {
				app.FirstDay = ptr(today - calendar.Day(test.first))
			}
			_, err := f.db.Apps.Save(t.Context(), app)
			must(t, err)
			test.windows(f, today)
			statuses, err := f.db.Status(t.Context(), today.UTC().Add(12*time.Hour), test.grace)
			must(t, err)
			for i := range statuses { // TestTasksThatNoAnswerHadAreNamed
				statuses[i].Unanswered = load.Unanswered{}
			}
			want := test.want(today)
			want.SDKAppID, want.Timezone = testApp, "UTC"
			equal(t, "statuses", []load.AppStatus{want}, statuses)
		})
	}
}

// A day ends at midnight of the app, not of UTC.
func TestStatusGoesByTheAppsMidnights(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.exec(`UPDATE pushloss.task SET sent_at = '2020-01-01'`)
	today := f.today()
	// Its yesterday is two of UTC's days ago at most, and long over anywhere.
	day := today - 3
	_, err := f.db.Apps.Save(t.Context(), load.App{SDKAppID: testApp, Timezone: "Pacific/Kiritimati", FirstDay: &day, LookbackDays: 1, TaskDays: 30})
	must(t, err)
	location, err := time.LoadLocation("Pacific/Kiritimati")
	must(t, err)
	midnight := (day + 1).Window(location).Start
	for hours, missing := range map[int]int{1: 0, 3: 1} { // the grace is 2
		statuses, err := f.db.Status(t.Context(), midnight.Add(time.Duration(hours)*time.Hour), 2*time.Hour)
		must(t, err)
		equal(t, "missing", missing, statuses[0].Missing)
	}
}

// A lookback ends at the midnight after which runs settle the day, also where
// clocks change in it.
func TestStatusCountsTheLookbackInDaysOfTheApp(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	must(t, err)
	for name, day := range map[string]calendar.Day{
		"clocks go forward": mustDay("2025-03-05"), "clocks go back": mustDay("2025-10-31"), "clocks stay": mustDay("2025-07-01"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			const lookback, grace = 7, 2 * time.Hour
			_, err := f.db.Apps.Save(t.Context(), load.App{SDKAppID: testApp, Timezone: newYork.String(), LookbackDays: lookback, TaskDays: 30})
			must(t, err)
			f.window(load.TaskRef{}, day, load.StateLoaded, load.NotSettled, "")
			due := (day + lookback).Window(newYork).End.Add(grace)
			for after, late := range map[time.Duration]int{0: 0, time.Microsecond: 1} {
				statuses, err := f.db.Status(t.Context(), due.Add(after), grace)
				must(t, err)
				equal(t, "late after "+after.String(), late, statuses[0].Late)
			}
		})
	}
}

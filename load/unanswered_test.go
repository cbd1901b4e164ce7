package load_test

import (
	"fmt"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/load"
	"pushloss/transform"
)

// K6: a mistyped ID is absent in every window, and nothing else would report it.
func TestTasksThatNoAnswerHadAreNamed(t *testing.T) {
	t.Parallel()
	f := setup(t)
	today := f.today()
	now := today.UTC().Add(12 * time.Hour)
	_, err := f.db.Apps.Save(t.Context(), load.App{SDKAppID: testApp, Timezone: "UTC", LookbackDays: 2, TaskDays: 30, FirstDay: ptr(today - 30)})
	must(t, err)
	for _, test := range []struct {
		name          string
		registered    int // days ago
		sent          int // days ago; -1 is not known
		states        []load.State
		retired, chat bool
		lastError     string
		want          bool
	}{
		{name: "absent in all windows", registered: 9, sent: -1, states: []load.State{load.StateAbsent, load.StateAbsent}, want: true},
		{name: "imported today, with a push of last week that is absent", sent: 7, states: []load.State{load.StateAbsent}, want: true},
		{name: "imported today, absent in the days before", sent: -1, states: []load.State{load.StateAbsent, load.StateAbsent}},
		{name: "imported today, and not requested yet", sent: 7},
		{name: "sent yesterday", sent: 1, states: []load.State{load.StateAbsent}},
		{name: "not requested for days", registered: 3, sent: 200, want: true},
		{name: "refused in all windows", registered: 3, sent: -1, states: []load.State{load.StateFailed}, want: true},
		{name: "answered once", registered: 9, sent: -1, states: []load.State{load.StateAbsent, load.StateLoaded, load.StateAbsent}},
		{name: "answered with a zero that is unproven", registered: 9, sent: -1, states: []load.State{load.StateUnproven}},
		{name: "lacked by answers for days that the API may have forgotten", registered: 9, sent: -1, states: []load.State{load.StateUnproven}, lastError: "lacks it", want: true},
		{name: "retired", registered: 9, sent: -1, states: []load.State{load.StateAbsent}, retired: true},
		{name: "of an app whose streams have no tasks", registered: 9, sent: -1, states: []load.State{load.StateAbsent}, chat: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			f.exec(`TRUNCATE pushloss.ledger, pushloss.task_summary, pushloss.app_stream`)
			f.exec(`UPDATE pushloss.task SET retired_at = now()`)
			f.exec(`UPDATE pushloss.task SET retired_at = NULL, registered_at = $1, sent_at = NULL WHERE task_id = 'a'`, now.AddDate(0, 0, -test.registered))
			if test.sent >= 0 {
				f.exec(`UPDATE pushloss.task SET sent_at = $1 WHERE task_id = 'a'`, now.AddDate(0, 0, -test.sent))
			}
			if test.retired {
				f.exec(`UPDATE pushloss.task SET retired_at = now()`)
			}
			if test.chat {
				f.exec(`INSERT INTO pushloss.app_stream (sdk_app_id, stream_id, active) SELECT $1, stream_id, NOT by_task FROM pushloss.stream`, testApp)
			}
			for i, state := range test.states {
				f.window(f.taskA, today-calendar.Day(1+i), state, load.NotSettled, test.lastError)
				f.exec(`
					INSERT INTO pushloss.task_summary AS s (sdk_app_id, task_key, answered, lacked)
					VALUES ($1, $2, $3 = 'loaded' OR $3 = 'unproven' AND $4 = '', $3 = 'absent' OR $3 = 'unproven' AND $4 <> '')
					ON CONFLICT (sdk_app_id, task_key) DO UPDATE SET answered = s.answered OR excluded.answered, lacked = s.lacked OR excluded.lacked`,
					testApp, f.taskA.Key, string(state), test.lastError)
			}
			statuses, err := f.db.Status(t.Context(), now, time.Hour)
			must(t, err)
			want := load.Unanswered{}
			if test.want {
				want = load.Unanswered{SDKAppID: testApp, Tasks: 1, First: []string{"a"}}
			}
			equal(t, "unanswered tasks", want, statuses[0].Unanswered)
			answered, err := f.db.Tasks.Answered(t.Context())
			must(t, err)
			if ever := fmt.Sprint(test.states) != "[]" && !test.want && test.registered > 0 && !test.retired && !test.chat; ever != has(answered, f.taskA.Key) {
				t.Errorf("answered are %v", answered)
			}
		})
	}
}

func has[K comparable, V any](m map[K]V, key K) bool {
	_, found := m[key]
	return found
}

// A task whose answers are only zeros has no losses, or a wrong ID.
func TestATaskAnsweredWithZerosCountsAsAnsweredWithoutFigures(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.load(f.pull(
		transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 3, "one")}}, transform.Snapshot{TaskID: "b"},
	), loadedAt)
	answered, err := f.db.Tasks.Answered(t.Context())
	must(t, err)
	equal(t, "answered", map[int32]*time.Time{f.taskA.Key: &loadedAt, f.taskB.Key: nil}, answered)
}

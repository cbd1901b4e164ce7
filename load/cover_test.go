package load_test

import (
	"testing"
	"time"

	"pushloss/load"
)

// Another process may change an app's settings while this one records which days of tasks are
// covered. The record holds for the new settings.
func TestCoveredDaysAreNeverNotedByOldSettings(t *testing.T) {
	t.Parallel()
	f := setup(t)
	first := march
	app := load.App{SDKAppID: testApp, Timezone: "UTC", FirstDay: &first, LookbackDays: 7, TaskDays: 1}
	_, err := f.db.Apps.Save(t.Context(), app)
	must(t, err)
	f.exec(`UPDATE pushloss.task SET sent_at = $1`, time.Date(2025, 3, 9, 8, 0, 0, 0, time.UTC))
	f.load(f.answer(march, lossOfA("1"), true, f.taskA), loadedAt)
	f.exec(`DELETE FROM pushloss.task WHERE task_id = 'b'`)

	// While nobody can change tasks, both get as far as they can.
	release := f.hold(`pushloss.task IN SHARE MODE`)
	app.TaskDays = 30
	done := make(chan error, 2)
	go func() {
		_, err := f.db.Apps.Save(t.Context(), app)
		done <- err
	}()
	const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' HAVING count(*) = $1::int`
	f.eventually("settings that wait", waiting, 1)
	go func() {
		_, err := f.lock.Settle(t.Context(), march-1, march)
		done <- err
	}()
	f.eventually("a settlement that waits", waiting, 2)
	release()
	must(t, <-done)
	must(t, <-done)
	equal(t, "covered to", []string{"2025-03-09"}, f.rows(`SELECT covered_to::text FROM pushloss.task`))
}

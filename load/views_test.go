package load_test

import (
	"fmt"
	"testing"
	"time"

	"pushloss/internal/demo"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/transform"
)

// ofApp is pull for the whole app's figures.
func (f *fixture) ofApp(snapshot transform.Snapshot) load.Pull {
	pull := f.pull(snapshot)
	pull.Tasks, pull.Result.Absent = []load.TaskRef{{}}, nil
	return pull
}

// Each view shows the facts of its grain and no other, so that no sum counts a
// push twice.
func TestEachGrainHasItsOwnView(t *testing.T) {
	t.Parallel()
	f := setup(t)
	online := platformFact(0, "4", 4)
	online.EventType = 2
	sent := stageFact("2", 2, "after")
	sent.Stage = stream.PostSendDelivered
	f.load(f.ofApp(transform.Snapshot{
		Facts: []transform.Fact{stageFact("1", 1, "before"), sent, platformFact(8, "3", 3), online},
	}), loadedAt)
	f.load(f.pull(
		transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 10, "")}},
		transform.Snapshot{TaskID: "b", Facts: []transform.Fact{stageFact("1", 20, ""), platformFact(1, "1", 30)}},
	), loadedAt.Add(time.Hour))
	tests := []struct {
		sql  string
		want []string
	}{
		{
			`SELECT sdk_app_id, day::text, stage, err_code, err_info, err_count, (updated_at AT TIME ZONE 'UTC')::text
			FROM analytics.app_stage_loss ORDER BY err_code`,
			[]string{
				"1400000001 2025-03-09 ready_to_send 1 before 1 2025-03-10 03:00:00",
				"1400000001 2025-03-09 post_send_delivered 2 after 2 2025-03-10 03:00:00",
			},
		},
		{
			`SELECT sdk_app_id, day::text, stage, event_type, event, platform_id, platform, err_code, err_info, err_count, (updated_at AT TIME ZONE 'UTC')::text
			FROM analytics.app_platform_loss ORDER BY err_code`,
			[]string{
				"1400000001 2025-03-09 post_send_delivered 1 offline 8 Honor 3 info 3 2025-03-10 03:00:00",
				"1400000001 2025-03-09 post_send_delivered 2 online 0 online 4 info 4 2025-03-10 03:00:00",
			},
		},
		{
			`SELECT sdk_app_id, day::text, task_id, stage, err_code, err_info, err_count, (updated_at AT TIME ZONE 'UTC')::text
			FROM analytics.task_stage_loss ORDER BY task_id`,
			[]string{
				"1400000001 2025-03-09 a ready_to_send 1  10 2025-03-10 04:00:00",
				"1400000001 2025-03-09 b ready_to_send 1  20 2025-03-10 04:00:00",
			},
		},
		{
			`SELECT sdk_app_id, day::text, task_id, stage, event_type, event, platform_id, platform, err_code, err_info, err_count, (updated_at AT TIME ZONE 'UTC')::text
			FROM analytics.task_platform_loss ORDER BY task_id`,
			[]string{"1400000001 2025-03-09 b post_send_delivered 1 offline 1 Apple APNs 1 info 30 2025-03-10 04:00:00"},
		},
		{
			`SELECT DISTINCT err_code FROM analytics.error_codes WHERE first_seen_at IS NOT NULL ORDER BY 1`, []string{"1", "2", "3", "4"},
		},
	}
	for _, test := range tests {
		equal(t, test.sql, test.want, f.rows(test.sql))
	}

	if pgtest.OnCitus() {
		return // a demo, which alone asks for the summary, has a Postgres of its own
	}
	summary, err := demo.Summarize(t.Context(), f.db.Pool(), testApp, march, march)
	must(t, err)
	equal(t, "summary", demo.Summary{
		Stages: []demo.StageTotal{{Stage: "ready_to_send", Lost: 1, Codes: 1}, {Stage: "post_send_delivered", Lost: 2, Codes: 1}},
		Platforms: []demo.PlatformTotal{
			{Stage: "post_send_delivered", Event: "online", Platform: "online", Lost: 4},
			{Stage: "post_send_delivered", Event: "offline", Platform: "Honor", Lost: 3},
		},
		TopCodes: []demo.CodeTotal{{Stage: "post_send_delivered", Code: "2", Info: "after", Lost: 2}, {Stage: "ready_to_send", Code: "1", Info: "before", Lost: 1}},
		TaskRows: 3,
	}, summary)
	summary, err = demo.Summarize(t.Context(), f.db.Pool(), testApp, march+1, march+9)
	must(t, err)
	equal(t, "summary of other days", demo.Summary{}, summary)
}

// Platforms and events that the API adds later are loaded, and shown by their numbers.
func TestS18UnknownPlatformsAndEventsAreShownByNumber(t *testing.T) {
	t.Parallel()
	f := setup(t)
	odd := platformFact(99, "1", 1)
	odd.EventType = 7
	edge := platformFact(-1, "1", 1)
	snapshot := transform.Snapshot{Facts: []transform.Fact{edge, odd}}
	f.load(f.ofApp(snapshot), loadedAt)
	ofTask := snapshot
	ofTask.TaskID = "a"
	f.load(f.pull(ofTask), loadedAt)
	f.load(f.ofApp(transform.Snapshot{}), loadedAt)
	want := []string{"1 offline -1 unknown (-1)", "7 unknown (7) 99 unknown (99)"}
	for _, view := range []string{"task_platform_loss", "loss_changes"} {
		equal(t, view, want, f.rows(`SELECT event_type, event, platform_id, platform FROM analytics.`+view+` ORDER BY 1, 3`))
	}
}

func TestChangesOfEveryGrainAreListed(t *testing.T) {
	t.Parallel()
	f := setup(t)
	some := func(task string, count int64) transform.Snapshot {
		return transform.Snapshot{
			TaskID: task, Facts: []transform.Fact{stageFact("1", count, "x"), platformFact(1, "1", count)},
		}
	}
	f.load(f.ofApp(some("", 1)), loadedAt)
	f.load(f.pull(some("a", 1)), loadedAt)
	f.load(f.ofApp(some("", 2)), loadedAt.Add(time.Hour))
	f.load(f.pull(some("a", 3)), loadedAt.Add(2*time.Hour))
	run := fmt.Sprint(f.run)
	equal(t, "changes", []string{
		"1400000001 2025-03-09  post_send_delivered 1 offline 1 Apple APNs 1 2025-03-10 04:00:00 " + run + " 1 2 info info",
		"1400000001 2025-03-09  ready_to_send <nil> <nil> <nil> <nil> 1 2025-03-10 04:00:00 " + run + " 1 2 x x",
		"1400000001 2025-03-09 a post_send_delivered 1 offline 1 Apple APNs 1 2025-03-10 05:00:00 " + run + " 1 3 info info",
		"1400000001 2025-03-09 a ready_to_send <nil> <nil> <nil> <nil> 1 2025-03-10 05:00:00 " + run + " 1 3 x x",
	}, f.rows(`
		SELECT sdk_app_id, day::text, task_id, stage, event_type, event, platform_id, platform, err_code,
			(changed_at AT TIME ZONE 'UTC')::text, run_id, old_count, new_count, old_err_info, new_err_info
		FROM analytics.loss_changes ORDER BY task_id, stage`))
}

package load_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/transform"
)

// Empty texts do not count. The number of lost pushes counts, not the number of rows.
func TestTheUsualTextOfACodeIsThatOfMostPushes(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(testApp)
	overall := func(rows string) string {
		return `{"ErrorCode":0,"Results":[{"TaskID":"","ReadyToSendLoss":[` + rows + `]}]}`
	}
	row := func(code, count, info string) string {
		return `{"ErrCode":"` + code + `","ErrCount":` + count + `,"ErrInfo":"` + info + `"}`
	}
	f.load(f.answer(march, overall(row("X1", "5", "rare")+","+row("X2", "1", "")+","+row("X3", "1", "old")), true, load.TaskRef{}), loadedAt)
	f.load(f.answer(march+1, overall(row("X1", "5", "rare")+","+row("X3", "2", "new")), true, load.TaskRef{}), loadedAt)
	f.load(f.answer(march+2, overall(row("X1", "11", "frequent")+","+row("X2", "100", "")), true, load.TaskRef{}), loadedAt)
	// A code that the whole app's figures lack.
	f.load(f.answer(march+2, `{"ErrorCode":0,"Results":[{"TaskID":"a","ReadyToSendLoss":[`+row("X4", "1", "of a task")+`,`+row("X1", "1000", "of a task")+`]}]}`, true, f.taskA), loadedAt)
	must(t, f.db.RefreshUsualTexts(t.Context(), f.run))
	usual := func() []string {
		return f.rows(`SELECT DISTINCT err_code || ' ' || coalesce(err_meaning, '-') FROM analytics.task_stage_loss
			UNION SELECT err_code || ' ' || coalesce(err_meaning, '-') FROM analytics.app_stage_loss ORDER BY 1`)
	}
	if diff := cmp.Diff([]string{"X1 frequent", "X2 -", "X3 new", "X4 of a task"}, usual()); diff != "" {
		t.Errorf("usual texts (-want +got):\n%s", diff)
	}
	f.load(f.answer(march, overall(row("X3", "9", "old")), true, load.TaskRef{}), loadedAt)
	must(t, f.db.RefreshUsualTexts(t.Context(), f.run))
	if diff := cmp.Diff([]string{"X1 frequent", "X2 -", "X3 old", "X4 of a task"}, usual()); diff != "" {
		t.Errorf("usual texts after a change (-want +got):\n%s", diff)
	}
}

// Vendors use the same code for different things: the text of one vendor is not used for
// another's.
func TestTheUsualTextOfACodeIsThatOfItsPlatform(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(testApp)
	row := func(platform, count, info string) string {
		return `{"EventType":1,"PushPlatform":` + platform + `,"ErrCode":"X1","ErrCount":` + count + `,"ErrInfo":"` + info + `"}`
	}
	f.load(f.answer(march, `{"ErrorCode":0,"Results":[{"TaskID":"","PlatformReadyToSendLoss":[`+
		row("2", "900", "of Xiaomi")+`,`+row("5", "3", "of Meizu")+`,`+row("8", "100", "")+`]}]}`, true, load.TaskRef{}), loadedAt)
	must(t, f.db.RefreshUsualTexts(t.Context(), f.run))
	got := f.rows(`SELECT platform || ': ' || coalesce(err_meaning, '-') FROM analytics.app_platform_loss ORDER BY platform_id`)
	if diff := cmp.Diff([]string{"Xiaomi: of Xiaomi", "Meizu: of Meizu", "Honor: -"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// coded is a fact of an offline push that Xiaomi or Meizu did not deliver.
func coded(platform int16, code string, count int64, info string) transform.Fact {
	fact := platformFact(platform, code, count)
	fact.Info = info
	return fact
}

// A text that only tasks have is used for their channel, however old the day and whatever other
// channels have. It follows restatements by the API.
func TestATextThatOnlyTasksHaveIsUsedWhereItIs(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(testApp)
	overall := f.pull(transform.Snapshot{Facts: []transform.Fact{coded(2, "X1", 9, "of Xiaomi"), coded(8, "X1", 9, "")}})
	overall.Tasks, overall.Result.Absent = []load.TaskRef{{}}, nil
	f.load(overall, loadedAt)
	meanings := func() []string {
		return f.rows(`SELECT platform || ' ' || err_code || ' ' || coalesce(err_meaning, '-') FROM analytics.task_platform_loss ORDER BY 1`)
	}
	f.load(f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{
		coded(2, "X1", 9, "ours"), coded(5, "X1", 1, "rare"), coded(8, "X1", 1, ""), coded(8, "X2", 1, ""),
	}}), loadedAt)
	// A process that dies before the end of its run leaves a text too.
	equal(t, "before the first refresh", []string{"Honor X1 -", "Honor X2 -", "Meizu X1 rare", "Xiaomi X1 of Xiaomi"}, meanings())
	f.load(f.pull(
		transform.Snapshot{TaskID: "a", Facts: []transform.Fact{coded(2, "X1", 9, "ours"), coded(5, "X1", 1, "rare"), coded(8, "X1", 1, "restated"), coded(8, "X2", 1, "")}},
		transform.Snapshot{TaskID: "b", Facts: []transform.Fact{coded(5, "X1", 2, "frequent")}},
	), loadedAt.AddDate(1, 0, 0))
	must(t, f.db.RefreshUsualTexts(t.Context(), f.run))
	equal(t, "after it", []string{"Honor X1 restated", "Honor X2 -", "Meizu X1 frequent", "Meizu X1 frequent", "Xiaomi X1 of Xiaomi"}, meanings())
	f.load(f.pull(
		transform.Snapshot{TaskID: "a", Facts: []transform.Fact{coded(5, "X1", 3, "restated")}},
		transform.Snapshot{TaskID: "b"},
	), loadedAt.AddDate(1, 0, 1))
	must(t, f.db.RefreshUsualTexts(t.Context(), f.run))
	equal(t, "after a restatement", []string{"Meizu X1 restated"}, meanings())
}

// Pushes of chat messages are separate, so their texts are not used for a task.
func TestATextOfChatMessagesIsNotUsedForATask(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(testApp)
	chat := f.pull(transform.Snapshot{Facts: []transform.Fact{coded(2, "X1", 900, "of a chat"), coded(5, "X1", 900, "of a chat")}})
	chat.Stream, chat.Tasks, chat.Result.Absent = stream.ChatLoss, []load.TaskRef{{}}, nil
	f.load(chat, loadedAt)
	f.load(f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{coded(2, "X1", 1, "of a task"), coded(5, "X1", 1, "")}}), loadedAt)
	must(t, f.db.RefreshUsualTexts(t.Context(), f.run))
	equal(t, "meanings", []string{"chat Meizu of a chat", "chat Xiaomi of a chat", "task Meizu -", "task Xiaomi of a task"}, f.rows(`
		SELECT 'task ' || platform || ' ' || coalesce(err_meaning, '-') FROM analytics.task_platform_loss
		UNION SELECT 'chat ' || platform || ' ' || coalesce(err_meaning, '-') FROM analytics.chat_platform_loss ORDER BY 1`))
}

// An inner join with the catalogue loses nothing, by platform or by stage, and a new code is new by its day.
func TestEveryPlaceOfACodeIsInTheCatalogue(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(testApp)
	later := f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{
		coded(42, "X1", 5, ""), coded(42, "410", 7, "Unregistered"), coded(1, "410", 11, ""), stageFact("X2", 2, ""), stageFact("-1", 3, ""),
	}})
	f.load(later, loadedAt)
	earlier := later
	earlier.Day, earlier.Window = march-9, (march - 9).Window(time.UTC)
	f.load(earlier, loadedAt.AddDate(0, 1, 0))
	must(t, f.db.RefreshUsualTexts(t.Context(), f.run))
	equal(t, "lost by platform", f.rows(`SELECT sum(err_count), count(*) FROM analytics.task_platform_loss`), f.rows(`
		SELECT sum(err_count), count(*) FROM analytics.task_platform_loss JOIN analytics.error_codes USING (err_code, stage, platform_id)`))
	equal(t, "lost by stage", f.rows(`SELECT sum(err_count), count(*) FROM analytics.task_stage_loss`), f.rows(`
		SELECT sum(err_count), count(*) FROM analytics.task_stage_loss JOIN analytics.stage_error_codes USING (err_code, stage)`))
	equal(t, "platforms", f.rows(`SELECT count(*) FROM analytics.task_platform_loss`), f.rows(`
		SELECT count(*) FROM analytics.task_platform_loss JOIN analytics.platforms USING (platform_id, platform)`))
	equal(t, "first days", []string{"410 1 2025-02-28", "410 42 2025-02-28", "X1 42 2025-02-28", "X2 - 2025-02-28"}, f.rows(`
		SELECT err_code || ' ' || coalesce(platform_id::text, '-') || ' ' || first_day FROM analytics.error_codes
		WHERE first_day IS NOT NULL AND err_code <> '-1' ORDER BY 1`))
	// 410 does not prove a dead token where another channel sends it too.
	equal(t, "dead tokens", []string{"-1 false", "410 -", "X2 -"}, f.rows(`
		SELECT err_code || ' ' || coalesce(token_dead::text, '-') FROM analytics.stage_error_codes
		WHERE (err_code, stage) IN (('-1', 'ready_to_send'), ('410', 'post_send_delivered'), ('X2', 'ready_to_send')) ORDER BY 1`))
}

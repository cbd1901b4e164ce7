package load_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/transform"
)

// answer is a pull of tasks by a real body, as the pipeline makes it.
func (f *fixture) answer(day calendar.Day, body string, trusted bool, tasks ...load.TaskRef) load.Pull {
	f.t.Helper()
	var ids []string
	for _, task := range tasks {
		if task.ID != "" {
			ids = append(ids, task.ID)
		}
	}
	text, err := extract.StrictJSON([]byte(body))
	must(f.t, err)
	var normalizer transform.Normalizer
	result, err := normalizer.Normalize(stream.Loss, text, ids)
	must(f.t, err)
	return load.Pull{
		RunID: f.run, Day: day, Window: day.Window(time.UTC), Tasks: tasks,
		Result: result, Body: []byte(body), SentAt: loadedAt, Trusted: trusted,
	}
}

// drawBody draws an answer: of few keys, so that facts come, change, go and come
// back, with tasks left out, repeated or unreadable, and rows that make no sense.
func drawBody(rt *rapid.T, tasks []load.TaskRef) string {
	type row map[string]any
	rows := func(platform bool) []row {
		list := []row{}
		for _, code := range []string{"1", "2", "3"} {
			if !rapid.Bool().Draw(rt, "has code") {
				continue
			}
			r := row{
				"ErrCode": code, "ErrCount": rapid.SampledFrom([]any{0, 1, 2, 2, "3", -1}).Draw(rt, "count"),
				"ErrInfo": rapid.SampledFrom([]string{"", "x"}).Draw(rt, "info"),
			}
			if platform {
				r["EventType"], r["PushPlatform"] = 1, rapid.IntRange(1, 2).Draw(rt, "platform")
			}
			list = append(list, r)
		}
		return list
	}
	results := []map[string]any{}
	for _, task := range tasks {
		switch rapid.SampledFrom([]string{"rows", "rows", "rows", "empty", "absent", "unreadable"}).Draw(rt, "answer") {
		case "rows":
			results = append(results, map[string]any{"TaskID": task.ID, "ReadyToSendLoss": rows(false), "PlatformPostSendDeliveredLoss": rows(true)})
		case "empty":
			results = append(results, map[string]any{"TaskID": task.ID, "ReadyToSendLoss": []row{}})
		case "unreadable":
			results = append(results, map[string]any{"TaskID": task.ID, "ReadyToSendLoss": 5})
		}
	}
	text, err := json.Marshal(map[string]any{"ErrorCode": 0, "Results": results})
	if err != nil {
		rt.Fatal(err)
	}
	return string(text)
}

// tables are the rows that a replay answers for, in full, with the texts that the
// facts point at.
func (f *fixture) tables(day calendar.Day) []string {
	f.t.Helper()
	return f.rows(`
		SELECT 'stage', to_jsonb(t)::text || coalesce(i.err_info, ' no text')
		FROM pushloss.stage_loss AS t LEFT JOIN pushloss.err_info AS i USING (err_info_key) WHERE day = $1 UNION ALL
		SELECT 'platform', to_jsonb(t)::text || coalesce(i.err_info, ' no text')
		FROM pushloss.platform_loss AS t LEFT JOIN pushloss.err_info AS i USING (err_info_key) WHERE day = $1 UNION ALL
		SELECT 'change', (to_jsonb(t) - 'change_id')::text FROM pushloss.loss_change AS t WHERE day = $1 UNION ALL
		SELECT 'ledger', (to_jsonb(t) - 'updated_at')::text FROM pushloss.ledger AS t WHERE day = $1
		ORDER BY 1, 2`, day.UTC())
}

func (f *fixture) verify(selection load.Selection) (load.Checked, []load.Difference) {
	f.t.Helper()
	var differences []load.Difference
	checked, err := f.db.Archive.Verify(f.t.Context(), selection, load.Observer{Difference: func(d load.Difference) error {
		differences = append(differences, d)
		return nil
	}})
	must(f.t, err)
	if checked.Differences != len(differences) {
		f.t.Errorf("%d differences are counted, %d reported", checked.Differences, len(differences))
	}
	return checked, differences
}

// replay does what a separate process does: this one's lock is given back first.
func (f *fixture) replay(selection load.Selection) load.Restored {
	f.t.Helper()
	must(f.t, f.lock.Unlock(f.t.Context()))
	restored, err := f.db.Archive.Replay(f.t.Context(), selection, "the replay", time.Now, load.Observer{})
	must(f.t, err)
	f.lock, err = f.relock()
	must(f.t, err)
	return restored
}

// register makes apps known, as every job does before it loads.
func (f *fixture) register(sdkAppIDs ...int64) {
	f.t.Helper()
	for _, id := range sdkAppIDs {
		_, err := f.db.Apps.Save(f.t.Context(), load.App{SDKAppID: id, Timezone: "UTC", LookbackDays: 7, TaskDays: 30})
		must(f.t, err)
	}
}

// wrecks are damages to the tables of a day.
var wrecks = []string{
	`DELETE FROM pushloss.stage_loss WHERE day = $1`,
	`DELETE FROM pushloss.platform_loss WHERE day = $1 AND platform_id = 1`,
	`UPDATE pushloss.stage_loss SET err_count = err_count + 1 WHERE day = $1`,
	`UPDATE pushloss.platform_loss SET updated_at = '2025-03-08 00:00+00' WHERE day = $1`,
	`UPDATE pushloss.stage_loss SET err_info_key = err_info_key + 1000 WHERE day = $1`,
	`INSERT INTO pushloss.stage_loss SELECT sdk_app_id, day, task_key, 2, err_code_key, err_info_key, 1, updated_at FROM pushloss.stage_loss WHERE day = $1`,
	`UPDATE pushloss.err_info SET err_info = 'altered' WHERE err_info_key IN (SELECT err_info_key FROM pushloss.stage_loss WHERE day = $1)`,
	`DELETE FROM pushloss.loss_change WHERE day = $1`,
	`UPDATE pushloss.loss_change SET old_count = 77 WHERE day = $1`,
	`INSERT INTO pushloss.loss_change (sdk_app_id, day, task_key, by_platform, stage_id, event_type, platform_id, err_code_key, changed_at, run_id, new_count)
		SELECT sdk_app_id, day, task_key, false, 1, 0, 0, 99, now(), 1, 1 FROM pushloss.ledger WHERE day = $1 AND first_loaded_at IS NOT NULL`,
	`UPDATE pushloss.ledger SET row_count = row_count + 1, last_loaded_at = now() WHERE day = $1`,
}

// O6: replaying the raw answers gives exactly the facts and their history, whatever the answers
// were and whatever was done to the tables since.
func TestO6AReplayOfTheArchiveIsWhatWasLoaded(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(testApp)
	app := load.TaskRef{}
	day := march
	enough := 30
	if testing.Short() { // rapid draws less then
		enough = 10
	}
	wrecked := 0
	rapid.Check(t, func(rt *rapid.T) {
		if wrecked == enough {
			return // each takes several connections
		}
		day++
		only := load.Selection{From: &day, To: &day}
		clock := day.UTC().AddDate(0, 0, 2)
		for range rapid.IntRange(1, 5).Draw(rt, "pulls") {
			tasks := rapid.SampledFrom([][]load.TaskRef{{app}, {f.taskA}, {f.taskA, f.taskB}}).Draw(rt, "tasks")
			f.load(f.answer(day, drawBody(rt, tasks), rapid.Bool().Draw(rt, "trusted"), tasks...), clock)
			clock = clock.Add(time.Hour)
		}
		want := f.tables(day)
		checked, differences := f.verify(only)
		equal(t, "differences before", []load.Difference(nil), differences)
		if checked.Windows == 0 {
			t.Error("nothing was checked")
		}

		for _, wreck := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(wrecks)-1), 1, 3, rapid.ID).Draw(rt, "wrecks") {
			_, err := f.conn.Exec(t.Context(), wrecks[wreck], day.UTC())
			must(t, err)
		}
		harmed := !slices.Equal(want, f.tables(day))
		_, differences = f.verify(only)
		if harmed != (len(differences) > 0) {
			t.Errorf("harmed: %t, but verify finds %v", harmed, differences)
		}
		if harmed {
			wrecked++
		}
		f.replay(only)
		equal(t, "tables after the replay", want, f.tables(day))
		_, differences = f.verify(only)
		equal(t, "differences after", []load.Difference(nil), differences)
		if t.Failed() {
			rt.FailNow()
		}
	})
	if wrecked < enough {
		t.Errorf("only %d days were harmed", wrecked)
	}
}

// lossOfA is an answer for the task a.
func lossOfA(count string) string {
	return `{"ErrorCode":0,"Results":[{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":"1","ErrCount":` + count + `,"ErrInfo":"x"}]}]}`
}

func TestAReplayOfUndamagedTablesWritesNothing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(testApp)
	f.load(f.answer(march, lossOfA("1"), true, f.taskA), loadedAt)
	f.load(f.answer(march, lossOfA("2"), true, f.taskA), loadedAt.Add(time.Hour))
	const versions = `SELECT xmin::text FROM pushloss.stage_loss UNION ALL SELECT xmin::text FROM pushloss.loss_change UNION ALL SELECT xmin::text FROM pushloss.ledger`
	before := f.rows(versions)
	restored := f.replay(load.Selection{})
	equal(t, "what was done", load.Restored{Checked: load.Checked{Days: 1, Windows: 1, Pulls: 2, Facts: 1, Changes: 1}}, restored)
	equal(t, "row versions", before, f.rows(versions))
}

func TestWhatCannotBeProvenIsReportedAndLeftAlone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, harm string
		of, what   string
		says       string
	}{
		{"a flipped byte", `UPDATE pushloss.raw_body SET body = set_byte(body, 10, get_byte(body, 10) # 1)`, "archive", "not provable", "SHA-256"},
		{"an answer that is cut off", `UPDATE pushloss.raw_body SET body = substr(body, 1, 10)`, "archive", "not provable", "SHA-256"},
		{"another answer in its place", `UPDATE pushloss.raw_body AS b SET body = o.body FROM pushloss.raw_body AS o WHERE o.sha256 <> b.sha256`, "archive", "not provable", "SHA-256"},
		{"a lost answer", `DELETE FROM pushloss.raw_body`, "archive", "not provable", "the answer is missing"},
		{"a lost pull", `DELETE FROM pushloss.pull`, "archive", "no answer kept", "no stored pull"},
		{"a lost task", `UPDATE pushloss.task SET task_id = 'other' WHERE task_id = 'a'`, "archive", "no answer kept", "no stored pull"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.register(testApp)
			f.load(f.answer(march, lossOfA("1"), true, f.taskA), loadedAt)
			f.load(f.answer(march, lossOfA("2"), true, f.taskA), loadedAt.Add(time.Hour))
			_, err := f.conn.Exec(t.Context(), test.harm)
			must(t, err)
			_, err = f.conn.Exec(t.Context(), `UPDATE pushloss.stage_loss SET err_count = 5`)
			must(t, err)
			before := f.tables(march)
			checked, differences := f.verify(load.Selection{})
			if len(differences) != 1 || differences[0].Of != test.of || differences[0].What != test.what || !strings.Contains(differences[0].Archived, test.says) {
				t.Errorf("differences are %+v", differences)
			}
			equal(t, "windows not provable", 1, checked.NotProvable)
			restored := f.replay(load.Selection{})
			equal(t, "windows not provable", 1, restored.NotProvable)
			equal(t, "tables", before, f.tables(march))
		})
	}
}

// A replay reads only the selected part of the archive.
func TestASelectionBoundsTheReplay(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for day := march; day < march+5; day++ {
		f.load(f.answer(day, lossOfA("1"), true, f.taskA), loadedAt)
	}
	f.register(testApp, 7)
	_, err := f.conn.Exec(t.Context(), `DELETE FROM pushloss.stage_loss`)
	must(t, err)
	second, third := march+1, march+2
	for _, test := range []struct {
		selection load.Selection
		want      int
	}{
		{load.Selection{From: &second, To: &third}, 2},
		{load.Selection{From: &third}, 3},
		{load.Selection{To: &second}, 2},
		{load.Selection{SDKAppID: testApp}, 5},
		{load.Selection{SDKAppID: 7}, 0},
		{load.Selection{}, 5},
	} {
		checked, differences := f.verify(test.selection)
		if checked.Days != test.want || len(differences) != test.want {
			t.Errorf("%+v: %d days, %d differences, want %d", test.selection, checked.Days, len(differences), test.want)
		}
	}
	f.replay(load.Selection{From: &second, To: &third})
	equal(t, "days", []string{second.String(), third.String()}, f.rows(`SELECT day::text FROM pushloss.stage_loss ORDER BY day`))
}

func TestAReplayWaitsForTheAppAndStopsBetweenDays(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for day := march; day < march+3; day++ {
		f.load(f.answer(day, lossOfA("1"), true, f.taskA), loadedAt)
	}
	_, err := f.conn.Exec(t.Context(), `DELETE FROM pushloss.stage_loss`)
	must(t, err)
	f.register(testApp)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var waited string
	_, err = open(t, f.url).Archive.Replay(ctx, load.Selection{}, "the replay", time.Now, load.Observer{
		Waiting: func(busy *load.BusyError) {
			waited = busy.Holder
			must(t, f.lock.Unlock(t.Context()))
		},
		Day: func(_ int64, day calendar.Day, done, total int) {
			if total != 3 || done != int(day-march) {
				t.Errorf("day %s is the %d. of %d", day, done, total)
			}
			if done == 1 {
				cancel()
			}
		},
	})
	if !errors.Is(err, context.Canceled) || waited != "the test" {
		t.Errorf("the replay waited for %q and ended with %v", waited, err)
	}
	equal(t, "days", []string{march.String()}, f.rows(`SELECT day::text FROM pushloss.stage_loss ORDER BY day`))
}

// K5: under a limit of two connections, a transaction that waits for a third one never ends.
func TestAReplayNeedsTwoConnectionsAndAVerificationOne(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(testApp)
	f.load(f.answer(march, lossOfA("1"), true, f.taskA), loadedAt)
	must(t, f.lock.Unlock(t.Context()))
	f.exec(`DELETE FROM pushloss.stage_loss`)
	f.exec(`UPDATE pushloss.err_code SET err_code = 'gone'`)
	f.exec(`UPDATE pushloss.err_info SET err_info = 'gone' WHERE err_info = 'x'`)
	atMost := func(connections int) load.Archive {
		db, err := load.Open(t.Context(), f.url, connections)
		must(t, err)
		t.Cleanup(db.Close)
		return db.Archive
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	restored, err := atMost(2).Replay(ctx, load.Selection{}, "the replay", time.Now, load.Observer{})
	must(t, err)
	equal(t, "what was restored", load.Changes{Inserted: 1}, restored.Rows)
	checked, err := atMost(1).Verify(ctx, load.Selection{}, load.Observer{})
	must(t, err)
	equal(t, "what was checked", load.Checked{Days: 1, Windows: 1, Pulls: 1, Facts: 1}, checked)
}

package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTasksAreAddedImportedListedAndRetired(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, "tasks", "add", "a", "b", "a", "--label", "Spring sale").says(t, "tasks: 2 added, 0 updated, 0 unchanged")
	w.do(0, "tasks", "add", "a").says(t, "tasks: 0 added, 0 updated, 1 unchanged")

	csv := file(t, "tasks.csv", "task_id,sent_at,label\nc,2025-03-01T08:00:00+08:00,\"Quotes \"\"and\"\", 中文\"\nb,,Bee\n")
	w.do(0, "tasks", "import", csv).says(t, "tasks: 1 added, 1 updated, 0 unchanged")
	w.do(0, "tasks", "import", csv).says(t, "tasks: 0 added, 0 updated, 2 unchanged")
	jsonl := file(t, "tasks.jsonl", `{"task_id":"d","sdk_app_id":1400000001}`+"\n"+`{"task_id":"e","sent_at":1741104000}`+"\n")
	w.do(0, "tasks", "import", jsonl).says(t, "tasks: 2 added")
	w.startWith(strings.NewReader("task_id\nf\n"), "tasks", "import", "-").endedWith(0).says(t, "tasks: 1 added")

	w.do(0, "tasks", "retire", "d", "e").says(t, "tasks: 2 retired")
	r := w.do(0, "tasks", "list", "--output", "json")
	shapeIs(t, "tasks_list", r.stdout)
	w.do(0, "tasks", "list").says(t, "Spring sale", `Quotes "and", 中文`, "Bee")
	if n := w.number(`SELECT count(*) FROM analytics.tasks WHERE retired_at IS NOT NULL`); n != 2 {
		t.Errorf("%d tasks are retired, want 2", n)
	}
	w.do(2, "tasks", "retire", "a", "nope")
	if n := w.number(`SELECT count(*) FROM analytics.tasks WHERE retired_at IS NULL`); n != 4 {
		t.Errorf("%d tasks are followed, want 4", n)
	}
}

func TestWhatTasksListPrintsCanBeImported(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, "tasks", "add", "a", "--sent-at", w.back(1)+"T08:00:00Z", "--label", "A sale")
	w.do(0, "tasks", "add", "b", "c")
	w.do(0, "tasks", "retire", "c")
	path := file(t, "tasks.json", w.do(0, "tasks", "list", "--output", "json").stdout)
	w.do(0, "tasks", "import", path).says(t, "0 added, 0 updated, 2 unchanged", "skipped: 1 retired task")
	w.exec(`DELETE FROM pushloss.task`)
	w.do(0, "tasks", "import", path).says(t, "2 added")
	w.do(0, "tasks", "list").says(t, "A sale", w.back(1)+"T08:00:00Z")
	w.do(2, "tasks", "import", file(t, "tasks.csv", "task_id,registered_at,retired_at\nc,2025-03-01,2025-03-02\n")).says(t, "no tasks in it: all are retired")
}

func TestTasksAreReadFromAnswersOfTheVendor(t *testing.T) {
	t.Parallel()
	w := setup(t)
	const answer, failure = `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"TaskId":"pushed-1","Novelty":1}`, `{"ActionStatus":"FAIL","ErrorInfo":"Invalid format of MsgRandom","ErrorCode":90001,"TaskId":""}`
	w.startWith(strings.NewReader(answer), "tasks", "import", "-").endedWith(0).says(t, "tasks: 1 added", "skipped: 1 unknown field")
	w.startWith(strings.NewReader(answer+failure), "tasks", "import", "-").endedWith(0).says(t, "tasks: 0 added, 0 updated, 1 unchanged", "1 answer of a failed call", "MsgRandom")
	w.startWith(strings.NewReader(failure), "tasks", "import", "-").endedWith(2).says(t, "the push failed (FAIL 90001: \"Invalid format of MsgRandom\")", "import the answer of a push that succeeded")
	w.do(0, "tasks", "add", answer, "pushed-2", "pushed-1", "--label", "Sale").says(t, "tasks: 1 added, 1 updated, 0 unchanged")
	w.do(2, "tasks", "add", `{"ActionStatus":`).says(t, "argument 1:1: not valid JSON")
	w.startWith(strings.NewReader(`{"Events":[{"TaskId":"called","TaskTime":1743379200,"To_Account":"bob"}]}`), "tasks", "import", "-", "--app", "1400000001").endedWith(0).says(t, "tasks: 1 added")
	w.startWith(strings.NewReader(answer), "tasks", "import", "-", "--app", "7").endedWith(2).says(t, "app 7 is not configured")
	if n := w.number(`SELECT count(*) FROM analytics.tasks WHERE label = 'Sale' OR sent_at = '2025-03-31 00:00Z'`); n != 3 {
		t.Errorf("%d tasks are as they were given, want 3", n)
	}
}

func TestATaskIsCorrectedOrDeletedWhileItHasNoFigures(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, "tasks", "add", "good", "mistyped", "--sent-at", time.Now().Add(-60*time.Hour).Format(time.RFC3339))
	w.do(0, "tasks", "add", "mistyped", "--sent-at", "none").says(t, "tasks: 1 without sent_at now")
	w.do(2, "tasks", "add", "unknown", "--sent-at", "none").says(t, "not in the registry")
	w.do(2, "tasks", "delete", "unknown").says(t, "not in the registry")
	w.do(0, "tasks", "delete", "mistyped").says(t, "tasks: 1 deleted")
	w.do(0, "run")
	w.do(2, "tasks", "delete", "good").says(t, "have figures: good", "nothing was deleted", "retire")
	w.do(0, "tasks", "list").says(t, "command", "last figures")
}

func TestAMalformedTaskFileIsNamedWithItsLinesAndNotImported(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, test := range []struct{ name, content, says string }{
		{"bad.csv", "task_id,sent_at\ngood,\nbad,tomorrow\n", ":3: sent_at"},
		{"header.csv", "job\nx\n", ":1: "},
		{"bad.jsonl", `{"task_id":"good"}` + "\n" + `{"task_id":""}` + "\n", ":2: task_id is empty"},
		{"empty.csv", "", ":1: the list is empty"},
		{"double.csv", "task_id,label\nx,one\nx,two\n", ":3: "},
		{"double.json", `{"ErrorCode":0,"TaskId":"t6","TaskId":"t7"}`, `:1: the field "task_id" occurs twice: "TaskId" at line 1, column 25`},
	} {
		path := file(t, test.name, test.content)
		w.do(2, "tasks", "import", path).says(t, path+test.says, "nothing was imported")
	}
	w.startWith(strings.NewReader("task_id\n\"\n"), "tasks", "import", "-").endedWith(2).says(t, "stdin:")
	if n := w.number(`SELECT count(*) FROM analytics.tasks`); n != 0 {
		t.Errorf("%d tasks were imported", n)
	}
}

// The only app may be named in one line and left out in another.
func TestATaskWithAndWithoutItsAppIsOneTask(t *testing.T) {
	t.Parallel()
	w := setup(t)
	path := file(t, "tasks.csv", "task_id,sdk_app_id,label\nx,,one\nx,1400000001,one\n")
	w.do(0, "tasks", "import", path).says(t, "tasks: 1 added, 0 updated, 0 unchanged")
	path = file(t, "tasks.csv", "task_id,sdk_app_id,label\nx,,one\nx,1400000001,two\n")
	w.do(2, "tasks", "import", path).says(t, "lines 2 and 3", "nothing was imported")
}

func TestATaskIDShowsItsTimeAndItsApp(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, "tasks", "add", "657bf434_537529d8_2000005e80aa873_2780d131_bc614e").says(t, "seems to belong to app 1400187352")
	w.do(0, "tasks", "add", "657bf434_53724e01_2000005e80aa873_2780d131_bc614e").says(t, "1 have no sent_at and were given the time in their ID")
	w.do(0, "tasks", "add", "657bf434_53724e01_2000005e80aa873_2780d131_bc614e", "--sent-at", "2023-12-16T08:00:00+08:00", "--label", strings.Repeat("long ", 50)).says(t, "1 updated")
	w.do(0, "tasks", "add", "657bf434_53724e01_2000005e80aa873_2780d131_bc614e").says(t, "tasks: 0 added, 0 updated, 1 unchanged\n")
	w.do(0, "tasks", "list").says(t, "2023-12-16T00:00:00Z", "long long… │")
}

func TestATimeWithoutAnOffsetIsInTheZoneOfTheTasksApp(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.env["TIM_APPS_FILE"] = file(t, "apps.yaml", fmt.Sprintf("- {sdk_app_id: %d, secret_key: %s}\n- {sdk_app_id: %d, secret_key: %s, timezone: America/Los_Angeles}\n", testApp, testKey, otherApp, testKey))
	delete(w.env, "TIM_SDK_APP_ID")
	delete(w.env, "TIM_SECRET_KEY")
	w.env["PUSHLOSS_TIMEZONE"] = "Asia/Shanghai"
	other := fmt.Sprint(otherApp)
	w.do(0, "tasks", "add", "added", "--app", other, "--sent-at", "2025-03-03")
	w.do(0, "tasks", "import", "--app", other, file(t, "tasks.csv", fmt.Sprintf("task_id,sdk_app_id,sent_at\nimported,,2025-03-04\nof-the-other,%d,2025-03-05\n", testApp)))
	w.do(0, "tasks", "list").says(t, "2025-03-03T08:00:00Z", "2025-03-04T08:00:00Z", "2025-03-04T16:00:00Z")
}

// K6: adding a task says which of its days runs will not pull.
func TestTasksThatRunsDoNotPullAreWarnedOf(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, args := range [][]string{
		{"tasks", "add", "x", "--sent-at", time.Now().AddDate(1, 0, 0).Format(time.RFC3339)},
		{"tasks", "import", file(t, "tasks.csv", "task_id,sent_at\na,2025-03-01\nb,"+time.Now().Add(time.Hour).Format(time.RFC3339)+"\n")},
	} {
		r := w.do(2, args...)
		r.says(t, "is in the future", "give the time at which the push was sent")
		if args[1] == "import" {
			r.says(t, "tasks.csv:3: ", "task b")
		}
	}
	if n := w.number(`SELECT count(*) FROM analytics.tasks`); n != 0 {
		t.Errorf("%d tasks were saved", n)
	}
	yearOff := time.Now().AddDate(-1, 0, 0).Format(time.DateOnly)
	w.do(0, "tasks", "add", "x", "--sent-at", yearOff).says(t, "warning: task x of app 1400000001 was sent on "+yearOff, "backfill --app 1400000001 --task x --from "+yearOff, "1 added")
	var saved struct {
		Added    int
		Warnings []string
	}
	path := file(t, "tasks.csv", "task_id,sent_at\na,"+yearOff+"\nb,"+time.Now().Add(-time.Hour).Format(time.RFC3339)+"\n657bf434_537529d8_2000005e80aa873_2780d131_bc614e,2024-12-15\n")
	r := w.do(0, "tasks", "import", path, "--output", "json")
	shapeIs(t, "tasks_import", r.stdout)
	if err := json.Unmarshal([]byte(r.stdout), &saved); err != nil || saved.Added != 3 || len(saved.Warnings) != 3 {
		t.Errorf("%v: %+v", err, saved)
	}
}

// K6: texts that a spreadsheet made of an ID.
func TestTextsThatCannotBeATaskIDAreRefusedTogether(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(2, "tasks", "add", "good", "--sent-at", "").says(t, "--sent-at is empty")
	w.do(2, "tasks", "add", "good", "6.57E+25", "'c10").says(t, "a spreadsheet has turned this ID into a number", "apostrophe")
	path := file(t, "tasks.csv", "task_id\n6.57E+25\ngood\n=\"c10\"\n")
	w.do(2, "tasks", "import", path).says(t, path+":2: ", path+":4: ", "nothing was imported")
	w.do(2, "backfill", "--from", "2025-03-01", "--to", "2025-03-02", "--task", "6.57E+25").says(t, "spreadsheet")
	if n := w.number(`SELECT count(*) FROM analytics.tasks`); n != 0 {
		t.Errorf("%d tasks were saved", n)
	}
}

// K6: an operator who reads only status learns of a mistyped ID.
func TestStatusReportsTasksThatNoAnswerEverHad(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, "tasks", "add", "good", "mistyped", "--sent-at", time.Now().Add(-60*time.Hour).Format(time.RFC3339))
	w.do(0, "run")
	w.do(0, "status").says(t, "ok")
	w.exec(`UPDATE pushloss.ledger SET state = 'absent', first_loaded_at = NULL
		WHERE task_key = (SELECT task_key FROM pushloss.task WHERE task_id = 'mistyped')`)
	w.exec(`UPDATE pushloss.task_summary SET answered = false, lacked = true
		WHERE task_key = (SELECT task_key FROM pushloss.task WHERE task_id = 'mistyped')`)
	w.exec(`UPDATE pushloss.task SET answered = false WHERE task_id = 'mistyped'`)
	w.do(1, "status").says(t, "NOT OK", "1 task (mistyped)", "tasks retire")
	w.do(0, "tasks", "list").says(t, "never answered")
	w.do(0, "tasks", "retire", "mistyped")
	w.do(0, "status").says(t, "ok")
}

package intake_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/intake"
	"pushloss/load"
)

func serveOn(t testing.TB, handler http.Handler) (url string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestPostedTasksAreRegistered(t *testing.T) {
	t.Parallel()
	const answered = `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"TaskId":"pushed","Novelty":1}`
	for _, test := range []struct {
		name, query, body string
		status            int
		errors            string // element: text, a line each
		want              []string
	}{
		{"one task", "", `{"task_id":"t","sdk_app_id":1400000002,"sent_at":"2026-11-28T08:00:00Z","label":"x"}`, 200, "", []string{"1400000002 t 2026-11-28 08:00:00 request"}},
		{"times without an offset, each in the zone of its app", "?sdk_app_id=1400000002", `[{"task_id":"a","sent_at":"2026-11-27 08:00"},{"task_id":"b","sdk_app_id":1400000001,"sent_at":"2026-11-27 08:00"}]`, 200, "",
			[]string{"1400000001 b 2026-11-27 08:00:00 request", "1400000002 a 2026-11-27 16:00:00 request"}},
		{"the answer of a push, its app in the address", "?sdk_app_id=1400000001", answered, 200, "", []string{"1400000001 pushed - push_answer"}},
		{"a list, good and bad", "?sdk_app_id=1400000001", `[{"task_id":"a"},{"task_id":""},{"task_id":"b","sdk_app_id":7},"c",
{"task_id":"d","sent_at":"2027-01-01"},{"task_id":"e","sent_a":"red"},5,true]`, 207,
			"2: task_id is empty\n3: app 7 is not configured: its tasks would never be pulled\n5: sent_at 2027-01-01T00:00:00Z of task d is in the future\n" +
				"6: unknown field \"sent_a\" (did you mean sent_at?)\n8: task_id: an element is neither an object nor a TaskID",
			[]string{"1400000001 5 - request", "1400000001 a - request", "1400000001 c - request"}},
		{"a list that is cut off", "?sdk_app_id=1400000001", `[{"task_id":"a"},{"task_`, 207,
			"2: not valid JSON: it is cut off, or a comma, quote or bracket is wrong here", []string{"1400000001 a - request"}},
		{"no app, of several", "", answered, 422, "1: there are several apps: name the app of the task in the field sdk_app_id, or that of all tasks by ?sdk_app_id= in the address", nil},
		{"a push that failed", "", `{"ActionStatus":"FAIL","ErrorCode":90001,"ErrorInfo":"Invalid format of MsgRandom","TaskId":""}`, 422,
			`0: no tasks in it: the push failed (FAIL 90001: "Invalid format of MsgRandom")`, nil},
		{"a field of another tool", "", `{"task_id":"t","sdk_app_id":1400000001,"colour":"red"}`, 200, "", []string{"1400000001 t - request"}},
		{"twice with different values", "?sdk_app_id=1400000001", `[{"task_id":"a","label":"x"},{"task_id":"a","sdk_app_id":1400000001,"label":"y"}]`, 207,
			"2: task a of app 1400000001 is in elements 1 and 2 with different values", []string{"1400000001 a - request"}},
		{"a repeated member", "?sdk_app_id=1400000001", `[{"ActionStatus":"OK","ErrorCode":0,"TaskId":"a","TaskId":"b"},` + "\n" + `{"task_id":"c"}]`, 207,
			`1: the field "task_id" occurs twice: "TaskId" at line 1, column 46 and "TaskId" at line 1, column 59`, []string{"1400000001 c - request"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			for range 2 { // to post again changes nothing
				status, body := w.post(test.query, postToken, test.body)
				if status != test.status {
					t.Errorf("HTTP %d, want %d: %s", status, test.status, body)
				}
				var got struct {
					Errors []struct {
						Element int
						Error   string
					}
				}
				if err := json.Unmarshal([]byte(body), &got); err != nil {
					t.Fatal(err)
				}
				var lines []string
				for _, e := range got.Errors {
					lines = append(lines, string(rune('0'+e.Element))+": "+e.Error)
				}
				if diff := cmp.Diff(test.errors, strings.Join(lines, "\n")); diff != "" {
					t.Errorf("errors (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(test.want, append([]string(nil), w.registry.list()...)); diff != "" {
				t.Errorf("registered (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPostsWithoutTheTokenOrOfAWrongFormAreRefused(t *testing.T) {
	t.Parallel()
	w := setup(t)
	const task = `{"task_id":"t","sdk_app_id":1400000001}`
	for _, token := range []string{"", "wrong", postToken + "0", tokenA} {
		if status, body := w.post("", token, task); status != http.StatusUnauthorized || !strings.Contains(body, "PUSHLOSS_TASKS_TOKEN") {
			t.Errorf("with the token %q: HTTP %d %s", token, status, body)
		}
	}
	basic := httptest.NewRequest(http.MethodPost, intake.TasksPath, strings.NewReader(task))
	basic.Header.Set("Authorization", "Basic "+postToken)
	if status, _ := w.serve(basic); status != http.StatusUnauthorized {
		t.Errorf("by Basic: HTTP %d", status)
	}
	if status, _ := w.serve(httptest.NewRequest(http.MethodGet, intake.TasksPath, nil)); status != http.StatusMethodNotAllowed {
		t.Errorf("by GET: HTTP %d", status)
	}
	if status, body := w.post("", postToken, `["`+strings.Repeat("x", 1<<20)+`"]`); status != http.StatusRequestEntityTooLarge {
		t.Errorf("more than 1 MB: HTTP %d %s", status, body)
	}
	for _, body := range []string{"", " ", "null", "7", `"t"`, "true", "task_id\nt\n"} {
		if status, answer := w.post("", postToken, body); status != http.StatusBadRequest || !strings.Contains(answer, "neither a JSON object nor an array") {
			t.Errorf("%q: HTTP %d %s", body, status, answer)
		}
	}
	for query, says := range map[string]string{
		"?app=1":                              `unknown parameter \"app\"`,
		"?sdk_app_id=x":                       "is not an SDKAppID",
		"?sdk_app_id=":                        "sdk_app_id is empty",
		"?sdk_app_id=1400000001&sdk_app_id=7": "sdk_app_id occurs 2 times in the address",
		"?sdk_app_id=1400000001;label=x":      "the parameters of the address cannot be read",
		"?sdk_app_id=14%zz":                   "the parameters of the address cannot be read",
	} {
		if status, body := w.post(query, postToken, task); status != http.StatusBadRequest || !strings.Contains(body, says) {
			t.Errorf("%s: HTTP %d %s", query, status, body)
		}
	}
	w.registry.setAway(true)
	if status, body := w.post("", postToken, task); status != http.StatusServiceUnavailable || !strings.Contains(body, "nothing was registered") {
		t.Errorf("without the database: HTTP %d %s", status, body)
	}
	if list := w.registry.list(); len(list) > 0 {
		t.Errorf("registered %v", list)
	}
}

func TestAPostSaysWhatRunsDoNotPull(t *testing.T) {
	t.Parallel()
	w := setup(t, func(o *intake.Options) {
		o.Apps = o.Apps[:1]
		o.Outlooks = func(_ context.Context, tasks []load.Task) ([]string, error) {
			return slices.Repeat([]string{"task " + tasks[0].TaskID + " was sent long ago"}, 30), nil
		}
	})
	status, body := w.post("", postToken, `["657bf434_537529d8_2000005e80aa873_2780d131_bc614e"]`)
	if status != http.StatusOK || strings.Count(body, "was sent long ago") != 19 || !strings.Contains(body, "and 11 more warnings") || !strings.Contains(body, "seems to belong to app 1400187352") {
		t.Errorf("HTTP %d %s", status, body)
	}
}

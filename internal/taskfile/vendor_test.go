package taskfile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/taskfile"
)

const (
	answered = `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"TaskId":"t-1"}`
	failed   = `{"ActionStatus":"FAIL","ErrorInfo":"Invalid format of MsgRandom","ErrorCode":90001,"TaskId":""}`
	called   = `{"CallbackCommand":"Push.AllMemberPush","Events":[
 {"CallbackCommand":"Push.AllMemberPush","EventType":1,"TaskId":"t-1","TaskTime":1743379260,"EventTime":1743379300,"To_Account":"bob","PushPlatform":1,"DeviceType":0,"PushStage":1,"ErrCode":0,"ErrInfo":""},
 {"EventType":1,"TaskId":"t-1","TaskTime":1743379200,"To_Account":"eve","PushStage":2},
 {"EventType":2,"TaskId":"t-2","TaskTime":0,"To_Account":"bob","PushStage":3,"Novelty":[1]}]}`
)

func TestWhatTheVendorWritesIsRead(t *testing.T) {
	t.Parallel()
	sent := at("2025-03-31T00:00:00Z")
	for _, test := range []struct {
		name, list string
		want       taskfile.List
	}{
		{"an answer of a push", answered, taskfile.List{Entries: []taskfile.Entry{{Line: 1, Element: 1, TaskID: "t-1", From: taskfile.FromPush}}}},
		{"an answer with future fields", `{"TaskId":"t-1","ErrorCode":0,"ActionStatus":"OK","Quota":{"Left":99},"Trace":"x","RequestId":"r"}`,
			taskfile.List{Entries: []taskfile.Entry{{Line: 1, Element: 1, TaskID: "t-1", From: taskfile.FromPush}}, Skipped: taskfile.Skipped{Unknown: 2}}},
		{"a push to some of its users", `{"ActionStatus":"FAIL","ErrorCode":90101,"TaskId":"t-1","ErrorList":[{"To_Account":"bob","ErrorCode":70107}]}`,
			taskfile.List{Entries: []taskfile.Entry{{Line: 1, Element: 1, TaskID: "t-1", From: taskfile.FromPush}}}},
		{"an answer to which a program added columns", `{"ActionStatus":"OK","ErrorCode":0,"TaskId":"t-1","label":"Spring sale","sent_at":1743379200,"sdk_app_id":7}`,
			taskfile.List{Entries: []taskfile.Entry{{Line: 1, Element: 1, TaskID: "t-1", SDKAppID: 7, SentAt: sent, Label: "Spring sale", From: taskfile.FromPush}}}},
		{"answers in an array and one after another", "[" + answered + ",\n" + failed + "]\n" + strings.ReplaceAll(answered, "t-1", "t-2"),
			taskfile.List{Entries: []taskfile.Entry{{Line: 1, Element: 1, TaskID: "t-1", From: taskfile.FromPush}, {Line: 3, Element: 3, TaskID: "t-2", From: taskfile.FromPush}},
				Skipped: taskfile.Skipped{Failed: 1, LastFailure: `FAIL 90001: "Invalid format of MsgRandom"`}}},
		{"an answer of a call that makes no task", answered + `{"ActionStatus":"OK","ErrorCode":0}`,
			taskfile.List{Entries: []taskfile.Entry{{Line: 1, Element: 1, TaskID: "t-1", From: taskfile.FromPush}}, Skipped: taskfile.Skipped{Taskless: 1}}},
		{"a callback, whose earliest time counts", called,
			taskfile.List{Entries: []taskfile.Entry{{Line: 1, Element: 1, TaskID: "t-1", SentAt: sent, From: taskfile.FromCallback}, {Line: 1, Element: 1, TaskID: "t-2", From: taskfile.FromCallback}},
				Skipped: taskfile.Skipped{Unknown: 1}}},
		{"an event alone, and one of a chat message", `{"TaskId":"t-1","TaskTime":1743379200,"PushStage":1}` + "\n" + `{"CallbackCommand":"Push.OfflinePush","EventType":1,"PushID":"p"}`,
			taskfile.List{Entries: []taskfile.Entry{{Line: 1, Element: 1, TaskID: "t-1", SentAt: sent, From: taskfile.FromCallback}}, Skipped: taskfile.Skipped{Taskless: 1}}},
		{"a list of scheduled pushes", `{"ActionStatus":"OK","ErrorCode":0,"Total":2,"Tasks":[
 {"TaskID":17,"Sdkappid":7,"Status":"done","SchedAt":"2025-03-31 00:00:00","PushTaskID":"t-1"},{"TaskID":18,"Status":"pending","SchedAt":"2099-01-01 00:00:00","PushTaskID":""}]}`,
			taskfile.List{Entries: []taskfile.Entry{{Line: 1, Element: 1, TaskID: "t-1", SDKAppID: 7, SentAt: sent, From: taskfile.FromScheduled}}, Skipped: taskfile.Skipped{Taskless: 1}}},
		{"a scheduled push", `{"ActionStatus":"OK","ErrorCode":0,"TaskInfo":{"TaskID":17,"PushTaskID":"t-1","SchedAt":"soon"}}`,
			taskfile.List{Entries: []taskfile.Entry{{Line: 1, Element: 1, TaskID: "t-1", From: taskfile.FromScheduled}}}},
		{"a time in a list has priority over the time of an event", answered + called + `{"task_id":"t-2","sent_at":"2025-03-31T00:00:00Z","label":"x"}`,
			taskfile.List{Entries: []taskfile.Entry{{Line: 1, Element: 1, TaskID: "t-1", SentAt: sent, From: taskfile.FromPush}, {Line: 1, Element: 2, TaskID: "t-2", SentAt: sent, Label: "x", From: taskfile.FromCallback}},
				Skipped: taskfile.Skipped{Unknown: 1}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := taskfile.Read("list", strings.NewReader(test.list), in(time.UTC))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("list (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatTheVendorWritesWithoutATaskIsNotAListOfTasks(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		failed: `list:1: no tasks in it: the push failed (FAIL 90001: "Invalid format of MsgRandom")`,
		`{"ErrorCode":0,"ResultCode":60008,"ResultInfo":"timeout"}`: `list:1: no tasks in it: the push failed (60008: "timeout")`,
		`{"ActionStatus":"OK","ErrorCode":0}`:                       "list:1: no tasks in it: the vendor's answer or callback has no TaskId",
		`{"Events":[{"TaskId":"6.57E+25"},3]}`:                      "list:1: task_id \"6.57E+25\": a spreadsheet has turned this ID into a number: format the column as text in the spreadsheet and export again\nlist:1: Events has an element that is not an object",
	} {
		if _, err := taskfile.Read("list", strings.NewReader(list), in(time.UTC)); err == nil || err.Error() != want {
			t.Errorf("%s:\n%v, want\n%s", list, err, want)
		}
	}
}

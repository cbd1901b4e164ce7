package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTheListOfScheduledPushesPagesThroughARange(t *testing.T) {
	t.Parallel()
	noon := time.Date(2025, 3, 20, 12, 0, 0, 0, time.UTC)
	s, err := New(Config{Apps: []App{{SDKAppID: 7, SecretKey: "x"}}, Now: func() time.Time { return noon }, Scheduled: Scheduled{PerDay: 2}})
	if err != nil {
		t.Fatal(err)
	}
	body := func(fields string) []byte {
		return []byte(`{"Sdkappid":7,"Offset":1,"Want":3,"OrderBy":"schedAt","Asc":false,"BeginTime":"2025-03-19 00:00:00","EndTime":"2025-03-22 00:00:00"` + fields + `}`)
	}
	answer, no := s.list(7, body(""))
	if no != nil {
		t.Fatal(no.info)
	}
	var got struct {
		Total int
		Tasks []listed
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, push := range got.Tasks {
		lines = append(lines, fmt.Sprint(push.SchedAt, " ", push.Status, " ", push.PushTaskID))
	}
	want := []string{
		"2025-03-21 10:00:00 pending ",
		"2025-03-20 10:01:00 dispatched " + ScheduledTask(7, noon, 1),
		"2025-03-20 10:00:00 dispatched " + ScheduledTask(7, noon, 0),
	}
	if got.Total != 6 || strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("of %d:\n%s\nwant\n%s", got.Total, strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	for _, wrong := range []string{`,"Sdkappid":8`, `,"Offset":-1`, `,"Want":0`, `,"OrderBy":"title"`, `,"Asc":null`, `,"EndTime":"2025-03-18 00:00:00"`, `,"EndTime":"tomorrow"`, `,"EndTime":"2025-05-01 00:00:00"`} {
		if _, no := s.list(7, body(wrong)); no == nil || no.code != codeBadParameters {
			t.Errorf("%s is answered", wrong)
		}
	}
	if _, no := s.list(7, []byte("[]")); no == nil || no.code != codeBodyNotJSON {
		t.Error("a body that is not an object is accepted")
	}
}

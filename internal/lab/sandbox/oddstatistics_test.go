package sandbox

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tailscale/hujson"
)

// TestOddStatisticsTellTheTruth undoes what each oddity does to the text and finds the truth behind it.
func TestOddStatisticsTellTheTruth(t *testing.T) {
	t.Parallel()
	undo := func(pattern, by string) func(string) string {
		re := regexp.MustCompile(pattern)
		return func(s string) string { return re.ReplaceAllString(s, by) }
	}
	same := func(s string) string { return s }
	badRow := undo(`,\{[^{]*"PushPlatform":77[^}]*\}`, ``)
	for _, c := range []struct {
		spec string
		undo func(string) string
	}{
		{"count-string", undo(`"(\w+Count)":"(\d+)"`, `"$1":$2`)},
		{"unknown-fields", same},
		{"shuffled", same},
		{"trailing-comma", undo(`}, ]`, `}]`)},
		{"comments", undo(`/\*.*\*/| // .*\n`, ``)},
		{"duplicate-rows", same},
		{"negative-count", badRow},
		{"fractional-count", badRow},
		{"missing-count", badRow},
		{"task-id-case", same},
		{"shuffled duplicate-rows unknown-fields", same},
	} {
		for _, path := range []string{StatisticsPath, ChatStatisticsPath} {
			if c.spec == "task-id-case" && path == ChatStatisticsPath {
				continue
			}
			s := newTestSandbox(t, withFaults(t, strings.Fields(c.spec)...))
			got := callPath(t, s, path, goodQuery(t), dayBody("a", "b", "c")).Body.String()
			if got == callPath(t, newTestSandbox(t, nil), path, goodQuery(t), dayBody("a", "b", "c")).Body.String() {
				t.Errorf("%s, %s: nothing odd about it", path, c.spec)
			}
			results := []statisticsResult{read[statisticsResult](t, []byte(c.undo(got)))}
			want := func(string) Statistics { return s.ChatStatistics(testApp, march9, march9.AddDate(0, 0, 1)) }
			if path == StatisticsPath {
				results = read[statisticsAnswer](t, []byte(c.undo(got))).Results
				want = func(task string) Statistics { return s.Statistics(testApp, task, march9, march9.AddDate(0, 0, 1)) }
				if len(results) != 3 {
					t.Errorf("%s: %d results", c.spec, len(results))
				}
			}
			for _, r := range results {
				if d := cmp.Diff(want(r.TaskID), r.statistics()); d != "" {
					t.Errorf("%s, %s, %s: %s", path, c.spec, r.TaskID, d)
				}
			}
		}
	}
}

func TestOdditiesThatAreSeenInStatistics(t *testing.T) {
	t.Parallel()
	const zeros = `"TotalCount":0,"SentCount":0,"DeliveredCount":0,"ClickCount":0`
	for _, c := range []struct {
		path, spec string
		tasks      []string
		has        string // a regular expression
		hasNo      string
	}{
		{StatisticsPath, "empty null-arrays", []string{"a"}, `\[{"TaskID":"a",` + zeros + `,"PlatformStatistics":null}\]}$`, "PushPlatform"},
		{StatisticsPath, "empty missing-arrays", []string{"a"}, `\[{"TaskID":"a",` + zeros + `}\]}$`, "PlatformStatistics"},
		{ChatStatisticsPath, "empty", nil, `"sucess",` + zeros + `,"PlatformStatistics":\[\]}$`, "PushPlatform"},
		{StatisticsPath, "empty count-string", nil, `"TotalCount":"0"`, `Count":0`},
		{StatisticsPath, "unasked-task", []string{"a"}, `{"TaskID":"unasked_task","TotalCount":7,`, ""},
		{StatisticsPath, "absent-task", []string{"a", "b"}, `{"TaskID":"a"`, `"TaskID":"b"`},
		{StatisticsPath, "absent-task", nil, `"Results":\[\]}$`, "TaskID"},
		{StatisticsPath, "absent-task negative-counter duplicate-result", nil, `"Results":\[\]}$`, "TaskID"},
		{StatisticsPath, "duplicate-result", []string{"a", "b"}, `"TaskID":"a".*"TaskID":"b".*"TaskID":"a"`, ""},
		{StatisticsPath, "task-id-case", nil, `{"TaskId":""`, "TaskID"},
		{StatisticsPath, "unknown-platform", []string{"a"}, `{"EventType":9,"PushPlatform":42,`, ""},
		{ChatStatisticsPath, "unknown-platform", nil, `{"PushPlatform":42,`, "EventType"},
		{StatisticsPath, "negative-counter", []string{"a", "b"}, `"TaskID":"a","TotalCount":\d+,"SentCount":\d+,"DeliveredCount":-3,.*"TaskID":"b"`, ""},
		{StatisticsPath, "fractional-counter", nil, `"TaskID":"","TotalCount":\d+,"SentCount":\d+,"DeliveredCount":2.5,"ClickCount":\d+,"Pl`, ""},
		{ChatStatisticsPath, "missing-counter", nil, `"sucess","TotalCount":\d+,"SentCount":\d+,"ClickCount":\d+,"Pl`, ""},
		{StatisticsPath, "negative-count", nil, `"EventType":1,"PushPlatform":77,"TotalCount":7,"SentCount":6,"DeliveredCount":-3,`, ""},
		{ChatStatisticsPath, "missing-count", nil, `{"PushPlatform":77,"TotalCount":7,"SentCount":6,"ClickCount":1}`, "EventType"},
		{StatisticsPath, "big-count", nil, `"DeliveredCount":6\d{9},`, ""},
		{StatisticsPath, "err-code-number no-code nul-text invalid-utf8", nil, `^{"ActionStatus"`, `\u0000`},
	} {
		s := newTestSandbox(t, withFaults(t, strings.Fields(c.spec)...))
		got := callPath(t, s, c.path, goodQuery(t), dayBody(c.tasks...)).Body.String()
		if !regexp.MustCompile(c.has).MatchString(got) || c.hasNo != "" && strings.Contains(got, c.hasNo) {
			t.Errorf("%s %s: %.600s", c.path, c.spec, got)
		}
	}
}

func TestOddChatLossesTellTheTruth(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{"shuffled", "duplicate-rows", "unknown-fields", "trailing-comma comments"} {
		s := newTestSandbox(t, withFaults(t, strings.Fields(spec)...))
		got := callPath(t, s, ChatLossPath, goodQuery(t), dayBody()).Body.Bytes()
		strict, err := hujson.Standardize(slices.Clone(got))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(s.ChatTruth(testApp, march9, march9.AddDate(0, 0, 1)), read[answerResult](t, strict).figures()); d != "" {
			t.Errorf("%s: %s", spec, d)
		}
	}
}

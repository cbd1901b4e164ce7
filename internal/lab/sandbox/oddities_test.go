package sandbox

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func rawDay(t *testing.T, spec string, tasks ...string) (*Sandbox, string) {
	t.Helper()
	s := newTestSandbox(t, withFaults(t, strings.Split(spec, " ")...))
	return s, callLoss(t, s, goodQuery(t), dayBody(tasks...)).Body.String()
}

// TestOdditiesDoNotChangeTheTruth undoes what each oddity does to the text and finds the truth behind it.
func TestOdditiesDoNotChangeTheTruth(t *testing.T) {
	t.Parallel()
	undo := func(pattern, by string) func(string) string {
		re := regexp.MustCompile(pattern)
		return func(s string) string { return re.ReplaceAllString(s, by) }
	}
	same := func(s string) string { return s }
	for _, c := range []struct {
		spec  string
		plain bool // it is readable without undoing anything
		undo  func(string) string
	}{
		{"err-code-number", false, undo(`"ErrCode":(-?\d+)`, `"ErrCode":"$1"`)},
		{"count-string", false, undo(`"ErrCount":"(\d+)"`, `"ErrCount":$1`)},
		{"unknown-fields", true, same},
		{"shuffled", true, same},
		{"trailing-comma", false, undo(`}, ]`, `}]`)},
		{"comments", false, undo(`/\*.*\*/| // .*\n`, ``)},
		{"duplicate-rows", true, same},
		{"negative-count", true, undo(`,\{[^{]*"ErrCode":"777"[^}]*\}`, ``)},
		{"fractional-count", false, undo(`,\{[^{]*"ErrCode":"777"[^}]*\}`, ``)},
		{"no-code", true, undo(`,\{("EventType":1,"PushPlatform":1,)?"ErrCount"[^}]*\}`, ``)},
		{"nul-text", true, undo(`\\u0000`, ``)},
		{"invalid-utf8", true, undo(`\xff`, ``)},
		{"task-id-case", true, same},
		{"shuffled duplicate-rows trailing-comma comments unknown-fields", false,
			func(s string) string { return undo(`}, ( // .*\n)?]`, `}]`)(undo(`/\*.*\*/| // .*\n`, ``)(s)) }},
	} {
		t.Run(c.spec, func(t *testing.T) {
			t.Parallel()
			s, got := rawDay(t, c.spec, "a", "b", "c")
			if plain := string(s.appendAnswer(nil, s.faults.Load(), testApp, question{tasks: []string{"a", "b", "c"}, in: span{march9.Unix(), march9.Unix() + day}})); got == plain {
				t.Fatal("nothing odd about it")
			}
			var any parsedAnswer
			if err := json.Unmarshal([]byte(got), &any); (err == nil) != c.plain {
				t.Errorf("reading it as it is: %v", err)
			}
			undone := c.undo(got)
			if strings.Contains(c.spec, "invalid-utf8") {
				if utf8.ValidString(got) {
					t.Error("it is UTF-8")
				}
				undone = strings.ReplaceAll(got, "\xff", "")
			}
			a := parse(t, []byte(undone))
			if len(a.Results) != 3 {
				t.Fatalf("%d results", len(a.Results))
			}
			for _, r := range a.Results {
				if d := cmp.Diff(s.Truth(testApp, r.TaskID, march9, march9.AddDate(0, 0, 1)), r.figures()); d != "" {
					t.Errorf("%s: %s", r.TaskID, d)
				}
			}
		})
	}
}

func TestOddAnswersWithoutOddityArePlain(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, withFaults(t, "late", "unknown-platform"))
	rapid.Check(t, func(rt *rapid.T) {
		q := question{in: span{from: march9.Unix() + rapid.Int64Range(0, 30*day).Draw(rt, "from")}}
		q.in.to = q.in.from + rapid.Int64Range(1, 7*day).Draw(rt, "length")
		q.tasks = rapid.SliceOfN(rapid.StringMatching(`[a-z"é]{1,9}`), 0, 5).Draw(rt, "tasks")
		set := s.faults.Load()
		if d := cmp.Diff(string(s.appendAnswer(nil, set, testApp, q)), string(s.appendOddAnswer(nil, set, testApp, q, 0))); d != "" {
			rt.Fatal(d)
		}
	})
}

func TestOdditiesShowInTheAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec  string
		tasks []string
		has   string
		hasNo string
	}{
		{"empty null-arrays", []string{"a"}, `"TaskID":"a","ReadyToSendLoss":null,`, "["},
		{"empty missing-arrays", []string{"a"}, `[{"TaskID":"a"}]`, "Loss"},
		{"empty", []string{"a"}, `"PlatformPostSendDeliveredLoss":[]}`, "ErrCode\""},
		{"empty trailing-comma", []string{"a"}, `"PlatformPostSendDeliveredLoss":[]}`, ", ]"},
		{"task-id-case", nil, `{"TaskId":""`, "TaskID"},
		{"unasked-task", []string{"a"}, `{"TaskID":"unasked_task"`, ""},
		{"absent-task", []string{"a", "b"}, `{"TaskID":"a"`, `{"TaskID":"b"`},
		{"absent-task", nil, `"Results":[]}`, `TaskID`},
		{"unknown-platform", []string{"a"}, `"EventType":9,"PushPlatform":42`, ""},
		{"unknown-fields", nil, `"RequestId"`, ""},
		{"negative-count", nil, `"ErrCount":-3,`, ""},
		{"fractional-count", nil, `"ErrCount":2.5,`, ""},
		{"no-code", nil, `[{"ErrCode"`, ""},
		{"big-count", nil, `"ErrCount":6000`, ""},
	} {
		_, got := rawDay(t, c.spec, c.tasks...)
		_, results, _ := strings.Cut(got, `"Results":[`)
		if !strings.Contains(got, c.has) || c.hasNo != "" && strings.Contains(results, c.hasNo) {
			t.Errorf("%s: %.400s", c.spec, got)
		}
	}
}

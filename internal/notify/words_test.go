package notify_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"pushloss/internal/language"
	"pushloss/internal/language/languagetest"
	"pushloss/internal/notify"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

func TestEachNoticeExistsInEachLanguage(t *testing.T) {
	t.Parallel()
	languagetest.Complete(t, ".")
}

// What is left of English are names: of commands, views, settings and of this program.
func TestNoticesInChineseHaveNoEnglish(t *testing.T) {
	t.Parallel()
	names := regexp.MustCompile(`pushloss\.reject|pushloss( \w+)?( --\w+ \w+)*|analytics\.\w+|push_changes|PUSHLOSS_\w+|API|UTC|serve|run|spring-sale|loss|Xiaomi|A1`)
	english := regexp.MustCompile(`[A-Za-z]{2,}`)
	share := 0.5
	status := load.AppStatus{
		SDKAppID: 1400000001, LastError: new("the API answered code 90102 (internal error): 系统错误"), Failed: 1234, Rejects: 2, Differences: 3, Unproven: 4, Emptied: load.Emptied{Days: 5}, SpansOff: &load.SpansOff{TaskID: "spring-sale"},
		Jumps: []load.Jump{{Open: true, Platform: "Xiaomi", ErrCode: "A1", Share: &share}},
	}
	report := pipeline.Report{RunID: 7, Kind: pipeline.KindRun, State: load.RunFailed, Apps: []pipeline.AppReport{
		{
			SDKAppID: 1400000001, State: pipeline.AppRefused,
			Problem: "app 1400000001: the API answered code 60020 (service unavailable: plan not bought, expired, or account in arrears) after 2 calls",
			Hint:    "check the app's plan and balance in the console",
		},
		{SDKAppID: 2, State: pipeline.AppFailed, Problem: "the API answered code 70500 (internal server error)"}, {SDKAppID: 3, State: pipeline.AppFailed},
	}}
	words := notify.In(language.Chinese)
	verdicts := append(words.OfReport(report), words.OfStatus([]load.AppStatus{status}, nil)...)
	verdicts = append(verdicts, words.OfFreshness(noon.Add(-time.Hour), noon, time.Minute))
	wrong := 0
	for _, v := range verdicts {
		if !v.Wrong {
			continue
		}
		wrong++
		ended := noon.Add(-time.Hour)
		open := notify.Alert{AlertKey: v.AlertKey, OpenedAt: noon.Add(-90 * time.Minute), Detail: v.Detail}
		ago := notify.Alert{AlertKey: v.AlertKey, OpenedAt: ended, ClosedAt: &ended}
		over := v
		over.Wrong = false
		var notices []notify.Notice
		for _, c := range append(words.Decide([]notify.Alert{ago}, []notify.Verdict{v}, true, noon), words.Decide([]notify.Alert{open}, []notify.Verdict{over}, true, noon)...) {
			notices = append(notices, c.Notice)
		}
		text := fmt.Sprint(notices)
		if rest := english.FindAllString(names.ReplaceAllString(text, ""), -1); len(notices) != 2 || len(rest) > 0 || strings.Contains(text, "%!") {
			t.Errorf("%d notices of %s have the English words %q: %s", len(notices), v.Kind, rest, text)
		}
		if v.Kind == notify.KindGap && !strings.Contains(text, "失败 1,234，") {
			t.Errorf("the gap is %s", text)
		}
		if !strings.Contains(text, "自 2025年3月20日 10:30:00 UTC 开始，持续 1小时30分0秒") {
			t.Errorf("the end is %s", text)
		}
	}
	if wrong != 9 {
		t.Errorf("%d verdicts are wrong", wrong)
	}
}

package extract

import (
	"regexp"
	"testing"
)

// What may be left of English in a Chinese text are names.
var chineseNames = regexp.MustCompile(`\b(?:[A-Z]+_[A-Z_]+|SDKAppID|UserSig|UserID|TaskID|JSON|HTTP|REST|API|URL|IP|CA|TPush|ca-certificates|pushloss(?: tasks (?:list|retire))?|sdkappid|identifier|usersig|contenttype)\b`)

func TestEachCodeOfTheAPIIsExplainedInChinese(t *testing.T) {
	t.Parallel()
	english := regexp.MustCompile(`[A-Za-z]{2,}`)
	all := append(codes[:0:0], codes[:]...)
	for _, r := range ranges {
		all = append(all, r.Code)
	}
	for _, code := range append(all, LookupCode(1)) {
		failed := &Error{Code: max(code.Number, 1), HTTPStatus: 200, Meaning: code.Meaning, Info: "失败", Attempts: 3}
		for _, text := range []string{InChinese(failed.Error()), AdviceInChinese(code.Advice)} {
			if left := english.FindString(chineseNames.ReplaceAllString(text, "")); left != "" {
				t.Errorf("code %d: %q has English: %q", code.Number, text, left)
			}
		}
	}
	for _, advice := range []string{adviceProxy, adviceTasks, adviceTooLarge, adviceForeign, adviceUnknownCA, adviceExpired, adviceProxyLogin, adviceProxyRefuses} {
		if text := AdviceInChinese(advice); english.MatchString(chineseNames.ReplaceAllString(text, "")) {
			t.Errorf("%q is not Chinese", text)
		}
	}
}

func TestAnErrorInChineseKeepsTheServicesMessage(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"the API answered code 70013 (the identifier differs from the one signed): bad identifier after 2 calls": "API 返回错误码 70013（identifier 与签名时的不同）：bad identifier（共调用 2 次）",
		"day 2025-03-31: the API answered code 5": "day 2025-03-31: API 返回错误码 5",
		"no answer from the API: EOF":             "API 没有应答：EOF",
		"cannot connect":                          "cannot connect",
	} {
		if got := InChinese(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

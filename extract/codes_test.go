package extract_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pushloss/extract"
)

// documented are the codes of the REST API's pages and how each is to be handled.
var documented = []struct {
	class extract.Class // at first sight
	final extract.Class // when it does not pass
	calls int           // made for it in all
	codes []int
}{
	{extract.Transient, extract.Transient, 5, []int{40006, 60008, 60013, 60014, 70169, 70500, 90102}},
	{extract.Transient, extract.Transient, 3, []int{91000}},
	{extract.Transient, extract.Operator, 3, []int{60004, 60005, 70202}},
	{extract.Throttled, extract.Throttled, 5, []int{60007, 60011, 60018, 60019}},
	{extract.SignAgain, extract.Operator, 2, []int{70001}},
	{extract.Operator, extract.Operator, 1, []int{
		60006, 60010, 60016, 60017, 60020, 60021, 60025, 60026, 60027, 60028, 70003, 70009, 70013, 70014, 70016, 70020,
		70050, 70051, 70107, 80005, 90009, 90045, 90103,
	}},
	{extract.BadRequest, extract.BadRequest, 1, []int{60002, 60003, 60009, 60012, 60015, 70402, 90001, 90100}},
	// On no list: judged by their range.
	{extract.Operator, extract.Operator, 1, []int{70000, 70002, 70346, 70398, 70403, 70501, 71000, 79999}},
	{extract.Unlisted, extract.Operator, 3, []int{60000, 60001, 60022, 69999}},
	{extract.Unlisted, extract.Unlisted, 3, []int{90000, 90101, 99999, 80000, 59999, 100000, -1, 1}},
}

// S2, S12, S17. ResultCode counts like ErrorCode.
func TestEveryCodeBehavesAsItsClassSays(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{
		"ErrorCode":                    `{"ActionStatus":"FAIL","ErrorCode":%d,"ErrorInfo":"the words","Results":[{"TaskID":""}]}`,
		"ErrorCode as a string":        `{"ActionStatus":"FAIL","ErrorCode":"%d","ErrorInfo":"the words"}`,
		"ErrorCode but OK":             `{"ActionStatus":"OK","ErrorCode":%d,"ErrorInfo":"the words"}`,
		"ResultCode":                   `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ResultCode":%d,"ResultInfo":"the words","Results":[]}`,
		"ResultCode without ErrorCode": `{"ActionStatus":"FAIL","ResultCode":%d,"ResultInfo":"the words"}`,
	}
	for _, tt := range documented {
		for _, code := range tt.codes {
			for kind, body := range bodies {
				inBubble(t, fmt.Sprintf("%d as %s", code, kind), func(t *testing.T) {
					s := always(reply{body: fmt.Sprintf(body, code)})
					pacer := extract.NewPacer(1, extract.PacerOptions{})
					client := extract.NewClient(account(), s, pacer, extract.Options{})
					_, err := client.Pull(t.Context(), oneDay)
					failed := failure(t, err)
					if failed.Class != tt.final || failed.Code != code || failed.Attempts != tt.calls || failed.HTTPStatus != 200 {
						t.Errorf("got class %s, code %d, attempts %d, HTTP %d; want class %s, attempts %d, HTTP 200",
							failed.Class, failed.Code, failed.Attempts, failed.HTTPStatus, tt.final, tt.calls)
					}
					if s.calls() != tt.calls {
						t.Errorf("%d calls, want %d", s.calls(), tt.calls)
					}
					if stops := tt.final == extract.Operator || tt.final == extract.BadRequest; failed.StopsApp() != stops {
						t.Errorf("StopsApp is %t", failed.StopsApp())
					}
					if text := err.Error(); !strings.Contains(text, fmt.Sprint(code)) || !strings.Contains(text, "the words") {
						t.Errorf("%q does not name code and message", text)
					}
					if failed.Meaning == "" || failed.Hint == "" {
						t.Errorf("meaning %q, hint %q", failed.Meaning, failed.Hint)
					}
					want := time.Second
					if tt.class == extract.Throttled {
						want = 16 * time.Second
					}
					if pacer.Interval() != want {
						t.Errorf("the interval is %s, want %s", pacer.Interval(), want)
					}
				})
			}
		}
	}
}

func TestATransientCodeDoesNoHarm(t *testing.T) {
	t.Parallel()
	for _, tt := range documented {
		if tt.calls == 1 {
			continue
		}
		for _, code := range tt.codes {
			inBubble(t, fmt.Sprint(code), func(t *testing.T) {
				s := inTurn(reply{body: fmt.Sprintf(`{"ErrorCode":%d}`, code)})
				answer, err := pull(s, extract.Options{})
				if err != nil || string(answer.Body) != okay || s.calls() != 2 {
					t.Errorf("%d calls, answer %q, %v", s.calls(), answer.Body, err)
				}
			})
		}
	}
}

func TestEachDocumentedCodeHasItsClassAndAdvice(t *testing.T) {
	t.Parallel()
	for _, tt := range documented {
		for _, number := range tt.codes {
			code := extract.LookupCode(number)
			if code.Number != number || code.Class != tt.class || code.Meaning == "" || code.Advice == "" {
				t.Errorf("%d: %+v, want class %s", number, code, tt.class)
			}
		}
	}
}

// A few failures with one code stop an app. Earlier failures of other kinds do not count.
func TestFailuresOfOtherKindsDoNotUseUpACodesTries(t *testing.T) {
	t.Parallel()
	inBubble(t, "two HTTP errors, then 60004 once", func(t *testing.T) {
		s := inTurn(reply{status: 502}, reply{status: 502}, reply{body: `{"ErrorCode":60004}`})
		if _, err := pull(s, extract.Options{}); err != nil || s.calls() != 4 {
			t.Errorf("%d calls, %v", s.calls(), err)
		}
	})
	inBubble(t, "60004 as the last of all tries", func(t *testing.T) {
		s := inTurn(reply{status: 502}, reply{status: 502}, reply{status: 502}, reply{status: 502}, reply{body: `{"ErrorCode":60004}`})
		_, err := pull(s, extract.Options{})
		if failed := failure(t, err); failed.Class != extract.Transient || failed.StopsApp() || s.calls() != 5 {
			t.Errorf("class %s after %d calls", failed.Class, s.calls())
		}
	})
	inBubble(t, "an expired UserSig after other failures is still signed again", func(t *testing.T) {
		s := inTurn(reply{status: 502}, reply{status: 502}, reply{status: 502}, reply{status: 502}, reply{body: `{"ErrorCode":70001}`})
		if _, err := pull(s, extract.Options{}); err != nil || s.calls() != 6 {
			t.Errorf("%d calls, %v", s.calls(), err)
		}
	})
}

func TestAFailureWithoutACodeIsRetried(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"ActionStatus":"FAIL","ErrorCode":0,"ErrorInfo":"the words"}`, `{"ActionStatus":"FAILURE","ErrorCode":0,"ErrorInfo":"the words"}`,
	} {
		inBubble(t, body, func(t *testing.T) {
			s := always(reply{body: body})
			_, err := pull(s, extract.Options{})
			if failed := failure(t, err); failed.Class != extract.Transient || s.calls() != 5 || !strings.Contains(err.Error(), "the words") {
				t.Errorf("class %s after %d calls: %v", failed.Class, s.calls(), err)
			}
		})
	}
}

func TestEachClassHasItsOwnName(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for class := extract.Transient; class <= extract.Unlisted; class++ {
		names[class.String()] = true
	}
	if len(names) != 7 || names["Class(1)"] {
		t.Errorf("names %v", names)
	}
	if got := extract.Class(0).String(); got != "Class(0)" {
		t.Errorf("the zero class is called %s", got)
	}
}

// A common code never counts as a statement about a window, which would be stored as permanently
// unavailable.
func TestCommonCodesAreNotAboutTheWindow(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]bool{
		60003: false, 60012: false, 60099: false, 70346: false, 70050: false, 90102: false, 0: false,
		70402: true, 90001: true, 90100: true, 91000: true, 90099: true, 12345: true,
	} {
		failed := &extract.Error{Code: code, Class: extract.LookupCode(code).Class}
		if got := failed.AboutWindow(); got != want {
			t.Errorf("%d: about the window is %t, want %t", code, got, want)
		}
	}
}

package extract_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"pushloss/extract"
	"pushloss/internal/secret"
)

// A key that is an ordinary word, or a digit, says nothing about the answer.
func TestAnAnswerWithoutACredentialIsLeftUnchanged(t *testing.T) {
	t.Parallel()
	const body = `{"ErrorCode":0, "ActionStatus" : "OK","Results":[{"TaskID":"task 1","ReadyToSendLoss":[` +
		`{"ErrCode":"-1","ErrInfo":"usersig=expired, token not uploaded \u0001","ErrCount":1234567890123456}]}]}`
	for _, key := range []string{"k", "1", `"`, "TaskID", "Results", "ErrorCode", "ReadyToSendLoss", "1234567890123456"} {
		a := account()
		a.SecretKey = secret.New(key)
		client := extract.NewClient(a, always(reply{body: body}), extract.NewPacer(0, extract.PacerOptions{}), extract.Options{})
		answer, err := client.Pull(t.Context(), oneDay)
		if err != nil || string(answer.Body) != body || string(answer.JSON) != body || answer.Blanked != 0 {
			t.Errorf("key %q: %d blanked, %v, %s", key, answer.Blanked, err, answer.Body)
		}
	}
}

// However an accepted answer repeats a credential, what is kept does not have the credential, and
// has everything else.
func TestOnlyTheCredentialInAnAcceptedAnswerIsBlanked(t *testing.T) {
	t.Parallel()
	key := secretKey.Reveal()
	escaped := func(text string) string {
		var b strings.Builder
		for _, c := range text {
			fmt.Fprintf(&b, `\u%04x`, c)
		}
		return b.String()
	}
	for name, write := range map[string]func(userSig string) (text string){
		"the UserSig":                      func(s string) string { return s },
		"its first half":                   func(s string) string { return s[:len(s)/2] },
		"its end":                          func(s string) string { return s[len(s)-20:] },
		"percent-encoded":                  url.QueryEscape,
		"percent-encoded twice":            func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
		"the key":                          func(string) string { return key },
		"a part of the key":                func(string) string { return key[7:40] },
		"base64 of the key":                func(string) string { return base64.StdEncoding.EncodeToString([]byte(key)) },
		"base64 of a pair":                 func(string) string { return base64.StdEncoding.EncodeToString([]byte("admin:" + key)) },
		"base64 of a pair of other length": func(string) string { return base64.StdEncoding.EncodeToString([]byte("root:" + key + "!")) },
		"hex of the key":                   func(string) string { return hex.EncodeToString([]byte(key)) },
		"the key in escapes":               func(string) string { return escaped(key) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var written string
			for where, shape := range map[string]string{
				"a value":  `{"ErrorCode":0,"Results":[{"TaskID":"t","ReadyToSendLoss":[{"ErrCode":"-1","ErrInfo":"before %s after","ErrCount":7}]}]}`,
				"a name":   `{"ErrorCode":0,"of %s":1,"Results":[{"TaskID":"t","ReadyToSendLoss":[{"ErrCode":"-1","ErrInfo":"x","ErrCount":7}]}]}`,
				"a remark": `{"ErrorCode":0,/* %s */"Results":[{"TaskID":"t","ReadyToSendLoss":[{"ErrCode":"-1","ErrInfo":"x","ErrCount":7}]}]}`,
			} {
				s := &service{answer: func(_ int, r *http.Request) reply {
					written = write(r.URL.Query().Get("usersig"))
					return reply{body: fmt.Sprintf(shape, written)}
				}}
				answer, err := pull(s, extract.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if where == "a remark" && strings.HasPrefix(written, `\u`) {
					continue // escapes mean nothing in a remark
				}
				if answer.Blanked == 0 || string(answer.Body) != string(answer.JSON) {
					t.Errorf("%s: %d blanked in %s", where, answer.Blanked, answer.Body)
				}
				var read struct {
					Results []struct {
						TaskID          string
						ReadyToSendLoss []struct {
							ErrCode, ErrInfo string
							ErrCount         int
						}
					}
				}
				if err := json.Unmarshal(answer.Body, &read); err != nil {
					t.Fatalf("%s: %v in %s", where, err, answer.Body)
				}
				row := read.Results[0].ReadyToSendLoss[0]
				if read.Results[0].TaskID != "t" || row.ErrCode != "-1" || row.ErrCount != 7 {
					t.Errorf("%s: something else was changed: %s", where, answer.Body)
				}
				if where == "a value" && (!strings.HasPrefix(row.ErrInfo, "before ") || !strings.HasSuffix(row.ErrInfo, " after")) {
					t.Errorf("the text around is gone: %q", row.ErrInfo)
				}
				for i := 0; i+16 <= len(written); i++ {
					if strings.Contains(string(answer.Body), written[i:i+16]) {
						t.Fatalf("%s: a part is left in %s", where, answer.Body)
					}
				}
			}
		})
	}
}

// The same for refusals and for answers that are not JSON, which are only shown.
func TestACredentialIsNotInAnErrorHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	key := secretKey.Reveal()
	for name, text := range map[string]string{
		"base64":         base64.StdEncoding.EncodeToString([]byte("user:" + key)),
		"hex":            hex.EncodeToString([]byte(key)),
		"the half":       key[:32],
		"in a word":      "x" + key + "x",
		"upper-case hex": strings.ToUpper(hex.EncodeToString([]byte(key))),
	} {
		for status, body := range map[int]string{
			200: fmt.Sprintf(`{"ErrorCode":60010,"ErrorInfo":%q}`, text),
			503: "<html>" + text + "</html>",
			403: strings.Repeat("x ", 140) + text,
		} {
			_, err := pull(always(reply{status: status, body: body}), extract.Options{MaxTries: 1})
			for i := 0; i+16 <= len(text); i++ {
				if strings.Contains(fmt.Sprintf("%v %#v", err, err), text[i:i+16]) {
					t.Fatalf("%s in HTTP %d: %v", name, status, err)
				}
			}
			if !strings.Contains(err.Error(), "[redacted]") {
				t.Errorf("%s in HTTP %d: nothing was blanked: %v", name, status, err)
			}
		}
	}
}

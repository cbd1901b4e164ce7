package notify_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pushloss/internal/notify"
	"pushloss/internal/secret"
)

// send sends one message to a target.
func send(t testing.TB, target string) error {
	t.Helper()
	targets, err := notify.Targets([]secret.Text{secret.New(target)}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return targets[0].Send(t.Context(), notify.Notice{Title: "title", Body: "body"})
}

// services are URLs of targets at an address, of each way by which the library sends.
var services = map[string]string{
	"generic": "generic://%s/hook?disabletls=yes", "ntfy": "ntfy://%s/topic?scheme=http",
	"gotify": "gotify://%s/Aaaaaaaaaaaaaaa?disabletls=yes", "mattermost": "mattermost://%s/token?disabletls=yes",
}

// Only a message that its target took is sent.
func TestAMessageIsSentOnceItsTargetTookIt(t *testing.T) {
	t.Parallel()
	fails := func(code int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	for _, test := range []struct {
		name  string
		reply func(http.ResponseWriter)
		sent  bool
		says  string
	}{
		{"200", fails(200, "{}"), true, ""},
		{"200 with no error in JSON", fails(200, `{"error": null, "errors": [], "errcode": 0, "ok": true, "success": true, "status": "ok"}`), true, ""},
		{"200 with another's code", fails(200, `{"code": 200, "message": "success"}`), true, ""},
		{"200 with an error in JSON", fails(200, `{"code": 40301, "http": 403, "error": "forbidden", "link": "https://ntfy.sh/docs"}`), false, "200 OK with an error: \"forbidden\""},
		{"200 with ok false", fails(200, `{"ok": false, "description": "chat not found"}`), false, "chat not found"},
		{"200 with a code of success", fails(200, `{"code": 200, "msg": "ok"}`), true, ""},
		{"200 with a code of an error", fails(200, `{"code": 19001, "msg": "param invalid"}`), false, "param invalid"},
		{"200 with a StatusCode of an error", fails(200, `{"StatusCode": 1, "StatusMessage": "bad"}`), false, "bad"},
		{"200 with a number of an error", fails(200, `{"errcode": 93000, "errmsg": "invalid webhook url"}`), false, "invalid webhook url"},
		{"200 with success false", fails(200, `{"success": false}`), false, "with an error"},
		{"200 with a list of errors", fails(200, `{"errors": ["user key is invalid"], "status": 0}`), false, "user key is invalid"},
		{"200 with a status", fails(200, `{"status": "failed", "reason": "muted"}`), false, "muted"},
		{"200 with a login page", fails(200, "\n<!DOCTYPE html>\n<html><body>Sign in</body></html>"), false, "200 OK with a web page, as a login page or a proxy does"},
		{"200 with a page of XHTML", fails(200, `<?xml version="1.0"?><HTML xmlns="x"><body/></HTML>`), false, "with a web page"},
		{"200 with a page after a byte order mark", fails(200, "\ufeff<html></html>"), false, "with a web page"},
		{"200 with a page without a frame", fails(200, "<h1>It works!</h1>"), false, "with a web page"},
		{"201 with a page", fails(201, "<html></html>"), false, "201 Created with a web page"},
		{"300", fails(300, ""), false, "300 Multiple Choices"},
		{"304", fails(304, ""), false, "304 Not Modified"},
		{"305", fails(305, ""), false, "305"},
		{"307 to nowhere", fails(307, ""), false, "307"},
		{"400", fails(400, "{}"), false, "400"},
		{"404", fails(404, "{}"), false, "404"},
		{"500", fails(500, "{}"), false, "500"},
	} {
		for service, target := range services {
			t.Run(test.name+" by "+service, func(t *testing.T) {
				t.Parallel()
				in := newInbox(t)
				in.answers(func(w http.ResponseWriter, _ *http.Request) { test.reply(w) })
				err := send(t, fmt.Sprintf(target, strings.TrimPrefix(in.URL, "http://")))
				if sent := err == nil; sent != test.sent || err != nil && service == "generic" && !strings.Contains(err.Error(), test.says) {
					t.Errorf("the error is %v", err)
				}
			})
		}
	}
}

// Webhooks answer with nothing, or in words: only the services that promise JSON are held
// to it.
func TestAnAnswerInWordsIsOneOfSuccess(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "ok", "1", "1 < 2 and <html is no tag", "[]"} {
		in := newInbox(t)
		in.answers(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if err := send(t, fmt.Sprintf(services["generic"], strings.TrimPrefix(in.URL, "http://"))); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// A redirect is followed where the message comes along, and otherwise names the address
// to write.
func TestARedirectIsFollowedWithTheMessageOrNamesTheAddress(t *testing.T) {
	t.Parallel()
	for _, code := range []int{301, 302, 303, 307, 308} {
		for service, target := range services {
			t.Run(fmt.Sprint(code, " by ", service), func(t *testing.T) {
				t.Parallel()
				var got string
				there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					got = r.Method + " " + string(body)
					_, _ = io.WriteString(w, "{}")
				}))
				defer there.Close()
				in := newInbox(t)
				in.answers(func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, there.URL+"/moved/"+token+"?key="+token, code)
				})
				err := send(t, fmt.Sprintf(target, strings.TrimPrefix(in.URL, "http://")))
				if code >= 307 {
					if err != nil || !strings.HasPrefix(got, "P") || !strings.Contains(got, "title") {
						t.Errorf("%v, there came %q", err, got)
					}
					return
				}
				if err == nil || got != "" {
					t.Fatalf("%v, there came %q", err, got)
				}
				if text := err.Error(); !strings.Contains(text, fmt.Sprint(code)) || !strings.Contains(text, there.URL+"/moved/[redacted]") || strings.Contains(text, token) {
					t.Errorf("it says %q", text)
				}
			})
		}
	}
}

package notify_test

import (
	"errors"
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

// A message counts as sent only if its target accepted it.
func TestAMessageCountsAsSentOnceItsTargetAcceptedIt(t *testing.T) {
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
		{"200 with an error in JSON", fails(200, `{"code": 40301, "http": 403, "error": "forbidden", "link": "https://ntfy.sh/docs"}`), false, "200 OK with an error: forbidden"},
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
		{"200 with JSON that is cut off", fails(200, `{"ok":`), false, "200 OK with JSON that is cut off"},
		{"200 with less than its length", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "5")
			_, _ = io.WriteString(w, "ok")
		}, false, "200 OK, and the answer was cut off"},
		{"200 with less than its chunks", func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "ok")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, false, "200 OK, and the answer was cut off"},
		{"300", fails(300, ""), false, "300 Multiple Choices"},
		{"304", fails(304, ""), false, "304 Not Modified"},
		{"305", fails(305, ""), false, "305"},
		{"307 to nowhere", fails(307, ""), false, "307"},
		{"400", fails(400, "{}"), false, "400"},
		{"404", fails(404, "{}"), false, "404"},
		{"500", fails(500, "{}"), false, "500"},
		{"403 with its reason", fails(403, `{"code":40301,"error":"forbidden topic"}`), false, "the target answered 403 Forbidden: forbidden topic"},
		{"502 with a page", fails(502, "<html><h1>Bad Gateway</h1></html>"), false, "the target answered 502 Bad Gateway"},
		{"429 with seconds to wait", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "37")
			w.WriteHeader(429)
		}, false, "429 Too Many Requests (it says when to try again: in 37 seconds)"},
		{"503 with a time to wait for", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "Sun, 29 Nov 2026 05:00:00 GMT")
			w.WriteHeader(503)
		}, false, "503 Service Unavailable (it says when to try again: at 2026-11-29T05:00:00Z)"},
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

// canned answers each request with a body.
type canned string

func (c canned) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{Status: "200 OK", StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(c))), Request: request}, nil
}

// failing has an answer of its status and body, or none.
type failing struct {
	status int
	body   string
}

func (f failing) RoundTrip(request *http.Request) (*http.Response, error) {
	if f.status == 0 {
		return nil, errors.New("connection refused")
	}
	response, err := canned(f.body).RoundTrip(request)
	response.Status, response.StatusCode = fmt.Sprint(f.status, " ", http.StatusText(f.status)), f.status
	return response, err
}

// The library's service for Telegram takes an error of the transport for a success.
func TestAMessageThatTelegramDidNotGetIsNotSent(t *testing.T) {
	shared := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = shared })
	for _, test := range []struct {
		answer failing
		says   string
	}{
		{failing{}, "connection refused"},
		{failing{400, `{"ok":false,"error_code":400,"description":"chat not found"}`}, "400 Bad Request: chat not found"},
		{failing{403, "no"}, "403 Forbidden"},
		{failing{500, ""}, "500 Internal Server Error"},
		{failing{200, `{"ok":false,"description":"no"}`}, "no"},
		{failing{200, ""}, "an empty answer"},
		{failing{200, `{"ok":true,"result":{"message_id":7}}`}, ""},
	} {
		http.DefaultTransport = notify.Transport(test.answer)
		err := send(t, "telegram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw@telegram?chats=1")
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%+v ends with %v", test.answer, err)
		}
	}
}

// Webhooks answer with nothing, with words or with JSON. An unknown one succeeds unless it says no;
// a known service must answer as documented.
func TestAnAnswerThatReportsAnErrorIsARefusal(t *testing.T) {
	t.Parallel()
	const unknown = "hooks.example.com"
	for _, test := range []struct {
		host string
		took bool
		body []string
	}{
		{unknown, true, []string{"", "ok", "OK", "1", "1 < 2 and <html is no tag", "[]", "{}", "null", "true", `"ok"`, "accepted", "queued", "Message sent", "no errors", "0 errors", "noted", "7c2bad4e-0bad-4f11-9bad-1c2bad3ed4f5", "Ab3NoKx9", `{"status":"noErrors"}`,
			"Congratulations! You've fired the alert event", `{"retcode":0,"status":"ok"}`, `{"result":"success"}`, `{"result":"Request will be processed"}`, `{"result":{"message_id":7}}`,
			`{"errcode":0,"errmsg":"ok"}`, `{"code":200,"message":"success"}`, `{"code":"OK"}`, `{"code":1000}`, `{"status":1}`, `{"status":0}`, `{"status":200}`, `{"status":"queued"}`, `{"status":"no_errors"}`,
			`{"error":"none"}`, `{"error":""}`, `{"failed":0,"success":1}`, `{"failures":[]}`, `{"message":"accepted"}`, `{"title":"run failed","message":"error: it failed"}`, `[{"ok":true}]`,
			`{"id":"x","event":"message","title":"run failed","message":"error"}`, `{"ActionStatus":"OK","ErrorCode":0}`, "run failed\nrun 5, app 1: HTTP 500",
			"[2026-11-28] noted", "[ok]", `"spring sale" noted`, `{"id":1}` + "\n" + `{"id":2}`,
			"发送成功", "没有错误", `{"result":"无异常"}`, "错误代码说明：\n失败的推送"}},
		{unknown, true, []string{`callback({"errcode":0,"errmsg":"ok"})`, `<xml><return_code>SUCCESS</return_code></xml>`, `<response><code>0</code><message>ok</message><errors/></response>`, `{"ok":true}{"ok":true}`,
			`{"code":1000,"data":[{"uid":"U","code":1000,"status":"创建发送任务成功"}]}`, `{"ok":true,"result":{"code":7,"status":"not read yet","text":"error: it failed"}}`, `{"data":{"code":12345,"state":"unknown"}}`, "\xff\xfeo\x00k\x00",
			`<D:multistatus xmlns:D="DAV:"><D:response><D:status>HTTP/1.1 200 OK</D:status></D:response></D:multistatus>`, `)]}',` + "\n{}"}},
		{unknown, false, []string{`callback({"errcode":40001,"errmsg":"invalid"});`, `<xml><return_code><![CDATA[FAIL]]></return_code><return_msg>sign</return_msg></xml>`, `<?xml version="1.0"?><response><code>401</code><message>bad token</message></response>`,
			`<s:Envelope xmlns:s="x"><s:Body><s:Fault><faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>`, `<D:multistatus xmlns:D="DAV:"><D:response><D:status>HTTP/1.1 403 Forbidden</D:status></D:response><D:response/></D:multistatus>`,
			`{"data":{"errcode":40001}}`, `{"response":{"status":"error"}}`, `{"header":{"code":401},"body":null}`, `{"success":1,"results":[{"error":"NotRegistered"}]}`, `{"code":1000,"data":[{"success":false}]}`, `{"ok":true}{"error":"x"}`,
			"\xb7\xa2\xcb\xcd\xca\xa7\xb0\xdc", "{\"errmsg\":\"\xb7\xa2\xcb\xcd\xca\xa7\xb0\xdc\"}", "\xff\xfef\x00a\x00i\x00l\x00e\x00d\x00", "java.lang.NullPointerException\n\tat x.y", "Traceback (most recent call last):\n", `)]}',` + "\n{\"error\":\"denied\"}"}},
		{unknown, false, []string{"发送失败：签名错误", `{"result":"失败"}`, `{"msg":"关键词不正确"}`, "token 已过期", "false", `{"retcode":1}`, `{"retcode":100,"status":"failed"}`, `{"ret_code":-1}`, `{"result":"error"}`, `{"result":false}`, `{"ok":false}`, `{"ok":"false"}`, `{"errcode":310000}`,
			`{"errcode":"310000"}`, `{"status":"invalid_token"}`, `{"status":"InvalidToken"}`, `{"result":"notDelivered"}`, "TokenExpired", `{"status":"KO"}`, `{"status":"not_found"}`, `{"status":403}`, `{"status":"Error"}`, `{"success":0,"failure":1}`, `{"failed":true}`,
			`{"error_code":7}`, `{"ErrorCode":7}`, `{"ActionStatus":"FAIL"}`, `{"code":"invalid_token"}`, `{"StatusCode":19001}`, `{"delivered":false}`, `{"message":"Invalid token"}`, `[{"ok":true},{"ok":false}]`,
			"invalid_token", "no_service", "channel_is_archived", "action_prohibited", "too_many_attachments", `"invalid_token"`, "error", "ERROR: bad key", "Invalid webhook URL", "Access denied",
			"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId MS-CV=x", "The message was not delivered", `{"ok":`, "{", `[{"id":7},`, `"o`, `{"id":7}}`, "[", `["a`, "<response><status>error</status></response>"}},
		{"hooks.slack.com", true, []string{"ok", "ok\n", `{"ok":true}`}},
		{"hooks.slack.com", false, []string{"invalid_payload", "", "{}", `{"ok":false}`, "something else"}},
		{"contoso.webhook.office.com", true, []string{"1"}},
		{"contoso.webhook.office.com", false, []string{"0", "", "Summary or Text is required."}},
		{"oapi.dingtalk.com", true, []string{`{"errcode":0,"errmsg":"ok"}`}},
		{"oapi.dingtalk.com", false, []string{`{"errcode":310000,"errmsg":"keywords not in content"}`, "", "ok", `{"errmsg":"ok"}`}},
		{"qyapi.weixin.qq.com", true, []string{`{"errcode":0,"errmsg":"ok"}`}},
		{"qyapi.weixin.qq.com", false, []string{`{"errcode":93000,"errmsg":"invalid webhook url"}`}},
		{"open.feishu.cn", true, []string{`{"StatusCode":0,"StatusMessage":"success"}`, `{"code":0,"msg":"success","data":{}}`}},
		{"open.feishu.cn", false, []string{`{"code":19024,"msg":"Key Words Not Found"}`, `{"msg":"success"}`}},
		{"api.telegram.org", true, []string{`{"ok":true,"result":{}}`}},
		{"api.telegram.org", false, []string{`{"ok":false,"description":"chat not found"}`, "{}"}},
		{"api.pushover.net", true, []string{`{"status":1,"request":"x"}`}},
		{"api.pushover.net", false, []string{`{"status":0}`}},
		{"nothooks.slack.com.example.com", true, []string{"fine"}},
	} {
		for _, body := range test.body {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+test.host+"/hook", strings.NewReader("title"))
			if err != nil {
				t.Fatal(err)
			}
			response, err := notify.Transport(canned(body)).RoundTrip(request)
			if took := err == nil; took != test.took {
				t.Errorf("%s answers %q: %v", test.host, body, err)
			}
			if err == nil {
				if got, _ := io.ReadAll(response.Body); string(got) != body {
					t.Errorf("%q comes as %q", body, got)
				}
				response.Body.Close()
			}
		}
	}
}

// A redirect is followed if the message can follow. Otherwise the error names the address to use.
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
						t.Errorf("%v, %q came", err, got)
					}
					return
				}
				if err == nil || got != "" {
					t.Fatalf("%v, %q came", err, got)
				}
				if text := err.Error(); !strings.Contains(text, fmt.Sprint(code)) || !strings.Contains(text, there.URL+"/moved/[redacted]") || strings.Contains(text, token) {
					t.Errorf("it says %q", text)
				}
			})
		}
	}
}

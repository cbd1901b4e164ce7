package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// postTo posts JSON, with a Bearer token if there is one.
func postTo(t testing.TB, url, token, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestServeTakesTasksAndRunsPullThem(t *testing.T) {
	t.Parallel()
	const tasksToken, callbackToken = "a-token-of-the-tasks", "a-callback-token"
	w := setup(t)
	w.env["PUSHLOSS_TASKS_TOKEN_FILE"] = file(t, "tasks", tasksToken+"\n")
	w.env["PUSHLOSS_CALLBACK_TOKEN"] = callbackToken
	w.env["PUSHLOSS_HTTP_ADDR"] = "127.0.0.1:0"
	daemon := w.start("serve")
	address := "http://127.0.0.1:" + daemon.address(`msg=serving http=\S+?:(\d+)\s`)

	if status, body := postTo(t, address+"/v1/tasks", tasksToken, `{"ActionStatus":"OK","ErrorCode":0,"TaskId":"pushed"}`); status != http.StatusOK || !strings.Contains(body, `"added":1`) {
		t.Errorf("HTTP %d %s", status, body)
	}
	if status, _ := postTo(t, address+"/v1/tasks", "", `{"task_id":"x"}`); status != http.StatusUnauthorized {
		t.Errorf("without the token: HTTP %d", status)
	}
	at := fmt.Sprint(time.Now().Unix())
	sign := sha256.Sum256([]byte(callbackToken + at))
	url := fmt.Sprintf("%s/v1/callback?SdkAppid=1400000001&CallbackCommand=Push.AllMemberPush&contenttype=json&RequestTime=%s&Sign=", address, at)
	var events bytes.Buffer
	for i := range 100 {
		fmt.Fprintf(&events, `%s{"TaskId":"called-back","TaskTime":%d,"To_Account":"bob-the-recipient","PushStage":1}`, strings.Repeat(",", min(i, 1)), time.Now().Add(-60*time.Hour).Unix())
	}
	body := `{"Events":[` + events.String() + `]}`
	for range 2 {
		if status, answer := postTo(t, url+hex.EncodeToString(sign[:]), "", body); status != http.StatusOK || strings.TrimSpace(answer) != `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}` {
			t.Errorf("HTTP %d %s", status, answer)
		}
	}
	if status, answer := postTo(t, url+"wrong", "", body); status != http.StatusForbidden || !strings.Contains(answer, "FAILURE") {
		t.Errorf("with a wrong signature: HTTP %d %s", status, answer)
	}
	w.exec(`UPDATE pushloss.schema_migrations SET version = version + 1`)
	if status, answer := postTo(t, address+"/v1/tasks", tasksToken, `{"task_id":"too-late"}`); status != http.StatusServiceUnavailable || !strings.Contains(answer, "nothing was registered") {
		t.Errorf("with a newer schema: HTTP %d %s", status, answer)
	}
	w.exec(`UPDATE pushloss.schema_migrations SET version = version - 1`)
	if status, _ := get(t, address+"/v1/"); status != http.StatusNotFound {
		t.Errorf("the folder is HTTP %d", status)
	}
	metrics(t, strings.TrimPrefix(address, "http://"), `pushloss_callbacks_total{outcome="taken"} 2`)
	daemon.signal(syscall.SIGTERM)
	daemon.endedWith(0)

	w.do(0, "run")
	w.do(0, "tasks", "list").says(t, "push_answer", "callback")
	if n := w.number(`SELECT count(*) FROM analytics.tasks WHERE task_id = 'called-back' AND source = 'callback' AND last_figures_at IS NOT NULL`); n != 1 {
		t.Error("the task of the callback was not pulled")
	}
	printed := daemon.stdout.String() + daemon.stderr.String()
	for _, secret := range []string{"bob-the-recipient", tasksToken, callbackToken, hex.EncodeToString(sign[:])} {
		if strings.Contains(printed, secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
	w.env["TIM_APPS_FILE"] = file(t, "apps.yaml", "- {sdk_app_id: 1400000001, secret_key: 01234567}\n- {sdk_app_id: 1400000002, secret_key: 01234567}\n")
	for _, name := range []string{"TIM_SDK_APP_ID", "TIM_SECRET_KEY"} {
		delete(w.env, name)
	}
	w.do(4, "check").says(t, "apps 1400000001 and 1400000002 share a token")
}

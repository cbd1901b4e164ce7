package main_test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
)

const pageToken = "0123456789abcdef0123"

// pageOf asks the daemon for its page, with a password if there is one.
func pageOf(t testing.TB, address, password string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if password != "" {
		request.SetBasicAuth("me", password)
	}
	return fetch(t, request)
}

func TestServeShowsAPageToThisMachine(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, "run")
	daemon, address := w.serveDaemon()
	status, body := pageOf(t, address, "")
	if status != http.StatusOK || !strings.Contains(body, "Lost pushes of app") || !strings.Contains(body, w.back(1)) {
		t.Errorf("the page is HTTP %d:\n%s", status, body)
	}
	metrics(t, address, "pushloss_lag_seconds")
	daemon.signal(syscall.SIGTERM)
	daemon.endedWith(0)
}

func TestServeOpenToOthersAsksForItsToken(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(0, "run")
	open := func() (*process, string) {
		w.env["PUSHLOSS_HTTP_ADDR"] = "0.0.0.0:0"
		daemon := w.start("serve")
		address := daemon.address(`msg=serving http=\S+?:(\d+)\s`)
		return daemon, "127.0.0.1:" + address
	}
	daemon, address := open()
	if status, body := pageOf(t, address, ""); status != http.StatusForbidden || !strings.Contains(body, "PUSHLOSS_HTTP_TOKEN") {
		t.Errorf("without a token it is HTTP %d:\n%s", status, body)
	}
	daemon.signal(syscall.SIGTERM)
	daemon.endedWith(0)

	w.env["PUSHLOSS_HTTP_TOKEN_FILE"] = file(t, "token", pageToken+"\n")
	daemon, address = open()
	for password, want := range map[string]int{"": 401, "wrong": 401, pageToken: 200} {
		if status, _ := pageOf(t, address, password); status != want {
			t.Errorf("with the password %q it is HTTP %d, want %d", password, status, want)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if status, _ := get(t, "http://"+address+path); status != http.StatusOK {
			t.Errorf("%s is HTTP %d", path, status)
		}
	}
	daemon.signal(syscall.SIGTERM)
	daemon.endedWith(0)
	if printed := daemon.stdout.String() + daemon.stderr.String(); strings.Contains(printed, pageToken) {
		t.Error("the token is printed")
	}
	w.env["PUSHLOSS_HTTP_TOKEN_FILE"] = file(t, "short", "guess\n")
	w.do(2, "serve").says(t, "PUSHLOSS_HTTP_TOKEN_FILE", "fewer than 16 characters")
	w.do(0, "status") // which shows no page and needs no token
}

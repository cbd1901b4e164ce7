package main_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// hook is a webhook that accepts what it gets, or refuses.
type hook struct {
	*httptest.Server
	mu      sync.Mutex
	texts   []string
	refuses bool
}

const hookToken = "h00k-t0ken"

func newHook(t testing.TB) *hook {
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.refuses {
			http.Error(w, r.URL.Path, http.StatusForbidden)
			return
		}
		h.texts = append(h.texts, string(body))
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) target() string {
	return "generic://" + strings.TrimPrefix(h.URL, "http://") + "/" + hookToken + "?disabletls=yes"
}

func (h *hook) refuse(refuses bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refuses = refuses
}

// titles returns the first lines of the messages since its last call.
func (h *hook) titles() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var titles []string
	for _, text := range h.texts {
		title, _, _ := strings.Cut(text, "\n")
		titles = append(titles, title)
	}
	h.texts = nil
	return strings.Join(titles, "; ")
}

func TestAStoppedAppIsReportedOnceAndItsRecoveryOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	h := newHook(t)
	w.env["PUSHLOSS_NOTIFY_URLS"] = h.target()
	sent := func(what, want string) {
		t.Helper()
		if got := h.titles(); got != want {
			t.Errorf("%s: sent %q, want %q", what, got, want)
		}
	}
	w.do(0, "run")
	sent("a good run", "")
	w.env["TIM_SECRET_KEY"] = testKey[1:] + "0"
	w.do(4, "run")
	sent("a wrong key", "pushloss: app 1400000001 was stopped")
	w.do(4, "run")
	w.do(4, w.backfill(3, 3, "--reprocess", "all")...)
	sent("the same again", "")
	w.env["TIM_SECRET_KEY"] = testKey
	w.faults("http-500")
	w.do(1, "run")
	sent("the right key, but no answer", "pushloss: run failed")
	w.faults()
	w.do(0, "run")
	sent("the right key", "pushloss: recovered: app 1400000001 was stopped; pushloss: recovered: run failed")
	w.do(0, "run")
	sent("the same again", "")
	if n := w.number(`SELECT count(*) FROM analytics.alerts WHERE kind = 'app_stopped' AND sdk_app_id = 1400000001 AND closed_at > opened_at`); n != 1 {
		t.Errorf("%d events are shown", n)
	}
}

func TestAGapAndAFailedRunAreReportedAndADownTargetDoesNotFailTheRun(t *testing.T) {
	t.Parallel()
	w := setup(t)
	h := newHook(t)
	w.env["PUSHLOSS_NOTIFY_URLS"] = h.target()
	h.refuse(true)
	w.faults("code=90102:day=" + w.back(1))
	r := w.do(1, "run")
	r.says(t, "notification was not sent", "403")
	w.faults()
	w.do(0, "run")
	if strings.Contains(r.stdout+r.stderr, hookToken) {
		t.Error("the target's token is printed")
	}
	h.refuse(false)
	w.exec(`UPDATE pushloss.message SET next_try_at = now() - interval '1 minute'`)
	w.do(0, "run")
	if got, want := h.titles(), "pushloss: app 1400000001 has gaps; pushloss: recovered: app 1400000001 has gaps"; got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	w.tasks("t1", "t2", "t3", "t4", "t5", "t6")
	w.faults("http-500")
	w.do(1, "run")
	if got := h.titles(); !strings.Contains(got, "pushloss: run failed") {
		t.Errorf("the messages are %q", got)
	}
}

// Five failures that come and go cause few messages.
func TestAnAPIThatFailsInEverySecondRunIsReportedRarely(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.tasks("t1")
	h := newHook(t)
	w.env["PUSHLOSS_NOTIFY_URLS"] = h.target()
	for range 5 {
		w.faults("http-500")
		w.do(1, "run")
		w.faults()
		w.do(0, "run")
	}
	if got, want := h.titles(), "pushloss: run failed; pushloss: recovered: run failed; pushloss: run failed"; got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	w.do(0, "run")
	w.do(0, "run")
	if got, want := h.titles(), "pushloss: recovered: run failed"; got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
}

func TestNotifyTestTriesEveryTarget(t *testing.T) {
	t.Parallel()
	w := setup(t)
	good, bad := newHook(t), newHook(t)
	bad.refuse(true)
	w.do(2, "notify", "test").says(t, "PUSHLOSS_NOTIFY_URLS names no target")
	w.env["PUSHLOSS_NOTIFY_URLS"] = good.target() + " logger://"
	w.do(0, "notify", "test").says(t, "generic 1", "logger 1", "pushloss: test")
	if got := good.titles(); got != "pushloss: test" {
		t.Errorf("the messages are %q", got)
	}
	w.env["PUSHLOSS_NOTIFY_URLS"] = bad.target() + " " + good.target()
	r := w.do(1, "notify", "test")
	r.says(t, "generic 1", "FAILED", "403", "generic 2", "sent")
	shapeIs(t, "notify_test", w.do(1, "notify", "test", "--output", "json").stdout)
	for _, command := range [][]string{{"notify", "test"}, {"run"}, {"serve"}} {
		w.env["PUSHLOSS_NOTIFY_URLS"] = "nosuch://" + hookToken + " smtp:" + hookToken
		refused := w.do(2, command...)
		refused.says(t, "PUSHLOSS_NOTIFY_URLS: entry 1", "PUSHLOSS_NOTIFY_URLS: entry 2", "what to do: ")
		r.stdout += refused.stdout + refused.stderr
	}
	if strings.Contains(r.stdout+r.stderr, hookToken) {
		t.Error("a target's token is printed")
	}
}

// A target that redirects its messages gets none.
func TestNotifyTestNamesTheAddressToWrite(t *testing.T) {
	t.Parallel()
	w := setup(t)
	there := newHook(t)
	here := httptest.NewServer(http.RedirectHandler(there.URL+"/v2/"+hookToken, http.StatusMovedPermanently))
	t.Cleanup(here.Close)
	w.env["PUSHLOSS_NOTIFY_URLS"] = "generic://" + strings.TrimPrefix(here.URL, "http://") + "/" + hookToken + "?disabletls=yes"
	r := w.do(1, "notify", "test")
	r.says(t, "generic 1", "FAILED", "301 Moved Permanently", there.URL+"/v2/[redacted]")
	if strings.Contains(r.stdout+r.stderr, hookToken) || there.titles() != "" {
		t.Errorf("the token is printed, or a message came: %s", r.stdout)
	}
}

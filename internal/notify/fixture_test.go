package notify_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/lab/world"
	"pushloss/internal/language"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/notify"
	"pushloss/internal/secret"
)

// inbox is a webhook: what it got, and whether it takes anything.
type inbox struct {
	*httptest.Server
	mu    sync.Mutex
	got   []string // titles
	reply func(http.ResponseWriter, *http.Request)
}

const token = "T0k3n-in-the-path"

func newInbox(t testing.TB) *inbox {
	in := &inbox{}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		in.mu.Lock()
		reply := in.reply
		if reply == nil {
			title, _, _ := strings.Cut(string(body), "\n")
			in.got = append(in.got, title)
		}
		in.mu.Unlock()
		if reply != nil {
			reply(w, r)
		}
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) answers(reply func(http.ResponseWriter, *http.Request)) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.reply = reply
}

// textOf is the message that a request brings.
func textOf(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	return string(body)
}

func (in *inbox) titles() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.got)
}

func (in *inbox) secretURL() string {
	return "generic://" + strings.TrimPrefix(in.URL, "http://") + "/" + token + "?disabletls=yes"
}

// fixture is a database and a clock that replicas share.
type fixture struct {
	*world.Database
	t   testing.TB
	now time.Time
	log bytes.Buffer
}

func setup(t testing.TB) *fixture {
	return &fixture{Database: world.Open(t, pgtest.URL(t)), t: t, now: noon}
}

func (w *fixture) replica(urls ...string) *notify.Notifier {
	w.t.Helper()
	var secrets []secret.Text
	for _, url := range urls {
		secrets = append(secrets, secret.New(url))
	}
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	targets, err := notify.Targets(secrets, log)
	if err != nil {
		w.t.Fatal(err)
	}
	return notify.New(w.DB.Pool(), targets, nil, notify.In(language.English), log, func() time.Time { return w.now })
}

func gapOf(app int64, wrong bool) []notify.Verdict {
	return []notify.Verdict{{
		AlertKey: notify.AlertKey{Kind: notify.KindGap, SDKAppID: app}, Wrong: wrong,
		Title: fmt.Sprint("gap of ", app), Detail: "detail", Hint: "hint",
	}}
}

func opened(app int64) string { return fmt.Sprint("pushloss: gap of ", app) }

func recovered(app int64) string { return fmt.Sprint("pushloss: recovered: gap of ", app) }

func equal(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

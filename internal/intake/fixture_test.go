package intake_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
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

	"pushloss/internal/intake"
	"pushloss/internal/secret"
	"pushloss/load"
)

const (
	appA, appB = 1400000001, 1400000002
	tokenA     = "token-of-a"
	tokenB     = "token-of-b"
	postToken  = "0123456789abcdef"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

var errAway = errors.New("the database is away")

// memoryRegistry is a registry in memory, which may be away.
type memoryRegistry struct {
	mu    sync.Mutex
	away  bool
	tasks []load.Task
	calls int
	saved chan struct{} // one for each call
}

func (r *memoryRegistry) Register(_ context.Context, tasks []load.Task, _ time.Time) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() {
		select {
		case r.saved <- struct{}{}:
		default:
		}
	}()
	r.calls++
	if r.away {
		return 0, errAway
	}
	added := 0
	for _, task := range tasks {
		if !slices.ContainsFunc(r.tasks, func(t load.Task) bool { return t.SDKAppID == task.SDKAppID && t.TaskID == task.TaskID }) {
			r.tasks = append(r.tasks, task)
			added++
		}
	}
	return added, nil
}

func (r *memoryRegistry) Save(ctx context.Context, tasks []load.Task, now time.Time) (load.TaskChanges, error) {
	added, err := r.Register(ctx, tasks, now)
	return load.TaskChanges{Added: added, Unchanged: len(tasks) - added}, err
}

func (r *memoryRegistry) setAway(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = away
}

// list is what is registered, sorted.
func (r *memoryRegistry) list() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := []string{}
	for _, task := range r.tasks {
		sent := "-"
		if task.SentAt != nil {
			sent = task.SentAt.UTC().Format(time.DateTime)
		}
		lines = append(lines, fmt.Sprint(task.SDKAppID, " ", task.TaskID, " ", sent, " ", task.Source))
	}
	slices.Sort(lines)
	return lines
}

// world is an Intake for two apps.
type world struct {
	t        testing.TB
	registry *memoryRegistry
	intake   *intake.Intake
	handler  http.Handler
	log      *bytes.Buffer
	now      time.Time
}

func setup(t testing.TB, change ...func(*intake.Options)) *world {
	t.Helper()
	w := &world{t: t, registry: &memoryRegistry{saved: make(chan struct{}, 1)}, log: &bytes.Buffer{}, now: noon}
	opts := intake.Options{
		Registry: w.registry, TasksToken: secret.New(postToken), Now: func() time.Time { return w.now },
		Apps: []intake.App{
			{SDKAppID: appA, CallbackToken: secret.New(tokenA), Location: time.UTC},
			{SDKAppID: appB, CallbackToken: secret.New(tokenB), Location: time.FixedZone("UTC-8", -8*3600)},
		},
		Log: slog.New(slog.NewTextHandler(w.log, nil)),
	}
	for _, f := range change {
		f(&opts)
	}
	w.intake = intake.New(opts)
	w.handler = w.intake.Handler()
	return w
}

// flush registers what waits, as at the end of a process.
func (w *world) flush() {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	w.intake.Run(ended)
}

// sign is the query of a callback of an app at a time.
func sign(app int64, token string, at time.Time) string {
	text := fmt.Sprint(at.Unix())
	digest := sha256.Sum256([]byte(token + text))
	return fmt.Sprintf("SdkAppid=%d&CallbackCommand=Push.AllMemberPush&contenttype=json&Sign=%s&RequestTime=%s", app, hex.EncodeToString(digest[:]), text)
}

// event is one of a task, as the vendor posts it.
func event(task string, sent time.Time) string {
	return fmt.Sprintf(`{"CallbackCommand":"Push.AllMemberPush","EventType":1,"TaskId":%q,"TaskTime":%d,"EventTime":1,"To_Account":"bob-the-recipient","PushPlatform":1,"DeviceType":0,"PushStage":1,"ErrCode":0,"ErrInfo":""}`, task, sent.Unix())
}

func events(list ...string) string { return `{"Events":[` + strings.Join(list, ",") + `]}` }

func (w *world) call(query, body string) (int, string) {
	return w.serve(httptest.NewRequest(http.MethodPost, intake.CallbackPath+"?"+query, strings.NewReader(body)))
}

func (w *world) post(query, token, body string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, intake.TasksPath+query, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	return w.serve(r)
}

func (w *world) serve(r *http.Request) (int, string) {
	w.t.Helper()
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, r)
	body, err := io.ReadAll(recorder.Body)
	if err != nil || !json.Valid(body) || recorder.Header().Get("Content-Type") != "application/json" {
		w.t.Fatalf("the answer is not JSON: %s, %v", body, err)
	}
	return recorder.Code, strings.TrimSpace(string(body))
}

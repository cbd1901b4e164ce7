package world

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/pipeline"
	"pushloss/internal/secret"
)

// The apps that an API serves, and the key of both.
const (
	App      = 1400000001
	OtherApp = 1400000002
	Key      = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// API is a sandbox that listens on the loopback address until the test ends.
type API struct {
	*sandbox.Sandbox
	URL string

	t       testing.TB
	handler atomic.Pointer[http.Handler]
}

// NewAPI starts a sandbox that serves both apps without pace, cuts days in UTC and records its
// calls. change may change that.
func NewAPI(t testing.TB, change ...func(*sandbox.Config)) *API {
	t.Helper()
	cfg := sandbox.Config{
		Apps: []sandbox.App{{SDKAppID: App, SecretKey: Key}, {SDKAppID: OtherApp, SecretKey: Key}},
		Seed: 11, Location: time.UTC, RecordCalls: true,
	}
	for _, f := range change {
		f(&cfg)
	}
	WithFaults(t, repeatRefused)(&cfg)
	api, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	a := &API{Sandbox: api, t: t}
	t.Cleanup(a.namesOnce)
	a.Behind(api)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*a.handler.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// repeatRefused is a fault of every API. Nobody knows what the real API does with a task that a
// request names twice, so no request may do that.
const repeatRefused = "repeat-refused"

// namesOnce fails the test if a call named a task twice.
func (a *API) namesOnce() {
	for _, call := range a.Calls() {
		if slices.Contains(call.Faults, repeatRefused) {
			a.t.Errorf("a call names a task twice: %+v", call)
		}
	}
}

// WithFaults is a change for New and NewAPI that switches faults on.
func WithFaults(t testing.TB, specs ...string) func(*sandbox.Config) {
	t.Helper()
	faults, err := sandbox.ParseFaults(specs...)
	if err != nil {
		t.Fatal(err)
	}
	return func(cfg *sandbox.Config) { cfg.Faults = append(cfg.Faults, faults...) }
}

// Faults replaces all faults.
func (a *API) Faults(specs ...string) {
	a.t.Helper()
	var cfg sandbox.Config
	WithFaults(a.t, append(slices.Clone(specs), repeatRefused)...)(&cfg)
	if err := a.SetFaults(cfg.Faults); err != nil {
		a.t.Fatal(err)
	}
}

// Behind sends every later request to the handler first, which passes it on to the API's ServeHTTP.
func (a *API) Behind(handler http.Handler) { a.handler.Store(&handler) }

// App returns what jobs need to call the API for an app, without a pace.
func (a *API) App(id int64, zone *time.Location) pipeline.App {
	return pipeline.App{
		Account: extract.Account{
			SDKAppID: id, SecretKey: secret.New(Key), Identifier: sandbox.DefaultAdmin, BaseURLs: []string{a.URL},
		},
		Location: zone,
	}
}

// Facts returns the truth: what the views should show for days of the whole app and the tasks.
func (a *API) Facts(app int64, zone *time.Location, from, to calendar.Day, tasks ...string) (facts []Fact) {
	for day := from; day <= to; day++ {
		window := day.Window(zone)
		for _, task := range append([]string{""}, tasks...) {
			facts = append(facts, factsOf(day, task, a.Truth(app, task, window.Start, window.End))...)
		}
	}
	return facts
}

// ChatFacts is Facts for the losses of chat messages.
func (a *API) ChatFacts(app int64, zone *time.Location, from, to calendar.Day) (facts []Fact) {
	for day := from; day <= to; day++ {
		window := day.Window(zone)
		facts = append(facts, factsOf(day, "", a.ChatTruth(app, window.Start, window.End))...)
	}
	return facts
}

func factsOf(day calendar.Day, task string, figures sandbox.Figures) (facts []Fact) {
	for _, row := range figures.Stage {
		facts = append(facts, Fact{"stage", day.String(), task, row.Stage, 0, 0, row.ErrCode, row.ErrInfo, row.ErrCount})
	}
	for _, row := range figures.Platform {
		facts = append(facts, Fact{"platform", day.String(), task, row.Stage, row.EventType, row.PushPlatform, row.ErrCode, row.ErrInfo, row.ErrCount})
	}
	return facts
}

// Noon returns a time zone in which it is about noon now. By the real clock, no day ends in it
// during a test.
func Noon(t testing.TB) *time.Location {
	t.Helper()
	// The names count hours behind UTC.
	zone, err := time.LoadLocation(fmt.Sprintf("Etc/GMT%+d", time.Now().UTC().Hour()-12))
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

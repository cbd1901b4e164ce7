package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pushloss/internal/lab/netfault"
	"pushloss/internal/lab/sandbox"
)

// severalApps gives the world a number of apps at a pace, for several processes that
// pull their windows. It returns the apps.
func (w *world) severalApps(n int, callsPerSecond float64) (apps []int64) {
	w.t.Helper()
	var file strings.Builder
	for i := range n {
		apps = append(apps, testApp+int64(i))
		fmt.Fprintf(&file, "- sdk_app_id: %d\n  secret_key: %s\n  rate: %g\n", apps[i], testKey, callsPerSecond)
	}
	path := filepath.Join(w.t.TempDir(), "apps.yaml")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	delete(w.env, "TIM_SDK_APP_ID")
	delete(w.env, "TIM_SECRET_KEY")
	w.env["TIM_APPS_FILE"] = path
	return apps
}

// apps makes the sandbox serve a number of apps, each at a limited rate.
func apps(n int, callsPerSecond float64) func(*sandbox.Config) {
	return func(cfg *sandbox.Config) {
		cfg.Apps, cfg.CallsPerSecond = nil, callsPerSecond
		for i := range n {
			cfg.Apps = append(cfg.Apps, sandbox.App{SDKAppID: testApp + int64(i), SecretKey: testKey})
		}
	}
}

// leeway is how much faster calls may arrive than they left: a busy machine delays
// some by tens of milliseconds. Where the pace is not kept, gaps are of any length,
// and soon shorter than this.
const leeway = 4

// keptPace checks that no app was ever called faster than the sandbox allows.
func (w *world) keptPace(callsPerSecond float64) {
	w.t.Helper()
	for _, app := range w.api.Stats().Apps {
		if interval := time.Duration(float64(time.Second) / callsPerSecond); app.SmallestGap < interval || len(app.Refused) > 0 {
			w.t.Errorf("app %d was called %s apart, refused: %v", app.SDKAppID, app.SmallestGap, app.Refused)
		}
	}
}

// through leads a URL of the environment over a network.
func (w *world) through(key string) *netfault.Network {
	w.t.Helper()
	address, network := netfault.Through(w.t, w.env[key])
	w.env[key] = address
	return network
}

// beside starts a process with its own environment.
func (w *world) beside(change func(other *world), args ...string) *process {
	other := &world{t: w.t, env: make(map[string]string, len(w.env))}
	for key, value := range w.env {
		other.env[key] = value
	}
	change(other)
	return other.start(args...)
}

// takenOver is the documented bound on how long the apps of a process stay its own
// after its network was cut.
const takenOver = 45 * time.Second

// K5: a process whose network is cut, so that neither side learns of it, stops by
// itself. The server gives its apps to others within takenOver, who begin where it
// left off: nothing is loaded twice, and the pace holds.
func TestK5AProcessThatIsCutOffIsTakenOver(t *testing.T) {
	t.Parallel()
	const rate, days = 10, 150
	w := setup(t, apps(2, leeway*rate))
	ids := w.severalApps(2, rate)
	w.env["PUSHLOSS_FIRST_DAY"] = w.back(days)
	var database, api *netfault.Network
	cut := w.beside(func(other *world) {
		database, api = other.through("DATABASE_URL"), other.through("TIM_BASE_URL")
	}, "run")
	loaded := func(n int64) func() bool {
		return func() bool { return w.number(`SELECT count(*) FROM pushloss.pull`) >= n }
	}
	eventually(t, "the first process is at work", loaded(30))
	w.do(0, "run").says(t, "skipped") // all its apps are left to the other

	database.Cut()
	api.Cut()
	since := time.Now()
	left := w.number(`SELECT count(*) FROM pushloss.pull`)
	for {
		other := w.do(0, "run")
		if !strings.Contains(other.stdout, "busy") {
			break
		}
		if time.Since(since) > takenOver {
			t.Fatalf("after %s the apps are not free:\n%s", time.Since(since), other.stdout)
		}
	}
	t.Logf("taken over and done after %s", time.Since(since).Round(time.Second))
	cut.endedWith(3).says(t, "the connection that holds this process's locks was lost")
	if left > 2*days-20 {
		t.Fatalf("%d answers were loaded before the cut: this proves nothing", left)
	}
	for _, app := range ids {
		w.equalsTruth(app, days, 1)
	}
	if n := w.number(`SELECT count(*) FROM (SELECT FROM pushloss.pull WHERE day < $1::date GROUP BY sdk_app_id, day HAVING count(*) > 1) AS twice`, w.back(2)); n != 0 {
		t.Errorf("%d settled days were loaded twice", n)
	}
	w.keptPace(leeway * rate)
	w.do(0, "run")
	if n := w.number(`SELECT count(*) FROM analytics.runs WHERE state = 'running'`); n != 0 {
		t.Errorf("%d runs are reported as running", n)
	}
}

// longer is eventually for what takes a tick.
func longer(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !holds(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never happened that %s", what)
		}
	}
}

// Daemons on one database share the apps of each tick: none is pulled twice, none
// is left out. What one of them had begun when it was killed, the others do at
// their next tick, and the pace of each app holds over all of them.
func TestReplicasShareTheAppsAndTakeOverFromTheDead(t *testing.T) {
	t.Parallel()
	const replicas, n, rate, days = 3, 4, 10, 120
	w := setup(t, apps(n, leeway*rate))
	ids := w.severalApps(n, rate)
	w.env["PUSHLOSS_FIRST_DAY"] = w.back(days)
	w.env["PUSHLOSS_HTTP_ADDR"] = "127.0.0.1:0"
	w.env["PUSHLOSS_SCHEDULES_FILE"] = file(t, "schedules.yaml", "schedules: [{name: often, job: run, cron: '* * * * *'}]")
	var daemons []*process
	for range replicas {
		daemons = append(daemons, w.start("serve"))
	}
	held := func(pid int) int64 {
		return w.number(`SELECT count(*) FROM pushloss.app_lease WHERE holder LIKE 'process ' || $1 || ' on %'`, fmt.Sprint(pid))
	}
	eventually(t, "all apps are being worked on", func() bool {
		return w.number(`SELECT count(*) FROM (SELECT FROM pushloss.pull GROUP BY sdk_app_id HAVING count(*) >= 3) AS begun`) == n
	})
	dies := slices.IndexFunc(daemons, func(d *process) bool { return held(d.cmd.Process.Pid) > 0 })
	if dies < 0 {
		t.Fatal("nobody holds an app")
	}
	orphans := held(daemons[dies].cmd.Process.Pid)
	daemons[dies].signal(os.Kill)
	daemons[dies].wait()
	if n := w.number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND settled`); n > 4*(days-2)-int64(orphans)*20 {
		t.Fatalf("%d days were settled before the kill: this proves nothing", n)
	}
	longer(t, "the others have taken over", func() bool {
		return w.number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND state = 'open'`) == 0
	})
	for _, app := range ids {
		w.equalsTruth(app, days, 1)
	}
	if n := w.number(`SELECT count(*) FROM (SELECT FROM pushloss.pull WHERE day < $1::date GROUP BY sdk_app_id, day HAVING count(*) > 1) AS twice`, w.back(2)); n != 0 {
		t.Errorf("%d settled days were loaded twice", n)
	}
	// One more tick, which two replicas share: each day that is open still is pulled
	// once.
	before := w.number(`SELECT count(*) FROM pushloss.pull`)
	longer(t, "the next tick has come", func() bool { return w.number(`SELECT count(*) FROM pushloss.pull`) >= before+2*n })
	eventually(t, "its runs have ended", func() bool {
		return w.number(`SELECT count(*) FROM analytics.runs WHERE state = 'running'`) == 0
	})
	if got := w.number(`SELECT count(*) FROM pushloss.pull`) - before; got != 2*n {
		t.Errorf("a tick made %d pulls for %d open days", got, 2*n)
	}
	w.keptPace(leeway * rate)
	if n := w.number(`SELECT count(*) FROM analytics.runs WHERE state = 'abandoned'`); n != 1 {
		t.Errorf("%d runs are reported as abandoned", n)
	}
	for i, daemon := range daemons {
		if i != dies {
			daemon.signal(syscall.SIGTERM)
			daemon.endedWith(0)
		}
	}
}

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pushloss/internal/lab/netfault"
	"pushloss/internal/lab/sandbox"
)

// severalApps gives the world a number of apps with a pace, for several processes. It returns the
// apps.
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

// apps makes the sandbox serve a number of apps.
func apps(n int) func(*sandbox.Config) {
	return func(cfg *sandbox.Config) {
		cfg.Apps = nil
		for i := range n {
			cfg.Apps = append(cfg.Apps, sandbox.App{SDKAppID: testApp + int64(i), SecretKey: testKey})
		}
	}
}

var departure = regexp.MustCompile(`msg="api call".* sdk_app_id=(\d+) sent_at=(\S+)`)

// keptPace checks that all processes together called no app faster than allowed, by the times at
// which calls left: a busy machine may bring them together on their way.
func (w *world) keptPace(callsPerSecond float64) {
	w.t.Helper()
	departures := make(map[string][]time.Time)
	total := 0
	for _, said := range w.said.all() {
		for _, found := range departure.FindAllStringSubmatch(said, -1) {
			at, err := time.Parse(time.RFC3339Nano, found[2])
			if err != nil {
				w.t.Fatal(err)
			}
			departures[found[1]] = append(departures[found[1]], at)
			total++
		}
	}
	const rounded = time.Millisecond // in the log
	least := time.Duration(float64(time.Second)/callsPerSecond) - rounded
	for app, times := range departures {
		slices.SortFunc(times, time.Time.Compare)
		for i, at := range times[1:] {
			if gap := at.Sub(times[i]); gap < least {
				w.t.Errorf("app %s was called %s apart at %s", app, gap, at)
			}
		}
	}
	if calls := w.calls.Load(); int64(total) < calls*9/10 || calls == 0 {
		w.t.Errorf("%d calls left and %d arrived: this proves nothing", total, calls)
	}
}

// through makes a URL of the environment lead through a network.
func (w *world) through(key string) *netfault.Network {
	w.t.Helper()
	address, network := netfault.Through(w.t, w.env[key])
	w.env[key] = address
	return network
}

// beside starts a process with its own environment.
func (w *world) beside(change func(other *world), args ...string) *process {
	other := &world{t: w.t, env: make(map[string]string, len(w.env)), said: w.said}
	for key, value := range w.env {
		other.env[key] = value
	}
	change(other)
	return other.start(args...)
}

// takenOver is the documented bound for the takeover of a process's apps after its network was cut.
const takenOver = 45 * time.Second

// K5: a process whose network is cut, so that neither side notices, stops by itself. Within
// takenOver, others get its apps and continue where it stopped: nothing is loaded twice, and the
// pace holds.
func TestK5AProcessThatIsCutOffIsTakenOver(t *testing.T) {
	t.Parallel()
	const rate, days = 10, 80
	w := setup(t, apps(2))
	ids := w.severalApps(2, rate)
	w.env["PUSHLOSS_FIRST_DAY"] = w.back(days)
	var database, api *netfault.Network
	cut := w.beside(func(other *world) {
		database, api = other.through("DATABASE_URL"), other.through("TIM_BASE_URL")
	}, "run")
	eventually(t, "the first process is at work", func() bool { return w.number(`SELECT count(*) FROM pushloss.pull`) >= 20 })

	database.Cut()
	api.Cut()
	since := time.Now()
	left := w.number(`SELECT count(*) FROM pushloss.pull`)
	w.do(0, "run").says(t, "skipped") // all apps are left to the other
	const sqlLocks = `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
	for w.number(sqlLocks) > 0 {
		if time.Since(since) > takenOver {
			t.Fatalf("after %s the apps are not free", time.Since(since))
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("free after %s", time.Since(since).Round(time.Second))
	if other := w.do(0, "run"); strings.Contains(other.stdout, "busy") {
		t.Errorf("the apps are not taken over:\n%s", other.stdout)
	}
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
	w.keptPace(rate)
	w.do(0, "run")
	if n := w.number(`SELECT count(*) FROM analytics.runs WHERE state = 'running'`); n != 0 {
		t.Errorf("%d runs are reported as running", n)
	}
}

// Daemons on one database share the apps of each tick: none is pulled twice, none is left out. The
// others complete at their next tick what a killed one had begun, and all together keep the pace of
// each app.
func TestReplicasShareTheAppsAndTakeOverFromTheDead(t *testing.T) {
	t.Parallel()
	const n, rate, days = 4, 10, 60
	w := setup(t, apps(n))
	ids := w.severalApps(n, rate)
	w.env["PUSHLOSS_FIRST_DAY"] = w.back(days)
	w.env["PUSHLOSS_HTTP_ADDR"] = "127.0.0.1:0"
	w.env["PUSHLOSS_SCHEDULES_FILE"] = file(t, "schedules.yaml", "schedules: [{name: often, job: run, cron: '* * * * *'}]")
	dies := w.start("serve")
	held := func() int64 {
		return w.number(`SELECT count(*) FROM pushloss.app_lease WHERE holder LIKE 'process ' || $1 || ' on %'`, fmt.Sprint(dies.cmd.Process.Pid))
	}
	eventually(t, "the one that dies holds an app", func() bool { return held() > 0 })
	clock := newMinutes()
	others := []*daemon{w.serve(clock.now), w.serve(clock.now)}
	eventually(t, "all apps are being worked on", func() bool {
		return w.number(`SELECT count(*) FROM (SELECT FROM pushloss.pull GROUP BY sdk_app_id HAVING count(*) >= 3) AS begun`) == n
	})
	orphans := held()
	dies.signal(os.Kill)
	dies.wait()
	if n := w.number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND settled`); n > 4*(days-2)-orphans*20 {
		t.Fatalf("%d days were settled before the kill: this proves nothing", n)
	}
	idle := func() bool { return w.number(`SELECT count(*) FROM analytics.runs WHERE state = 'running'`) == 0 }
	eventually(t, "the runs of the others have ended", idle)
	clock.pass()
	eventually(t, "the others have taken over", func() bool {
		return w.number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND state = 'open'`) == 0
	})
	for _, app := range ids {
		w.equalsTruth(app, days, 1)
	}
	if n := w.number(`SELECT count(*) FROM (SELECT FROM pushloss.pull WHERE day < $1::date GROUP BY sdk_app_id, day HAVING count(*) > 1) AS twice`, w.back(2)); n != 0 {
		t.Errorf("%d settled days were loaded twice", n)
	}
	eventually(t, "the runs that took over have ended", idle)
	// One more tick, which two replicas share: each day that is open still is pulled
	// once.
	before := w.number(`SELECT count(*) FROM pushloss.pull`)
	clock.pass()
	eventually(t, "the next tick has come", func() bool { return w.number(`SELECT count(*) FROM pushloss.pull`) >= before+2*n })
	eventually(t, "its runs have ended", idle)
	if got := w.number(`SELECT count(*) FROM pushloss.pull`) - before; got != 2*n {
		t.Errorf("a tick made %d pulls for %d open days", got, 2*n)
	}
	w.keptPace(rate)
	if n := w.number(`SELECT count(*) FROM analytics.runs WHERE state = 'abandoned'`); n != 1 {
		t.Errorf("%d runs are reported as abandoned", n)
	}
	for _, other := range others {
		other.endsWith(0)
	}
}

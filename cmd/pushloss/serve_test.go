package main_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"

	"pushloss/internal/lab/sandbox"
	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

var client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func get(t testing.TB, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return fetch(t, request)
}

func fetch(t testing.TB, request *http.Request) (status int, body string) {
	t.Helper()
	response, err := client.Do(request)
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

// address waits until a process prints where it listens.
func (p *process) address(pattern string) string {
	p.t.Helper()
	var found []string
	eventually(p.t, "the process prints where it listens", func() bool {
		select {
		case <-p.ended:
			p.t.Fatalf("the process has ended:\n%s", p.stderr.String())
		default:
		}
		found = regexp.MustCompile(pattern).FindStringSubmatch(p.stdout.String() + p.stderr.String())
		return found != nil
	})
	return found[1]
}

func (w *world) serveDaemon() (daemon *process, address string) {
	w.t.Helper()
	w.env["PUSHLOSS_HTTP_ADDR"] = "127.0.0.1:0"
	daemon = w.start("serve")
	address = daemon.address(`msg=serving http=(\S+)`)
	w.env["PUSHLOSS_HTTP_ADDR"] = address
	return daemon, address
}

func TestServeCatchesUpReportsItsStateAndStops(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.tasks("t1")
	daemon, address := w.serveDaemon()
	metric := func(line string) func() bool {
		return func() bool {
			_, body := get(t, "http://"+address+"/metrics")
			return strings.Contains(body, "\n"+line+"\n")
		}
	}
	eventually(t, "the first run is caught up on", metric(`pushloss_runs_total{state="done"} 1`))
	w.equalsTruth(testApp, 2, 1, "t1")
	for _, line := range []string{
		`pushloss_api_requests_total{outcome="ok",sdk_app_id="1400000001"} 4`,
		`pushloss_windows_total{result="loaded",sdk_app_id="1400000001"} 4`,
		`pushloss_windows_total{result="failed",sdk_app_id="1400000001"} 0`,
		`pushloss_lag_seconds{sdk_app_id="1400000001"} 172800`,
	} {
		eventually(t, "the metrics hold "+line, metric(line))
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body := get(t, "http://"+address+path); status != http.StatusOK || body != "ok\n" {
			t.Errorf("%s answers %d %q", path, status, body)
		}
	}
	w.do(0, "probe").says(t, "ok")
	w.do(0, "status")

	daemon.signal(syscall.SIGTERM)
	daemon.endedWith(0).says(t, "stopped")
	w.do(1, "probe").says(t, "does not answer")

	// K3: what was run today is not caught up on again.
	again, address := w.serveDaemon()
	if status, _ := get(t, "http://"+address+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz answers %d", status)
	}
	_, body := get(t, "http://"+address+"/metrics")
	if strings.Contains(body, "pushloss_last_success_timestamp_seconds 0") {
		t.Error("the last success was forgotten")
	}
	again.signal(syscall.SIGINT)
	again.endedWith(0)
	if n := w.calls.Load(); n != 4 {
		t.Errorf("%d calls in all, want 4", n)
	}
}

func TestServeInterruptedWhilePullingLosesNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.env["PUSHLOSS_FIRST_DAY"] = w.back(30)
	arrived, release := make(chan struct{}), make(chan struct{})
	w.before(func(n int64) {
		if n == 5 {
			close(arrived)
			<-release
		}
	})
	daemon, _ := w.serveDaemon()
	<-arrived
	daemon.signal(syscall.SIGTERM)
	eventually(t, "the daemon stops", func() bool { return strings.Contains(daemon.stderr.String(), "schedules stopped") })
	close(release)
	daemon.endedWith(0)
	done := w.calls.Load()
	if n := w.number(`SELECT count(*) FROM pushloss.pull`); n != done || done >= 30 {
		t.Errorf("%d answers were loaded of %d", n, done)
	}
	// K3: an interrupted run is caught up on.
	again, address := w.serveDaemon()
	eventually(t, "the rest is pulled", func() bool {
		_, body := get(t, "http://"+address+"/metrics")
		return strings.Contains(body, `pushloss_runs_total{state="done"} 1`)
	})
	again.signal(syscall.SIGTERM)
	again.endedWith(0)
	w.equalsTruth(testApp, 30, 1)
}

func TestReadinessNeedsTheDatabaseAndItsSchema(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, address := w.serveDaemon()
	ready := func(want int) {
		t.Helper()
		eventually(t, fmt.Sprintf("/readyz answers %d", want), func() bool { // it is kept for a second
			status, _ := get(t, "http://"+address+"/readyz")
			return status == want
		})
		if status, _ := get(t, "http://"+address+"/healthz"); status != http.StatusOK {
			t.Errorf("/healthz answers %d", status)
		}
	}
	ready(http.StatusOK)
	w.exec(`UPDATE pushloss.schema_migrations SET version = 1`)
	ready(http.StatusServiceUnavailable)
	w.exec(fmt.Sprint(`UPDATE pushloss.schema_migrations SET version = `, migrations.Newest()))
	ready(http.StatusOK)

	w.closeDatabase()
	ready(http.StatusServiceUnavailable)
	if _, body := get(t, "http://"+address+"/metrics"); strings.Contains(body, pgtest.Password) {
		t.Error("the password is printed")
	}
}

// closeDatabase ends all connections, and refuses new ones.
func (w *world) closeDatabase() {
	w.t.Helper()
	ctx := w.t.Context()
	config, err := pgx.ParseConfig(w.env["DATABASE_URL"])
	if err != nil {
		w.t.Fatal(err)
	}
	database := config.Database
	name := pgx.Identifier{database}.Sanitize()
	config.Database = "postgres" // no session can do it to its own
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `ALTER DATABASE `+name+` ALLOW_CONNECTIONS false`); err != nil {
		w.t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, database); err != nil {
		w.t.Fatal(err)
	}
}

func TestTheSandboxServesCallsAndItsOwnQuestions(t *testing.T) {
	t.Parallel()
	w := &world{t: t, env: map[string]string{}}
	p := w.start("sandbox", "--addr", "127.0.0.1:0", "--secret-key", testKey, "--rate", "0", "--fault", "count-string")
	base := p.address(`the sandbox serves at (http://\S+)`)
	sig, err := tencentyun.GenUserSig(testApp, testKey, sandbox.DefaultAdmin, 3600)
	if err != nil {
		t.Fatal(err)
	}
	url := fmt.Sprintf("%s%s?sdkappid=%d&identifier=%s&usersig=%s&random=7&contenttype=json",
		base, sandbox.Path, testApp, sandbox.DefaultAdmin, strings.ReplaceAll(sig, "*", "%2A"))
	response, err := client.Post(url, "application/json", strings.NewReader(`{"StartTime":1741104000,"EndTime":1741190400,"TaskID":["x"]}`))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"ErrorCode":0`, `"sucess"`, `"TaskID":"x"`, `"ErrCount":"`} {
		if !strings.Contains(string(body), part) {
			t.Errorf("the answer has no %s: %.300s", part, body)
		}
	}
	if status, stats := get(t, base+"/sandbox/stats"); status != http.StatusOK || !strings.Contains(stats, `"accepted": 1`) {
		t.Errorf("the stats are %d %s", status, stats)
	}
	p.signal(syscall.SIGTERM)
	p.endedWith(0).says(t, "app 1400000001: 1 call,")
}

// check reports what serve would refuse.
func TestCheckReadsTheScheduleFile(t *testing.T) {
	t.Parallel()
	w := setup(t)
	file := filepath.Join(t.TempDir(), "schedules.yaml")
	w.env["PUSHLOSS_SCHEDULES_FILE"] = file
	w.do(2, "check").says(t, "schedules", "FAILED", "no such file")
	w.env["PUSHLOSS_API_MEMORY_DAYS"] = "7"
	for _, test := range []struct {
		text string
		code int
		says []string
	}{
		{"schedules: [{name: a, job: run, cron: '0 3 * * *'}, {name: b, job: prune, cron: '@daily'}]", 0, []string{"2, serve runs next at 20"}},
		{"schedules: [{name: a, job: prune, cron: '@daily'}]", 0, []string{"warning", "none of them has the job run", "add a daily entry"}},
		{"schedules: [{name: a, job: run, cron: '0 3 * * 1-5'}]", 0, []string{"warning", "no run between 20", "schedule the job run daily"}},
		{"schedules: [{name: a, job: run, cron: '@monthly'}]", 1, []string{"FAILED", "days are lost", "schedule the job run daily"}},
		{"schedules: [{name: a, job: run, cron: '0 3 29 2 *'}]", 1, []string{"FAILED", "days are lost"}},
	} {
		w.write(file, test.text)
		w.do(test.code, "check").says(t, append(test.says, "schedules")...)
	}
	for _, wrong := range []string{"schedules: [{name: a, job: run, cron: */5 * * * *}]", "schedules: [{name: a, job: run, cron: '*/90 * * * *'}]"} {
		w.write(file, wrong)
		for _, command := range []string{"check", "serve"} {
			w.do(2, command).says(t, file+":1: ")
		}
	}
}

func (w *world) write(file, text string) {
	w.t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"pushloss/internal/localpg/pgtest"
)

// tool returns the path of a program of Debian's package prometheus.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed (Debian: apt-get install prometheus)", name)
	}
	return path
}

// metrics returns the text of /metrics as soon as it has the line.
func metrics(t testing.TB, address, line string) (body string) {
	t.Helper()
	eventually(t, "the metrics hold "+line, func() bool {
		_, body = get(t, "http://"+address+"/metrics")
		return strings.Contains(body, "\n"+line)
	})
	return body
}

func TestPromtoolAcceptsTheMetrics(t *testing.T) {
	t.Parallel()
	promtool := tool(t, "promtool")
	w := setup(t)
	_, address := w.serveDaemon()
	body := metrics(t, address, `pushloss_lag_seconds{sdk_app_id="1400000001"} 172800`)
	check := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	check.Stdin = strings.NewReader(body)
	if said, err := check.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("promtool: %v\n%s", err, said)
	}
	for _, secret := range []string{testKey, pgtest.Password} {
		if strings.Contains(body, secret) {
			t.Error("the metrics hold a secret")
		}
	}
}

// Every metric of the rules exists.
func TestPromtoolAcceptsTheAlertRulesAndTheirMetricsExist(t *testing.T) {
	t.Parallel()
	promtool := tool(t, "promtool")
	const file = "../../deploy/prometheus/pushloss.rules.yml"
	if said, err := exec.CommandContext(t.Context(), promtool, "check", "rules", file).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s", err, said)
	}
	rules, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	w := setup(t)
	_, address := w.serveDaemon()
	body := metrics(t, address, "pushloss_lag_seconds")
	names := regexp.MustCompile(`pushloss_\w+`).FindAllString(string(rules), -1)
	if len(names) < 10 {
		t.Fatalf("the rules have only the metrics %v", names)
	}
	for _, name := range names {
		if !regexp.MustCompile(`(?m)^` + name + `[ {]`).MatchString(body) {
			t.Errorf("the program has no metric %s", name)
		}
	}
}

// prometheus starts a Prometheus that scrapes the address, and returns its own address.
func prometheus(t testing.TB, scrapes string) (address string) {
	t.Helper()
	program, dir := tool(t, "prometheus"), t.TempDir()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "prometheus.yml")
	config := fmt.Sprintf("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs: [{job_name: pushloss, static_configs: [{targets: [%q]}]}]\n", scrapes)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "--config.file", file, "--storage.tsdb.path", filepath.Join(dir, "data"), "--web.listen-address", address)
	command.Stdout, command.Stderr = t.Output(), t.Output()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	eventually(t, "Prometheus is ready", func() bool {
		response, err := client.Get("http://" + address + "/-/ready")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == 200
	})
	return address
}

// asks returns the labels and values that a query returns.
func asks(t testing.TB, address, query string) (found []string) {
	t.Helper()
	_, body := get(t, "http://"+address+"/api/v1/query?query="+url.QueryEscape(query))
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	for _, result := range answer.Data.Result {
		found = append(found, fmt.Sprint(result.Metric["sdk_app_id"], " ", result.Value[1]))
	}
	slices.Sort(found)
	return found
}

func TestPrometheusReadsTheGauges(t *testing.T) {
	t.Parallel()
	tool(t, "prometheus")
	w := setup(t)
	w.faults("code=90102:day=" + w.back(2)) // one of the two days fails
	_, address := w.serveDaemon()
	server := prometheus(t, address)
	eventually(t, "the failed window is scraped", func() bool {
		return slices.Equal(asks(t, server, "pushloss_windows_failed"), []string{"1400000001 1"})
	})
	for query, want := range map[string]string{
		"pushloss_windows_missing": "1400000001 0", "pushloss_windows_late": "1400000001 0", "pushloss_app_stopped": "1400000001 0",
		"pushloss_reconciliation_differences": "1400000001 0", "pushloss_lag_seconds / 86400": "1400000001 2",
		"pushloss_status_age_seconds < bool 30": " 1",
	} {
		if got := asks(t, server, query); !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", query, got, want)
		}
	}
	eventually(t, "the alert is scraped", func() bool { return slices.Equal(asks(t, server, "pushloss_alerts_open"), []string{" 1"}) })
	w.exec(`INSERT INTO pushloss.alert (kind, sdk_app_id, job, detail, opened_at) VALUES ('app_stopped', 1400000001, '', '', now())`)
	eventually(t, "the stopped app is scraped", func() bool {
		return slices.Equal(asks(t, server, "pushloss_app_stopped"), []string{"1400000001 1"})
	})
}

// However many probes ask, they open no connection.
func TestParallelProbesMakeNoConnections(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, address := w.serveDaemon()
	metrics(t, address, `pushloss_runs_total{state="done"} 1`)
	var all sync.WaitGroup
	for i := range 200 {
		path := [2]string{"/readyz", "/metrics"}[i%2]
		all.Go(func() {
			if status, body := get(t, "http://"+address+path); status != 200 {
				t.Errorf("%s answers %d %.200s", path, status, body)
			}
		})
	}
	most := int64(0)
	for range 5 {
		most = max(most, w.number(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`))
	}
	all.Wait()
	if most > 10 { // the pool of one app
		t.Errorf("there are %d connections", most)
	}
}

// The database stops answering. The metrics still come, with the last figures.
func TestMetricsOutliveASilentDatabase(t *testing.T) {
	t.Parallel()
	w := setup(t)
	network := w.through("DATABASE_URL")
	_, address := w.serveDaemon()
	metrics(t, address, `pushloss_lag_seconds{sdk_app_id="1400000001"} 172800`)
	network.Cut()
	for range 2 {
		status, body := get(t, "http://"+address+"/metrics") // the client waits for ten seconds
		if status != 200 || !strings.Contains(body, `pushloss_lag_seconds{sdk_app_id="1400000001"} 172800`) || !strings.Contains(body, "pushloss_status_age_seconds ") {
			t.Errorf("HTTP %d:\n%s", status, body)
		}
	}
	if status, body := get(t, "http://"+address+"/readyz"); status != 503 {
		t.Errorf("/readyz answers %d %q", status, body)
	}
	network.Mend()
	eventually(t, "it is ready again", func() bool {
		status, _ := get(t, "http://"+address+"/readyz")
		return status == 200
	})
}

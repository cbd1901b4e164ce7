package main_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The rules of Prometheus, by the metrics of an app that make each fire.
var alertsByMetric = map[string]string{
	"app_stopped": "PushlossAppStopped", "windows_missing": "PushlossGap", "windows_late": "PushlossGap", "windows_failed": "PushlossGap",
	"rows_rejected": "PushlossGap", "windows_unproven": "PushlossUnproven", "windows_absent": "PushlossUnproven",
	"figures_removed": "PushlossRemoved", "tasks_unanswered": "PushlossUnanswered", "reconciliation_differences": "PushlossDifference",
	"jumps_open": "PushlossJump",
}

// Each rule fires on its condition, and does not fire if all is well.
func TestEachAlertRuleFiresOnItsConditionAlone(t *testing.T) {
	t.Parallel()
	promtool := tool(t, "promtool")
	file, err := filepath.Abs("../../deploy/prometheus/pushloss.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert       string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	const daemon, app, constant = `{job="pushloss",instance="a"}`, `{sdk_app_id="7"}`, "x600"
	type object = map[string]any
	fired := make(map[string]bool)
	var tests []object
	// check is a case: values that differ from where all is well, at a time, and the rule that fires.
	check := func(name, at, fires string, differ map[string]string) {
		values := map[string]string{"up" + daemon: "1", "pushloss_status_age_seconds" + daemon: "5", "pushloss_last_success_timestamp_seconds" + daemon: "0"}
		for metric := range alertsByMetric {
			values["pushloss_"+metric+app] = "0"
		}
		maps.Copy(values, differ)
		var series, expected []object
		for _, metric := range slices.Sorted(maps.Keys(values)) {
			if value := values[metric]; value != "" {
				series = append(series, object{"series": metric, "values": value + constant})
			}
		}
		for _, rule := range rules.Groups[0].Rules {
			alerts := []object{}
			if rule.Alert == fires {
				fired[fires] = true
				labels, annotations := object{"job": "pushloss", "instance": "a"}, object{}
				if alertsByMetric[name] != "" {
					labels = object{"sdk_app_id": "7"}
				}
				for key, value := range rule.Annotations {
					annotations[key] = strings.ReplaceAll(value, "{{ $labels.sdk_app_id }}", "7")
				}
				alerts = append(alerts, object{"exp_labels": labels, "exp_annotations": annotations})
			}
			expected = append(expected, object{"eval_time": at, "alertname": rule.Alert, "exp_alerts": alerts})
		}
		tests = append(tests, object{"name": name, "interval": "5m", "input_series": series, "alert_rule_test": expected})
	}
	check("all is well", "2h", "", nil)
	check("the daemon is away", "2h", "PushlossAway", map[string]string{"up" + daemon: "0"})
	check("the database is silent", "2h", "PushlossStatusUnread", map[string]string{"pushloss_status_age_seconds" + daemon: "1000"})
	check("the database was never read", "2h", "PushlossStatusUnread", map[string]string{"pushloss_status_age_seconds" + daemon: ""})
	check("no run", "49h", "PushlossNoRun", nil)
	for metric, alert := range alertsByMetric {
		check(metric, "2h", alert, map[string]string{"pushloss_" + metric + app: "1"})
	}
	for _, rule := range rules.Groups[0].Rules {
		if !fired[rule.Alert] {
			t.Errorf("no case makes %s fire", rule.Alert)
		}
	}
	// JSON is YAML.
	cases, err := json.Marshal(object{"rule_files": []string{file}, "evaluation_interval": "5m", "tests": tests})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cases.yml")
	if err := os.WriteFile(path, cases, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.CommandContext(t.Context(), promtool, "test", "rules", path).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s", err, said)
	}
}

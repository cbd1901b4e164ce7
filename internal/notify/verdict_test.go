package notify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/notify"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

var noon = time.Date(2025, 3, 20, 12, 0, 0, 0, time.UTC)

// gist is what verdicts say of each thing: wrong or fine.
func gist(verdicts []notify.Verdict) map[load.AlertKey]bool {
	said := make(map[load.AlertKey]bool)
	for _, v := range verdicts {
		said[v.AlertKey] = v.Wrong
	}
	return said
}

func TestWhatAReportSays(t *testing.T) {
	t.Parallel()
	const a, b = 1, 2
	key := func(kind string, app int64, job string) load.AlertKey {
		return load.AlertKey{Kind: kind, SDKAppID: app, Job: job}
	}
	stopped := func(app int64) load.AlertKey { return key("app_stopped", app, "") }
	failed, stale := key("run_failed", 0, "run"), key("stale", 0, "")
	for _, test := range []struct {
		name  string
		state load.RunState
		apps  []pipeline.AppState // of the apps a and b
		want  map[load.AlertKey]bool
	}{
		{"all is well", load.RunDone, []pipeline.AppState{pipeline.AppDone, pipeline.AppDone},
			map[load.AlertKey]bool{stopped(a): false, stopped(b): false, failed: false, stale: false}},
		{"some windows failed", load.RunPartial, []pipeline.AppState{pipeline.AppPartial, pipeline.AppDone},
			map[load.AlertKey]bool{stopped(a): false, stopped(b): false, failed: false, stale: false}},
		{"a refused app is no failed run as well", load.RunFailed, []pipeline.AppState{pipeline.AppRefused, pipeline.AppDone},
			map[load.AlertKey]bool{stopped(a): true, stopped(b): false, failed: false}},
		{"of a run of refused apps nothing else is known", load.RunFailed, []pipeline.AppState{pipeline.AppRefused, pipeline.AppRefused},
			map[load.AlertKey]bool{stopped(a): true, stopped(b): true}},
		{"an app out of reach is not known to be refused or taken", load.RunFailed, []pipeline.AppState{pipeline.AppUnreachable, pipeline.AppDone},
			map[load.AlertKey]bool{stopped(b): false, failed: true}},
		{"a busy app is not judged", load.RunDone, []pipeline.AppState{pipeline.AppBusy, pipeline.AppDone},
			map[load.AlertKey]bool{stopped(b): false, failed: false, stale: false}},
		{"nothing was done", load.RunSkipped, []pipeline.AppState{pipeline.AppBusy, pipeline.AppBusy}, map[load.AlertKey]bool{}},
		{"interrupted", load.RunInterrupted, []pipeline.AppState{pipeline.AppInterrupted, pipeline.AppDone},
			map[load.AlertKey]bool{stopped(b): false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			report := pipeline.Report{RunID: 5, Kind: "run", State: test.state}
			for i, state := range test.apps {
				report.Apps = append(report.Apps, pipeline.AppReport{SDKAppID: int64(i + 1), State: state, Problem: "why", Hint: "do"})
			}
			verdicts := notify.OfReport(report)
			if diff := cmp.Diff(test.want, gist(verdicts)); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
			for _, v := range verdicts {
				if v.Title == "" || v.Wrong && (!strings.Contains(v.Detail, "why") || v.Hint == "") {
					t.Errorf("%+v does not say what is wrong", v)
				}
			}
		})
	}
}

func TestWhatAStatusSays(t *testing.T) {
	t.Parallel()
	gap, differs := load.AlertKey{Kind: "gap", SDKAppID: 7}, load.AlertKey{Kind: "reconciliation", SDKAppID: 7}
	for _, test := range []struct {
		name   string
		status load.AppStatus
		want   map[load.AlertKey]bool
	}{
		{"all is well", load.AppStatus{}, map[load.AlertKey]bool{gap: false, differs: false}},
		{"failed", load.AppStatus{Failed: 1}, map[load.AlertKey]bool{gap: true, differs: false}},
		{"missing", load.AppStatus{Missing: 1}, map[load.AlertKey]bool{gap: true, differs: false}},
		{"late", load.AppStatus{Late: 1}, map[load.AlertKey]bool{gap: true, differs: false}},
		{"does not add up", load.AppStatus{Differences: 1}, map[load.AlertKey]bool{gap: false, differs: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.status.SDKAppID = 7
			if diff := cmp.Diff(test.want, gist(notify.OfStatus([]load.AppStatus{test.status, {SDKAppID: 8, Failed: 1}}, []int64{8}))); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRunsAreStaleOnceTheLastIsTooOld(t *testing.T) {
	t.Parallel()
	const age = 48 * time.Hour
	if v := notify.OfFreshness(noon.Add(-age), noon, age); v.Wrong {
		t.Errorf("%+v", v)
	}
	if v := notify.OfFreshness(noon.Add(-age-1), noon, age); !v.Wrong || !strings.Contains(v.Detail, "2025-03-18") {
		t.Errorf("%+v", v)
	}
}

package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/internal/language"
	"pushloss/internal/notify"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

var noon = time.Date(2025, 3, 20, 12, 0, 0, 0, time.UTC)

// gist is what verdicts say of each thing: wrong or fine.
func gist(verdicts []notify.Verdict) map[notify.AlertKey]bool {
	said := make(map[notify.AlertKey]bool)
	for _, v := range verdicts {
		said[v.AlertKey] = v.Wrong
	}
	return said
}

func TestWhatAReportSays(t *testing.T) {
	t.Parallel()
	const a, b = 1, 2
	key := func(kind string, app int64, job string) notify.AlertKey {
		return notify.AlertKey{Kind: kind, SDKAppID: app, Job: job}
	}
	stopped := func(app int64) notify.AlertKey { return key("app_stopped", app, "") }
	failed, stale := key("run_failed", 0, "run"), key("stale", 0, "")
	const unaccepted, unanswered, nothingDue pipeline.AppState = "unaccepted", "unanswered", "nothing due"
	for _, test := range []struct {
		name  string
		state load.RunState
		apps  []pipeline.AppState // of the apps a and b
		want  map[notify.AlertKey]bool
	}{
		{"all is well", load.RunDone, []pipeline.AppState{pipeline.AppDone, pipeline.AppDone},
			map[notify.AlertKey]bool{stopped(a): false, stopped(b): false, failed: false, stale: false}},
		{"some windows failed", load.RunPartial, []pipeline.AppState{pipeline.AppPartial, pipeline.AppDone},
			map[notify.AlertKey]bool{stopped(a): false, stopped(b): false, failed: false, stale: false}},
		{"a refused app is not reported as a failed run too", load.RunFailed, []pipeline.AppState{pipeline.AppRefused, pipeline.AppDone},
			map[notify.AlertKey]bool{stopped(a): true, stopped(b): false, failed: false}},
		{"nothing is known about an app without an accepted answer", load.RunPartial, []pipeline.AppState{unaccepted, pipeline.AppDone},
			map[notify.AlertKey]bool{stopped(b): false, stale: false}},
		{"an app with few requests and no answer is unreachable", load.RunPartial, []pipeline.AppState{unanswered, pipeline.AppDone},
			map[notify.AlertKey]bool{stopped(b): false, failed: true, stale: false}},
		{"an app with nothing due says nothing about the app", load.RunDone, []pipeline.AppState{nothingDue, nothingDue},
			map[notify.AlertKey]bool{failed: false, stale: false}},
		{"nothing else is known about a run of refused apps", load.RunFailed, []pipeline.AppState{pipeline.AppRefused, pipeline.AppRefused},
			map[notify.AlertKey]bool{stopped(a): true, stopped(b): true}},
		{"it is unknown whether an unreachable app is refused", load.RunFailed, []pipeline.AppState{pipeline.AppUnreachable, pipeline.AppDone},
			map[notify.AlertKey]bool{stopped(b): false, failed: true}},
		{"a busy app is not judged", load.RunDone, []pipeline.AppState{pipeline.AppBusy, pipeline.AppDone},
			map[notify.AlertKey]bool{stopped(b): false, stale: false}},
		{"nothing was done", load.RunSkipped, []pipeline.AppState{pipeline.AppBusy, pipeline.AppBusy}, map[notify.AlertKey]bool{}},
		{"interrupted", load.RunInterrupted, []pipeline.AppState{pipeline.AppInterrupted, pipeline.AppDone},
			map[notify.AlertKey]bool{stopped(b): false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			report := pipeline.Report{RunID: 5, Kind: "run", State: test.state}
			for i, state := range test.apps {
				app := pipeline.AppReport{SDKAppID: int64(i + 1), State: state, Problem: fmt.Sprintf("app %d: lock app %d: why", i+1, i+1), Hint: "do", Accepted: 1}
				app.Requests, app.Answered = 1, 1
				switch state {
				case unaccepted:
					app.State, app.Accepted = pipeline.AppPartial, 0
				case unanswered:
					app.State, app.Accepted, app.Answered = pipeline.AppPartial, 0, 0
				case nothingDue:
					app.State, app.Accepted, app.Requests = pipeline.AppDone, 0, 0
				}
				report.Apps = append(report.Apps, app)
			}
			verdicts := notify.In(language.English).OfReport(report)
			if diff := cmp.Diff(test.want, gist(verdicts)); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
			for _, v := range verdicts {
				if v.Title == "" || v.Wrong && (!strings.Contains(v.Detail, "why") || v.Hint == "") {
					t.Errorf("%+v does not say what is wrong", v)
				}
				if n := strings.Count(v.Title+" "+v.Detail, "app 1"); n > 1 {
					t.Errorf("%+v names the app %d times", v, n)
				}
			}
		})
	}
}

func TestWhatAStatusSays(t *testing.T) {
	t.Parallel()
	gap, differs, unproven := notify.AlertKey{Kind: "gap", SDKAppID: 7}, notify.AlertKey{Kind: "reconciliation", SDKAppID: 7}, notify.AlertKey{Kind: "unproven", SDKAppID: 7}
	emptied, spans := notify.AlertKey{Kind: "emptied", SDKAppID: 7}, notify.AlertKey{Kind: "spans", SDKAppID: 7}
	jump := notify.AlertKey{Kind: "jump", SDKAppID: 7, Cause: "ready_to_send/1/2/21301"}
	for _, test := range []struct {
		name   string
		status load.AppStatus
		wrong  notify.AlertKey // the only one, if any
	}{
		{"all is well", load.AppStatus{}, notify.AlertKey{}},
		{"failed", load.AppStatus{Failed: 1}, gap},
		{"missing", load.AppStatus{Missing: 1}, gap},
		{"not understood", load.AppStatus{Rejects: 1}, gap},
		{"late", load.AppStatus{Late: 1}, gap},
		{"does not add up", load.AppStatus{Differences: 1}, differs},
		{"pulled too late", load.AppStatus{Unproven: 1}, unproven},
		{"tasks that answers lack", load.AppStatus{Absent: 1}, unproven},
		{"all figures removed", load.AppStatus{Emptied: load.Emptied{Days: 2}}, emptied},
		{"a span was wrong", load.AppStatus{SpansOff: &load.SpansOff{}}, spans},
		{"a loss stands out", load.AppStatus{Jumps: []load.Jump{{SDKAppID: 7, Cause: jump.Cause, Open: true}}}, jump},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.status.SDKAppID = 7
			want := map[notify.AlertKey]bool{gap: false, differs: false, unproven: false, emptied: false, spans: false}
			if test.wrong != (notify.AlertKey{}) {
				want[test.wrong] = true
			}
			if diff := cmp.Diff(want, gist(notify.In(language.English).OfStatus([]load.AppStatus{test.status, {SDKAppID: 8, Failed: 1}}, []int64{8}))); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestALossThatStandsOutIsReportedInTheWordsOfTheCatalogue(t *testing.T) {
	t.Parallel()
	day, err := calendar.ParseDay("2026-11-26")
	if err != nil {
		t.Fatal(err)
	}
	share, pushes := 0.43, int64(10_000)
	j := load.Jump{
		SDKAppID: 1400000001, Cause: "ready_to_send/1/2/21301", Open: true, First: day, Last: day, Worst: day, Platform: "Xiaomi", ErrCode: "21301",
		Losses: 4300, Pushes: &pushes, Share: &share, Usual: 0.035, Name: "authentication failed", LikelyCause: "a wrong AppSecret", WhatToDo: "fix it in the console",
	}
	j.MeaningZh, j.WhatToDoZh = "鉴权失败", "在控制台修正"
	in := language.English
	of := func(j load.Jump) notify.Verdict {
		t.Helper()
		for _, v := range notify.In(in).OfStatus([]load.AppStatus{{SDKAppID: 1400000001, Jumps: []load.Jump{j}}}, nil) {
			if v.Kind == notify.KindJump {
				return v
			}
		}
		t.Fatal("there is no verdict")
		return notify.Verdict{}
	}
	v := of(j)
	if want := "app 1400000001: 43 % of pushes to Xiaomi lost by 21301"; v.Title != want || !v.Wrong {
		t.Errorf("title %q, want %q", v.Title, want)
	}
	if want := "26 November: 43 % of pushes to Xiaomi lost by 21301, authentication failed, 12 times the usual 3.5 %: a wrong AppSecret"; v.Detail != want {
		t.Errorf("detail %q, want %q", v.Detail, want)
	}
	if want := "fix it in the console; analytics.jumps has the figures"; v.Hint != want {
		t.Errorf("hint %q, want %q", v.Hint, want)
	}
	in = language.Chinese
	zh := [3]string{
		"应用 1400000001：Xiaomi 有 43% 的推送因 21301 丢失",
		"11月26日：Xiaomi 有 43% 的推送因 21301 丢失，含义：鉴权失败，是平常（3.5%）的 12 倍",
		"在控制台修正；数据见 analytics.jumps",
	}
	if v := of(j); [3]string{v.Title, v.Detail, v.Hint} != zh {
		t.Errorf("in Chinese: %+v", v)
	}
	in = language.English
	j.First, j.Pushes, j.Share, j.Usual, j.LikelyCause = day-1, nil, nil, 0, ""
	if want := "since 25 November; 26 November: 4,300 pushes to Xiaomi lost by 21301, authentication failed, where none is usual"; of(j).Detail != want {
		t.Errorf("detail %q, want %q", of(j).Detail, want)
	}
	j.Open = false
	if of(j).Wrong {
		t.Error("an event that is over is wrong")
	}
}

func TestRunsAreStaleOnceTheLastIsTooOld(t *testing.T) {
	t.Parallel()
	const age = 48 * time.Hour
	if v := notify.In(language.English).OfFreshness(noon.Add(-age), noon, age); v.Wrong {
		t.Errorf("%+v", v)
	}
	if v := notify.In(language.English).OfFreshness(noon.Add(-age-1), noon, age); !v.Wrong || !strings.Contains(v.Detail, "2025-03-18") {
		t.Errorf("%+v", v)
	}
}

package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/internal/stream"
	"pushloss/load"
)

// K6: if requests for one TaskID fail, in any way, other tasks are not affected.
func TestFailingRequestsOfATaskDoNotAffectOthers(t *testing.T) {
	t.Parallel()
	const days = 2
	for _, test := range []struct {
		kind string
		bad  []string
	}{
		{"timeout=1ms", []string{"t3"}}, {"truncated=abort", []string{"t3"}}, {"truncated=clean", []string{"t6"}}, {"no-content", []string{"t3"}},
		{"http-500", []string{"t3"}}, {"http-429=0", []string{"t3"}}, {"reset", []string{"t3"}},
		{"not-json", []string{"t3"}}, {"frequency", []string{"t3"}},
		{"code=90102", []string{"t3"}}, {"code=90009", []string{"t3"}}, {"code=90045", []string{"t1"}}, {"code=90103", []string{"t6", "t7"}},
		{"code=60020", []string{"t5"}}, {"code=60099", []string{"t2", "t4"}}, {"code=60027", sevenTasks}, {"reset", []string{"t1", "t4"}}, {"not-json", []string{"t1", "t2", "t7"}},
		{"http-500", []string{"t1", "t2", "t3", "t4", "t5"}}, {"reset", sevenTasks},
	} {
		kind, bad := test.kind, test.bad
		t.Run(fmt.Sprint(kind, " for ", bad), func(t *testing.T) {
			t.Parallel()
			var faults []string
			for _, id := range bad {
				faults = append(faults, kind+":task="+id)
			}
			w := setup(t, world.WithFaults(t, faults...))
			w.Tasks(sevenTasks...)
			report := w.backfill(today-days, today-1, load.RunPartial)
			app := report.Apps[0]
			good := slices.DeleteFunc(slices.Clone(sevenTasks), func(id string) bool { return slices.Contains(bad, id) })
			w.EqualsTruth(today-days, today-1, good...)
			for _, id := range good {
				for day, state := range w.statesOf(id) {
					if state == "failed" {
						t.Errorf("the window %s of %s has failed", day, id)
					}
				}
			}
			for _, id := range bad {
				if got := w.statesOf(id)[(today - 1).String()]; got != "failed" {
					t.Errorf("the newest window of %s is %q", id, got)
				}
				if n := w.Number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND last_error LIKE '%' || $1 || '%' AND task_id = $1`, id); n == 0 {
					t.Errorf("no window names %s", id)
				}
			}
			if app.State != pipeline.AppPartial || !strings.Contains(app.Hint, "tasks retire "+bad[0]) {
				t.Errorf("the app's report is %+v", app)
			}
			// Each day: the whole app and two batches. Taking apart costs a batch its tasks,
			// for as many requests as are under way.
			if calls := int(report.Requests - report.Retries); calls > 3*days+4*(5+len(bad))+4*len(bad) {
				t.Errorf("%d requests were made", calls)
			}
			w.API.Faults()
			w.backfill(today-days, today-1, load.RunDone)
			w.EqualsTruth(today-days, today-1, sevenTasks...)
		})
	}
}

// An outage is not the fault of the tasks: the app is left alone at once.
func TestAnOutageIsNotBlamedOnATask(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Tasks(sevenTasks...)
	w.backfill(today-6, today-5, load.RunDone)
	var calls, failed atomic.Int64
	p := w.Jobs(pipeline.Options{OnCall: func(_ int64, call extract.CallReport) {
		if calls.Add(1) == 4 {
			w.API.Faults("http-500")
		}
		if call.Outcome == extract.OutcomeHTTPError && !call.Retry {
			failed.Add(1)
		}
	}})
	report, err := p.Backfill(t.Context(), pipeline.BackfillRequest{From: today - 4, To: today - 1, Reprocess: pipeline.Missing}, nil)
	w.Ended(report, err, load.RunFailed)
	// Two requests fail, then the four under way. Each may ask whether others are answered, and those after the second one
	// whether the API works at all.
	if app := report.Apps[0]; app.State != pipeline.AppUnreachable || failed.Load() > 2*2+4*3 {
		t.Errorf("%d requests failed, and the app's report is %+v", failed.Load(), app)
	}
}

// Old failures of one task come at the end of the queue, where nothing else is requested.
func TestOldFailuresOfATaskDoNotMakeTheAppUnreachable(t *testing.T) {
	t.Parallel()
	w := setup(t, world.WithFaults(t, "huge=9:task=t3"))
	w.Settings.LookbackDays = 5
	w.Tasks("t1", "t3")
	w.Run(load.RunPartial)
	w.API.Faults("http-500:task=t3")
	report := w.Run(load.RunPartial)
	if app := report.Apps[0]; app.State != pipeline.AppPartial || !strings.Contains(app.Hint, "tasks retire t3") {
		t.Errorf("the app's report is %+v", app)
	}
}

// Whichever tasks fail, in whatever way and stream, the others are loaded, each of these fails by
// name, and taking requests apart costs what the comment of tryEach says.
func TestFailingRequestsOfAnyTasksDoNotAffectOthers(t *testing.T) {
	t.Parallel()
	const batches, perBatch = 2, 5
	type example struct {
		stream, kind string
		bad          []int
	}
	examples := rapid.Custom(func(t *rapid.T) example {
		e := example{
			stream: rapid.SampledFrom([]string{"loss", "statistics"}).Draw(t, "stream"),
			kind:   rapid.SampledFrom([]string{"http-500", "http-502-html", "reset", "timeout=1ms", "truncated=abort", "no-content"}).Draw(t, "kind"),
		}
		for batch := range batches {
			for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, perBatch-1), 0, perBatch, rapid.ID).Draw(t, "bad") {
				e.bad = append(e.bad, batch*perBatch+i)
			}
		}
		return e
	})
	w := setup(t)
	w.Settings.Streams = []stream.Stream{stream.Loss, stream.Statistics}
	var ids []string
	for i := range batches * perBatch {
		ids = append(ids, fmt.Sprintf("t%02d", i))
	}
	w.Tasks(ids...)
	for seed := range 4 {
		e, day := examples.Example(seed), today-3-calendar.Day(seed)
		var faults []string
		for _, i := range e.bad {
			faults = append(faults, e.kind+":stream="+e.stream+",task="+ids[i])
		}
		w.API.Faults(faults...)
		want := load.RunPartial
		if len(e.bad) == 0 {
			want = load.RunDone
		}
		report := w.backfill(day, day, want)
		var failed []string
		for _, key := range world.Rows[struct{ Name string }](w.t, w.Pool, `SELECT stream || ' ' || task_id FROM analytics.stream_coverage WHERE day = $1::text::date AND state = 'failed' ORDER BY 1`, day.String()) {
			failed = append(failed, key.Name)
		}
		var bad []string
		for _, i := range slices.Sorted(slices.Values(e.bad)) {
			bad = append(bad, e.stream+" "+ids[i])
		}
		if !slices.Equal(failed, bad) {
			t.Errorf("%+v: failed are %v, want %v", e, failed, bad)
		}
		if n := w.Number(`SELECT count(*) FROM analytics.stream_coverage WHERE day = $1::text::date AND state NOT IN ('loaded', 'empty', 'absent')`, day.String()); n != int64(len(bad)) {
			t.Errorf("%+v: %d windows are not loaded", e, n)
		}
		// Each stream: the whole app and its batches. A batch costs its tasks once and perhaps a call that proves the API,
		// and each bad task one more request.
		if calls := int(report.Requests - report.Retries); calls > 2*(1+batches)+batches*(1+perBatch)+len(bad) {
			t.Errorf("%+v: %d requests were made", e, calls)
		}
		// Only a batch, and the first three tasks, are tried again.
		if report.Retries > 4*(batches+3) {
			t.Errorf("%+v: %d retries were made", e, report.Retries)
		}
	}
}

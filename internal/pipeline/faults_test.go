package pipeline_test

import (
	"strings"
	"testing"

	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

// With each fault that leaves the meaning of figures certain, the facts equal the truth, and the
// report says what it took.
func TestFactsEqualTheTruthThroughEveryFault(t *testing.T) {
	t.Parallel()
	retried := func(r pipeline.Report) bool { return r.Retries > 0 }
	plain := func(r pipeline.Report) bool { return r.Retries == 0 && r.Requests == 6 }
	partial := func(r pipeline.Report) bool {
		return plain(r) && r.Rejects > 0 && strings.Contains(r.Apps[0].Problem, "could not be understood") && r.Apps[0].Hint != ""
	}
	for _, test := range []struct {
		fault   string
		state   load.RunState
		visible func(pipeline.Report) bool
	}{
		{"http-500:first=2", load.RunDone, retried},
		{"http-502-html:first=2", load.RunDone, retried},
		{"http-429=0:first=1", load.RunDone, retried},
		{"reset:first=2", load.RunDone, retried},
		{"timeout=100ms:first=2", load.RunDone, retried},
		{"no-content:first=2", load.RunDone, retried},
		{"not-json:first=2", load.RunDone, retried},
		{"truncated:first=2", load.RunDone, retried},
		{"truncated=clean:first=2", load.RunDone, retried},
		{"code=90102:first=2", load.RunDone, retried},
		{"code=60014:first=2", load.RunDone, retried},
		{"code=91000:first=2", load.RunDone, retried},
		{"code=12345:first=2", load.RunDone, retried},
		{"resultcode=90102:first=2", load.RunDone, retried},
		{"usersig-expired:first=1", load.RunDone, retried},
		{"frequency:first=1", load.RunDone, retried},
		{"slow=20ms", load.RunDone, plain},
		{"gzip", load.RunDone, plain},
		{"huge=1", load.RunDone, plain},
		{"err-code-number", load.RunDone, plain},
		{"count-string", load.RunDone, plain},
		{"null-arrays", load.RunDone, plain},
		{"missing-arrays", load.RunDone, plain},
		{"unknown-fields", load.RunDone, plain},
		{"shuffled", load.RunDone, plain},
		{"trailing-comma", load.RunDone, plain},
		{"comments", load.RunDone, plain},
		{"task-id-case", load.RunDone, plain},
		{"unknown-platform", load.RunDone, plain},
		{"big-count", load.RunDone, plain},
		{"duplicate-rows", load.RunDone, func(r pipeline.Report) bool { return plain(r) && r.RowsMerged > 0 }},
		{"unasked-task", load.RunDone, func(r pipeline.Report) bool { return plain(r) && r.RowsIgnored == 6 }},
		{"negative-count", load.RunPartial, partial},
		{"fractional-count", load.RunPartial, partial},
		{"no-code", load.RunPartial, partial},
	} {
		t.Run(test.fault, func(t *testing.T) {
			t.Parallel()
			w := setup(t, world.WithFaults(t, test.fault))
			w.Tasks(sevenTasks...)
			report := w.backfill(today-6, today-5, test.state)
			w.EqualsTruth(today-6, today-5, sevenTasks...)
			if !test.visible(report) || report.WindowsFailed != 0 || report.Windows != 2*8 {
				t.Errorf("the report is %+v", report)
			}
			if n := w.Number(`SELECT coalesce(sum(row_count), 0) FROM pushloss.reject`); n != report.Rejects {
				t.Errorf("%d rejects are stored, %d reported", n, report.Rejects)
			}
			for _, window := range w.ledger(testApp) {
				if window.State != "loaded" || window.Pulls != 1 || !window.Settled || window.Error {
					t.Errorf("the ledger has %+v", window)
				}
			}
		})
	}
}

func TestTextsThatPostgresCannotHoldAreMendedAndCounted(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"nul-text", "invalid-utf8"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			w := setup(t, world.WithFaults(t, fault))
			report := w.backfill(today-5, today-5, load.RunDone)
			var mended []world.Fact
			for _, f := range w.Facts(testApp) {
				if strings.ContainsRune(f.Info, '\ufffd') {
					mended = append(mended, f)
				}
			}
			if len(mended) != 4 || report.TextsReplaced != 4 {
				t.Errorf("%d texts are replaced, %d reported", len(mended), report.TextsReplaced)
			}
			w.API.Faults()
			w.Backfill(pipeline.BackfillRequest{From: today - 5, To: today - 5, Reprocess: pipeline.All}, load.RunDone)
			w.EqualsTruth(today-5, today-5)
		})
	}
}

func TestThePublishedSampleLoads(t *testing.T) {
	t.Parallel()
	w := setup(t, world.WithFaults(t, "published-sample"))
	w.Tasks("xxx-yyy-zzz", "aaa-bbb-ccc")
	report := w.Backfill(pipeline.BackfillRequest{From: today - 5, To: today - 5, Tasks: []string{"xxx-yyy-zzz", "aaa-bbb-ccc"}}, load.RunDone)
	if n := w.Number(`SELECT count(*) FROM analytics.task_stage_loss`); n != 8 {
		t.Errorf("%d stage rows, want 8", n)
	}
	if n := w.Number(`SELECT count(*) FROM analytics.task_platform_loss`); n != 7 {
		t.Errorf("%d platform rows, want 7", n)
	}
	// One key occurs twice in the sample, with counts of 3 and 1.
	if n := w.Number(`SELECT err_count FROM analytics.task_platform_loss
		WHERE task_id = 'aaa-bbb-ccc' AND stage = 'ready_to_send'`); n != 4 {
		t.Errorf("the sum of the double key is %d, want 4", n)
	}
	if report.Rejects != 0 || report.RowsMerged != 1 {
		t.Errorf("the report is %+v", report.Totals)
	}
}

func TestAnAnswerTooLargeFailsItsWindowOnly(t *testing.T) {
	t.Parallel()
	w := setup(t, world.WithFaults(t, "huge=33:day="+(today-6).String()))
	report := w.backfill(today-8, today-5, load.RunPartial)
	if report.WindowsFailed != 1 || report.Windows != 3 || report.Retries != 0 {
		t.Errorf("the report is %+v", report.Totals)
	}
	w.API.Faults()
	again := w.backfill(today-8, today-5, load.RunDone)
	if again.Requests != 1 {
		t.Errorf("%d requests for the one failed window", again.Requests)
	}
	w.EqualsTruth(today-8, today-5)
}

// An answer without a result of the whole app says nothing about it: neither that there are figures
// nor that there are none.
func TestAnAnswerWithoutAResultOfTheAppIsAFailure(t *testing.T) {
	t.Parallel()
	w := setup(t, world.WithFaults(t, "published-sample:task=overall"))
	report := w.Run(load.RunPartial)
	if app := report.Apps[0]; app.State != pipeline.AppPartial || app.WindowsFailed != 3 || !strings.Contains(app.Problem, "no result of the whole app") {
		t.Errorf("the app's report is %+v", app)
	}
	for day, state := range w.statesOf("") {
		if state != "failed" {
			t.Errorf("the window of %s is %s", day, state)
		}
	}
	w.API.Faults()
	w.Run(load.RunDone)
	w.EqualsTruth(today-3, today-1)
}

// A failure leaves a final day as it is, and is reported nevertheless.
func TestAFailureOfAFinalDayIsReported(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.backfill(today-9, today-9, load.RunDone)
	w.API.Faults("published-sample:task=overall")
	report := w.Backfill(pipeline.BackfillRequest{From: today - 9, To: today - 9, Reprocess: pipeline.All}, load.RunPartial)
	if app := report.Apps[0]; app.WindowsFailed != 1 || app.Problem == "" || w.statesOf("")[(today-9).String()] != "loaded" {
		t.Errorf("the app's report is %+v, and its windows are %v", app, w.statesOf(""))
	}
	w.EqualsTruth(today-9, today-9)
}

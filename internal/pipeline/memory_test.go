package pipeline_test

import (
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

func TestWhatTheAPIHasForgottenIsKeptAndSettled(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, fault, state string
		problem            bool // whether the ledger keeps the API's words
	}{
		{"an empty answer is unproven", "forget-after=7d", "unproven", false},
		{"an error is unavailable", "forget-error=7d", "unavailable", true},
		{"a code of no list is unavailable", "code=12345:from=2025-03-01,to=2025-03-13", "unavailable", true},
		{"91000 is unavailable", "code=91000:from=2025-03-01,to=2025-03-13", "unavailable", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.Settings.APIMemoryDays = 7
			w.Tasks("t1")
			w.backfill(today-9, today-9, load.RunPartial) // before the API forgets
			kept := w.Facts(testApp)
			w.API.Faults(test.fault)
			report := w.Backfill(pipeline.BackfillRequest{From: today - 10, To: today - 5, Reprocess: pipeline.All}, load.RunPartial)
			if report.WindowsUnproven != 8 || report.Windows != 12 {
				t.Errorf("the report is %+v", report.Totals)
			}

			// At noon of the 20th the 13th has begun to fall out.
			world.EqualFacts(t, append(kept, w.API.Facts(testApp, time.UTC, today-6, today-5, "t1")...), w.Facts(testApp))
			var want, got []covered
			for day := today - 10; day <= today-7; day++ {
				pulls := 1
				if day == today-9 {
					pulls = 2
				}
				for _, task := range []string{"", "t1"} {
					want = append(want, covered{day.String(), task, test.state, "api_memory", true, pulls, test.problem})
				}
			}
			for _, window := range w.ledger(testApp) {
				if window.Day <= (today - 7).String() {
					got = append(got, window)
				}
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("ledger (-want +got):\n%s", diff)
			}
			report = w.backfill(today-10, today-5, load.RunPartial)
			if app := report.Apps[0]; report.Requests != 0 || report.WindowsUnproven != 8 || !strings.Contains(app.Problem, "8 windows cannot be proven") || app.Hint == "" {
				t.Errorf("the same again: %+v", app)
			}
			if report := w.Backfill(pipeline.BackfillRequest{From: today - 10, To: today - 5, Reprocess: pipeline.Failed}, load.RunPartial); report.WindowsUnproven != 8 {
				t.Errorf("a backfill of failed windows reports %+v", report.Totals)
			}
			var windows []pipeline.PlannedWindow
			_, err := w.Jobs(pipeline.Options{}).PlanBackfill(t.Context(), pipeline.BackfillRequest{From: today - 10, To: today - 10, Reprocess: pipeline.Missing}, listing(&windows))
			if err != nil || len(windows) != 2 || windows[0].Due || !strings.HasPrefix(windows[0].Why, "unproven") {
				t.Errorf("the plan is %+v, %v", windows, err)
			}
			w.backfill(today-6, today-5, load.RunDone)
		})
	}
}

func TestATrustedEmptyAnswerRemovesTheFacts(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Settings.APIMemoryDays = 7
	w.backfill(today-3, today-1, load.RunDone)
	w.API.Faults("empty:day=" + (today - 2).String())
	report := w.backfill(today-3, today-1, load.RunPartial)
	want := append(w.API.Facts(testApp, time.UTC, today-3, today-3), w.API.Facts(testApp, time.UTC, today-1, today-1)...)
	world.EqualFacts(t, want, w.Facts(testApp))
	if n := w.Number(`SELECT count(*) FROM analytics.loss_changes WHERE new_count IS NULL`); n == 0 || n != report.RowsDeleted {
		t.Errorf("%d facts went away, the report says %d", n, report.RowsDeleted)
	}
}

func TestAnAbsentTaskKeepsItsFacts(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Tasks("t1", "t2", "unknown-task")
	w.backfill(today-2, today-2, load.RunDone)
	w.API.Faults("absent-task")
	w.Tasks("t3") // is now the last one asked for
	again := w.Backfill(pipeline.BackfillRequest{From: today - 2, To: today - 2, Tasks: []string{"t1", "t2"}, Reprocess: pipeline.All}, load.RunDone)
	w.EqualsTruth(today-2, today-2, "t1", "t2")
	if absent := w.status().Absent; again.WindowsAbsent != 1 || absent != 1 {
		t.Errorf("the report counts %d absent windows, the status %d", again.WindowsAbsent, absent)
	}
	want := []covered{
		{"2025-03-18", "", "loaded", "", false, 1, false},
		{"2025-03-18", "t1", "loaded", "", false, 2, false},
		{"2025-03-18", "t2", "absent", "", false, 2, false},
		{"2025-03-18", "unknown-task", "absent", "", false, 1, false},
	}
	if diff := gocmp.Diff(want, w.ledger(testApp)); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
	w.API.Faults()
	w.Run(load.RunDone)
	w.EqualsTruth(today-3, today-1, "t1", "t2", "t3")
	if absent := w.status().Absent; absent != 0 {
		t.Errorf("after an answer, the status counts %d absent windows", absent)
	}
}

// S7: a run as of a far future day finds nothing to do, and leaves nothing that prevents pulling
// the days to come.
func TestS7ARunAsOfTheFarFuture(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, at := range []time.Time{noonOf(today + 1), noonOf(today + 400), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		report, err := w.Jobs(pipeline.Options{}).Run(t.Context(), at)
		w.Ended(report, err, load.RunDone)
	}
	if n := w.Number(`SELECT count(*) FROM pushloss.ledger WHERE settled AND day >= $1`, (today - 3).UTC()); n != 0 {
		t.Errorf("%d open days were settled by looking ahead", n)
	}
	w.Run(load.RunDone)
	w.EqualsTruth(today-3, today-1)
}

func TestARunAsOfThePastLeavesLaterDaysAlone(t *testing.T) {
	t.Parallel()
	w := setup(t)
	report, err := w.Jobs(pipeline.Options{}).Run(t.Context(), noonOf(today-10))
	w.Ended(report, err, load.RunDone)
	w.EqualsTruth(today-13, today-11)
	for _, window := range w.ledger(testApp) {
		if window.Settled {
			t.Errorf("%+v is settled, which it was not as of then", window)
		}
	}
	w.Run(load.RunDone) // every day since
	w.EqualsTruth(today-13, today-1)
}

func TestTheFirstDayOfTheSettingsIsKept(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Run(load.RunDone)
	earlier := calendar.Day(today - 6)
	w.Settings.FirstDay = &earlier
	w.Run(load.RunDone)
	w.EqualsTruth(today-6, today-1)
}

package pipeline_test

import (
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

// withDefaults gives the settings that a user has who sets nothing.
func (w *fixture) withDefaults() *fixture {
	w.Settings = pipeline.Settings{LookbackDays: 7, TaskDays: 30, APIMemoryDays: 7}
	return w
}

// An API may forget whole days or single events, and show that by leaving them out or by an error.
// In every case, what was pulled in time stays, with its highest figures, and is final.
func TestDaysPulledInTimeKeepTheirFiguresAndState(t *testing.T) {
	t.Parallel()
	const first = today - 12
	daily := func(int) bool { return true }
	for _, test := range []struct {
		name, fault string
		every       time.Duration
		runs        func(day int) bool // whether there are runs on the nth day
		change      func(*pipeline.Settings)
	}{
		{"whole days are forgotten", "forget-after=7d", 24 * time.Hour, daily, nil},
		{"single events are forgotten", "forget-after=7d:by=event", 24 * time.Hour, daily, nil},
		{"forgotten days are an error", "forget-error=7d", 24 * time.Hour, daily, nil},
		{"runs are frequent", "forget-after=7d:by=event", 11 * time.Hour, daily, nil},
		{"runs stop for three days", "forget-after=7d:by=event", 24 * time.Hour, func(day int) bool { return day < 6 || day > 8 }, nil},
		{"the lookback is longer than the memory", "forget-after=4d:by=event", 24 * time.Hour, daily, func(s *pipeline.Settings) { s.APIMemoryDays = 4 }},
		{"the lookback is short", "forget-after=7d:by=event", 24 * time.Hour, daily, func(s *pipeline.Settings) { s.LookbackDays = 2 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t).withDefaults()
			if test.change != nil {
				test.change(&w.Settings)
			}
			firstDay := calendar.Day(first)
			w.Settings.FirstDay = &firstDay
			sent := first.UTC().Add(30 * time.Hour)
			if _, err := w.DB.Tasks.Save(t.Context(), []load.Task{{SDKAppID: testApp, TaskID: "t1", SentAt: &sent}}, sent); err != nil {
				t.Fatal(err)
			}
			// Some of the figures come a day later.
			w.API.Faults(test.fault, "late=0.3:days=1")
			begin, end := (first + 1).UTC().Add(3*time.Hour), (today - 1).UTC().Add(24*time.Hour)
			for at := begin; at.Before(end); at = at.Add(test.every) {
				if test.runs(int(calendar.DayOf(at, time.UTC) - first)) {
					w.Now = at
					w.Run(load.RunDone)
				}
			}
			last := calendar.DayOf(w.Now, time.UTC)

			w.API.Faults("late=0.3:days=1")
			want := w.API.Facts(testApp, time.UTC, first, last-1)
			for _, fact := range w.API.Facts(testApp, time.UTC, first+1, last-1, "t1") {
				if fact.Task != "" {
					want = append(want, fact)
				}
			}
			world.EqualFacts(t, want, w.Facts(testApp))
			open := 0
			for _, window := range w.ledger(testApp) {
				if window.State != "loaded" && window.State != "empty" {
					t.Errorf("not loaded: %+v", window)
				}
				if !window.Settled {
					open++
				}
				if !window.Settled && window.Day < (last-8).String() {
					t.Errorf("not final: %+v", window)
				}
			}
			if open == 0 {
				t.Error("days are final that the API still remembers")
			}
			if status := w.status(); status.Failed+status.Missing+status.Late+status.Unproven > 0 {
				t.Errorf("status: %+v", status)
			}
			w.verifies()

			// A pull by hand gets a smaller answer, which changes nothing.
			w.API.Faults(test.fault)
			w.Backfill(pipeline.BackfillRequest{From: first, To: last - 9, Reprocess: pipeline.All}, load.RunDone)
			world.EqualFacts(t, want, w.Facts(testApp))
			for _, window := range w.ledger(testApp) {
				if window.State != "loaded" && window.State != "empty" {
					t.Errorf("after asking again: %+v", window)
				}
			}
			w.verifies()
		})
	}
}

// Figures that came too late to be trusted are stored as unproven, and only grow.
func TestDaysPulledTooLateAreUnproven(t *testing.T) {
	t.Parallel()
	w := setup(t).withDefaults()
	firstDay := today - 20
	w.Settings.FirstDay = &firstDay
	w.API.Faults("forget-after=10d:by=event")
	report := w.Run(load.RunDone) // a run that cannot be improved is not a failure
	if report.RowsKept != 0 || report.WindowsUnproven != 14 {
		t.Errorf("the first run's report is %+v", report.Totals)
	}
	before := w.Facts(testApp)
	states := func() map[string]int {
		counts := make(map[string]int)
		for _, window := range w.ledger(testApp) {
			if window.Settled != (window.State == "unproven") {
				t.Errorf("%+v", window)
			}
			counts[window.State]++
		}
		return counts
	}
	// At noon of the 20th, the 14th is the first whole day remembered.
	want := map[string]int{"unproven": 14, "loaded": 6}
	if diff := gocmp.Diff(want, states()); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	if status := w.status(); status.Unproven != 14 {
		t.Errorf("status has %d unproven windows", status.Unproven)
	}
	if again := w.Run(load.RunDone); again.Requests != 6 {
		t.Errorf("%d requests, want those of the days that are not final", again.Requests)
	}

	w.API.Faults("forget-after=9d:by=event") // more is gone
	report = w.Backfill(pipeline.BackfillRequest{From: today - 20, To: today - 8, Reprocess: pipeline.All}, load.RunPartial)
	if report.RowsKept == 0 || report.WindowsUnproven != 13 || report.RowsDeleted+report.RowsUpdated != 0 {
		t.Errorf("asked again: %+v", report.Totals)
	}
	world.EqualFacts(t, before, w.Facts(testApp))
	if n := w.Number(`SELECT sum(rows_kept) FROM pushloss.pull`); n != report.RowsKept {
		t.Errorf("the archive has %d rows kept, the report %d", n, report.RowsKept)
	}

	w.API.Faults() // the API remembers again, whatever it said
	w.Backfill(pipeline.BackfillRequest{From: today - 20, To: today - 8, Reprocess: pipeline.All}, load.RunPartial)
	w.EqualsTruth(today-20, today-1)
	if diff := gocmp.Diff(want, states()); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	w.verifies()
}

// A failure leaves final windows as they are, and says so. Other windows wait.
func TestAnOutageLeavesFinalDaysAlone(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Settings.APIMemoryDays = 30
	w.backfill(today-8, today-1, load.RunDone)
	before := w.ledger(testApp)
	w.API.Faults("code=90102")
	w.Backfill(pipeline.BackfillRequest{From: today - 8, To: today - 6, Reprocess: pipeline.All}, load.RunFailed)
	for i, window := range w.ledger(testApp) {
		want := before[i]
		if window.Pulls > want.Pulls {
			want.Pulls, want.Error = window.Pulls, true
		}
		if window != want {
			t.Errorf("%+v, want %+v", window, want)
		}
	}
	if n := w.Number(`SELECT count(*) FROM pushloss.ledger WHERE last_error IS NOT NULL`); n == 0 {
		t.Error("no failure was noted: this proves nothing")
	}

	// A day that was open when the outage began is final once the API has forgotten it.
	w.Settings.APIMemoryDays = 7
	w.Backfill(pipeline.BackfillRequest{From: today - 1, To: today - 1, Reprocess: pipeline.All}, load.RunPartial)
	w.API.Faults("forget-error=7d")
	w.Now = w.Now.AddDate(0, 0, 8)
	w.Run(load.RunDone)
	for _, window := range w.ledger(testApp) {
		if window.Day <= (today-1).String() && (window.State != "loaded" || !window.Settled) {
			t.Errorf("%+v", window)
		}
	}
}

// Nothing is due of a retired task, so none of its windows stays open.
func TestWindowsOfARetiredTaskAreFinal(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Tasks("t1", "t2")
	w.Run(load.RunDone)
	open := func() int64 {
		return w.Number(`SELECT count(*) FROM analytics.stream_coverage WHERE task_id = 't1' AND NOT settled`)
	}
	if open() == 0 {
		t.Fatal("no window is open: this proves nothing")
	}
	if _, _, err := w.DB.Tasks.Retire(t.Context(), testApp, []string{"t1"}, w.Now); err != nil {
		t.Fatal(err)
	}
	if n := open(); n != 0 {
		t.Errorf("%d windows of a retired task are open", n)
	}
	// A backfill of it by name brings figures, and opens nothing.
	w.Backfill(pipeline.BackfillRequest{From: today - 2, To: today - 1, Tasks: []string{"t1"}, Reprocess: pipeline.All}, load.RunDone)
	if n := open(); n != 0 {
		t.Errorf("%d windows are open after a backfill", n)
	}
	w.Tasks("t1") // followed again
	if open() == 0 {
		t.Error("the windows of a task that is followed again stay final")
	}
	w.Run(load.RunDone)
	w.EqualsTruth(today-3, today-1, "t1", "t2")
}

// A first run whose settings let it pull nothing gives up no day.
func TestDaysThatAFirstRunCouldNotPullAreKept(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*pipeline.Settings){
		"no lookback":        func(s *pipeline.Settings) { s.LookbackDays = 0 },
		"a memory of 0 days": func(s *pipeline.Settings) { s.APIMemoryDays = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			usual := w.Settings
			change(&w.Settings)
			if _, err := w.Jobs(pipeline.Options{}).Run(t.Context(), time.Time{}); err != nil {
				t.Fatal(err)
			}
			w.Settings = usual
			w.Run(load.RunDone)
			w.EqualsTruth(today-3, today-1)
		})
	}
}

// A first run that gets no answer stores no first day. The next run pulls what failed, also before
// its own first day.
func TestWindowsThatFailedArePulledWhereverTheyLie(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Tasks("t1")
	w.API.Faults("http-500")
	w.Run(load.RunFailed)
	failed := w.Number(`SELECT count(*) FROM pushloss.ledger WHERE state = 'failed' AND day = $1`, (today - 3).UTC())
	w.API.Faults()
	w.Now = noonOf(today + 1)
	w.Run(load.RunDone)
	if n := w.Number(`SELECT count(*) FROM pushloss.ledger WHERE state = 'failed'`); n != 0 || failed == 0 {
		t.Errorf("%d windows are failed, of the oldest day %d were", n, failed)
	}
	if status := w.status(); status.Failed != 0 || *status.FirstDay != today-2 {
		t.Errorf("the status is %+v", status)
	}
	world.EqualFacts(t, w.API.Facts(testApp, time.UTC, today-3, today-3), slices.DeleteFunc(w.Facts(testApp), func(f world.Fact) bool {
		return f.Day != (today-3).String() || f.Task != ""
	}))
}

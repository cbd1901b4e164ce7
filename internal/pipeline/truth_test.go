package pipeline_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/load"
)

var sevenTasks = []string{"t1", "t2", "t3", "t4", "t5", "t6", "t7"}

func TestABackfillEqualsTheTruthAndASecondPassRequestsNothing(t *testing.T) {
	t.Parallel()
	w := setup(t, func(cfg *sandbox.Config) { cfg.QuietDays = 0.3 })
	w.Tasks(sevenTasks...)
	first := w.backfill(today-14, today-4, load.RunDone)
	w.EqualsTruth(today-14, today-4, sevenTasks...)
	if first.Requests != 11*3 || first.Windows != 11*8 || first.WindowsFailed != 0 || first.Retries != 0 {
		t.Errorf("the report is %+v", first.Totals)
	}
	if got := int64(len(w.Facts(testApp))); first.RowsInserted != got {
		t.Errorf("%d rows inserted, %d are stored", first.RowsInserted, got)
	}

	// S11: settled windows, empty ones included, are not pulled again.
	second := w.backfill(today-14, today-4, load.RunDone)
	if second.Requests != 0 || len(w.API.Calls()) != 33 {
		t.Errorf("the second pass made %d requests, %d in all", second.Requests, len(w.API.Calls()))
	}
	if n := w.Number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND state = 'empty' AND settled`); n == 0 {
		t.Error("no window was empty: this proves nothing of them")
	}
}

func TestS5ASecondRunTouchesOnlyTheLookbackAndWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	firstDay := today - 10
	w.Settings.FirstDay = &firstDay
	w.Tasks("t1")
	w.Run(load.RunDone)
	w.EqualsTruth(today-10, today-1, "t1")
	before := len(w.API.Calls())

	w.Now = noonOf(today + 1)
	second := w.Run(load.RunDone)
	var days []string
	for _, call := range w.API.Calls()[before:] {
		if len(call.Tasks) == 0 {
			days = append(days, calendar.DayOf(time.Unix(call.Start, 0), time.UTC).String())
		}
	}
	slices.Sort(days)
	// Three days of lookback were open, and one day is new.
	if diff := gocmp.Diff([]string{"2025-03-17", "2025-03-18", "2025-03-19", "2025-03-20"}, days); diff != "" {
		t.Errorf("days of the second run (-want +got):\n%s", diff)
	}
	if second.RowsUpdated+second.RowsDeleted != 0 || second.RowsUnchanged == 0 {
		t.Errorf("nothing had changed, but the report is %+v", second.Totals)
	}
	w.EqualsTruth(today-10, today, "t1")
}

func TestTheNextRunFindsARestatedDayAndReportsItsChanges(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Tasks("t1")
	w.Run(load.RunDone)
	before := w.Facts(testApp)

	w.API.Faults("restated:day=" + (today - 2).String())
	report := w.Run(load.RunPartial) // the sandbox lowers by more than a tenth
	w.EqualsTruth(today-3, today-1, "t1")

	type change struct {
		Grain, Day, Task, Stage string
		Event, Platform         int
		Code                    string
		Old, New                int64
	}
	type key struct {
		grain, day, task, stage string
		event, platform         int
		code                    string
	}
	changes := make(map[key]change)
	note := func(f world.Fact, set func(*change)) {
		k := key{f.Grain, f.Day, f.Task, f.Stage, f.Event, f.Platform, f.Code}
		c, known := changes[k]
		if !known {
			c = change{f.Grain, f.Day, f.Task, f.Stage, f.Event, f.Platform, f.Code, -1, -1}
		}
		set(&c)
		changes[k] = c
	}
	for _, f := range before {
		note(f, func(c *change) { c.Old = f.Count })
	}
	for _, f := range w.Facts(testApp) {
		note(f, func(c *change) { c.New = f.Count })
	}
	want := make(map[change]bool)
	for _, c := range changes {
		if c.Old != c.New {
			want[c] = true
		}
	}
	got := make(map[change]bool)
	for _, c := range world.Rows[change](w.t, w.Pool, `
		SELECT CASE WHEN event_type IS NULL THEN 'stage' ELSE 'platform' END, day::text, task_id, stage,
			coalesce(event_type, 0), coalesce(platform_id, 0), err_code, coalesce(old_count, -1), coalesce(new_count, -1)
		FROM analytics.loss_changes WHERE sdk_app_id = $1 AND run_id = $2`, testApp, report.RunID) {
		got[c] = true
	}
	if diff := gocmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("loss_changes (-want +got), %d wanted:\n%s", len(want), diff)
	}
	if n := report.RowsInserted + report.RowsUpdated + report.RowsDeleted; int(n) != len(want) {
		t.Errorf("the report has %d changes, there are %d", n, len(want))
	}
	if report.RowsInserted == 0 || report.RowsUpdated == 0 || report.RowsDeleted == 0 {
		t.Errorf("not every kind of change happened: %+v", report.Totals)
	}
}

func TestLateFiguresAreTakenUpWithinTheLookback(t *testing.T) {
	t.Parallel()
	w := setup(t, world.WithFaults(t, "late=0.4:days=2"))
	w.Run(load.RunDone)
	incomplete := w.Facts(testApp)
	for range 3 {
		w.Now = w.Now.AddDate(0, 0, 1)
		w.Run(load.RunDone)
	}
	w.EqualsTruth(today-3, today+2)
	if n := w.Number(`SELECT count(*) FROM analytics.loss_changes WHERE new_count > old_count`); n == 0 || len(incomplete) == 0 {
		t.Error("nothing came late: this proves nothing")
	}
}

func TestDaysAreCutAtTheZonesMidnights(t *testing.T) {
	t.Parallel()
	day := func(text string) calendar.Day {
		d, err := calendar.ParseDay(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, test := range []struct {
		zone     string
		from, to string
		hours    []float64
	}{
		{"America/New_York", "2025-03-08", "2025-03-10", []float64{24, 23, 24}},
		{"Europe/Berlin", "2024-10-26", "2024-10-28", []float64{24, 25, 24}},
		{"America/Santiago", "2024-09-07", "2024-09-09", []float64{24, 23, 24}}, // midnight itself is skipped
		{"Australia/Lord_Howe", "2024-10-05", "2024-10-07", []float64{24, 23.5, 24}},
		{"Asia/Shanghai", "2025-03-08", "2025-03-09", []float64{24, 24}},
	} {
		t.Run(test.zone, func(t *testing.T) {
			t.Parallel()
			loc, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			w := setup(t)
			w.Apps[0].Location = loc
			from, to := day(test.from), day(test.to)
			w.backfill(from, to, load.RunDone)
			world.EqualFacts(t, w.API.Facts(testApp, loc, from, to), w.Facts(testApp))
			var hours []float64
			var last int64
			calls := w.API.Calls()
			slices.SortFunc(calls, func(a, b sandbox.Call) int { return cmp.Compare(a.Start, b.Start) })
			for i, call := range calls {
				hours = append(hours, float64(call.End-call.Start)/3600)
				if i > 0 && call.Start != last {
					t.Errorf("the window starts at %d, the one before ended at %d", call.Start, last) // S16
				}
				last = call.End
			}
			if diff := gocmp.Diff(test.hours, hours); diff != "" {
				t.Errorf("hours asked for (-want +got):\n%s", diff)
			}
		})
	}
}

package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/load"
)

func TestARangeIsCutIntoSpansThatTheAPIAllows(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name     string
		from, to string
		want     []string // days of each request
	}{
		{"seven days", "2025-03-03", "2025-03-09", []string{"2025-03-03 2025-03-09 168h0m0s"}},
		{"a day of 23 hours leaves no room for an eighth day", "2025-03-27", "2025-04-03", []string{"2025-03-27 2025-04-02 167h0m0s", "2025-04-03 2025-04-03 24h0m0s"}},
		{"a day of 25 hours leaves room for six", "2024-10-24", "2024-10-31", []string{"2024-10-24 2024-10-29 145h0m0s", "2024-10-30 2024-10-31 48h0m0s"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.Apps[0].Location = berlin
			w.Now = noonOf(today + 30)
			from, to := day(t, test.from), day(t, test.to)
			w.backfill(from, to, load.RunDone)
			before := len(w.API.Calls())
			w.reconcile(load.RunDone, from, to)
			var got []string
			for _, call := range w.API.Calls()[before:] {
				start, end := time.Unix(call.Start, 0), time.Unix(call.End, 0)
				got = append(got, fmt.Sprint(calendar.DayOf(start, berlin), " ", calendar.DayOf(end.Add(-time.Second), berlin), " ", end.Sub(start)))
			}
			equal(t, "requests", test.want, got)
		})
	}
}

func day(t testing.TB, text string) calendar.Day {
	t.Helper()
	d, err := calendar.ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTasksAreComparedOverTheDaysThatAreStoredOfThem(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var tasks []load.Task
	for id, back := range map[string]int{"old": 20, "older": 30, "new": 4, "newer": 2, "also new": 4} {
		sent := noonOf(today - calendar.Day(back))
		tasks = append(tasks, load.Task{SDKAppID: testApp, TaskID: id, SentAt: &sent})
	}
	if _, err := w.DB.Tasks.Save(t.Context(), tasks, w.Now); err != nil {
		t.Fatal(err)
	}
	w.filled(9, "retired")
	if _, _, err := w.DB.Tasks.Retire(t.Context(), testApp, []string{"retired"}, w.Now); err != nil {
		t.Fatal(err)
	}
	w.Exec(`UPDATE pushloss.ledger SET state = 'failed', last_error = 'x', settled = false, settled_reason = NULL
		WHERE day = $1 AND task_key = (SELECT task_key FROM pushloss.task WHERE task_id = 'older')`, (today - 4).UTC())
	w.Exec(`DELETE FROM pushloss.ledger WHERE day = $1 AND task_key = 0`, (today - 3).UTC())
	before := len(w.API.Calls())
	report := w.reconcile(load.RunDone)
	var got []string
	for _, call := range w.API.Calls()[before:] {
		first, end := time.Unix(call.Start, 0).UTC(), time.Unix(call.End, 0).UTC()
		tasks := slices.Sorted(slices.Values(call.Tasks))
		got = append(got, first.Format("01-02 ")+end.Format("01-02 ")+strings.Join(tasks, ", "))
	}
	slices.Sort(got)
	equal(t, "requests, ends excluded", []string{
		"03-13 03-17 ", "03-13 03-20 old", "03-16 03-20 also new, new", "03-17 03-20 older", "03-18 03-20 newer",
	}, got)
	var left []string
	for _, l := range report.Apps[0].Reconciliation.LeftOut {
		left = append(left, fmt.Sprintf("%s %q: %s", l.Span, l.TaskID, l.Why))
	}
	slices.Sort(left)
	equal(t, "left out", []string{
		`2025-03-13 to 2025-03-15 "older": apart from the other stored days`,
		`2025-03-16 to 2025-03-16 "older": the window is failed`,
		`2025-03-17 to 2025-03-17 "": never pulled`,
		`2025-03-18 to 2025-03-19 "": apart from the other stored days`,
	}, left)
}

func TestSpansBeyondTheAPIsMemoryOpenNothing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, fault string
		want        string
	}{
		{"it remembers and agrees", "late:app=5", "agreed"},
		{"it forgot", "forget-after=8d", "unproven"},
		{"it differs", "week-differs", "unproven"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.filled(20)
			w.Settings.APIMemoryDays = 7
			w.API.Faults(test.fault)
			report := w.reconcile(load.RunDone, today-18, today-12)
			equal(t, "checks", []string{`03-02 03-08 "" ` + test.want}, w.states())
			equal(t, "opened", nil, w.opened())
			if r := report.Apps[0].Reconciliation; r.Differences != 0 || (len(r.Unequal) > 0) != (test.want == "unproven") {
				t.Errorf("the report is %+v", r)
			}
			before := len(w.API.Calls())
			w.Now = w.Now.Add(15 * time.Hour)
			w.Run(load.RunDone)
			for _, call := range w.API.Calls()[before:] {
				if call.Start < (today - 4).UTC().Unix() {
					t.Errorf("the run pulled the old day %s", time.Unix(call.Start, 0).UTC())
				}
			}
			equal(t, "differences", 0, w.status().Differences)
		})
	}
}

func TestAnErrorForASpanBeyondTheMemoryLeavesItOut(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.filled(20)
	w.Settings.APIMemoryDays = 7
	w.API.Faults("forget-error=8d")
	report := w.reconcile(load.RunDone, today-18, today-1)
	equal(t, "checks", []string{`03-16 03-19 "" agreed`}, w.states()) // of three spans
	if r := report.Apps[0].Reconciliation; len(r.LeftOut) != 2 || !strings.Contains(r.LeftOut[0].Why, "beyond the API's memory") {
		t.Errorf("left out is %+v", r.LeftOut)
	}
}

func TestADifferenceIsCheckedAgainWithinTheAPIsMemory(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.filled(9)
	w.Settings.APIMemoryDays = 7
	w.API.Faults("week-differs")
	w.Now = today.UTC().Add(4*time.Hour + 30*time.Minute)
	w.reconcile(load.RunPartial)
	equal(t, "checks", []string{`03-15 03-19 "" differs`}, w.states())

	pending := w.Now
	w.Now = (today + 1).UTC().Add(3 * time.Hour) // the next morning's run
	w.Run(load.RunDone)
	equal(t, "checks", []string{`03-15 03-19 "" superseded`, `03-15 03-19 "" stays`}, w.states())
	equal(t, "differences", 1, w.status().Differences)

	// The same without a run on the next morning.
	w.Exec(`DELETE FROM pushloss.reconciliation`)
	w.Now = pending
	w.reconcile(load.RunPartial)
	w.Now = (today + 2).UTC().Add(3 * time.Hour)
	w.Run(load.RunDone)
	equal(t, "checks", []string{`03-15 03-19 "" unproven`}, w.states())
	equal(t, "differences", 0, w.status().Differences)
	equal(t, "opened", nil, w.opened())
}

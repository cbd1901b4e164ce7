package load_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/load"
	"pushloss/transform"
)

// check is an answer for march and the day before, of the tasks a and b.
func (f *fixture) check(snapshots ...transform.Snapshot) load.Check {
	return load.Check{
		RunID: f.run, First: march - 1, Last: march, Tasks: []load.TaskRef{f.taskA, f.taskB},
		Snapshots: snapshots, Trusted: true,
	}
}

func (f *fixture) reconcile(check load.Check, at time.Time) []load.CheckOutcome {
	f.t.Helper()
	outcomes, err := f.lock.Reconcile(f.t.Context(), check, at)
	must(f.t, err)
	return outcomes
}

// compared are all figures that were compared, as the view shows them.
func (f *fixture) compared() []string {
	f.t.Helper()
	return f.rows(`
		SELECT task_id, state, coalesce(grain, '-'), coalesce(stage, '-'), coalesce(event, '-'), coalesce(platform, '-'),
			coalesce(err_code, '-'), coalesce(stored, -1), coalesce(reported, -1), coalesce(difference, -1)
		FROM analytics.reconciliations ORDER BY checked_at, task_id, grain, err_code, stage`)
}

// twoDays loads figures of a and b for march and the day before.
func (f *fixture) twoDays() {
	f.t.Helper()
	for _, day := range []calendar.Day{march - 1, march} {
		pull := f.pull(
			transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 10, "x"), platformFact(1, "1", 4)}},
			transform.Snapshot{TaskID: "b"},
		)
		pull.Day, pull.Settled = day, load.ByLookback
		f.load(pull, loadedAt)
	}
}

func TestReconcileRecordsEveryFigureOfBothSides(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.twoDays()
	outcomes := f.reconcile(f.check(
		transform.Snapshot{
			TaskID: "a", Facts: []transform.Fact{stageFact("1", 20, "another text"), stageFact("new", 1, "")},
		},
		transform.Snapshot{TaskID: "b"},
	), loadedAt)
	equal(t, "outcomes", []load.CheckOutcome{
		{Task: f.taskA, Keys: 3, Differences: 2, DaysOpened: 2, State: load.CheckDiffers},
		{Task: f.taskB, State: load.CheckAgreed},
	}, outcomes)
	equal(t, "compared", []string{
		"a differs task_platform post_send_delivered offline Apple APNs 1 8 0 -8",
		"a differs task_stage ready_to_send - - 1 20 20 0",
		"a differs task_stage ready_to_send - - new 0 1 1",
		"b agreed - - - - - -1 -1 -1",
	}, f.compared())
	equal(t, "texts play no part", []string{"0"}, f.rows(`SELECT count(*) FROM pushloss.err_info WHERE err_info = 'another text'`))
}

// What was opened stays what it was, is not settled, and waits until it is pulled
// with success.
func TestOpenedWindowsWaitForAPullThatSucceeds(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.twoDays()
	f.reconcile(f.check(transform.Snapshot{TaskID: "a"}), loadedAt.Add(time.Hour)) // b is not answered
	ledger := func() []string {
		return f.rows(`SELECT day::text, t.task_id, state, settled, coalesce(settled_reason, '-'), coalesce(to_char(opened_at AT TIME ZONE 'UTC', 'HH24'), '-')
			FROM pushloss.ledger JOIN pushloss.task AS t USING (task_key) ORDER BY 1, 2`)
	}
	opened := []string{
		"2025-03-08 a loaded false - 04", "2025-03-08 b empty true lookback -",
		"2025-03-09 a loaded false - 04", "2025-03-09 b empty true lookback -",
	}
	equal(t, "ledger", opened, ledger())
	windows, err := f.db.Ledger.Opened(t.Context(), testApp)
	must(t, err)
	if len(windows) != 2 {
		t.Errorf("opened windows: %v", windows)
	}

	f.reconcile(f.check(transform.Snapshot{TaskID: "a"}), loadedAt.Add(5*time.Hour))
	equal(t, "opened again, its time stays", opened, ledger())

	failed := f.pull()
	failed.Result = transform.Result{Unreadable: []transform.Unreadable{{TaskID: "a", Reason: "odd"}, {TaskID: "b", Reason: "odd"}}}
	f.load(failed, loadedAt.Add(6*time.Hour))
	f.fails(load.Failure{Day: march - 1, Tasks: []load.TaskRef{f.taskA}, Reason: "x"})
	equal(t, "failed", []string{
		"2025-03-08 a failed false - 04", "2025-03-08 b empty true lookback -",
		"2025-03-09 a failed false - 04", "2025-03-09 b empty true lookback -",
	}, ledger())

	f.twoDays()
	equal(t, "pulled", []string{
		"2025-03-08 a loaded true lookback -", "2025-03-08 b empty true lookback -",
		"2025-03-09 a loaded true lookback -", "2025-03-09 b empty true lookback -",
	}, ledger())
}

// A check takes the place of others of its span, and one that agrees that of those
// within it; one that proves nothing of none that does.
func TestLaterChecksReplaceEarlierOnes(t *testing.T) {
	t.Parallel()
	right := transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 20, ""), platformFact(1, "1", 8)}}
	wrong := transform.Snapshot{TaskID: "a"}
	half := transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 10, ""), platformFact(1, "1", 4)}}
	f := setup(t)
	type step struct {
		snapshot transform.Snapshot
		oneDay   bool
		trusted  bool
	}
	for _, test := range []struct {
		name  string
		steps []step
		want  []string
	}{
		{"the same span", []step{{wrong, false, true}, {right, false, true}}, []string{"2 superseded", "2 agreed"}},
		{"agreement of a span within", []step{{wrong, false, true}, {half, true, true}}, []string{"2 differs", "1 agreed"}},
		{"agreement of a span around", []step{{wrong, true, true}, {right, false, true}}, []string{"1 superseded", "2 agreed"}},
		{"a difference of a span around", []step{{wrong, true, true}, {wrong, false, true}}, []string{"1 differs", "2 differs"}},
		{"an unproven check", []step{{wrong, false, true}, {wrong, false, false}}, []string{"2 differs", "2 unproven"}},
		{"an unproven check after an unproven one", []step{{wrong, false, false}, {wrong, false, false}}, []string{"2 superseded", "2 unproven"}},
		{"agreement of an unproven one", []step{{wrong, false, false}, {right, false, false}}, []string{"2 superseded", "2 agreed"}},
		{"a difference of one that agreed", []step{{right, false, true}, {wrong, false, true}}, []string{"2 superseded", "2 differs"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f.exec(`TRUNCATE pushloss.reconciliation`)
			f.twoDays()
			for _, s := range test.steps {
				check := f.check(s.snapshot)
				check.Trusted = s.trusted
				if s.oneDay {
					check.First = march
				}
				f.reconcile(check, loadedAt)
			}
			equal(t, "checks", test.want, f.rows(`SELECT last_day - first_day + 1, state FROM pushloss.reconciliation ORDER BY reconciliation_id`))
		})
	}
}

// T8: a check is cut off behind each message that it sends to the server. The
// database is as before, or has the check whole.
func TestT8ACheckCutOffBehindAnyMessage(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("each message takes another check")
	}
	f := setup(t)
	f.twoDays()
	must(t, f.lock.Unlock(t.Context()))
	w := newWire(t, f.url)
	session, work := openSession(t, open(t, w.url), "behind the wire")
	lock, err := session.LockApp(work, testApp)
	must(t, err)
	const sqlChecked = `
		SELECT 'check', xmin::text || t::text FROM pushloss.reconciliation AS t UNION ALL
		SELECT 'key', t::text FROM pushloss.reconciliation_key AS t UNION ALL
		SELECT 'ledger', xmin::text || t::text FROM pushloss.ledger AS t
		ORDER BY 1, 2`
	before := f.rows(sqlChecked)
	cuts := 0
	for ; ; cuts++ {
		w.cutBehind(cuts)
		_, err := lock.Reconcile(t.Context(), f.check(transform.Snapshot{TaskID: "a"}, transform.Snapshot{TaskID: "b"}), loadedAt)
		w.mend()
		if !load.Unreachable(err) {
			t.Fatalf("cut off behind message %d: %v", cuts, err)
		}
		if !cmp.Equal(before, f.rows(sqlChecked)) {
			break
		}
	}
	if cuts < 20 {
		t.Errorf("the check was complete after %d messages", cuts)
	}
	equal(t, "compared", []string{
		"a differs task_platform post_send_delivered offline Apple APNs 1 8 0 -8",
		"a differs task_stage ready_to_send - - 1 20 0 -20",
		"b agreed - - - - - -1 -1 -1",
	}, f.compared())
	equal(t, "opened", []string{"2"}, f.rows(`SELECT count(*) FROM pushloss.ledger WHERE opened_at IS NOT NULL`))
}

func TestAHolderThatWasTakenOverCannotRecordChecks(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.twoDays()
	f.endSession()
	if lock := <-f.takeOver(); lock == nil {
		t.Fatal("the app was not taken over")
	}
	if _, err := f.lock.Reconcile(t.Context(), f.check(transform.Snapshot{TaskID: "a"}), loadedAt); !errors.Is(err, load.ErrSuperseded) {
		t.Errorf("reconcile: %v", err)
	}
	if err := f.lock.ExpireChecks(t.Context(), []int64{1}); !errors.Is(err, load.ErrSuperseded) {
		t.Errorf("expire: %v", err)
	}
	equal(t, "compared", []string{}, f.compared())
}

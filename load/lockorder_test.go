package load_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/localpg/pgtest"
	"pushloss/load"
)

// Transactions of an app that write several days at once meet in the summaries of its tasks.
// They lock them last, and by key, so that none waits for another that waits for it.
func TestSummariesOfTasksAreLockedLastAndInOrder(t *testing.T) {
	t.Parallel()
	if pgtest.OnCitus() {
		t.Skip("on Citus each answer is read")
	}
	const days = 3
	body := func(count int) string {
		return fmt.Sprintf(`{"ErrorCode":0,"Results":[{"TaskID":"b","ReadyToSendLoss":[{"ErrCode":"1","ErrCount":%d}]},{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":"1","ErrCount":%[1]d}]}]}`, count)
	}
	at := loadedAt.Add(time.Hour)
	const waiting = `
		SELECT pid FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
		WHERE a.datname = current_database() AND l.locktype = $1 AND NOT l.granted`
	writers := []struct {
		name  string
		begin func(t *testing.T, f *fixture, pulls []load.Pull, writing *sync.WaitGroup)
	}{
		{"a shared confirmation", func(t *testing.T, f *fixture, pulls []load.Pull, writing *sync.WaitGroup) {
			release := f.stay(`SELECT pg_advisory_xact_lock(hashtextextended('pushloss raw bodies', 0))`)
			for i, pull := range pulls { // the first one is alone
				writing.Go(func() {
					if _, _, confirmed, err := f.lock.Confirm(t.Context(), pull, at.Add(time.Duration(i)*time.Minute)); err != nil || !confirmed {
						t.Errorf("day %d: confirmed %t, %v", i, confirmed, err)
					}
				})
				f.eventually("a confirmation", waiting, "advisory")
				for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
					underWay, waiting := load.Confirmations(f.session)
					if underWay+waiting > i {
						break
					}
					if time.Now().After(end) {
						t.Fatalf("%d confirmations are under way and %d wait", underWay, waiting)
					}
				}
			}
			release()
		}},
		{"a proof", func(t *testing.T, f *fixture, _ []load.Pull, writing *sync.WaitGroup) {
			span := calendar.Span{First: march, Last: march + days - 1}
			answer := f.answer(march, body(1+2+3), true, f.taskB, f.taskA)
			writing.Go(func() {
				outcome, err := f.lock.Prove(t.Context(), load.SpanPull{
					RunID: f.run, Days: span, Window: answer.Window, TaskIDs: []string{"b", "a"}, Tasks: []load.SpanTask{{f.taskB, span}, {f.taskA, span}},
					Result: answer.Result, Body: answer.Body, SentAt: loadedAt, Trusted: true,
					Settled: func(calendar.Day) load.SettledReason { return load.NotSettled }, Exists: func(calendar.Day) bool { return true },
				}, at)
				if err != nil || outcome.Windows != 2*days {
					t.Errorf("%+v, %v", outcome, err)
				}
			})
		}},
	}
	for _, writer := range writers {
		for _, held := range []struct{ name, row, free string }{
			{"while it waits for its last window", `SELECT FROM pushloss.ledger WHERE day = '2025-03-11' AND task_key = %[2]d FOR UPDATE`, "[a b]"},
			{"while it waits for its first task", `SELECT FROM pushloss.task_summary WHERE task_key = %[1]d FOR UPDATE`, "[b]"},
		} {
			t.Run(writer.name+" "+held.name, func(t *testing.T) {
				t.Parallel()
				f := setup(t)
				var pulls []load.Pull
				for i := range days {
					pull := f.answer(march+calendar.Day(i), body(i+1), true, f.taskB, f.taskA)
					f.load(pull, loadedAt)
					pulls = append(pulls, pull)
				}
				release := f.stay(fmt.Sprintf(held.row, f.taskA.Key, f.taskB.Key))
				var writing sync.WaitGroup
				writer.begin(t, f, pulls, &writing)
				f.eventually("a writer that waits for a row", waiting, "transactionid")
				free := f.rows(`SELECT task_id FROM pushloss.task WHERE task_key IN (SELECT task_key FROM pushloss.task_summary FOR NO KEY UPDATE SKIP LOCKED) ORDER BY 1`)
				release()
				writing.Wait()
				if fmt.Sprint(free) != held.free {
					t.Errorf("the summaries that are free are those of %s, want %s", free, held.free)
				}
			})
		}
	}
}

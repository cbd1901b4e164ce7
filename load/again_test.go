package load_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pushloss/internal/calendar"
	"pushloss/internal/localpg/pgtest"
	"pushloss/load"
	"pushloss/transform"
)

// again pulls as the pipeline does: it reads an answer only if it cannot be confirmed.
func (f *fixture) again(pull load.Pull, at time.Time) (outcome load.Outcome, counts transform.Counts, confirmed bool) {
	f.t.Helper()
	unread := pull
	unread.Result = transform.Result{}
	outcome, counts, confirmed, err := f.lock.Confirm(f.t.Context(), unread, at)
	must(f.t, err)
	if !confirmed {
		return f.load(pull, at), pull.Result.Counts, false
	}
	return outcome, counts, true
}

// plainBody is an answer with all its rows in order.
func plainBody(tasks []load.TaskRef, count int) string {
	var results []string
	for _, task := range tasks {
		results = append(results, fmt.Sprintf(`{"TaskID":%q,"ReadyToSendLoss":[{"ErrCode":"1","ErrCount":%d},{"ErrCode":"2","ErrCount":4}]}`, task.ID, count))
	}
	return `{"ErrorCode":0,"Results":[` + strings.Join(results, ",") + `]}`
}

// stored returns what is stored for a day, without the day and without numbers of rows.
func (f *fixture) stored(day calendar.Day) []string {
	f.t.Helper()
	var all []string
	for _, table := range []string{"stage_loss", "platform_loss", "loss_change", "ledger", "reject", "pull"} {
		all = append(all, f.rows(`SELECT '`+table+`', (to_jsonb(t) - '{day,pull_id,change_id,reject_id,window_start,window_end}'::text[])::text
			FROM pushloss.`+table+` AS t WHERE day = $1 ORDER BY 2`, day.UTC())...)
	}
	return all
}

// Whatever happens between the answers, and in whatever order they repeat, the database and the
// reports are those of a process that reads each answer.
func TestAnAnswerConfirmedUnreadHasTheEffectOfReadingIt(t *testing.T) {
	t.Parallel()
	if pgtest.OnCitus() {
		t.Skip("on Citus each answer is read")
	}
	f := setup(t)
	f.register(testApp)
	confirmed, days := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		if days == 40 { // each takes many statements
			return
		}
		days++
		short, long := march+calendar.Day(days), march+1000+calendar.Day(days)
		at := short.UTC().AddDate(0, 0, 2)
		tasks := [][]load.TaskRef{{{}}, {f.taskA}, {f.taskA, f.taskB}}
		bodies := make(map[int][]string)
		for i, of := range tasks {
			bodies[i] = []string{drawBody(rt, of), plainBody(of, 1), plainBody(of, 20), `{"ErrorCode":0,"Results":[]}`}
		}
		of, body := 0, bodies[0][1]
		for range rapid.IntRange(2, 9).Draw(rt, "events") {
			switch event := rapid.SampledFrom([]string{"again", "again", "again", "again", "another", "another", "failure", "prune", "settle", "replay"}).Draw(rt, "event"); event {
			case "again", "another":
				if event == "another" {
					of = rapid.IntRange(0, len(tasks)-1).Draw(rt, "tasks")
					body = rapid.SampledFrom(bodies[of]).Draw(rt, "body")
				}
				trusted := rapid.IntRange(0, 5).Draw(rt, "trusted") > 0
				settled := rapid.SampledFrom([]load.SettledReason{load.NotSettled, load.ByLookback}).Draw(rt, "settled")
				pull := func(day calendar.Day) load.Pull {
					pull := f.answer(day, body, trusted, tasks[of]...)
					pull.Settled = settled
					return pull
				}
				got, counts, unread := f.again(pull(short), at)
				want := f.load(pull(long), at)
				equal(t, "outcome", want, got)
				if unread {
					confirmed++
					full := pull(long).Result.Counts
					full.Facts, full.IgnoredResults = 0, 0 // not reported
					equal(t, "counts", full, counts)
				}
			case "failure":
				for _, day := range []calendar.Day{short, long} {
					_, err := f.lock.RecordFailure(t.Context(), load.Failure{Day: day, Tasks: tasks[of], Reason: "x"}, at)
					must(t, err)
				}
			case "prune":
				for _, sql := range []string{
					`UPDATE pushloss.pull SET raw_pruned_at = $3 WHERE day IN ($1, $2)`,
					`DELETE FROM pushloss.raw_body WHERE $1::date < $2::date AND $3::timestamptz IS NOT NULL`,
				} {
					_, err := f.conn.Exec(t.Context(), sql, short.UTC(), long.UTC(), at)
					must(t, err)
				}
			case "settle":
				_, err := f.conn.Exec(t.Context(), `UPDATE pushloss.ledger SET settled = true, settled_reason = 'api_memory', opened_at = $3 WHERE day IN ($1, $2)`, short.UTC(), long.UTC(), at)
				must(t, err)
			case "replay":
				f.replay(load.Selection{From: &short, To: &short})
				f.replay(load.Selection{From: &long, To: &long})
			}
			at = at.Add(rapid.SampledFrom([]time.Duration{time.Microsecond, time.Hour}).Draw(rt, "later"))
		}
		equal(t, "what is stored", f.stored(long), f.stored(short))
		if t.Failed() {
			rt.FailNow()
		}
	})
	if confirmed < days/4 { // -short draws fewer days
		t.Errorf("only %d answers of %d days were confirmed unread", confirmed, days)
	}
}

// An answer is confirmed unread only if the same rules loaded the same bytes to the same windows
// by the pull before.
func TestWhichAnswersAreConfirmedUnread(t *testing.T) {
	t.Parallel()
	if pgtest.OnCitus() {
		t.Skip("on Citus each answer is read")
	}
	other := func(f *fixture) string {
		return `{"ErrorCode":0,"Results":[{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":"1","ErrCount":8}]},{"TaskID":"b"}]}`
	}
	for _, tt := range []struct {
		name    string
		body    string // of both pulls
		between func(f *fixture)
		change  func(pull *load.Pull)
		want    bool
	}{
		{name: "the same again", want: true},
		{name: "a final window", change: func(pull *load.Pull) { pull.Settled = load.ByLookback }, want: true},
		{name: "a task that the answer lacks", body: `{"ErrorCode":0,"Results":[{"TaskID":"b","ReadyToSendLoss":[{"ErrCode":"1","ErrCount":5}]}]}`, want: true},
		{name: "one that cannot be trusted", change: func(pull *load.Pull) { pull.Trusted = false }},
		{name: "one for other tasks", change: func(pull *load.Pull) { pull.Tasks = pull.Tasks[:1] }},
		{name: "one for the tasks in another order", change: func(pull *load.Pull) { pull.Tasks = []load.TaskRef{pull.Tasks[1], pull.Tasks[0]} }},
		{name: "one for another day", change: func(pull *load.Pull) { pull.Day++ }},
		{name: "one for another stream", change: func(pull *load.Pull) { pull.Stream++ }},
		{name: "other bytes", change: func(pull *load.Pull) { pull.Body = append([]byte(" "), pull.Body...) }},
		{name: "other digest", change: func(pull *load.Pull) { pull.Digest = sha256.Sum256(nil) }},
		{name: "an answer with a row that was rejected", body: `{"ErrorCode":0,"Results":[{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":"1","ErrCount":5},{"ErrCode":"2"}]},{"TaskID":"b"}]}`},
		{name: "an answer with a task twice", body: `{"ErrorCode":0,"Results":[{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":"1","ErrCount":5}]},{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":"1","ErrCount":5}]},{"TaskID":"b"}]}`},
		{name: "another answer in between", between: func(f *fixture) { f.load(f.answer(march, other(f), true, f.taskA, f.taskB), loadedAt.Add(time.Minute)) }},
		{name: "another answer for one of the tasks in between", between: func(f *fixture) { f.load(f.answer(march, other(f), true, f.taskA), loadedAt.Add(time.Minute)) }},
		{name: "a failure in between", between: func(f *fixture) {
			_, err := f.lock.RecordFailure(f.t.Context(), load.Failure{Day: march, Tasks: []load.TaskRef{f.taskB}, Reason: "x"}, loadedAt.Add(time.Minute))
			must(f.t, err)
		}},
		{name: "other rules", between: func(f *fixture) { f.exec(`UPDATE pushloss.pull SET rules = rules - 1`) }},
		{name: "an older program's pull", between: func(f *fixture) { f.exec(`UPDATE pushloss.pull SET rules = NULL`) }},
		{name: "a pruned answer", between: func(f *fixture) { f.exec(`UPDATE pushloss.pull SET raw_pruned_at = now()`) }},
		{name: "an answer that the archive lost", between: func(f *fixture) { f.exec(`DELETE FROM pushloss.raw_body`) }},
		{name: "a window that the ledger lost", between: func(f *fixture) { f.exec(`DELETE FROM pushloss.ledger WHERE task_key = $1`, f.taskB.Key) }},
		{name: "a window that was opened", between: func(f *fixture) { f.exec(`UPDATE pushloss.ledger SET state = 'open'`) }},
		{name: "a window with figures that was opened", between: func(f *fixture) {
			f.exec(`UPDATE pushloss.ledger SET opened_at = $2 WHERE task_key = $1`, f.taskA.Key, loadedAt.Add(time.Minute))
		}},
		{name: "a newer holder of the app", between: func(f *fixture) { f.exec(`UPDATE pushloss.app_lease SET epoch = epoch + 1`) }},
		{name: "a rule on the ledger", between: func(f *fixture) { f.exec(`CREATE RULE never AS ON UPDATE TO pushloss.ledger DO INSTEAD NOTHING`) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			if tt.body == "" {
				tt.body = `{"ErrorCode":0,"Results":[{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":"1","ErrCount":5}]},{"TaskID":"b"}]}`
			}
			pull := f.answer(march, tt.body, true, f.taskA, f.taskB)
			f.load(pull, loadedAt)
			if tt.between != nil {
				tt.between(f)
			}
			if tt.change != nil {
				tt.change(&pull)
			}
			before := f.rows(`SELECT to_jsonb(l)::text FROM pushloss.ledger AS l UNION ALL SELECT to_jsonb(p)::text FROM pushloss.pull AS p ORDER BY 1`)
			_, _, confirmed, err := f.lock.Confirm(t.Context(), pull, loadedAt.Add(time.Hour))
			must(t, err)
			if confirmed != tt.want {
				t.Errorf("confirmed: %t, want %t", confirmed, tt.want)
			}
			if !confirmed {
				equal(t, "ledger and pulls", before, f.rows(`SELECT to_jsonb(l)::text FROM pushloss.ledger AS l UNION ALL SELECT to_jsonb(p)::text FROM pushloss.pull AS p ORDER BY 1`))
			}
		})
	}
}

// One confirmation is under way alone; those of the days after it share a transaction.
func TestConfirmationsShareATransaction(t *testing.T) {
	t.Parallel()
	if pgtest.OnCitus() {
		t.Skip("on Citus each answer is read")
	}
	const days, odd = 6, 3
	for _, tt := range []struct {
		name         string
		between      string // is executed after the first loads
		change       func(odd *load.Pull)
		fails        bool // that of the odd day
		want         bool // whether that of the odd day is confirmed
		transactions int
	}{
		{name: "of one app", want: true, transactions: 2},
		{name: "but an answer that differs is not confirmed", change: func(odd *load.Pull) { odd.Body = append([]byte(" "), odd.Body...) }, transactions: 2},
		{name: "but one that is refused fails alone", between: `ALTER TABLE pushloss.pull ADD CHECK (day <> '2025-03-12') NOT VALID`, fails: true, transactions: days - 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			var pulls []load.Pull
			for day := march; day < march+days; day++ {
				pull := f.answer(day, plainBody([]load.TaskRef{f.taskA, f.taskB}, int(day-march)+1), true, f.taskA, f.taskB)
				f.load(pull, loadedAt)
				pulls = append(pulls, pull)
			}
			f.exec(tt.between)
			if tt.change != nil {
				tt.change(&pulls[odd])
			}
			tx, err := f.conn.Begin(t.Context())
			must(t, err)
			_, err = tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock(hashtextextended('pushloss raw bodies', 0))`)
			must(t, err)
			var wait sync.WaitGroup
			var want []string
			last := loadedAt
			for day, pull := range pulls {
				confirms := tt.want || day != odd
				at := loadedAt.Add(time.Duration(day+1) * time.Minute)
				want = append(want, fmt.Sprintf("%d %t", day, confirms))
				if confirms {
					last = at
				}
				wait.Go(func() {
					outcome, counts, confirmed, err := f.lock.Confirm(t.Context(), pull, at)
					if fails := tt.fails && day == odd; confirmed != confirms || (err != nil) != fails {
						t.Errorf("day %d: confirmed %t, %v", day, confirmed, err)
					}
					if confirmed && (outcome.Rows != load.Changes{Unchanged: 4} || counts.RowsIn != 4) {
						t.Errorf("day %d: %+v, %+v", day, outcome, counts)
					}
				})
				for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
					underWay, waiting := load.Confirmations(f.session)
					if underWay+waiting > day {
						break
					}
					if time.Now().After(end) {
						t.Fatalf("%d confirmations are under way and %d wait", underWay, waiting)
					}
				}
			}
			must(t, tx.Rollback(t.Context()))
			wait.Wait()
			equal(t, "the days whose windows were pulled again, at the time of their confirmation", want, f.rows(`
				SELECT DISTINCT day - $1::date, pulls = 2 AND last_loaded_at = $2::timestamptz + (day - $1::date + 1) * interval '1 minute'
				FROM pushloss.ledger ORDER BY 1`, march.UTC(), loadedAt))
			equal(t, "when each task last had figures", []string{"true", "true"}, f.rows(`SELECT last_figures_at = $1 FROM pushloss.task_summary`, last))
			equal(t, "transactions", []string{fmt.Sprint(tt.transactions)}, f.rows(`SELECT count(DISTINCT xmin::text) FROM pushloss.pull WHERE loaded_at > $1`, loadedAt))
		})
	}
}

// An answer that is not read does not change a row that was altered. Verify finds the row, and a
// replay repairs it.
func TestAnAlteredRowUnderAConfirmedAnswerIsFoundAndMended(t *testing.T) {
	t.Parallel()
	if pgtest.OnCitus() {
		t.Skip("on Citus each answer is read")
	}
	f := setup(t)
	f.register(testApp)
	pull := f.answer(march, `{"ErrorCode":0,"Results":[{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":"1","ErrCount":5}]}]}`, true, f.taskA)
	f.load(pull, loadedAt)
	want := f.facts()
	known, err := f.db.Ledger.KnownAnswers(t.Context(), testApp, calendar.Span{First: march - 1, Last: march + 1})
	must(t, err)
	digest := sha256.Sum256(pull.Body)
	if !known.On(march)(digest) || known.On(march)(sha256.Sum256(nil)) || known.On(march+1)(digest) || load.KnownAnswers(nil).On(march)(digest) {
		t.Errorf("known are %v", known)
	}
	f.exec(`UPDATE pushloss.stage_loss SET err_count = 6`)
	if _, _, confirmed := f.again(pull, loadedAt.Add(time.Hour)); !confirmed {
		t.Error("the answer was read")
	}
	_, differences := f.verify(load.Selection{})
	equal(t, "differences", 1, len(differences))
	f.replay(load.Selection{})
	equal(t, "facts", want, f.facts())
	if _, _, confirmed := f.again(pull, loadedAt.Add(2*time.Hour)); !confirmed {
		t.Error("the answer was read after the replay")
	}
	_, differences = f.verify(load.Selection{})
	equal(t, "differences after the replay", "[]", fmt.Sprint(differences))
}

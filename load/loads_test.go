package load_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/transform"
)

// sharingApps is how many apps load at the same time. The loads of the first ones are under
// way alone; those of the others share a transaction.
const sharingApps = load.LoadsAtOnce + 6

// sharing is a database in which many apps load at the same time.
type sharing struct {
	t       *testing.T
	session *load.Session
	locks   []*load.AppLock
	run     int64
	conn    *pgx.Conn
}

func setupSharing(t *testing.T) *sharing {
	t.Helper()
	url := pgtest.URL(t)
	db, err := load.Open(t.Context(), url, 2*sharingApps)
	must(t, err)
	t.Cleanup(db.Close)
	s := &sharing{t: t}
	var work context.Context
	s.session, work = openSession(t, db, "the test")
	s.run, err = s.session.StartRun(work, "run", loadedAt)
	must(t, err)
	for i := range sharingApps {
		lock, err := s.session.LockApp(work, testApp+int64(i))
		must(t, err)
		s.locks = append(s.locks, lock)
	}
	s.conn, err = pgx.Connect(t.Context(), url)
	must(t, err)
	t.Cleanup(func() { _ = s.conn.Close(context.Background()) })
	return s
}

// pull is an answer about an app, of one of two streams, with a code of its own and one that
// all have. Two apps in a row have the same bytes.
func (s *sharing) pull(app int, count int64) load.Pull {
	facts := []transform.Fact{stageFact("1", count, "info"), platformFact(1, fmt.Sprint("code ", app), count+int64(app))}
	return load.Pull{
		RunID: s.run, Stream: []stream.Stream{stream.Loss, stream.ChatLoss}[app%2], Day: march, Window: march.Window(time.UTC), Tasks: []load.TaskRef{{}},
		Result: transform.Result{Snapshots: []transform.Snapshot{{Facts: facts}}}, Body: fmt.Append(nil, count, app/2), SentAt: loadedAt, Trusted: true,
	}
}

// loadAll loads an answer of each app while nothing can be archived, until all loads are
// under way or wait. It returns their errors.
func (s *sharing) loadAll(count int64) []error {
	s.t.Helper()
	tx, err := s.conn.Begin(s.t.Context())
	must(s.t, err)
	_, err = tx.Exec(s.t.Context(), `SELECT pg_advisory_xact_lock(hashtextextended('pushloss raw bodies', 0))`)
	must(s.t, err)
	errs := make([]error, len(s.locks))
	var wait sync.WaitGroup
	for i, lock := range s.locks {
		wait.Go(func() { _, errs[i] = lock.Load(s.t.Context(), s.pull(i, count), loadedAt) })
		for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			underWay, waiting := load.Loads(s.session)
			if underWay+waiting > i {
				break
			}
			if time.Now().After(end) {
				s.t.Fatalf("%d loads are under way and %d wait", underWay, waiting)
			}
		}
	}
	must(s.t, tx.Rollback(s.t.Context()))
	wait.Wait()
	return errs
}

func (s *sharing) check(count int64, but ...int) {
	s.t.Helper()
	var want []string
	for i := range s.locks {
		if !slices.Contains(but, i) {
			want = append(want, fmt.Sprintf("%d %d %d 1 loaded 2 t", testApp+i, count, count+int64(i)))
		}
	}
	rows, err := s.conn.Query(s.t.Context(), `
		SELECT format('%s %s %s %s %s %s %s', s.sdk_app_id, s.err_count, p.err_count, p.codes, l.state, l.row_count, b.sha256 IS NOT NULL)
		FROM (
			SELECT sdk_app_id, err_count, updated_at FROM pushloss.stage_loss UNION ALL SELECT sdk_app_id, err_count, updated_at FROM pushloss.chat_stage_loss
		) AS s
		JOIN (
			SELECT sdk_app_id, max(err_count) AS err_count, count(*) AS codes
			FROM (SELECT * FROM pushloss.platform_loss UNION ALL SELECT * FROM pushloss.chat_platform_loss) AS f
			JOIN pushloss.err_code AS c USING (err_code_key) WHERE c.err_code = 'code ' || f.sdk_app_id - $1 GROUP BY sdk_app_id
		) AS p USING (sdk_app_id)
		JOIN pushloss.ledger AS l ON l.sdk_app_id = s.sdk_app_id AND l.last_loaded_at = s.updated_at
		JOIN pushloss.pull AS a ON a.sdk_app_id = s.sdk_app_id AND a.loaded_at = s.updated_at AND a.task_ids = '{}' AND a.stream_id = l.stream_id
		LEFT JOIN pushloss.raw_body AS b ON b.sha256 = a.body_sha256
		WHERE s.err_count = $2
		ORDER BY 1`, testApp, count)
	must(s.t, err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(s.t, err)
	equal(s.t, "what is stored of each app", want, got)
}

// transactions is how many recorded the apps' newest pulls.
func (s *sharing) transactions() (n int) {
	s.t.Helper()
	must(s.t, s.conn.QueryRow(s.t.Context(), `
		SELECT count(DISTINCT xmin::text) FROM pushloss.pull WHERE pull_id IN (SELECT max(pull_id) FROM pushloss.pull GROUP BY sdk_app_id)`).Scan(&n))
	return n
}

func TestLoadsOfManyAppsShareATransaction(t *testing.T) {
	t.Parallel()
	s := setupSharing(t)
	for _, count := range []int64{5, 7} { // the first load, and a change of all figures
		for i, err := range s.loadAll(count) {
			if err != nil {
				t.Errorf("app %d: %v", i, err)
			}
		}
		s.check(count)
		if n := s.transactions(); n != load.LoadsAtOnce+1 {
			t.Errorf("%d transactions of %d loads", n, sharingApps)
		}
	}
}

func TestALoadThatFailsFailsNoOtherThatSharedItsTransaction(t *testing.T) {
	t.Parallel()
	const bad = sharingApps - 2
	for _, tt := range []struct {
		name, make string
		want       error // nil means any
		shared     bool
	}{
		{"another process took the app over", `UPDATE pushloss.app_lease SET epoch = epoch + 1 WHERE sdk_app_id = %d`, load.ErrSuperseded, true},
		{"a row is refused", `ALTER TABLE pushloss.pull ADD CHECK (sdk_app_id <> %d)`, nil, false},
		{"a row is changed", `CREATE FUNCTION public.change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.err_count := 1; RETURN NEW; END';
			CREATE TRIGGER never BEFORE INSERT ON pushloss.stage_loss FOR EACH ROW WHEN (new.sdk_app_id = %d) EXECUTE FUNCTION public.change()`, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if pgtest.OnCitus() && strings.Contains(tt.make, "TRIGGER") {
				t.Skip("Citus takes no triggers")
			}
			s := setupSharing(t)
			_, err := s.conn.Exec(t.Context(), fmt.Sprintf(tt.make, testApp+bad))
			must(t, err)
			for i, err := range s.loadAll(5) {
				if (err != nil) != (i == bad) || i == bad && tt.want != nil && !errors.Is(err, tt.want) {
					t.Errorf("app %d: %v", i, err)
				}
			}
			s.check(5, bad)
			if n := s.transactions(); (n == load.LoadsAtOnce+1) != tt.shared {
				t.Errorf("%d transactions", n)
			}
		})
	}
}

// Two loads are under way alone; the days after theirs share a transaction.
func TestLoadsOfOneAppShareATransaction(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const days = 6
	for round, count := range []int64{5, 7} { // the first load, and a change of all figures
		tx, err := f.conn.Begin(t.Context())
		must(t, err)
		_, err = tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock(hashtextextended('pushloss raw bodies', 0))`)
		must(t, err)
		var wait sync.WaitGroup
		for day := range days {
			pull := f.pull(
				transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", count+int64(day), "info"), platformFact(1, "2", count)}},
				transform.Snapshot{TaskID: "b", Facts: []transform.Fact{stageFact("3", count, "")}})
			pull.Day = march + calendar.Day(day)
			pull.Window = pull.Day.Window(time.UTC)
			at := loadedAt.Add(time.Duration(round*days+day) * time.Minute)
			wait.Go(func() {
				if outcome, err := f.lock.Load(t.Context(), pull, at); err != nil || outcome.Rows.Inserted+outcome.Rows.Updated != 3 {
					t.Errorf("day %d: %+v, %v", day, outcome, err)
				}
			})
			for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
				underWay, waiting := load.Loads(f.session)
				if underWay+waiting > day {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("%d loads are under way and %d wait", underWay, waiting)
				}
			}
		}
		must(t, tx.Rollback(t.Context()))
		wait.Wait()
		var want []string
		for day := range days {
			want = append(want, fmt.Sprintf("%d %d %d %d %d %d", day, count+int64(day), count, count, round+1, 3*round))
		}
		equal(t, "what is stored of each day", want, f.rows(`
			SELECT l.day - $1::date, a.err_count, p.err_count, b.err_count, l.pulls, coalesce(c.changes, 0)
			FROM pushloss.ledger AS l
			JOIN pushloss.stage_loss AS a USING (sdk_app_id, day, task_key)
			JOIN pushloss.platform_loss AS p USING (sdk_app_id, day, task_key)
			JOIN pushloss.stage_loss AS b ON b.sdk_app_id = l.sdk_app_id AND b.day = l.day AND b.task_key <> l.task_key
			LEFT JOIN (SELECT sdk_app_id, day, count(*) AS changes FROM pushloss.loss_change GROUP BY sdk_app_id, day) AS c
				ON c.sdk_app_id = l.sdk_app_id AND c.day = l.day
			WHERE l.task_key = $2 ORDER BY 1`, march.UTC(), f.taskA.Key))
		equal(t, "when each task last had figures", []string{"true true", "true true"}, f.rows(
			`SELECT last_figures_at = $1, answered FROM pushloss.task_summary`, loadedAt.Add(time.Duration((round+1)*days-1)*time.Minute)))
		equal(t, "transactions", []string{fmt.Sprint(load.LoadsOfApp + 1)}, f.rows(`
			SELECT count(DISTINCT xmin::text) FROM pushloss.pull WHERE pull_id IN (SELECT max(pull_id) FROM pushloss.pull GROUP BY day)`))
	}
}

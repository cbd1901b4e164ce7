package load_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/transform"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const testApp = 1400000001

// march is the day that the tests load.
var march = mustDay("2025-03-09")

// loadedAt is when the first load of a test happens.
var loadedAt = time.Date(2025, 3, 10, 3, 0, 0, 0, time.UTC)

func mustDay(text string) calendar.Day {
	day, err := calendar.ParseDay(text)
	if err != nil {
		panic(err)
	}
	return day
}

// fixture is a database of one test, with one app that is locked and two tasks.
type fixture struct {
	t   *testing.T
	url string
	db  *load.DB

	session *load.Session
	lock    *load.AppLock
	// relock takes the app again after another process had it.
	relock func() (*load.AppLock, error)
	run    int64
	conn   *pgx.Conn // for looking at what is stored

	taskA, taskB load.TaskRef
}

func setup(t *testing.T, change ...func(*load.DB)) *fixture {
	t.Helper()
	ctx := t.Context()
	f := &fixture{t: t, url: pgtest.URL(t)}
	f.db = open(t, f.url)
	for _, apply := range change {
		apply(f.db)
	}
	session, work := openSession(t, f.db, "the test")
	f.session = session
	var err error
	f.run, err = session.StartRun(work, "run", loadedAt)
	must(t, err)
	f.relock = func() (*load.AppLock, error) { return session.LockApp(work, testApp) }
	f.lock, err = f.relock()
	must(t, err)
	_, err = f.db.Tasks.Save(ctx, []load.Task{{SDKAppID: testApp, TaskID: "a"}, {SDKAppID: testApp, TaskID: "b"}}, loadedAt)
	must(t, err)
	tasks, err := f.db.Tasks.Of(ctx, testApp)
	must(t, err)
	f.taskA = load.TaskRef{Key: tasks[0].Key, ID: tasks[0].TaskID}
	f.taskB = load.TaskRef{Key: tasks[1].Key, ID: tasks[1].TaskID}
	f.conn, err = pgx.Connect(ctx, f.url)
	must(t, err)
	t.Cleanup(func() { _ = f.conn.Close(context.Background()) })
	return f
}

func open(t *testing.T, url string) *load.DB {
	t.Helper()
	db, err := load.Open(t.Context(), url, 8)
	must(t, err)
	t.Cleanup(db.Close)
	return db
}

// hurried is open, for sessions that wait for moments only.
func hurried(t *testing.T, url string) *load.DB {
	t.Helper()
	db := open(t, url)
	load.Hurry(db)
	return db
}

func openSession(t *testing.T, db *load.DB, holder string) (*load.Session, context.Context) {
	t.Helper()
	session, work, err := db.OpenSession(t.Context(), holder)
	must(t, err)
	t.Cleanup(session.Close)
	return session, work
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fails records a failure, and returns how many of its windows are unproven then.
func (f *fixture) fails(failure load.Failure) int {
	f.t.Helper()
	unproven, err := f.lock.RecordFailure(f.t.Context(), failure, loadedAt)
	must(f.t, err)
	return unproven
}

// pull is an answer for the tasks a and b, trusted and not settled.
func (f *fixture) pull(snapshots ...transform.Snapshot) load.Pull {
	result := transform.Result{Snapshots: snapshots}
	answered := make(map[string]bool)
	for _, s := range snapshots {
		answered[s.TaskID] = true
		result.Counts.Facts += len(s.Facts)
	}
	for _, task := range []load.TaskRef{f.taskA, f.taskB} {
		if !answered[task.ID] {
			result.Absent = append(result.Absent, task.ID)
		}
	}
	return load.Pull{
		RunID: f.run, Day: march, Window: march.Window(time.UTC), Tasks: []load.TaskRef{f.taskA, f.taskB},
		Result: result, Body: fmt.Appendf(nil, "%v", snapshots), SentAt: loadedAt, Trusted: true,
	}
}

func (f *fixture) load(pull load.Pull, at time.Time) load.Outcome {
	f.t.Helper()
	outcome, err := f.lock.Load(f.t.Context(), pull, at)
	must(f.t, err)
	return outcome
}

// rows returns what a query gives, a row a line, columns joined by spaces.
func (f *fixture) rows(sql string, args ...any) []string {
	f.t.Helper()
	rows, err := f.conn.Query(f.t.Context(), sql, args...)
	must(f.t, err)
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		line := ""
		for i, value := range values {
			if i > 0 {
				line += " "
			}
			line += fmt.Sprint(value)
		}
		return line, err
	})
	must(f.t, err)
	return lines
}

// facts are all stored facts, as the views show them.
func (f *fixture) facts() []string {
	f.t.Helper()
	return f.rows(`
		SELECT task_id, stage, '-', '-', err_code, err_info, err_count FROM analytics.task_stage_loss
		UNION ALL
		SELECT '', stage, '-', '-', err_code, err_info, err_count FROM analytics.app_stage_loss
		UNION ALL
		SELECT task_id, stage, event, platform, err_code, err_info, err_count FROM analytics.task_platform_loss
		UNION ALL
		SELECT '', stage, event, platform, err_code, err_info, err_count FROM analytics.app_platform_loss
		ORDER BY 1, 2, 3, 4, 5`)
}

func stageFact(code string, count int64, info string) transform.Fact {
	return transform.Fact{Key: transform.Key{Stage: stream.ReadyToSend, Code: code}, Count: count, Info: info}
}

func platformFact(platform int16, code string, count int64) transform.Fact {
	return transform.Fact{
		Key:   transform.Key{Grain: stream.ByPlatform, Stage: stream.PostSendDelivered, EventType: 1, Platform: platform, Code: code},
		Count: count, Info: "info",
	}
}

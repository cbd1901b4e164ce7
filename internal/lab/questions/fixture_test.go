package questions_test

import (
	"context"
	"crypto/rand"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/localpg/pgtest"
)

const patience = 10 * time.Minute

// fixture is a small database with more days than any question asks for, and two
// connections to it.
type fixture struct {
	t      *testing.T
	owner  *pgx.Conn
	reader *pgx.Conn // may read the schema analytics and nothing else

	readerURL string
}

func setup(t *testing.T) *fixture {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	database := pgtest.URL(t)
	f := &fixture{t: t, owner: connect(t, database)}
	f.fill(ctx, database)
	f.breakDays()

	analyst := "analyst_" + strings.ToLower(rand.Text()[:10])
	f.readerURL = pgtest.Role(t, database, analyst, "")
	f.exec(`GRANT USAGE ON SCHEMA analytics TO ` + analyst)
	f.exec(`GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO ` + analyst)
	f.reader = connect(t, f.readerURL)
	return f
}

// fill runs the program to fill the database: with the race detector it would take long.
func (f *fixture) fill(ctx context.Context, databaseURL string) {
	f.t.Helper()
	command := exec.CommandContext(ctx, binary, "sandbox", "fill",
		"--apps", "2", "--tasks", "6", "--days", "200", "--rows", "24", "--lookback", "1", "--task-days", "30")
	command.Env = []string{"DATABASE_URL=" + databaseURL, "PUSHLOSS_TIMEZONE=Asia/Shanghai"}
	if out, err := command.CombinedOutput(); err != nil {
		f.t.Fatalf("%v\n%s", err, out)
	}
}

// breakDays makes windows that a complete history lacks: never pulled, or failed.
func (f *fixture) breakDays() {
	f.t.Helper()
	for _, table := range []string{"ledger", "stage_loss", "platform_loss"} {
		f.exec(`DELETE FROM pushloss.` + table + ` WHERE sdk_app_id = 1 AND task_key = 0 AND day = ` + today + ` - 5`)
	}
	f.exec(`UPDATE pushloss.ledger SET state = 'failed', settled = false, settled_reason = NULL, last_error = 'it broke'
		WHERE sdk_app_id = 1 AND task_key <> 0 AND day = ` + today + ` - 9`)
	f.exec(`UPDATE pushloss.ledger SET state = 'unavailable', settled_reason = 'api_memory'
		WHERE sdk_app_id = 1 AND task_key <> 0 AND day = ` + today + ` - 40`)

	// The other app has cases that are easy to get wrong: a task without its number of pushes on some days
	// and without its time, a day without losses, one without online losses, and one whose losses are not
	// known. Runs do not pull a third app's losses.
	f.exec(`DELETE FROM pushloss.push_count WHERE sdk_app_id = 2 AND counter_id = 3 AND day >= ` + today + ` - 13 AND extract(day FROM day)::int % 2 = 0
		AND task_key = (SELECT min(task_key) FROM pushloss.push_count WHERE sdk_app_id = 2 AND task_key <> 0 AND day = ` + today + ` - 10)`)
	f.exec(`UPDATE pushloss.task SET sent_at = NULL, registered_at = sent_at WHERE sdk_app_id = 2`)
	f.exec(`DELETE FROM pushloss.stage_loss WHERE sdk_app_id = 2 AND task_key = 0 AND day IN (` + today + ` - 6, ` + today + ` - 12)`)
	f.exec(`DELETE FROM pushloss.platform_loss WHERE sdk_app_id = 2 AND task_key = 0 AND (day IN (` + today + ` - 6, ` + today + ` - 12) OR event_type = 2 AND day = ` + today + ` - 3)`)
	f.exec(`UPDATE pushloss.ledger SET state = 'empty', row_count = 0 WHERE sdk_app_id = 2 AND task_key = 0 AND day = ` + today + ` - 12`)
	f.exec(`DELETE FROM pushloss.ledger WHERE sdk_app_id = 2 AND task_key = 0 AND day = ` + today + ` - 6`)
	f.exec(`INSERT INTO pushloss.app (sdk_app_id, timezone, first_day, lookback_days, task_days) VALUES (3, 'Asia/Shanghai', ` + today + ` - 60, 7, 30)`)
	f.exec(`INSERT INTO pushloss.app_stream (sdk_app_id, stream_id, active) VALUES (3, 0, false), (3, 1, true)`)
}

// today is the day of both apps.
const today = `(now() AT TIME ZONE 'Asia/Shanghai')::date`

func (f *fixture) exec(sql string) {
	f.t.Helper()
	if _, err := f.owner.Exec(f.t.Context(), sql); err != nil {
		f.t.Fatalf("%s: %v", sql, err)
	}
}

func connect(t *testing.T, databaseURL string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), databaseURL)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package questions_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/page"
	"pushloss/load"
)

// historyApp is the app whose history grows.
const historyApp = 1400000001

// sqlHistory adds two pushes, from number $2 on, of every day until $1 days ago, each with 30 days
// of two streams, and the whole app's windows with the first ones. All of it is final, except the
// last 8 days. A third of the windows without figures are absent.
const sqlHistory = `
	WITH pushed AS (
		INSERT INTO pushloss.task (sdk_app_id, task_id, sent_at, registered_at)
		SELECT $3, d || '-' || n, ((now() AT TIME ZONE 'UTC')::date - d)::timestamp AT TIME ZONE 'UTC', now() - make_interval(days => d)
		FROM generate_series(260, $1::int, -1) AS d, generate_series($2::int, $2::int + 1) AS n
		RETURNING task_key, (sent_at AT TIME ZONE 'UTC')::date AS sent
	), windows AS (
		SELECT task_key, sent + age AS day, age, s AS stream_id FROM pushed, generate_series(0, 29) AS age, generate_series(0, 1) AS s
		UNION ALL
		SELECT 0, (now() AT TIME ZONE 'UTC')::date - d, 0, s FROM generate_series(1, 260) AS d, generate_series(0, 1) AS s WHERE $1 = 1
	), saved AS (
		INSERT INTO pushloss.ledger (sdk_app_id, day, stream_id, task_key, state, settled, settled_reason, pulls, row_count, reject_count,
			first_loaded_at, last_loaded_at, updated_at)
		SELECT $3, day, stream_id, task_key, state, settled, CASE WHEN settled THEN 'lookback' END, 7, rows, 0, loaded, loaded, least(day + 9, now())
		FROM windows
		CROSS JOIN LATERAL (SELECT CASE WHEN age < 4 THEN 'loaded' WHEN task_key % 3 = 0 THEN 'absent' ELSE 'empty' END AS state,
			day < (now() AT TIME ZONE 'UTC')::date - 8 AS settled, CASE WHEN age < 4 THEN 3 ELSE 0 END AS rows) AS judged
		CROSS JOIN LATERAL (SELECT CASE WHEN state <> 'absent' THEN least(day + 9, now()) END AS loaded) AS at
		WHERE day < (now() AT TIME ZONE 'UTC')::date
	), summed AS (
		INSERT INTO pushloss.task_summary (sdk_app_id, task_key, answered, lacked, last_figures_at)
		SELECT $3, task_key, true, task_key % 3 = 0, now() FROM pushed
	)
	INSERT INTO pushloss.stage_loss (sdk_app_id, day, task_key, stage_id, err_code_key, err_info_key, err_count, updated_at)
	SELECT $3, day, task_key, 1, code, 1, 5, now() FROM windows, generate_series(1, 3) AS code
	WHERE age < 4 AND stream_id = 0 AND day < (now() AT TIME ZONE 'UTC')::date`

// history is a database with a ledger of many windows, nearly all of them final.
type history struct {
	t     *testing.T
	url   string
	owner *pgx.Conn
}

func newHistory(t *testing.T) *history {
	h := &history{t: t, url: pgtest.URL(t)}
	h.owner = connect(t, h.url)
	for _, sql := range []string{
		`ALTER TABLE pushloss.ledger SET (autovacuum_enabled = off)`, // its reads would count
		`ALTER TABLE pushloss.stage_loss SET (autovacuum_enabled = off)`,
		`INSERT INTO pushloss.app (sdk_app_id, timezone, first_day, lookback_days, task_days) VALUES (1400000001, 'UTC', current_date - 260, 7, 30)`,
		`INSERT INTO pushloss.app_stream (sdk_app_id, stream_id, active) SELECT 1400000001, stream_id, stream_id < 2 FROM pushloss.stream`,
		`INSERT INTO pushloss.err_code (err_code) SELECT 'X' || n FROM generate_series(1, 3) AS n`,
		`INSERT INTO pushloss.err_info (err_info, digest) SELECT 'text', sha256('text')`,
		`INSERT INTO pushloss.usual_stage_text (err_code_key, stage_id, stream_id, err_info) SELECT err_code_key, 1, 0, '' FROM pushloss.err_code`,
	} {
		h.exec(sql)
	}
	return h
}

// exec executes a statement in a separate session, whose counts are visible once it has ended.
func (h *history) exec(sql string, args ...any) {
	h.t.Helper()
	conn, err := pgx.Connect(h.t.Context(), h.url)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = conn.Close(h.t.Context()) }()
	if len(args) == 0 {
		args = []any{pgx.QueryExecModeSimpleProtocol}
	}
	if _, err := conn.Exec(h.t.Context(), sql, args...); err != nil {
		h.t.Fatal(err)
	}
}

// grow adds pushes to the history, and lets a run note what it has.
func (h *history) grow(lastSent, number int) {
	h.t.Helper()
	h.exec(sqlHistory, lastSent, number, historyApp)
	h.settle()
	h.exec(`VACUUM (ANALYZE)`)
}

// settle does what a run does with windows that it need not pull: it settles them, and notes which
// tasks have all of theirs.
func (h *history) settle() {
	h.t.Helper()
	h.with(func(db *load.DB) {
		err := db.UnderLock(h.t.Context(), historyApp, "test", func(*load.BusyError) {}, func(ctx context.Context, lock *load.AppLock) error {
			ended := calendar.DayOf(time.Now(), time.UTC) - 1
			_, err := lock.Settle(ctx, ended-90, ended)
			return err
		})
		if err != nil {
			h.t.Fatal(err)
		}
	})
}

func (h *history) with(f func(*load.DB)) {
	h.t.Helper()
	db, err := load.Open(h.t.Context(), h.url, 2)
	if err != nil {
		h.t.Fatal(err)
	}
	defer db.Close()
	f(db)
}

// cost returns how many rows, or entries of indexes, the work read from the tables that grow with
// history, and which of them it read from end to end. Pages would not do: they grow with the height
// of an index.
func (h *history) cost(work func()) (entries int64, scanned []string) {
	h.t.Helper()
	count := func() map[string][2]int64 {
		for others := 1; others > 0; {
			err := h.owner.QueryRow(h.t.Context(), `SELECT count(*) FROM pg_stat_activity
				WHERE datname = current_database() AND backend_type <> 'autovacuum launcher' AND pid <> pg_backend_pid()`).Scan(&others)
			if err != nil {
				h.t.Fatal(err)
			}
		}
		counts := make(map[string][2]int64)
		rows, err := h.owner.Query(h.t.Context(), `
			SELECT s.relname, s.seq_scan, s.seq_tup_read + (SELECT sum(i.idx_tup_read)::bigint FROM pg_stat_user_indexes AS i WHERE i.relid = s.relid)
			FROM pg_stat_user_tables AS s
			WHERE s.relname IN ('ledger', 'stage_loss', 'platform_loss', 'pull', 'loss_change')`)
		if err != nil {
			h.t.Fatal(err)
		}
		var table string
		var n [2]int64
		if _, err := pgx.ForEachRow(rows, []any{&table, &n[0], &n[1]}, func() error { counts[table] = n; return nil }); err != nil {
			h.t.Fatal(err)
		}
		return counts
	}
	before := count()
	work()
	for table, now := range count() {
		entries += now[1] - before[table][1]
		if now[0] > before[table][0] && (table == "ledger" || table == "stage_loss") { // the others are empty
			scanned = append(scanned, table)
		}
	}
	return entries, scanned
}

// Nearly twice as many final windows cost no more.
func TestTheCostOfAQueryDoesNotGrowWithHistory(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	gaps := ""
	for _, q := range read(t) {
		if q.name == "12-gaps" {
			gaps = q.sql(t, map[string]string{"app": "1400000001"})
		}
	}
	works := map[string]func(){
		"status and metrics": func() {
			h.with(func(db *load.DB) {
				statuses, err := db.Status(t.Context(), time.Now(), 36*time.Hour)
				if err != nil || len(statuses) != 1 || statuses[0].Missing+statuses[0].Late+statuses[0].Failed != 0 {
					t.Errorf("status: %+v, %v", statuses, err)
				}
			})
		},
		"the usual texts": func() {
			h.with(func(db *load.DB) {
				if err := db.RefreshUsualTexts(t.Context(), 1); err != nil {
					t.Error(err)
				}
			})
		},
		"the windows that a task lacks": func() {
			h.exec(`UPDATE pushloss.task SET covered_to = '-infinity' WHERE task_id = '100-1'`)
			h.settle()
		},
		"question 12": func() {
			h.exec(gaps)
		},
		"the page": func() {
			h.with(func(db *load.DB) {
				show := page.New(db, page.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now, Grace: 36 * time.Hour, Access: page.Access{Local: true}})
				answer := httptest.NewRecorder()
				request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/", nil)
				if show.ServeHTTP(answer, request); answer.Code != http.StatusOK {
					t.Errorf("the page: %d %s", answer.Code, answer.Body)
				}
			})
		},
	}
	h.grow(1, 1)
	short := make(map[string]int64)
	for name, work := range works {
		short[name], _ = h.cost(work)
	}
	h.grow(80, 3)
	for name, work := range works {
		entries, scanned := h.cost(work)
		// The samples of ANALYZE may lead to a plan that reads the windows that are not final
		// more than once.
		for tries := 0; tries < 3 && entries > short[name]+short[name]/10; tries++ {
			h.exec(`ANALYZE`)
			entries, scanned = h.cost(work)
		}
		t.Logf("%s: %d entries, with half the history %d", name, entries, short[name])
		if len(scanned) > 0 {
			t.Errorf("%s reads all of %v", name, scanned)
		}
		if entries > short[name]+short[name]/10 {
			t.Errorf("%s reads %d entries; with half the history it reads %d", name, entries, short[name])
		}
	}
}

package questions_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// check is what a question's answer for the app 1 must be.
type check struct {
	columns string // the columns of the answer to compare
	plain   string // the same from the tables, in another way
	// reads counts the rows of the question's days, for each table that it reads by
	// day: it may read no more.
	reads map[string]string
}

const (
	ofApp    = `WHERE sdk_app_id = 1 AND task_key = 0 AND day < ` + today + ` AND day >= ` + today
	ofStages = `SELECT count(*) FROM pushloss.stage_loss ` + ofApp
	ofOnes   = `SELECT count(*) FROM pushloss.platform_loss ` + ofApp
	// The question looks for days that are due and were never pulled.
	ofDays = `SELECT 2 + count(*) FROM pushloss.ledger ` + ofApp
)

func checks() map[string]check {
	return map[string]check{
		"01-loss-per-day": {
			columns: `day, lost, not_sent, final`,
			plain: `SELECT day, sum(err_count), sum(CASE stage_id WHEN 1 THEN err_count ELSE 0 END), day <> ` + today + ` - 1
				FROM pushloss.stage_loss ` + ofApp + ` - 30 GROUP BY 1 UNION ALL SELECT ` + today + ` - 5, NULL, NULL, false ORDER BY 1`,
			reads: map[string]string{"stage_loss": ofStages + ` - 30`, "ledger": ofDays + ` - 30`},
		},
		"02-top-codes": {
			columns: `platform, stage, err_code, lost`,
			plain: `SELECT platform, stage, err_code, sum(err_count)
				FROM pushloss.platform_loss NATURAL JOIN pushloss.stage NATURAL JOIN pushloss.err_code
				JOIN (SELECT * FROM pushloss.platform WHERE platform_id <> 0 UNION ALL SELECT 42, 'unknown (42)' UNION ALL SELECT 0, 'online') AS p USING (platform_id)
				` + ofApp + ` - 7 GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT 10`,
			reads: map[string]string{"platform_loss": ofOnes + ` - 7`},
		},
		"03-platforms-and-stages": {
			columns: `platform, event, stage, lost`,
			plain: `SELECT CASE WHEN event_type = 2 THEN 'online' ELSE coalesce(platform, 'unknown (42)') END, coalesce(event, 'unknown (9)'), stage, sum(err_count)
				FROM pushloss.platform_loss NATURAL JOIN pushloss.stage NATURAL LEFT JOIN pushloss.event NATURAL LEFT JOIN pushloss.platform
				` + ofApp + ` - 90 GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3`,
			reads: map[string]string{"platform_loss": ofOnes + ` - 90`},
		},
		"04-one-task": {
			columns: `task_id, platform, stage, err_code, lost`,
			plain: `SELECT task_id, CASE WHEN event_type = 2 THEN 'online' ELSE coalesce(platform, 'unknown (42)') END, stage, err_code, sum(err_count)
				FROM pushloss.platform_loss NATURAL JOIN pushloss.stage NATURAL JOIN pushloss.err_code NATURAL LEFT JOIN pushloss.platform
				JOIN (SELECT task_key, task_id FROM pushloss.task WHERE sdk_app_id = 1 AND sent_at < now() - interval '7 days'
					ORDER BY sent_at DESC, task_id LIMIT 1) AS newest USING (task_key)
				GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 2, 3, 4`,
			reads: map[string]string{"platform_loss": `SELECT count(*) FROM pushloss.platform_loss
				WHERE task_key = (SELECT task_key FROM pushloss.task WHERE sdk_app_id = 1 AND sent_at < now() - interval '7 days'
					ORDER BY sent_at DESC, task_id LIMIT 1)`},
		},
		"05-worst-tasks": {
			columns: `task_id, pushes, lost`,
			plain: `SELECT task_id, pushes, lost
				FROM (SELECT task_key, sum(push_count) AS pushes FROM pushloss.push_count
					WHERE sdk_app_id = 1 AND task_key <> 0 AND counter_id = 3 AND day < ` + today + ` AND day >= ` + today + ` - 14 GROUP BY 1) AS p
				JOIN (SELECT task_key, sum(err_count) AS lost FROM pushloss.stage_loss
					WHERE sdk_app_id = 1 AND task_key <> 0 AND day < ` + today + ` AND day >= ` + today + ` - 14 GROUP BY 1) AS l USING (task_key)
				JOIN pushloss.task USING (task_key) ORDER BY lost / pushes DESC, task_id LIMIT 20`,
			reads: map[string]string{"stage_loss": `SELECT count(*) FROM pushloss.stage_loss
				WHERE sdk_app_id = 1 AND day < ` + today + ` AND day >= ` + today + ` - 14`,
				"ledger": `SELECT count(*) FROM pushloss.ledger WHERE sdk_app_id = 1 AND day < ` + today + ` AND day >= ` + today + ` - 14`},
		},
		"06-dead-tokens": {
			columns: `week, platform, lost, to_dead_tokens, of_unknown_codes, percent_of_known IS NULL`,
			plain: `SELECT date_trunc('week', day)::date, CASE WHEN event_type = 2 THEN 'online' ELSE coalesce(platform, 'unknown (42)') END, sum(err_count),
					sum(CASE WHEN (platform_id, err_code) IN ((1, '410'), (2, '10029'), (3, '80300007'), (4, '404'), (4, 'UNREGISTERED'), (7, '10302'))
						THEN err_count ELSE 0 END), sum(CASE WHEN token_dead IS NULL THEN err_count ELSE 0 END), count(token_dead) = 0
				FROM pushloss.platform_loss NATURAL JOIN pushloss.err_code NATURAL LEFT JOIN pushloss.platform
				LEFT JOIN (SELECT err_code, stage_id, platform_id, token_dead FROM pushloss.error_catalogue) AS m USING (err_code, stage_id, platform_id)
				` + ofApp + ` - 182 GROUP BY 1, 2 ORDER BY 1, 2`,
			reads: map[string]string{"platform_loss": ofOnes + ` - 182`},
		},
		"07-new-codes": {
			columns: `err_code, first_day, lost`,
			plain: `SELECT err_code, min(day), sum(err_count)
				FROM pushloss.platform_loss NATURAL JOIN pushloss.err_code
				` + ofApp + ` - 7 AND err_code = '4242' GROUP BY err_code, stage_id ORDER BY 3 DESC`,
			reads: map[string]string{"platform_loss": ofOnes + ` - 7`},
		},
		"08-sudden-changes": {
			columns: `day, stage, err_code, change`,
			plain: `SELECT day, stage, err_code, coalesce(b.n, 0) - coalesce(a.n, 0)
				FROM (SELECT day + 1 AS day, stage_id, err_code_key, err_count AS n FROM pushloss.stage_loss ` + ofApp + ` - 15 AND day < ` + today + ` - 1) AS a
				FULL JOIN (SELECT day, stage_id, err_code_key, err_count AS n FROM pushloss.stage_loss ` + ofApp + ` - 14) AS b USING (day, stage_id, err_code_key)
				NATURAL JOIN pushloss.stage NATURAL JOIN pushloss.err_code
				WHERE abs(coalesce(b.n, 0) - coalesce(a.n, 0)) > 1000 AND day NOT IN (` + today + ` - 5, ` + today + ` - 4) -- it was never pulled
				ORDER BY 1 DESC, abs(coalesce(b.n, 0) - coalesce(a.n, 0)) DESC, 2, 3`,
			reads: map[string]string{"stage_loss": ofStages + ` - 15`, "ledger": ofDays + ` - 15`},
		},
		"09-online-and-offline": {
			columns: `day, online, offline`,
			plain: `SELECT day, sum(CASE event_type WHEN 2 THEN err_count END), sum(CASE event_type WHEN 1 THEN err_count END)
				FROM pushloss.platform_loss ` + ofApp + ` - 30 GROUP BY 1 UNION ALL SELECT ` + today + ` - 5, NULL, NULL ORDER BY 1`,
			reads: map[string]string{"platform_loss": ofOnes + ` - 30`, "ledger": ofDays + ` - 30`},
		},
		// The versions include what the first load of the day stored.
		"10-late-arrivals": {
			columns: `day, at_first, now`,
			plain: `SELECT day, (SELECT sum(err_count) FROM analytics.loss_as_of(p.first_load) AS v
					WHERE v.grain = 'app_stage' AND v.sdk_app_id = 1 AND v.day = p.day),
					(SELECT sum(err_count) FROM pushloss.stage_loss AS f WHERE f.sdk_app_id = 1 AND f.task_key = 0 AND f.day = p.day)
				FROM (SELECT day, min(loaded_at) AS first_load FROM pushloss.pull
					WHERE sdk_app_id = 1 AND task_ids = '{}' AND day >= ` + today + ` - 30 GROUP BY day) AS p
				WHERE day <> ` + today + ` - 5 -- its ledger is gone, and with it when it was loaded
				ORDER BY day`,
			reads: map[string]string{"stage_loss": ofStages + ` - 30`, "loss_change": `SELECT count(*) FROM pushloss.loss_change
				WHERE sdk_app_id = 1 AND day < ` + today + ` AND day >= ` + today + ` - 30`},
		},
		"11-apps-by-loss": {
			columns: `sdk_app_id, lost, known_days`,
			plain: `(SELECT sdk_app_id, sum(err_count), 29 FROM pushloss.stage_loss
				WHERE task_key = 0 AND day < ` + today + ` AND day >= ` + today + ` - 30 GROUP BY 1 ORDER BY 2 DESC) UNION ALL SELECT 3, NULL, 0`,
			// It asks for every app that the database has.
			reads: map[string]string{"ledger": `SELECT 2 + count(*) FROM pushloss.ledger
				WHERE task_key = 0 AND day < ` + today + ` AND day >= ` + today + ` - 30`, "stage_loss": `SELECT count(*) FROM pushloss.stage_loss
				WHERE task_key = 0 AND day < ` + today + ` AND day >= ` + today + ` - 30`},
		},
		"12-gaps": {
			columns: `day - ` + today + ` AS ago, never_pulled, failed, not_told, not_final, whole_app, last_error`,
			plain:   `VALUES (-9, 0, 12, 0, 0, false, 'it broke'), (-5, 2, 0, 0, 0, true, NULL), (-1, 0, 0, 0, 14, true, NULL)`,
			// The question also looks for windows that were never pulled.
			reads: map[string]string{"ledger": `SELECT count(*) + 2 FROM pushloss.ledger
				WHERE sdk_app_id = 1 AND day < ` + today + ` AND day >= ` + today + ` - 30`},
		},
	}
}

func TestEachQuestionBeginsWithItsSentence(t *testing.T) {
	t.Parallel()
	for _, q := range read(t) {
		first, _, _ := strings.Cut(q.text, "\n")
		if !strings.HasPrefix(first, "-- ") || !strings.HasSuffix(first, "?") {
			t.Errorf("%s begins %q", q.name, first)
		}
	}
}

func TestEachQuestionIsAnswered(t *testing.T) {
	t.Parallel()
	f := setup(t)
	given := map[string]string{"app": "1"}
	for _, q := range read(t) {
		t.Run(q.name, func(t *testing.T) {
			want, known := checks()[q.name]
			if !known {
				t.Fatal("the question has no check")
			}
			sql := strings.TrimRight(strings.TrimSpace(q.sql(t, given)), ";")
			if got := lines(t, f.reader, sql); len(got) == 0 {
				t.Error("no rows")
			}
			if want.plain != "" {
				where := ""
				if q.name == "10-late-arrivals" {
					where = ` WHERE day <> ` + today + ` - 5`
				}
				got := lines(t, f.reader, `SELECT `+want.columns+` FROM (`+sql+`) AS answer`+where)
				if diff := cmp.Diff(lines(t, f.owner, want.plain), got); diff != "" {
					t.Errorf("(-plain +answer):\n%s", diff)
				}
			}
			t.Run("in any session", func(t *testing.T) { f.sameInAnySession(t, sql) })
			t.Run("by psql", func(t *testing.T) { f.psql(t, q) })
			if _, err := f.reader.Exec(t.Context(), asIfLarge); err != nil {
				t.Fatal(err)
			}
			want.readsNoOtherDays(t, f.owner, explain(t, f.reader, sql), 0)
		})
	}
	t.Run("asked in the obvious way", f.askedInTheObviousWay)
	t.Run("keys are keys", f.keysAreKeys)
	t.Run("not mistaken", func(t *testing.T) { f.whatWasMistaken(t, read(t)) })
}

// psql runs the files unchanged, with the app that they name or another.
func (f *fixture) psql(t *testing.T, q question) {
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("psql is not installed (Debian's package postgresql-client): the test cannot try it")
	}
	file := []string{"-X", "-v", "ON_ERROR_STOP=1", "-d", f.readerURL, "-f", folder + "/" + q.name + ".sql"}
	if out, err := exec.CommandContext(t.Context(), psql, file...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), psql, append(file, "-v", "app=1")...).CombinedOutput()
	if err != nil || strings.Contains(string(out), "(0 rows)") {
		t.Errorf("of the app 1: %v\n%s", err, out)
	}
}

func lines(t *testing.T, conn *pgx.Conn, sql string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT row::text FROM (`+sql+`) AS row`, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

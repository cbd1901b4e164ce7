package clients_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/localpg/pgtest"
)

// question is what an analyst asks, with the app as its one parameter.
const question = `SELECT day::text, sum(err_count)::bigint FROM analytics.app_platform_loss WHERE sdk_app_id = %s GROUP BY day ORDER BY day`

// How docs/bi.md has clients log in through a pooler in transaction mode.
const (
	jdbcUnprepared    = "?prepareThreshold=0"
	psycopgUnprepared = "prepare_threshold=None"
	pgxUnprepared     = "default_query_exec_mode=exec"
	resetAlways       = "server_reset_query_always = 1"
)

// The errors of PgBouncer 1.18 at a login, and for a statement that another client prepared.
const (
	refusedLogin  = "unsupported startup parameter: extra_float_digits"
	alreadyExists = "error 42P05: "
)

// knownBouncer is the version in the guide. Later ones may do better.
const knownBouncer = "1.18."

// asker asks the question on two connections by turns, once for each way to connect.
type asker struct {
	client
	plain, unprepared string // ways to connect
	refusesStock      bool   // by PgBouncer's stock settings it cannot log in
	ask               func(t *testing.T, reader string, ways ...string) []string
}

func askers() []asker {
	return []asker{
		{client: clients[1], plain: `{}`, unprepared: `{"prepare_threshold": null}`, ask: asking("%s", python, "testdata/ask_psycopg.py")},
		{client: clients[3], plain: "", unprepared: jdbcUnprepared, refusesStock: true,
			ask: asking("?", "java", "-cp", jdbcDriver, "testdata/AskJdbc.java")},
		{client: client{name: "pgx", missing: func() string { return "" }}, plain: "", unprepared: pgxUnprepared, ask: askByPgx},
	}
}

func asking(placeholder, name string, args ...string) func(*testing.T, string, ...string) []string {
	return func(t *testing.T, reader string, ways ...string) []string {
		t.Helper()
		all := append(append([]string{}, args...), fmt.Sprintf(question, placeholder), fmt.Sprint(testApp))
		out := output(t, environment(t, reader), "", name, append(all, ways...)...)
		return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	}
}

func askByPgx(t *testing.T, reader string, ways ...string) (answers []string) {
	t.Helper()
	for _, way := range ways {
		separator := "?"
		if strings.Contains(reader, "?") {
			separator = "&"
		}
		answer, err := byTurns(t, reader+separator+way)
		if e := new(pgconn.PgError); errors.As(err, &e) {
			answer = "error " + e.Code + ": " + e.Message
		} else if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, answer)
	}
	return answers
}

// With the guide's settings, every client reads a view through PgBouncer in both modes.
// Without them, the errors occur that the guide warns of.
func throughPgBouncer(t *testing.T, owner, reader string) {
	guide := readGuide(t)
	admits := regexp.MustCompile(`(?m)^ignore_startup_parameters = .*$`).FindString(guide)
	for _, said := range []string{admits, jdbcUnprepared, psycopgUnprepared, pgxUnprepared, resetAlways, "PgBouncer " + strings.TrimSuffix(knownBouncer, ".")} {
		if said == "" || !strings.Contains(guide, said) {
			t.Fatalf("docs/bi.md does not say %q", said)
		}
	}
	known := strings.HasPrefix(pgtest.BouncerVersion(t), knownBouncer)
	want, err := byTurns(t, owner)
	must(t, err)
	if !strings.Contains(want, ";") {
		t.Fatalf("too few figures to compare: %q", want)
	}
	for _, mode := range []string{"session", "transaction"} {
		bouncer := pgtest.Bouncer{Mode: mode, Lines: []string{admits}}
		for _, asker := range askers() {
			t.Run(mode+" mode, "+asker.name, func(t *testing.T) {
				t.Parallel()
				if missing := asker.missing(); missing != "" {
					t.Skipf("%s is not installed (%s): the test cannot try it", asker.name, missing)
				}
				answers := asker.ask(t, bouncer.URL(t, reader), asker.unprepared, asker.plain)
				if answers[0] != want {
					t.Errorf("as documented: %s\nwant: %s", answers[0], want)
				}
				switch {
				case mode == "session" && answers[1] != want:
					t.Errorf("with prepared statements: %s\nwant: %s", answers[1], want)
				case mode == "transaction" && known && !strings.HasPrefix(answers[1], alreadyExists):
					t.Errorf("the guide warns of prepared statements, but they returned: %s", answers[1])
				}
				if !known {
					return
				}
				answers = asker.ask(t, pgtest.Bouncer{Mode: mode}.URL(t, reader), asker.unprepared)
				if refused := strings.Contains(answers[0], refusedLogin); refused != asker.refusesStock || !refused && answers[0] != want {
					t.Errorf("with PgBouncer's stock settings: %s", answers[0])
				}
			})
		}
		t.Run(mode+" mode, settings", func(t *testing.T) {
			t.Parallel()
			resetting := pgtest.Bouncer{Mode: mode, Lines: []string{admits, resetAlways}}
			settingsStayWithTheConnection(t, mode, known, bouncer.URL(t, reader), resetting.URL(t, reader))
		})
	}
}

// A role's setting applies through every pooler. A setting that a client makes in its session
// reaches the next client in transaction mode, unless the pooler always resets.
func settingsStayWithTheConnection(t *testing.T, mode string, known bool, documented, reset string) {
	for _, pooler := range []struct {
		url  string
		next string // the next client's timeout after one has set 7 seconds
	}{{documented, map[string]string{"session": "1min", "transaction": "7s"}[mode]}, {reset, "1min"}} {
		if got := timeout(t, pooler.url, `SHOW statement_timeout`); got != "1min" {
			t.Errorf("the first client has a timeout of %s, not the role's", got)
		}
		timeout(t, pooler.url, `SET statement_timeout = '7s'`)
		if got := timeout(t, pooler.url, `SHOW statement_timeout`); got != pooler.next && known {
			t.Errorf("the next client has a timeout of %s, want %s", got, pooler.next)
		}
	}
}

// timeout returns the answer of a statement to a new client.
func timeout(t *testing.T, url, statement string) string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), url)
	must(t, err)
	defer conn.Close(t.Context())
	results, err := conn.Exec(t.Context(), statement).ReadAll()
	must(t, err)
	if len(results[0].Rows) == 0 {
		return ""
	}
	return string(results[0].Rows[0][0])
}

// byTurns asks on two connections of pgx.
func byTurns(t *testing.T, url string) (answer string, err error) {
	t.Helper()
	var conns [2]*pgx.Conn
	for i := range conns {
		if conns[i], err = pgx.Connect(t.Context(), url); err != nil {
			return "", err
		}
		defer conns[i].Close(t.Context())
	}
	for turn := range 16 {
		rows, err := conns[turn%2].Query(t.Context(), fmt.Sprintf(question, "$1"), testApp)
		if err != nil {
			return "", err
		}
		lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
			var day string
			var lost int64
			err := row.Scan(&day, &lost)
			return fmt.Sprintf("%s|%d", day, lost), err
		})
		if err != nil {
			return "", err
		}
		answer = strings.Join(lines, ";")
	}
	return answer, nil
}

func readGuide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/bi.md")
	must(t, err)
	return string(text)
}

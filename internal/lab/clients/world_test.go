package clients_test

import (
	"crypto/rand"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/extract"
	"pushloss/internal/access"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/pipeline"
	"pushloss/internal/secret"
	"pushloss/load"
)

const (
	testApp = 1400000001
	testKey = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
)

// strangeText is what a client may change: it is longer than ODBC drivers return at
// once, and has every character with a special meaning somewhere.
var strangeText = "推送 \U0001F4E8 ÄÖ \"'`;,|\\\\n\t\r\n%s {} <b>&amp;</b> NULL \u2028" + strings.Repeat("ü", 9000)

// setup fills a database from the sandbox, strange figures and restated ones among
// them, and returns its URL for the owner and for a role of people who read.
func setup(t *testing.T) (owner, reader string) {
	t.Helper()
	ctx := t.Context()
	// About noon, so that no day ends during a test.
	zone, err := time.LoadLocation(fmt.Sprintf("Etc/GMT%+d", time.Now().UTC().Hour()-12))
	must(t, err)
	api, err := sandbox.New(sandbox.Config{Apps: []sandbox.App{{SDKAppID: testApp, SecretKey: testKey}}, Seed: 3, Location: zone})
	must(t, err)
	server := httptest.NewServer(api)
	defer server.Close()

	owner = pgtest.URL(t)
	db, err := load.Open(ctx, owner, 8)
	must(t, err)
	defer db.Close()
	sentAt := time.Now().AddDate(0, 0, -3)
	_, err = db.SaveTasks(ctx, []load.Task{
		{SDKAppID: testApp, TaskID: "strange", Label: &strangeText, SentAt: &sentAt}, {SDKAppID: testApp, TaskID: "plain"},
	}, time.Now())
	must(t, err)
	transport := extract.NewTransport()
	defer transport.CloseIdleConnections()
	jobs := pipeline.New(db, transport, []pipeline.App{{
		Account: extract.Account{
			SDKAppID: testApp, SecretKey: secret.New(testKey), Identifier: sandbox.DefaultAdmin, BaseURLs: []string{server.URL},
		},
		Location: zone,
	}}, pipeline.Settings{LookbackDays: 3, TaskDays: 30, APIMemoryDays: 365}, pipeline.Options{})
	for _, faults := range [][]string{{"late", "big-count", "unknown-platform"}, {"big-count", "unknown-platform"}} {
		parsed, err := sandbox.ParseFaults(faults...)
		must(t, err)
		must(t, api.SetFaults(parsed))
		report, err := jobs.Run(ctx, time.Time{})
		must(t, err)
		if len(report.Apps) != 1 || report.Apps[0].State != pipeline.AppDone {
			t.Fatalf("the run: %+v", report)
		}
	}
	_, err = jobs.Reconcile(ctx, pipeline.ReconcileRequest{})
	must(t, err)
	conn, err := pgx.Connect(ctx, owner)
	must(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `INSERT INTO pushloss.alert (kind, sdk_app_id, job, detail, opened_at)
		VALUES ('gap', 0, '', 'from before 1970', '1969-12-31 23:59:59.999999Z')`)
	must(t, err)
	_, err = conn.Exec(ctx, `UPDATE pushloss.err_info SET err_info = err_info || $1
		WHERE err_info_key = (SELECT min(err_info_key) FROM pushloss.stage_loss)`, strangeText)
	must(t, err)

	role := "pushloss_bi_" + strings.ToLower(rand.Text())
	reader = pgtest.Role(t, owner, role, "")
	admin, err := pgx.Connect(ctx, pgtest.AdminURL(t, owner))
	must(t, err)
	defer admin.Close(ctx)
	for _, setting := range []string{"default_transaction_read_only = on", "statement_timeout = '60s'", "jit = off"} {
		_, err = admin.Exec(ctx, `ALTER ROLE `+role+` SET `+setting)
		must(t, err)
	}
	_, err = access.Grant(ctx, db.Pool(), role, false)
	must(t, err)
	// What every kind of column may hold, even if no view has it today.
	_, err = conn.Exec(ctx, `CREATE VIEW analytics.made_later AS SELECT * FROM (VALUES
		(9223372036854775807::bigint, 32767::smallint, 0.1::double precision, true, date '1999-12-31', timestamptz '2000-02-29 23:59:59.5Z', 'text'),
		(-9223372036854775808, -32768, 2.2250738585072014e-308, false, date '2100-01-01', timestamptz '2100-01-01Z', ''),
		(NULL, NULL, 0.3333333333333333, NULL, NULL, NULL, NULL),
		(NULL, NULL, NULL, NULL, NULL, NULL, NULL)
	) AS v (whole, small, fraction, flag, day, at, said)`)
	must(t, err)
	return owner, reader
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

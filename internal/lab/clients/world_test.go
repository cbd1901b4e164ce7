package clients_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/access"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

const testApp = world.App

// strangeText is what a client may change: it is longer than ODBC drivers return at
// once, and has every character with a special meaning somewhere.
var strangeText = "推送 \U0001F4E8 ÄÖ \"'`;,|\\\\n\t\r\n%s {} <b>&amp;</b> NULL \u2028" + strings.Repeat("ü", 9000)

// setup fills a database from the sandbox, strange figures and restated ones among
// them, and returns its URL for the owner and for a role of people who read.
func setup(t *testing.T) (owner, reader string) {
	t.Helper()
	ctx := t.Context()
	owner = pgtest.URL(t)
	zone := world.Noon(t)
	w := world.On(t, owner, func(cfg *sandbox.Config) { cfg.Seed, cfg.Location = 3, zone })
	w.Now, w.Apps = time.Now(), []pipeline.App{w.API.App(testApp, zone)}
	w.Settings = pipeline.Settings{LookbackDays: 3, TaskDays: 30, APIMemoryDays: 365}
	sentAt := w.Now.AddDate(0, 0, -3)
	_, err := w.DB.Tasks.Save(ctx, []load.Task{
		{SDKAppID: testApp, TaskID: "strange", Label: &strangeText, SentAt: &sentAt}, {SDKAppID: testApp, TaskID: "plain"},
	}, w.Now)
	must(t, err)
	for _, faults := range [][]string{{"late", "big-count", "unknown-platform"}, {"big-count", "unknown-platform"}} {
		w.API.Faults(faults...)
		w.Run(load.RunDone)
	}
	_, err = w.Jobs(pipeline.Options{}).Reconcile(ctx, pipeline.ReconcileRequest{})
	must(t, err)
	w.Exec(`INSERT INTO pushloss.alert (kind, sdk_app_id, job, detail, opened_at)
		VALUES ('gap', 0, '', 'from before 1970', '1969-12-31 23:59:59.999999Z')`)
	w.Exec(`UPDATE pushloss.err_info SET err_info = err_info || $1
		WHERE err_info_key = (SELECT min(err_info_key) FROM pushloss.stage_loss)`, strangeText)

	role := "pushloss_bi_" + strings.ToLower(rand.Text())
	reader = pgtest.Role(t, owner, role, "")
	admin, err := pgx.Connect(ctx, pgtest.AdminURL(t, owner))
	must(t, err)
	defer admin.Close(ctx)
	for _, setting := range []string{"default_transaction_read_only = on", "statement_timeout = '60s'", "jit = off"} {
		_, err = admin.Exec(ctx, `ALTER ROLE `+role+` SET `+setting)
		must(t, err)
	}
	_, err = access.Grant(ctx, w.DB.Pool(), role, false)
	must(t, err)
	// What every kind of column may hold, even if no view has it today.
	_, err = w.Pool.Exec(ctx, `CREATE VIEW analytics.made_later AS SELECT * FROM (VALUES
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

package migrations_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/localpg/pgtest"
)

// M7: the role that README gives to analysts reads every view, and nothing else.
func TestM7ReaderOfTheViews(t *testing.T) {
	t.Parallel()
	const password = "reader"
	// Roles belong to the server, which others may test on as well.
	reader := "pushloss_reader_" + strings.ToLower(rand.Text())
	database := pgtest.URL(t)
	owner, admin := connect(t, database), connect(t, pgtest.AdminURL(t, database))
	exec(t, admin, `CREATE ROLE `+reader+` LOGIN PASSWORD '`+password+`'`)
	exec(t, owner, `GRANT USAGE ON SCHEMA analytics TO `+reader)
	exec(t, owner, `GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO `+reader)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		// The grants keep the role until they are taken back.
		for _, step := range []struct {
			conn *pgx.Conn
			sql  string
		}{
			{owner, `REVOKE ALL ON ALL TABLES IN SCHEMA analytics FROM ` + reader},
			{owner, `REVOKE ALL ON SCHEMA analytics FROM ` + reader},
			{admin, `DROP ROLE ` + reader},
		} {
			if _, err := step.conn.Exec(ctx, step.sql); err != nil {
				t.Errorf("%s: %v", step.sql, err)
			}
		}
	})
	exec(t, owner, `INSERT INTO pushloss.app (sdk_app_id, timezone, first_day, lookback_days, task_days)
		VALUES (1, 'Asia/Shanghai', current_date - 3, 7, 30)`)

	config, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	config.User = url.UserPassword(reader, password)
	query := config.Query()
	query.Del("passfile")
	config.RawQuery = query.Encode()
	conn := connect(t, config.String())
	if got := lines(t, conn, `SELECT current_user::text`); got[0] != reader {
		t.Fatalf("connected as %s", got[0])
	}

	views := relations(t, owner, "analytics")
	if len(views) != 30 {
		t.Errorf("views: %v", views)
	}
	for _, view := range views {
		if _, err := conn.Exec(t.Context(), `SELECT * FROM `+view); err != nil {
			t.Errorf("read %s: %v", view, err)
		}
		if writes := lines(t, conn, `SELECT p FROM unnest('{INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) AS p
			WHERE has_table_privilege($1, p)`, view); len(writes) > 0 {
			t.Errorf("the reader may %v %s", writes, view)
		}
	}
	if _, err := conn.Exec(t.Context(), `SELECT * FROM analytics.loss_as_of(now())`); err != nil {
		t.Error(err)
	}
	if got := lines(t, conn, `SELECT state FROM analytics.coverage`); len(got) == 0 {
		t.Error("the reader sees no coverage")
	}
	wantDenied(t, conn, `UPDATE analytics.apps SET timezone = 'UTC'`)
	wantDenied(t, conn, `INSERT INTO analytics.stages (stage_id, stage, meaning) VALUES (99, 'mine', 'mine')`)
	wantDenied(t, conn, `CREATE TABLE analytics.mine ()`)
	wantDenied(t, conn, `CREATE TABLE pushloss.mine ()`)

	tables := relations(t, owner, "pushloss")
	if len(tables) != 40 {
		t.Errorf("tables: %v", tables)
	}
	for _, table := range tables {
		wantDenied(t, conn, `SELECT FROM `+table)
	}
}

func relations(t *testing.T, conn *pgx.Conn, schema string) []string {
	t.Helper()
	return lines(t, conn, `SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
		WHERE table_schema = $1 ORDER BY table_name`, schema)
}

func wantDenied(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	_, err := conn.Exec(t.Context(), sql)
	var denied *pgconn.PgError
	if !errors.As(err, &denied) || denied.Code != pgerrcode.InsufficientPrivilege {
		t.Errorf("%s: %v, want permission denied", sql, err)
	}
}

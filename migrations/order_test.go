package migrations_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
	"pushloss/migrations"
)

// K2: a server that moved to another system may sort texts differently. Its indexes then miss rows,
// and a task that is stored again is counted twice.
func TestKeysThatAreOutOfOrderStopEveryCommandUntilTheyAreIndexedAgain(t *testing.T) {
	t.Parallel()
	shared := pgtest.EmptyURL(t)
	server := connect(t, pgtest.AdminURL(t, shared))
	if engine, err := postgres.ReadEngine(t.Context(), server); err != nil || engine.Release < 15 {
		t.Skipf("%v does not record how a database sorts, %v", engine, err)
	}
	name := "order_" + strings.ToLower(rand.Text()[:10])
	exec(t, server, `CREATE DATABASE `+name+` TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'und' LOCALE 'C' ENCODING 'UTF8'`)
	t.Cleanup(func() {
		if _, err := server.Exec(context.Background(), `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	url := strings.Replace(pgtest.AdminURL(t, shared), server.Config().Database, name, 1)
	up(t, url)
	exec(t, connect(t, url), `INSERT INTO pushloss.app (sdk_app_id, timezone, lookback_days, task_days) VALUES (1, 'UTC', 7, 30);
		INSERT INTO pushloss.task (sdk_app_id, task_id, registered_at) SELECT 1, id, now() FROM unnest(ARRAY['a', 'B', 'c', 'D']) AS id;
		ANALYZE`)
	checkIn := func() error {
		return pgx.BeginFunc(t.Context(), connect(t, url), func(tx pgx.Tx) error { return migrations.CheckIn(t.Context(), tx) })
	}

	// Another version may sort equally.
	exec(t, server, `UPDATE pg_database SET datcollversion = '1' WHERE datname = '`+name+`'`)
	if err := errors.Join(checkIn(), migrations.Check(t.Context(), url)); err != nil {
		t.Errorf("in the same order: %v", err)
	}

	exec(t, server, `UPDATE pg_database SET datlocprovider = 'c' WHERE datname = '`+name+`'`) // B, D, a, c
	for what, err := range map[string]error{
		"a command": checkIn(), "check": migrations.Check(t.Context(), url), "migrate down": migrations.Down(t.Context(), url, 1),
	} {
		if disorder, ok := errors.AsType[*migrations.OrderError](err); !ok || !strings.Contains(strings.Join(disorder.Tables, " "), "pushloss.task") {
			t.Errorf("%s says %v", what, err)
			continue
		}
		says(t, err, "are out of order", `had "1" when`, "REINDEX DATABASE")
	}
	exec(t, connect(t, url), `REINDEX DATABASE `+name)
	if err := errors.Join(checkIn(), migrations.Check(t.Context(), url)); err != nil {
		t.Errorf("after REINDEX: %v", err)
	}
}

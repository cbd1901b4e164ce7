package load_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/localpg/pgtest"
)

func TestReadingWritesNothingAndIsBounded(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.URL(t))
	for _, test := range []struct{ name, sql, code string }{
		{"a write is refused", `DELETE FROM pushloss.stage_loss`, pgerrcode.ReadOnlySQLTransaction},
		{"a long statement is ended", `SELECT pg_sleep(60)`, pgerrcode.QueryCanceled},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := db.Read(t.Context(), 100*time.Millisecond, func(tx pgx.Tx) error {
				_, err := tx.Exec(t.Context(), test.sql)
				return err
			})
			var pgErr *pgconn.PgError
			if !errors.As(err, &pgErr) || pgErr.Code != test.code {
				t.Errorf("the error is %v, want SQLSTATE %s", err, test.code)
			}
		})
	}
}

func TestReadingSeesOneStateAndLeavesNoLimitBehind(t *testing.T) {
	t.Parallel()
	f := setup(t)
	tasks := func(tx pgx.Tx) (n int) {
		must(t, tx.QueryRow(t.Context(), `SELECT count(*) FROM analytics.tasks`).Scan(&n))
		return n
	}
	must(t, f.db.Read(t.Context(), time.Second, func(tx pgx.Tx) error {
		before := tasks(tx)
		_, err := f.conn.Exec(t.Context(), `DELETE FROM pushloss.task`)
		must(t, err)
		if after := tasks(tx); after != before || before == 0 {
			t.Errorf("there were %d tasks, then %d", before, after)
		}
		return nil
	}))
	if n := len(f.rows(`SELECT 1 FROM analytics.tasks`)); n != 0 {
		t.Errorf("%d tasks are left: this proves nothing", n)
	}
	must(t, f.db.Read(t.Context(), time.Minute, func(tx pgx.Tx) error {
		var limit string
		must(t, tx.QueryRow(t.Context(), `SHOW statement_timeout`).Scan(&limit))
		if limit != "1min" {
			t.Errorf("the limit is %s", limit)
		}
		return nil
	}))
}

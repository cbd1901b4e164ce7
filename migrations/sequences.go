package migrations

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
)

const sqlSequences = `
	SELECT c.oid::regclass::text, quote_ident(a.attname), pg_get_serial_sequence(c.oid::regclass::text, a.attname),
		EXISTS (SELECT FROM pg_index AS i JOIN pg_attribute AS k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
			WHERE i.indrelid = c.oid AND i.indisprimary AND k.attname = 'sdk_app_id')
	FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attidentity <> '' AND NOT a.attisdropped
	WHERE c.relnamespace = to_regnamespace('pushloss') AND has_sequence_privilege(pg_get_serial_sequence(c.oid::regclass::text, a.attname), 'SELECT')
	ORDER BY 1`

// sequence generates the keys of a table.
type sequence struct {
	Table, Column, Name string
	ByApp               bool // the primary key begins with the app
}

// highest returns the largest key in use, found by the primary key. Postgres has quoted the names.
// It asks app by app, because Citus cannot join a list of apps with their largest keys.
func (q sequence) highest(ctx context.Context, conn *pgx.Conn, apps []int64) (highest int64, err error) {
	sql := fmt.Sprintf(`SELECT coalesce(max(%s), 0)::bigint FROM %s`, q.Column, q.Table)
	batch := &pgx.Batch{}
	ask := func(sql string, args ...any) {
		batch.Queue(sql, args...).QueryRow(func(row pgx.Row) error {
			var key int64
			err := row.Scan(&key)
			highest = max(highest, key)
			return err
		})
	}
	if q.ByApp {
		for _, app := range apps {
			ask(sql+` WHERE sdk_app_id = $1`, app)
		}
	} else {
		ask(sql)
	}
	return highest, conn.SendBatch(ctx, batch).Close()
}

// sequencesBehind finds sequences whose positions a replica did not copy.
func (s *session) sequencesBehind(ctx context.Context) ([]Deviation, error) {
	sequences, err := postgres.List(ctx, s.conn, pgx.RowToStructByPos[sequence], sqlSequences)
	if err != nil {
		return nil, fmt.Errorf("look for sequences: %w", ended(ctx, err))
	}
	var apps []int64
	if len(sequences) > 0 {
		if apps, err = postgres.List(ctx, s.conn, pgx.RowTo[int64], `SELECT sdk_app_id FROM pushloss.app`); err != nil {
			return nil, fmt.Errorf("look for sequences: %w", ended(ctx, err))
		}
	}
	var deviations []Deviation
	for _, q := range sequences {
		highest, err := q.highest(ctx, s.conn, apps)
		if err != nil {
			return nil, fmt.Errorf("read sequence %s: %w", q.Name, ended(ctx, err))
		}
		var next int64
		if err := s.conn.QueryRow(ctx, fmt.Sprintf(`SELECT last_value + is_called::int FROM %s`, q.Name)).Scan(&next); err != nil {
			return nil, fmt.Errorf("read sequence %s: %w", q.Name, ended(ctx, err))
		}
		if next <= highest {
			deviations = append(deviations, Deviation{
				What: behind, Name: "sequence " + q.Name,
				Found: fmt.Sprintf("would give %d next, but %s of %s is at %d already", next, q.Column, q.Table, highest),
				ToDo:  fmt.Sprintf("SELECT setval('%s', %d);", q.Name, highest),
			})
		}
	}
	return deviations, nil
}

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// sqlAnalyze counts the rows of small tables without statistics. The planner assumes that such a
// table is large until autovacuum analyzes it. Tables of other owners are left to these.
const sqlAnalyze = `
	SELECT c.relname::text
	FROM pg_catalog.pg_class AS c
	WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'pushloss') AND c.relkind = 'r' AND c.reltuples <= 0
		AND pg_catalog.pg_relation_size(c.oid) BETWEEN 1 AND 64 * 1024 * 1024
		AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
	ORDER BY 1`

// sqlSmallSample is enough until autovacuum analyzes the table. With the default sample, analyzing
// would take a thirtieth of the time of a first load.
const sqlSmallSample = `SET LOCAL default_statistics_target = 30; `

// Querier is a connection, or a pool of them.
type Querier interface {
	Reader
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// AnalyzeNew analyzes the small tables of pushloss that were never analyzed.
func AnalyzeNew(ctx context.Context, db Querier) error {
	tables, err := List(ctx, db, pgx.RowTo[string], sqlAnalyze)
	if err != nil {
		return fmt.Errorf("look for tables that were never analyzed: %w", err)
	}
	for _, table := range tables {
		if _, err := db.Exec(ctx, sqlSmallSample+`ANALYZE `+pgx.Identifier{"pushloss", table}.Sanitize()); err != nil {
			return fmt.Errorf("analyze %s: %w", table, err)
		}
	}
	return nil
}

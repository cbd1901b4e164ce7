package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Reader is what a query goes through: a pool, a connection or a transaction.
type Reader interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// List returns the rows of a query, each read by scan.
func List[T any](ctx context.Context, from Reader, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := from.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Reader runs queries: a pool, a connection or a transaction.
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

// Map returns the rows of a query with two columns: the second by the first.
func Map[K comparable, V any](ctx context.Context, from Reader, sql string, args ...any) (map[K]V, error) {
	rows, err := from.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return CollectMap[K, V](rows)
}

// CollectMap is Map for rows of a running query, such as those of a batch.
func CollectMap[K comparable, V any](rows pgx.Rows) (map[K]V, error) {
	found := make(map[K]V)
	var key K
	var value V
	_, err := pgx.ForEachRow(rows, []any{&key, &value}, func() error {
		found[key] = value
		return nil
	})
	return found, err
}

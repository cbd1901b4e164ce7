package migrations

import (
	"context"
	"fmt"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
)

// CheckIn is Check within a transaction. It is for callers that check often and must not open a
// connection for it.
func CheckIn(ctx context.Context, tx pgx.Tx) error {
	status := Status{Newest: Newest()}
	err := status.read(ctx, tx)
	if err != nil && !hasState(err, pgerrcode.UndefinedTable) {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if err := status.lookAtViews(ctx, tx); err != nil {
		return err
	}
	if !status.Current() {
		return &StateError{Status: status}
	}
	return checkOrder(ctx, tx)
}

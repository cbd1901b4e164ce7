package fill

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ErrForeign says that a database has something that no fill made.
var ErrForeign = errors.New("the database holds figures that are not the sandbox's")

const sqlForeign = `
	SELECT EXISTS (SELECT 1 FROM pushloss.app WHERE sdk_app_id NOT BETWEEN $1 AND $2)
		OR EXISTS (SELECT 1 FROM pushloss.app_lease WHERE sdk_app_id NOT BETWEEN $1 AND $2)
		OR EXISTS (SELECT 1 FROM pushloss.ledger WHERE sdk_app_id NOT BETWEEN $1 AND $2)
		OR EXISTS (SELECT 1 FROM pushloss.task WHERE sdk_app_id NOT BETWEEN $1 AND $2 OR NOT starts_with(task_id, $3))`

// checkOwn refuses a database with apps or tasks that no fill makes.
func checkOwn(ctx context.Context, conn *pgx.Conn) error {
	var foreign bool
	err := conn.QueryRow(ctx, sqlForeign, FirstApp, FirstApp+mostApps-1, taskPrefix).Scan(&foreign)
	if err != nil {
		return fmt.Errorf("check whose figures the database holds: %w", err)
	}
	if foreign {
		return ErrForeign
	}
	return nil
}

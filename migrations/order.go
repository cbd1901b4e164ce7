package migrations

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
	"pushloss/internal/problem"
)

// OrderError says that the server sorts texts differently than when it made indexes, as after a move
// to another operating system. Lookups miss rows then, and keys are stored again.
type OrderError struct {
	Database  string
	Made, Now string   // versions of the collation; Now is empty if the server has none
	Tables    []string // whose keys are out of order
}

func (e *OrderError) Error() string {
	return fmt.Sprintf("the keys of %s are out of order, so rows would be missed and stored twice: the database's collation has version %q on this server, and had %q when the indexes were made; nothing was changed",
		several(e.Tables), e.Now, e.Made)
}

// Hint says what an operator can do.
func (e *OrderError) Hint() string {
	database := pgx.Identifier{e.Database}.Sanitize()
	return fmt.Sprintf("stop serve, then, as the owner of the database: REINDEX DATABASE %s; ALTER DATABASE %[1]s REFRESH COLLATION VERSION; "+
		"if a key is duplicated, restore a dump from before the change of the system", database)
}

// ExitCode is problem.Database.
func (*OrderError) ExitCode() problem.Code { return problem.Database }

const (
	sqlKnowsCollation = `SELECT to_regprocedure('pg_database_collation_actual_version(oid)') IS NOT NULL` // since 15
	// Nothing is found if the versions are equal, as they nearly always are.
	sqlCollation = `
		SELECT datname::text, coalesce(datcollversion, ''), coalesce(pg_database_collation_actual_version(oid), '')
		FROM pg_database
		WHERE datname = current_database() AND datcollversion <> coalesce(pg_database_collation_actual_version(oid), '')`
	// The order of an index is to be read, not made.
	sqlByIndex = `SELECT set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true), set_config('enable_seqscan', 'off', true)`
)

// sqlDisorder returns a query of the tables whose index on a key with texts has two neighbours in the
// wrong order. Names come from the embedded structure.
func sqlDisorder() string {
	wanted := wantedStructure()
	var parts []string
	for name, definition := range wanted {
		columns, unique := keyColumns(definition)
		relation := relationOf(name)
		if !unique || !slices.ContainsFunc(strings.Split(columns, ", "), func(column string) bool {
			return columnOf(wanted["column "+relation+" "+column]).dataType == "text"
		}) {
			continue
		}
		parts = append(parts, fmt.Sprintf(`SELECT '%[1]s' WHERE EXISTS (
			SELECT FROM (SELECT ROW(%[2]s) AS key, lag(ROW(%[2]s)) OVER () AS before FROM (SELECT %[2]s FROM %[1]s ORDER BY %[2]s) AS keys) AS pairs WHERE before > key)`,
			relation, columns))
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), " UNION ALL ")
}

// checkOrder is the function checkOrder in a transaction of its own.
func (s *session) checkOrder(ctx context.Context) error {
	return ended(ctx, pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error { return checkOrder(ctx, tx) }))
}

// checkOrder returns an *OrderError if keys with texts are out of order. It looks only if the
// server says that the order may have changed.
func checkOrder(ctx context.Context, tx pgx.Tx) error {
	found, err := readOrder(ctx, tx)
	if err != nil {
		return fmt.Errorf("look at the order of keys: %w", err)
	}
	if len(found.Tables) > 0 {
		return &found
	}
	return nil
}

func readOrder(ctx context.Context, tx pgx.Tx) (found OrderError, err error) {
	var knows bool
	if err := tx.QueryRow(ctx, sqlKnowsCollation).Scan(&knows); err != nil || !knows {
		return found, err
	}
	changed, err := postgres.List(ctx, tx, func(row pgx.CollectableRow) (e OrderError, err error) {
		err = row.Scan(&e.Database, &e.Made, &e.Now)
		return e, err
	}, sqlCollation)
	if err != nil || len(changed) == 0 {
		return found, err
	}
	if _, err := tx.Exec(ctx, sqlByIndex); err != nil {
		return found, err
	}
	found = changed[0]
	found.Tables, err = postgres.List(ctx, tx, pgx.RowTo[string], sqlDisorder())
	return found, err
}

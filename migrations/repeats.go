package migrations

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
)

// repeatedKeys counts the rows that are stored more than once because a unique key is missing.
func (s *session) repeatedKeys(ctx context.Context, deviations []Deviation) ([]Deviation, error) {
	var again []Deviation
	for _, d := range deviations {
		relation := relationOf(d.Name)
		columns, unique := keyColumns(d.Want)
		if d.What != missing || !unique {
			continue
		}
		// The names come from the embedded structure, not from outside.
		var keys, rows int64
		sql := fmt.Sprintf(`SELECT count(*), coalesce(sum(n), 0)::bigint FROM (SELECT count(*) AS n FROM %s GROUP BY %s HAVING count(*) > 1) AS again`, relation, columns)
		if err := s.conn.QueryRow(ctx, sql).Scan(&keys, &rows); err != nil {
			return nil, fmt.Errorf("look for repeated keys in %s: %w", relation, ended(ctx, err))
		}
		if keys > 0 {
			again = append(again, Deviation{
				What: repeated, Name: "table " + relation,
				Found: fmt.Sprintf("%d keys (%s) are stored more than once, in %d rows", keys, columns, rows), ToDo: restoreAgain,
			})
		}
	}
	return again, nil
}

// keyColumns returns the columns of a PRIMARY KEY or UNIQUE constraint.
func keyColumns(definition string) (columns string, unique bool) {
	for _, kind := range []string{"PRIMARY KEY (", "UNIQUE ("} {
		if rest, ok := strings.CutPrefix(definition, kind); ok {
			columns, _, ok = strings.Cut(rest, ")")
			return columns, ok
		}
	}
	return "", false
}

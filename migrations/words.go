package migrations

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// wordTables are the tables that migrations fill. Views take names from them, and runs write none of
// them. The first column is the key, the second one the name.
var wordTables = []struct {
	name    string
	columns []string
}{
	{"counter", []string{"counter_id", "counter", "meaning"}},
	{"event", []string{"event_type", "event"}},
	{"platform", []string{"platform_id", "platform"}},
	{"stage", []string{"stage_id", "stage", "meaning"}},
	{"stream", []string{"stream_id", "stream", "by_task", "meaning"}},
}

// sqlWords returns a query of the rows of the tables that keep takes: their names in structure.txt,
// and their values as SQL writes them. The names come from this file.
func sqlWords(keep func(table string) bool) string {
	var parts []string
	for _, t := range wordTables {
		if keep(t.name) {
			parts = append(parts, fmt.Sprintf(`SELECT 'row pushloss.%[1]s ' || %[2]s, format('(%[3]s)', %[4]s) FROM pushloss.%[1]s`,
				t.name, t.columns[0], strings.TrimSuffix(strings.Repeat("%L, ", len(t.columns)), ", "), strings.Join(t.columns, ", ")))
		}
	}
	return strings.Join(parts, " UNION ALL ")
}

// readWords adds the rows to what was found. It leaves out tables that are missing or altered: their
// columns are differences already.
func readWords(ctx context.Context, q querier, found map[string]string) error {
	sql := sqlWords(func(table string) bool {
		return found["table pushloss."+table] != "" && !slices.ContainsFunc(columnsOf(table), func(column string) bool { return found[column] == "" })
	})
	if sql == "" {
		return nil
	}
	rows, err := q.Query(ctx, sql)
	if err == nil {
		var name, values string
		_, err = pgx.ForEachRow(rows, []any{&name, &values}, func() error {
			found[name] = values
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("read the names of stages, platforms and streams: %w", ended(ctx, err))
	}
	return nil
}

// columnsOf returns the names that the columns of a table have in structure.txt.
func columnsOf(table string) (names []string) {
	for _, t := range wordTables {
		if t.name == table {
			for _, column := range t.columns {
				names = append(names, "column pushloss."+table+" "+column)
			}
		}
	}
	return names
}

// wordDeviations returns the rows that are missing or different.
func wordDeviations(ctx context.Context, q querier) ([]Deviation, error) {
	wanted := wantedStructure()
	found := make(map[string]string)
	for name, definition := range wanted {
		if isWord(name) {
			continue
		}
		found[name] = definition // only rows are compared
	}
	if err := readWords(ctx, q, found); err != nil {
		return nil, err
	}
	return compareStructure(wanted, found), nil
}

func isWord(name string) bool { return strings.HasPrefix(name, "row ") }

// fillWords makes the rows of the tables what the migrations made them. It leaves rows alone that
// somebody added, unless they have a key or a name of ours.
func (s *session) fillWords(ctx context.Context) error {
	deviations, err := wordDeviations(ctx, s.conn)
	if err != nil || len(deviations) == 0 {
		return err
	}
	wanted := make(map[string][]string) // by table
	for name, values := range wantedStructure() {
		if isWord(name) {
			wanted[relationOf(name)] = append(wanted[relationOf(name)], values)
		}
	}
	batch := &pgx.Batch{}
	for _, t := range wordTables {
		table := "pushloss." + t.name
		if !slices.ContainsFunc(deviations, func(d Deviation) bool { return relationOf(d.Name) == table }) {
			continue
		}
		slices.Sort(wanted[table])
		columns, values := strings.Join(t.columns, ", "), strings.Join(wanted[table], ", ")
		batch.Queue(fmt.Sprintf(`DELETE FROM %[1]s AS t USING (VALUES %[2]s) AS w (%[3]s) WHERE t.%[4]s = w.%[4]s::smallint OR t.%[5]s = w.%[5]s`,
			table, values, columns, t.columns[0], t.columns[1]))
		batch.Queue(fmt.Sprintf(`INSERT INTO %s (%s) VALUES %s`, table, columns, values))
	}
	if err := pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() }); err != nil {
		return fmt.Errorf("write the names of stages, platforms and streams: %w", ended(ctx, err))
	}
	return nil
}

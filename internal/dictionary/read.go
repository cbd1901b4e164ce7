package dictionary

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
)

// Dictionary is the content of schema analytics, with its comments.
type Dictionary struct {
	Schema    string     `json:"schema"`
	Comment   string     `json:"comment"`
	Views     []View     `json:"views"`
	Functions []Function `json:"functions"`
}

// View is a view.
type View struct {
	Name    string `json:"name"`
	Comment string `json:"comment"`
	// Grain is what a row stands for. Keys are the columns that identify it; some may be NULL.
	Grain   string   `json:"grain"`
	Keys    []string `json:"keys"`
	Columns []Column `json:"columns"` // in the order of the view
	Joins   []Join   `json:"joins"`   // none of them multiplies rows
	// Measures may be added up over any rows. If OneOf is not empty, the rows must have one value
	// of it.
	Measures []Measure `json:"measures"`
	OneOf    string    `json:"one_of"`
}

// Function is a function that people call.
type Function struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
	Comment   string `json:"comment"`
	// Returns is the type of the result. For a function that returns rows, Columns are the columns
	// of the rows.
	Returns string   `json:"returns"`
	Columns []Column `json:"columns"`
}

// Column is a column of a view, or of the rows of a function. Columns of functions have no
// comments.
type Column struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Comment string `json:"comment"`
}

const (
	sqlDictionarySchema = `
		SELECT nspname::text, coalesce(obj_description(oid, 'pg_namespace'), '')
		FROM pg_namespace
		WHERE nspname = 'analytics'`
	sqlDictionaryViews = `
		SELECT c.relname::text, coalesce(obj_description(c.oid, 'pg_class'), ''),
			array_agg(a.attname::text ORDER BY a.attnum), array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum),
			array_agg(coalesce(col_description(c.oid, a.attnum), '') ORDER BY a.attnum)
		FROM pg_class AS c
		JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = 'analytics'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		GROUP BY c.oid, c.relname
		ORDER BY c.relname::text COLLATE "C"`
	// Arguments of mode t are the columns of the result.
	sqlDictionaryFunctions = `
		SELECT f.proname::text, pg_get_function_arguments(f.oid), coalesce(obj_description(f.oid, 'pg_proc'), ''),
			format_type(f.prorettype, NULL),
			coalesce(array_agg(a.name ORDER BY a.nth) FILTER (WHERE a.mode = 't'), '{}'),
			coalesce(array_agg(format_type(a.type, NULL) ORDER BY a.nth) FILTER (WHERE a.mode = 't'), '{}')
		FROM pg_proc AS f
		LEFT JOIN LATERAL unnest(f.proargnames, f.proargmodes, f.proallargtypes) WITH ORDINALITY AS a (name, mode, type, nth) ON true
		WHERE f.pronamespace = 'analytics'::regnamespace
		GROUP BY f.oid, f.proname, f.prorettype
		ORDER BY f.proname::text COLLATE "C", 2`
)

// Read reads the content of schema analytics. Views and functions are sorted by name.
func Read(ctx context.Context, pool *postgres.Pool) (Dictionary, error) {
	var d Dictionary
	err := pool.QueryRow(ctx, sqlDictionarySchema).Scan(&d.Schema, &d.Comment)
	if err != nil {
		return d, fmt.Errorf("read the schema's comment: %w", err)
	}
	d.Views, err = postgres.List(ctx, pool, func(row pgx.CollectableRow) (View, error) {
		var v View
		var names, types, comments []string
		err := row.Scan(&v.Name, &v.Comment, &names, &types, &comments)
		for i := range names {
			v.Columns = append(v.Columns, Column{names[i], types[i], comments[i]})
		}
		return v, err
	}, sqlDictionaryViews)
	if err != nil {
		return d, fmt.Errorf("read the views' comments: %w", err)
	}
	describe(d.Views)
	d.Functions, err = postgres.List(ctx, pool, func(row pgx.CollectableRow) (Function, error) {
		r := Function{Columns: []Column{}}
		var names, types []string
		err := row.Scan(&r.Name, &r.Arguments, &r.Comment, &r.Returns, &names, &types)
		for i := range names {
			r.Columns = append(r.Columns, Column{Name: names[i], Type: types[i]})
		}
		return r, err
	}, sqlDictionaryFunctions)
	if err != nil {
		return d, fmt.Errorf("read the functions' comments: %w", err)
	}
	return d, nil
}

package clients_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// kind is the type that a column has for an analyst.
type kind string

const (
	ofText  kind = "text"
	ofInts  kind = "whole numbers"
	ofFloat kind = "fractions"
	ofDays  kind = "dates"
	ofTimes kind = "times with a zone"
	ofBools kind = "booleans"
)

// kindOf names the types that views may have. numeric is not among them: a sum of
// bigint becomes one unless it is cast, and tools take it for text or a fraction.
func kindOf(t testing.TB, relation string, column pgconn.FieldDescription) kind {
	t.Helper()
	switch column.DataTypeOID {
	case pgtype.TextOID:
		return ofText
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		return ofInts
	case pgtype.Float8OID:
		return ofFloat
	case pgtype.DateOID:
		return ofDays
	case pgtype.TimestamptzOID:
		return ofTimes
	case pgtype.BoolOID:
		return ofBools
	}
	t.Errorf("%s.%s has a type that BI tools treat differently: OID %d", relation, column.Name, column.DataTypeOID)
	return ""
}

type column struct {
	Name string
	Kind kind
}

// table is what a client read from a relation: cells in one form for all clients, and
// rows in one order, since views have none.
type table struct {
	Columns []column
	Rows    []string
}

const (
	null      = "(null)"
	timesForm = "2006-01-02T15:04:05.000000Z"
)

// add appends a row of cells as a client wrote them.
func (read *table) add(cells []*string) error {
	if len(cells) != len(read.Columns) {
		return fmt.Errorf("%d cells in %d columns", len(cells), len(read.Columns))
	}
	forms := make([]string, len(cells))
	for i, cell := range cells {
		if cell == nil {
			forms[i] = null
			continue
		}
		form, err := read.Columns[i].Kind.form(*cell)
		if err != nil {
			return fmt.Errorf("%s: %w", read.Columns[i].Name, err)
		}
		forms[i] = form
	}
	read.Rows = append(read.Rows, strings.Join(forms, " | "))
	return nil
}

// form brings a value as clients write it into one form.
func (k kind) form(text string) (string, error) {
	switch k {
	case ofText:
		return strconv.QuoteToASCII(text), nil
	case ofInts:
		n, err := strconv.ParseInt(text, 10, 64)
		return strconv.FormatInt(n, 10), err
	case ofFloat:
		f, err := strconv.ParseFloat(text, 64)
		return strconv.FormatFloat(f, 'g', -1, 64), err
	case ofDays:
		day, err := time.Parse(time.DateOnly, text)
		return day.Format(time.DateOnly), err
	case ofTimes:
		for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z07"} {
			if at, err := time.Parse(layout, text); err == nil {
				return at.UTC().Format(timesForm), nil
			}
		}
		return "", fmt.Errorf("%q is not a time with a zone", text)
	case ofBools:
		b, err := strconv.ParseBool(strings.ToLower(text))
		return strconv.FormatBool(b), err
	}
	return "", fmt.Errorf("a column of unknown kind: %q", text)
}

// asOf is the function of analytics, as written after FROM.
const asOf = "analytics.loss_as_of(now())"

// relationsOf returns every relation that people read.
func relationsOf(t testing.TB, url string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `SELECT format('analytics.%I', relname) FROM pg_class
		WHERE relnamespace = 'analytics'::regnamespace AND relkind IN ('v', 'm', 'r', 'p') ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	relations, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return append(relations, asOf)
}

// readAsOwner returns the truth: what pgx reads by Postgres's binary protocol.
func readAsOwner(t testing.TB, url, relation string) table {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `SELECT * FROM `+relation)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var read table
	for _, field := range rows.FieldDescriptions() {
		read.Columns = append(read.Columns, column{field.Name, kindOf(t, relation, field)})
	}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			t.Fatal(err)
		}
		cells := make([]*string, len(values))
		for i, value := range values {
			text := fmt.Sprint(value)
			switch value := value.(type) {
			case nil:
				continue
			case time.Time:
				text = value.UTC().Format(timesForm)
				if read.Columns[i].Kind == ofDays {
					text = value.Format(time.DateOnly)
				}
			case float64:
				text = strconv.FormatFloat(value, 'g', -1, 64)
			}
			cells[i] = &text
		}
		if err := read.add(cells); err != nil {
			t.Fatalf("%s: %v", relation, err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(read.Rows)
	return read
}

package questions_test

import (
	"fmt"
	"strings"
	"testing"

	"pushloss/internal/dictionary"
	"pushloss/internal/postgres"
)

// keysAreKeys checks that what "pushloss dictionary" says of keys, joins and measures holds in
// a filled database: keys name one row, and no join multiplies or loses rows.
func (f *fixture) keysAreKeys(t *testing.T) {
	pool, err := postgres.Open(t.Context(), f.readerURL, 2)
	must(t, err)
	defer pool.Close()
	described, err := dictionary.Read(t.Context(), pool)
	must(t, err)
	conn := connect(t, f.readerURL)
	joins := 0
	for _, view := range described.Views {
		keys := strings.Join(view.Keys, ", ")
		if got := lines(t, conn, `SELECT `+keys+`, count(*) FROM analytics.`+view.Name+` GROUP BY `+keys+` HAVING count(*) > 1 LIMIT 3`); len(got) > 0 {
			t.Errorf("%s has several rows of one key: %v", view.Name, got)
		}
		rows := lines(t, conn, `SELECT count(*) FROM analytics.`+view.Name)
		for _, join := range view.Joins {
			joins++
			got := lines(t, conn, fmt.Sprintf(`SELECT count(*) FROM analytics.%s LEFT JOIN analytics.%s USING (%s)`, view.Name, join.View, strings.Join(join.On, ", ")))
			if got[0] != rows[0] {
				t.Errorf("%s joined with %s has %s rows, without %s", view.Name, join.View, got, rows)
			}
		}
		for _, measure := range view.Measures {
			lines(t, conn, fmt.Sprintf(`SELECT sum(%s) FROM (SELECT * FROM analytics.%s LIMIT 10) AS v`, measure.Sum, view.Name))
		}
	}
	if joins < 50 {
		t.Errorf("only %d joins", joins)
	}
}

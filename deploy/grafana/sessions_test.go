package grafana_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// sameInEverySession asks all that the dashboards and docs/bi.md ask in sessions of other
// time zones and styles of dates. What asks for an age has another answer each time.
func sameInEverySession(t *testing.T, w *fixture) {
	questions := make(map[string]string)
	for _, question := range guideQuestions(t) {
		questions["docs/bi.md:\n"+question] = question
	}
	for _, d := range dashboards(t) {
		chosen := w.opened(t, d, choice{"app": {fmt.Sprint(app)}, "task": {task}})
		for what, sql := range d.statements() {
			expanded, err := expand(sql, chosen, w.during)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(sql, "extract(epoch FROM now()") {
				questions[d.file+", "+what] = expanded
			}
		}
	}
	plain := w.inSession(t, "UTC", "ISO, MDY")
	for _, odd := range []struct{ zone, style string }{
		{"America/Los_Angeles", "ISO, MDY"}, {"Asia/Shanghai", "German"}, {"Pacific/Kiritimati", "SQL, DMY"}, {"Etc/GMT+12", "Postgres, DMY"},
	} {
		session := w.inSession(t, odd.zone, odd.style)
		for what, sql := range questions {
			if diff := cmp.Diff(lines(t, plain, sql), lines(t, session, sql)); diff != "" {
				t.Errorf("%+v: %s (-UTC +there):\n%s", odd, what, diff)
			}
		}
	}
}

// inSession is a way to read in sessions of a time zone and a style of dates.
func (w *fixture) inSession(t *testing.T, zone, style string) *pgx.Conn {
	t.Helper()
	config := w.reader.Config().ConnConfig
	config.RuntimeParams["timezone"] = zone
	config.RuntimeParams["DateStyle"] = style
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// lines are the rows of an answer, moments in UTC. They come in binary: a style of
// dates is not for pgx to read. Without an order of its own an answer is sorted.
func lines(t *testing.T, conn *pgx.Conn, sql string) (lines []string) {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			t.Fatal(err)
		}
		for i, value := range values {
			if at, ok := value.(time.Time); ok {
				values[i] = at.UTC()
			}
		}
		lines = append(lines, fmt.Sprint(values))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	if !strings.Contains(sql, "ORDER BY") {
		slices.Sort(lines)
	}
	return lines
}

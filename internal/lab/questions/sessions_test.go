package questions_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/localpg/pgtest"
)

// session is what a role, a driver or a tool may have set.
type session struct{ zone, dateStyle string }

var (
	plainSession = session{"UTC", "ISO, MDY"}
	oddSessions  = []session{
		{"America/Los_Angeles", "ISO, MDY"},
		{"Asia/Shanghai", "German"},
		{"Asia/Beirut", "SQL, DMY"}, // where a day of March begins at one o'clock
		{"Pacific/Kiritimati", "Postgres, DMY"},
		{"Etc/GMT+12", "ISO, YMD"},
	}
)

func (s session) begin(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	sql := fmt.Sprintf(`SET timezone = '%s'; SET DateStyle = '%s'; SET IntervalStyle = 'sql_standard'`, s.zone, s.dateStyle)
	if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
}

// sameInAnySession checks that a question's answer depends on no setting of the session.
func (f *fixture) sameInAnySession(t *testing.T, sql string) {
	conn := connect(t, f.readerURL)
	plainSession.begin(t, conn)
	want := values(t, conn, sql)
	for _, odd := range oddSessions {
		odd.begin(t, conn)
		if diff := cmp.Diff(want, values(t, conn, sql)); diff != "" {
			t.Errorf("%+v (-UTC +there):\n%s", odd, diff)
		}
	}
}

// values are the cells of an answer, moments in UTC.
func values(t *testing.T, conn *pgx.Conn, sql string) (cells []string) {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	must(t, err)
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (any, error) {
		values, err := row.Values()
		for _, value := range values {
			if at, ok := value.(time.Time); ok {
				value = at.UTC()
			}
			cells = append(cells, fmt.Sprint(value))
		}
		return nil, err
	})
	must(t, err)
	return cells
}

// What docs/bi.md calls right is right in every session, and what it warns of is wrong in
// at least one.
func TestTheGuidesDaysAreDaysInEverySession(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../../docs/bi.md")
	must(t, err)
	conn := connect(t, pgtest.URL(t))
	// Whatever a tool makes of an expression's value, it shows moments in UTC here.
	const ofDays = `SELECT %s FROM (SELECT date '2025-03-01' + n AS day FROM generate_series(0, 30) AS n) AS days ORDER BY days.day`
	var march, mondays []string
	for day := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC); day.Month() == time.March; day = day.AddDate(0, 0, 1) {
		march = append(march, day.Format(time.DateOnly))
		mondays = append(mondays, day.AddDate(0, 0, -(int(day.Weekday())+6)%7).Format(time.DateOnly))
	}
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	for _, test := range []struct {
		expression, query string
		want              []string
		right             bool
	}{
		{"day", ofDays, march, true},
		{"to_char(day, 'YYYY-MM-DD')", ofDays, march, true},
		{"date_trunc('week', day::timestamp)::date", ofDays, mondays, true},
		{"date '2025-03-01' + generate_series(0, 30)", `SELECT %s`, march, true},
		{"(now() AT TIME ZONE 'Asia/Shanghai')::date", `SELECT %s`, nil, true},
		{"date_trunc('day', day)", ofDays, march, false},
		{"day::text", ofDays, march, false},
		{"date_trunc('week', day)", ofDays, mondays, false},
		{"generate_series(date '2025-03-01', date '2025-03-31', '1 day')", `SELECT %s`, march, false},
		{"current_date", `SELECT %s`, nil, false},
	} {
		if !strings.Contains(string(guide), "`"+test.expression+"`") {
			t.Errorf("docs/bi.md does not say %s", test.expression)
		}
		wrong := ""
		for _, odd := range append(oddSessions, plainSession) {
			odd.begin(t, conn)
			want := test.want
			if want == nil {
				want = []string{time.Now().In(shanghai).Format(time.DateOnly)}
			}
			got := values(t, conn, fmt.Sprintf(test.query, test.expression))
			for i := range got {
				got[i], _, _ = strings.Cut(got[i], " ")
			}
			if !slices.Equal(got, want) {
				wrong += fmt.Sprintf("\n%+v: %v", odd, got)
			}
		}
		if test.right != (wrong == "") {
			t.Errorf("%s: right in every session by the guide: %v; wrong: %s", test.expression, test.right, wrong)
		}
	}
}

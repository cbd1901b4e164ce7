package clients_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/localpg/pgtest"
)

// Superset adds the database as the role of docs/bi.md, makes a dataset and a chart, and
// shows the figures of the view under their own days, weeks and months. It would not if the
// role had another time zone than UTC.
func TestSupersetShowsTheFiguresUnderTheirDaysInUTC(t *testing.T) {
	t.Parallel()
	if missing := fetched("superset/complete", "superset"); missing != "" {
		t.Skipf("Superset is not installed (%s): the test cannot try it", missing)
	}
	owner, reader := setup(t)
	role, err := url.Parse(reader)
	must(t, err)
	admin, err := pgx.Connect(t.Context(), pgtest.AdminURL(t, owner))
	must(t, err)
	defer admin.Close(t.Context())
	_, err = admin.Exec(t.Context(), `ALTER ROLE `+pgx.Identifier{role.User.Username()}.Sanitize()+` SET timezone = 'UTC'`)
	must(t, err)
	role.Scheme = "postgresql+psycopg2"
	program := filepath.Join(os.Getenv(fetchedFolder), "superset", "bin", "python")
	var shown map[string][]point
	must(t, json.Unmarshal(output(t, os.Environ(), "", program, "testdata/superset.py", t.TempDir(), role.String()), &shown))
	want := make(map[string][]point)
	for _, grain := range []string{"day", "week", "month"} {
		want[grain] = points(t, owner, grain)
	}
	sorted := cmpopts.SortSlices(func(a, b point) bool { return fmt.Sprint(a) < fmt.Sprint(b) })
	if diff := gocmp.Diff(want, shown, sorted); diff != "" {
		t.Errorf("(-stored +shown):\n%s", diff)
	}
}

// point is what a chart shows of a platform at a moment.
type point struct {
	From     string `json:"from"`
	Platform string `json:"platform"`
	Lost     int64  `json:"lost"`
}

func points(t *testing.T, owner, grain string) []point {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), owner)
	must(t, err)
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `SELECT to_char(date_trunc($1, day::timestamp), 'YYYY-MM-DD HH24:MI:SS'), platform, sum(err_count)::bigint
		FROM analytics.app_platform_loss GROUP BY 1, 2`, grain)
	must(t, err)
	read, err := pgx.CollectRows(rows, pgx.RowToStructByPos[point])
	must(t, err)
	if len(read) == 0 {
		t.Fatal("no figures to compare")
	}
	return read
}

package questions_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/distribute"
	"pushloss/internal/localpg/pgtest"
)

// The same database answers before and after its tables are spread over the cluster that
// PUSHLOSS_TEST_CITUS_URL names: every view and every question, to its owner and to a reader.
func TestTheAnswersAreTheSameOnCitus(t *testing.T) {
	if !pgtest.OnCitus() {
		t.Skip("PUSHLOSS_TEST_CITUS_URL names no cluster")
	}
	database := pgtest.CitusURL(t)
	f := &fixture{t: t, owner: connect(t, pgtest.AdminURL(t, database))}
	f.fill(t.Context(), database)
	f.breakDays()
	asked := map[string]string{"recent_days": `SELECT * FROM analytics.recent_days(30)`}
	for _, view := range lines(t, f.owner, `SELECT viewname::text FROM pg_views WHERE schemaname = 'analytics'`) {
		view = strings.Trim(view, `()"`)
		asked["view "+view] = `SELECT * FROM analytics.` + view
		if strings.Contains(view, "loss") || strings.Contains(view, "coverage") || view == "calendar" {
			asked["view "+view+" of one app"] = `SELECT * FROM analytics.` + view + ` WHERE sdk_app_id = 1 AND day >= ` + today + ` - 30`
		}
	}
	for _, q := range read(t) {
		asked["question "+q.name] = strings.TrimRight(strings.TrimSpace(q.sql(t, map[string]string{"app": "1"})), ";")
	}
	sum := func(sql string) string {
		return lines(t, f.owner, `SELECT count(*) || ' rows, ' || coalesce(sum(hashtextextended(row::text, 0)), 0) FROM (`+sql+`) AS row`)[0]
	}
	before := make(map[string]string)
	for name, sql := range asked {
		before[name] = sum(sql)
	}
	for range 2 { // the second time there is nothing left to do
		if _, err := distribute.Run(t.Context(), pgtest.AdminURL(t, database), 4, false); err != nil {
			t.Fatal(err)
		}
	}
	after := make(map[string]string)
	for name, sql := range asked {
		// What Citus refuses to hash, it still answers.
		after[name] = lines(t, f.owner, `WITH answer AS MATERIALIZED (`+sql+`) SELECT count(*) || ' rows, ' || coalesce(sum(hashtextextended(answer::text, 0)), 0) FROM answer`)[0]
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

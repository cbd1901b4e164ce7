package migrations_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// K2: without the names that migrations fill, views lose rows and names, and the catalogue of error
// codes cannot be written.
func TestUpRestoresTheNamesThatMigrationsFilled(t *testing.T) {
	t.Parallel()
	fresh := lines(t, connect(t, pgtest.URL(t)), sqlSeeds)
	for name, change := range map[string]string{
		"a deleted row":       `DELETE FROM pushloss.stage WHERE stage_id = 2`,
		"all rows":            `TRUNCATE pushloss.stream, pushloss.platform, pushloss.event, pushloss.counter, pushloss.stage`,
		"another name":        `UPDATE pushloss.platform SET platform = 'APNs' WHERE platform_id = 1`,
		"another key":         `UPDATE pushloss.counter SET counter_id = 9 WHERE counter_id = 3`,
		"exchanged names":     `UPDATE pushloss.event SET event = 'x' WHERE event_type = 1; UPDATE pushloss.event SET event = 'offline' WHERE event_type = 2; UPDATE pushloss.event SET event = 'online' WHERE event_type = 1`,
		"another value":       `UPDATE pushloss.stream SET by_task = NOT by_task`,
		"a column that moved": `ALTER TABLE pushloss.stage DROP COLUMN meaning CASCADE; ALTER TABLE pushloss.stage ADD COLUMN meaning text NOT NULL DEFAULT ''; ALTER TABLE pushloss.stage ALTER COLUMN meaning DROP DEFAULT`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			conn := connect(t, url)
			exec(t, conn, change)
			up(t, url)
			if diff := cmp.Diff(fresh, lines(t, conn, sqlSeeds)); diff != "" {
				t.Errorf("(-new database +mended):\n%s", diff)
			}
			if left, err := migrations.Deviations(t.Context(), url); err != nil || len(left) > 0 {
				t.Errorf("left: %v, %v", left, err)
			}
		})
	}
}

package migrations_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// sqlOfVersion1 fills every table of the first version, by the columns that it had.
const sqlOfVersion1 = `
	INSERT INTO pushloss.app (sdk_app_id, timezone, first_day, lookback_days, task_days) VALUES (1, 'UTC', '2025-03-01', 7, 30);
	INSERT INTO pushloss.app_lease (sdk_app_id, epoch, holder, last_call_at) VALUES (1, 3, 'me', '2025-03-03Z');
	INSERT INTO pushloss.task (sdk_app_id, task_id, registered_at) VALUES (1, 'a', '2025-03-01Z');
	INSERT INTO pushloss.run (kind, started_at, finished_at, state) VALUES ('run', '2025-03-03Z', '2025-03-03Z', 'done');
	INSERT INTO pushloss.raw_body (sha256, size, body) VALUES (sha256('{}'), 2, '{}');
	INSERT INTO pushloss.pull (sdk_app_id, run_id, day, window_start, window_end, task_ids, sent_at, loaded_at, body_sha256, trusted,
			rows_in, rows_inserted, rows_updated, rows_deleted, rows_unchanged, rows_merged, rows_rejected, rows_ignored)
		VALUES (1, 1, '2025-03-02', '2025-03-02Z', '2025-03-03Z', '{a}', '2025-03-03Z', '2025-03-03Z', sha256('{}'), true, 2, 2, 0, 0, 0, 0, 1, 0);
	INSERT INTO pushloss.err_code (err_code) VALUES ('410');
	INSERT INTO pushloss.err_info (digest, err_info) VALUES (sha256('Unregistered'), 'Unregistered');
	INSERT INTO pushloss.stage_loss (sdk_app_id, day, task_key, stage_id, err_code_key, err_info_key, err_count, updated_at)
		VALUES (1, '2025-03-02', 1, 1, 1, 1, 5, '2025-03-03Z');
	INSERT INTO pushloss.platform_loss (sdk_app_id, day, task_key, stage_id, event_type, platform_id, err_code_key, err_info_key, err_count, updated_at)
		VALUES (1, '2025-03-02', 0, 2, 1, 3, 1, 1, 6, '2025-03-03Z');
	INSERT INTO pushloss.loss_change (sdk_app_id, day, task_key, by_platform, stage_id, event_type, platform_id, err_code_key, changed_at, run_id,
			old_count, new_count, old_err_info_key, new_err_info_key)
		VALUES (1, '2025-03-02', 1, false, 1, 0, 0, 1, '2025-03-03Z', 1, 4, 5, 1, 1);
	INSERT INTO pushloss.ledger (sdk_app_id, day, task_key, state, settled, settled_reason, pulls, row_count, reject_count, first_loaded_at, last_loaded_at, updated_at)
		VALUES (1, '2025-03-02', 1, 'loaded', true, 'lookback', 2, 1, 1, '2025-03-03Z', '2025-03-03Z', '2025-03-03Z');
	INSERT INTO pushloss.reject (sdk_app_id, day, task_key, task_id, list, row_json, reason, row_count, run_id, rejected_at)
		VALUES (1, '2025-03-02', 1, 'a', 'ReadyToSendLoss', '{}', 'why', 1, 1, '2025-03-03Z')`

// tablesOfVersion1 are what sqlOfVersion1 fills.
var tablesOfVersion1 = []string{"app", "app_lease", "task", "run", "raw_body", "pull", "err_code", "err_info",
	"stage_loss", "platform_loss", "loss_change", "ledger", "reject"}

// rowOfVersion1 is a table's only row by the columns of the first version.
func rowOfVersion1(t *testing.T, url, table string, columns []string) []string {
	t.Helper()
	conn := connect(t, url)
	return lines(t, conn, `SELECT jsonb_object_agg(key, value ORDER BY key)::text
		FROM pushloss.`+table+` AS t, jsonb_each(to_jsonb(t)) WHERE key = ANY($1)`, columns)
}

// M6: what was loaded at any version is there at the newest one, and after the way
// back.
func TestM6DataSurvivesTheWayUpAndDown(t *testing.T) {
	t.Parallel()
	for version := 1; version < migrations.Newest(); version++ {
		t.Run(fmt.Sprint("from version ", version), func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			conn := connect(t, url)
			// By way of the first version, to know its columns.
			down(t, url, migrations.Newest()-1)
			columns := make(map[string][]string)
			for _, table := range tablesOfVersion1 {
				columns[table] = lines(t, conn, `SELECT column_name::text FROM information_schema.columns
					WHERE table_schema = 'pushloss' AND table_name = $1`, table)
			}
			up(t, url)
			if steps := migrations.Newest() - version; steps > 0 {
				down(t, url, steps)
			}
			exec(t, conn, sqlOfVersion1)
			state := func() map[string][]string {
				rows := make(map[string][]string)
				for table, names := range columns {
					rows[table] = rowOfVersion1(t, url, table, names)
				}
				return rows
			}
			before := state()
			for _, table := range tablesOfVersion1 {
				if len(before[table]) != 1 || before[table][0] == "" {
					t.Fatalf("%s holds %v", table, before[table])
				}
			}
			up(t, url)
			if diff := cmp.Diff(before, state()); diff != "" {
				t.Errorf("after the way up (-before +after):\n%s", diff)
			}
			if got := lines(t, connect(t, url), `SELECT task_id || ' ' || err_count || ' ' || err_info FROM analytics.task_stage_loss`); len(got) != 1 || got[0] != "a 5 Unregistered" {
				t.Errorf("the view shows %v", got)
			}
			down(t, url, migrations.Newest()-version)
			if diff := cmp.Diff(before, state()); diff != "" {
				t.Errorf("after the way back (-before +after):\n%s", diff)
			}
		})
	}
}

-- The views read the table and the column. An older binary's migrate up makes alerts without.
DROP VIEW IF EXISTS analytics.jumps, analytics.alerts;
DROP TABLE pushloss.jump;
DELETE FROM pushloss.message WHERE alert_id IN (SELECT alert_id FROM pushloss.alert WHERE kind = 'jump');
DELETE FROM pushloss.alert WHERE kind = 'jump';
DROP INDEX pushloss.alert_open;
ALTER TABLE pushloss.alert DROP COLUMN cause;
CREATE UNIQUE INDEX alert_open ON pushloss.alert (kind, sdk_app_id, job) WHERE closed_at IS NULL;
ALTER TABLE pushloss.alert DROP CONSTRAINT alert_kind_check;
ALTER TABLE pushloss.alert ADD CONSTRAINT alert_kind_check
    CHECK (kind IN ('run_failed', 'app_stopped', 'gap', 'stale', 'reconciliation', 'unproven', 'emptied', 'spans'));
COMMENT ON COLUMN pushloss.alert.kind IS 'run_failed: a run ended by a failure; app_stopped: the API refused an app until an operator acts; gap: windows are missing, late or failed; stale: no run has been completed for two periods of the schedule; reconciliation: stored days still differ from what the API reports of them; unproven: days were pulled too late for the API to prove that its answer was complete; emptied: an answer removed figures, or lowered those of a window by more than a tenth; spans: an answer for several days was not the sum of its days.';

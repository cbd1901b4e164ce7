DELETE FROM pushloss.message WHERE alert_id IN (SELECT alert_id FROM pushloss.alert WHERE kind = 'emptied');
DELETE FROM pushloss.alert WHERE kind = 'emptied';
ALTER TABLE pushloss.alert DROP CONSTRAINT alert_kind_check;
ALTER TABLE pushloss.alert ADD CONSTRAINT alert_kind_check
    CHECK (kind IN ('run_failed', 'app_stopped', 'gap', 'stale', 'reconciliation', 'unproven'));
COMMENT ON COLUMN pushloss.alert.kind IS 'run_failed: a run ended by a failure; app_stopped: the API refused an app until an operator acts; gap: windows are missing, late or failed; stale: no run has been completed for two periods of the schedule; reconciliation: stored days still differ from what the API reports of them; unproven: days were pulled too late for the API to prove that it told all of them.';
ALTER TABLE pushloss.ledger DROP COLUMN most_by_stage, DROP COLUMN most_by_platform, DROP COLUMN lowered_at;
COMMENT ON COLUMN pushloss.pull.rows_kept IS 'Stored rows that an answer which is not trusted lacked, or had a lower count of, and which stayed.';

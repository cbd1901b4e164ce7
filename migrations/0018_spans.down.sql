-- The views read the column. An older binary's migrate up makes them without.
DROP VIEW IF EXISTS analytics.task_coverage, analytics.stream_coverage;
DROP TABLE pushloss.span_evidence;
DELETE FROM pushloss.message WHERE alert_id IN (SELECT alert_id FROM pushloss.alert WHERE kind = 'spans');
DELETE FROM pushloss.alert WHERE kind = 'spans';
ALTER TABLE pushloss.alert DROP CONSTRAINT alert_kind_check;
ALTER TABLE pushloss.alert ADD CONSTRAINT alert_kind_check
    CHECK (kind IN ('run_failed', 'app_stopped', 'gap', 'stale', 'reconciliation', 'unproven', 'emptied'));
COMMENT ON COLUMN pushloss.alert.kind IS 'run_failed: a run ended by a failure; app_stopped: the API refused an app until an operator acts; gap: windows are missing, late or failed; stale: no run has been completed for two periods of the schedule; reconciliation: stored days still differ from what the API reports of them; unproven: days were pulled too late for the API to prove that its answer was complete; emptied: an answer removed figures, or lowered those of a window by more than a tenth.';
-- Without proofs, windows that only a proof confirmed are open again.
DELETE FROM pushloss.ledger WHERE proven_at IS NOT NULL AND last_trusted_at IS NULL AND row_count = 0;
DELETE FROM pushloss.pull WHERE first_day IS NOT NULL;
DROP TABLE pushloss.span_disagreement;
ALTER TABLE pushloss.pull
    DROP COLUMN revoked_at,
    DROP COLUMN proven_last_days,
    DROP COLUMN proven_first_days,
    DROP COLUMN proven_task_ids,
    DROP COLUMN first_day;
COMMENT ON COLUMN pushloss.pull.day IS 'Day that was asked for.';
ALTER TABLE pushloss.ledger DROP COLUMN proven_at;
COMMENT ON COLUMN pushloss.ledger.pulls IS 'How often it was pulled, failures included.';
COMMENT ON COLUMN pushloss.ledger.state IS 'loaded; empty: there was nothing; absent: the answer lacked the task; unproven: no answer loaded it while the API is believed to have remembered its whole day, so its figures, or their absence, may be a part; unavailable: an error for such a day; failed; open: not pulled yet.';

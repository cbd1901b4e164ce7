-- Figures that an answer removed, or lowered by much, are an event of their own. The ledger
-- knows the most that a window ever had, so that small steps add up. Such windows are rare: a
-- status finds them by an index.
ALTER TABLE pushloss.alert DROP CONSTRAINT alert_kind_check;
ALTER TABLE pushloss.alert ADD CONSTRAINT alert_kind_check
    CHECK (kind IN ('run_failed', 'app_stopped', 'gap', 'stale', 'reconciliation', 'unproven', 'emptied'));
COMMENT ON COLUMN pushloss.alert.kind IS 'run_failed: a run ended by a failure; app_stopped: the API refused an app until an operator acts; gap: windows are missing, late or failed; stale: no run has been completed for two periods of the schedule; reconciliation: stored days still differ from what the API reports of them; unproven: days were pulled too late for the API to prove that its answer was complete; emptied: an answer removed figures, or lowered those of a window by more than a tenth.';
ALTER TABLE pushloss.ledger
    ADD COLUMN most_by_stage bigint NOT NULL DEFAULT 0,
    ADD COLUMN most_by_platform bigint NOT NULL DEFAULT 0,
    ADD COLUMN lowered_at timestamptz;
COMMENT ON COLUMN pushloss.ledger.most_by_stage IS 'Greatest sum of the counts by stage that the window ever had, as far as it is known.';
COMMENT ON COLUMN pushloss.ledger.most_by_platform IS 'Greatest sum of the counts by platform that the window ever had, as far as it is known.';
COMMENT ON COLUMN pushloss.ledger.lowered_at IS 'When an answer last lowered a sum of the window that is less than nine tenths of its greatest; NULL if none is.';
CREATE INDEX ledger_lowered ON pushloss.ledger (sdk_app_id, day) WHERE lowered_at IS NOT NULL;
COMMENT ON COLUMN pushloss.pull.rows_kept IS 'Stored rows that stayed although the answer lacked them, or had a lower count: the answer is not trusted, or it leaves out a counter.';

-- Figures that answers removed as a whole are an event of their own. The pulls that did so
-- are rare: a status finds them by this index.
ALTER TABLE pushloss.alert DROP CONSTRAINT alert_kind_check;
ALTER TABLE pushloss.alert ADD CONSTRAINT alert_kind_check
    CHECK (kind IN ('run_failed', 'app_stopped', 'gap', 'stale', 'reconciliation', 'unproven', 'emptied'));
COMMENT ON COLUMN pushloss.alert.kind IS 'run_failed: a run ended by a failure; app_stopped: the API refused an app until an operator acts; gap: windows are missing, late or failed; stale: no run has been completed for two periods of the schedule; reconciliation: stored days still differ from what the API reports of them; unproven: days were pulled too late for the API to prove that its answer was complete; emptied: the answers of one run removed all figures of a stream.';
CREATE INDEX pull_emptied ON pushloss.pull (sdk_app_id, loaded_at)
    WHERE trusted AND rows_deleted > 0 AND rows_updated + rows_unchanged = 0;
COMMENT ON COLUMN pushloss.pull.rows_kept IS 'Stored rows that stayed although the answer lacked them, or had a lower count: the answer is not trusted, or it leaves out a counter.';

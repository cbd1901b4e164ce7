COMMENT ON COLUMN pushloss.ledger.state IS 'What the last pull brought: loaded; empty: nothing was lost; absent: the answer lacks the task, facts stay; unproven: an empty answer for a day older than the API is believed to remember, facts stay; unavailable: an error for such a day; failed; open: to be pulled.';
COMMENT ON COLUMN pushloss.ledger.settled_reason IS 'lookback: pulled long enough after the day''s end; api_memory: asking again can tell no more.';
COMMENT ON COLUMN pushloss.pull.trusted IS 'Whether the day lay within the API''s memory, so that an empty answer means zero.';
UPDATE pushloss.ledger SET settled = false, settled_reason = NULL WHERE settled_reason = 'retired';
ALTER TABLE pushloss.ledger DROP CONSTRAINT ledger_settled_reason_check;
ALTER TABLE pushloss.ledger ADD CONSTRAINT ledger_settled_reason_check CHECK (settled_reason IN ('lookback', 'api_memory'));
ALTER TABLE pushloss.ledger DROP COLUMN last_trusted_at;
ALTER TABLE pushloss.pull DROP COLUMN rows_kept;

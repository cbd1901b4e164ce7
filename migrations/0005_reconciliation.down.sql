COMMENT ON COLUMN analytics.runs.kind IS 'run or backfill.';
COMMENT ON COLUMN pushloss.run.kind IS 'run or backfill.';
COMMENT ON TABLE pushloss.run IS 'One execution of run or backfill, over all apps.';
DROP VIEW analytics.reconciliations;
DROP TABLE pushloss.reconciliation_key, pushloss.reconciliation;
-- Days that were to be pulled anew are still not settled: the next run pulls them.
ALTER TABLE pushloss.ledger DROP COLUMN opened_at;
COMMENT ON COLUMN pushloss.ledger.updated_at IS 'When this row was last written.';

-- The views read the table and the column.
DROP VIEW IF EXISTS analytics.task_coverage, analytics.stream_coverage, analytics.tasks;
DROP INDEX pushloss.ledger_final;
DROP INDEX pushloss.ledger_doubtful;
DROP INDEX pushloss.ledger_unsettled;
DROP INDEX pushloss.task_newest;
DROP INDEX pushloss.task_unanswered;
DROP INDEX pushloss.task_uncovered;
ALTER TABLE pushloss.task DROP COLUMN answered, DROP COLUMN covered_to;
DROP TABLE pushloss.task_summary;

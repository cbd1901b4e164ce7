-- The view reads the column. An older binary's migrate up makes it without.
DROP VIEW IF EXISTS analytics.tasks;
ALTER TABLE pushloss.task DROP COLUMN source;
COMMENT ON COLUMN pushloss.pull.task_ids IS 'TaskID of the request; empty for the whole app.';

-- The view reads the column. An older binary's migrate up makes it without.
DROP VIEW IF EXISTS analytics.apps;
ALTER TABLE pushloss.app DROP COLUMN retired_at;

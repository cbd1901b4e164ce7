DROP INDEX pushloss.pull_body;
DROP INDEX pushloss.pull_day;
ALTER TABLE pushloss.pull DROP COLUMN raw_pruned_at;

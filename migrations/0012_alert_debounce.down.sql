DROP INDEX pushloss.alert_closed;
ALTER TABLE pushloss.alert DROP COLUMN good_jobs;

-- An event that keeps coming back is over only after several good jobs in a row.
ALTER TABLE pushloss.alert ADD COLUMN good_jobs integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN pushloss.alert.good_jobs IS 'Jobs in a row that found it over, while it is open: one that came back within a week needs several.';
CREATE INDEX alert_closed ON pushloss.alert (closed_at);

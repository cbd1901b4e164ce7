-- A view loses no column by being replaced.
DROP VIEW analytics.apps;
CREATE VIEW analytics.apps AS
SELECT sdk_app_id, timezone, first_day, lookback_days, task_days, registered_at
FROM pushloss.app;
COMMENT ON VIEW analytics.apps IS 'Apps whose losses are kept: one row per app.';
COMMENT ON COLUMN analytics.apps.sdk_app_id IS 'SDKAppID of the Tencent Cloud console.';
COMMENT ON COLUMN analytics.apps.timezone IS 'Time zone whose midnights cut the app''s days (a name as Asia/Shanghai); fixed once a day is loaded.';
COMMENT ON COLUMN analytics.apps.first_day IS 'First day kept by scheduled runs; NULL until the first run.';
COMMENT ON COLUMN analytics.apps.lookback_days IS 'How many days after its end a day is still pulled again, as of the last run.';
COMMENT ON COLUMN analytics.apps.task_days IS 'How many days a task is followed, as of the last run.';
COMMENT ON COLUMN analytics.apps.registered_at IS 'When the app was first seen.';
ALTER TABLE pushloss.app DROP COLUMN retired_at;

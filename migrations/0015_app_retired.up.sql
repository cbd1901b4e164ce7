-- An app that is no longer pulled keeps its figures, and is judged no more.
ALTER TABLE pushloss.app ADD COLUMN retired_at timestamptz;
COMMENT ON COLUMN pushloss.app.retired_at IS 'Since when runs leave the app out and nobody is told of its gaps; empty while it is pulled.';

CREATE OR REPLACE VIEW analytics.apps AS
SELECT sdk_app_id, timezone, first_day, lookback_days, task_days, registered_at, retired_at
FROM pushloss.app;
COMMENT ON COLUMN analytics.apps.retired_at IS 'Since when runs leave the app out and nobody is told of its gaps; empty while it is pulled.';

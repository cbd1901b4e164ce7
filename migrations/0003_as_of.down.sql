DROP FUNCTION analytics.loss_as_of(timestamptz);
DROP VIEW analytics.loss_versions;

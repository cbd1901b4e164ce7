-- Which error codes came up in the last 7 days that had never been loaded before, and what did they cost an app?
-- New is what no app and no platform had before: in an installation's first week, every code.
\if :{?app}
\else
\set app 1400000001
\endif

WITH asked AS (
    SELECT today - 7 AS first_day, today - 1 AS last_day,
        (today - 7)::timestamp AT TIME ZONE timezone AS since
    FROM analytics.apps, LATERAL (SELECT (now() AT TIME ZONE timezone)::date AS today) AS clock
    WHERE sdk_app_id = :app
)
SELECT
    err_code,
    platform,
    stage,
    min(day) AS first_day,
    max(err_info) AS err_info,
    sum(err_count) AS lost
FROM analytics.app_platform_loss
WHERE sdk_app_id = :app
    AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
    AND err_code IN (
        SELECT err_code FROM analytics.error_codes WHERE first_seen_at >= (SELECT since FROM asked))
GROUP BY err_code, platform, stage
ORDER BY lost DESC, err_code, platform, stage;

-- On which platforms, and at which stages, did an app lose its pushes in the last 90 days?
\if :{?app}
\else
\set app 1400000001
\endif

WITH asked AS (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM analytics.recent_days(90)
    WHERE sdk_app_id = :app
)
SELECT
    platform,
    event,
    stage,
    sum(err_count) AS lost,
    round(100 * sum(err_count) / nullif(sum(sum(err_count)) OVER (), 0), 1) AS percent
FROM analytics.app_platform_loss
WHERE sdk_app_id = :app
    AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
GROUP BY platform, event, stage
ORDER BY lost DESC, platform, event, stage;

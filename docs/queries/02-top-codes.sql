-- Which ten error codes cost an app the most pushes in the last 7 days, and what do they mean?
\if :{?app}
\else
\set app 1400000001
\endif

WITH asked AS (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM analytics.recent_days(7)
    WHERE sdk_app_id = :app
)
SELECT
    platform,
    stage,
    err_code,
    coalesce(max(err_meaning), max(err_info)) AS meaning,
    sum(err_count) AS lost
FROM analytics.app_platform_loss
WHERE sdk_app_id = :app
    AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
GROUP BY platform, stage, err_code
ORDER BY lost DESC, platform, stage, err_code
LIMIT 10;

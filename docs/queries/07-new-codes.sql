-- Which error codes occurred for the first time in the last 7 days, and how many pushes did they cost an app?
-- A code is new if no app had it on an earlier day, on any platform. In the first stored week, every code is new.
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
        SELECT err_code FROM analytics.error_codes
        GROUP BY err_code HAVING min(first_day) >= (SELECT first_day FROM asked))
GROUP BY err_code, platform, stage
ORDER BY lost DESC, err_code, platform, stage;

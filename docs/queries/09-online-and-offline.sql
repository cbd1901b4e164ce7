-- How do the losses of online and of offline pushes of an app compare, day by day, in the last 30 days?
\if :{?app}
\else
\set app 1400000001
\endif

WITH asked AS (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM analytics.recent_days(30)
    WHERE sdk_app_id = :app
)
SELECT
    day,
    sum(err_count) FILTER (WHERE event = 'online') AS online,
    sum(err_count) FILTER (WHERE event = 'offline') AS offline,
    sum(err_count) FILTER (WHERE event NOT IN ('online', 'offline')) AS other,
    round(100 * sum(err_count) FILTER (WHERE event = 'online') / nullif(sum(err_count), 0), 2) AS percent_online
FROM analytics.app_platform_loss
WHERE sdk_app_id = :app
    AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
GROUP BY day
ORDER BY day;

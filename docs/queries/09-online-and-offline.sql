-- How do the losses of online and of offline pushes of an app compare, day by day, in the last 30 days?
-- NULL means that the day's losses are not known.
\if :{?app}
\else
\set app 1400000001
\endif

WITH asked AS (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM analytics.recent_days(30)
    WHERE sdk_app_id = :app
), daily AS (
    SELECT
        day,
        coalesce(sum(err_count) FILTER (WHERE event = 'online'), 0) AS online,
        coalesce(sum(err_count) FILTER (WHERE event = 'offline'), 0) AS offline,
        sum(err_count) AS lost
    FROM analytics.app_platform_loss
    WHERE sdk_app_id = :app
        AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
    GROUP BY day
)
SELECT
    day,
    coalesce(online, zero) AS online,
    coalesce(offline, zero) AS offline,
    coalesce(lost - online - offline, zero) AS other,
    round(100 * online / nullif(lost, 0), 2) AS percent_online
FROM (
    SELECT day, CASE WHEN known THEN 0 END AS zero
    FROM analytics.calendar
    WHERE sdk_app_id = :app
        AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
) AS days
LEFT JOIN daily USING (day)
ORDER BY day;

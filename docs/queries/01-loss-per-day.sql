-- How many pushes did an app lose on each of the last 30 days, and at which stage?
-- NULL means that the day's losses are not known. A day that is not final can still change.
\if :{?app}
\else
\set app 1400000001
\endif

WITH asked AS (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM analytics.recent_days(30)
    WHERE sdk_app_id = :app
)
SELECT day, not_sent, not_delivered, lost, final
FROM analytics.calendar
WHERE sdk_app_id = :app
    AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
ORDER BY day;

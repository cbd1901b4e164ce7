-- How many pushes did an app lose on each of the last 30 days, and at which stage?
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
    sum(err_count) FILTER (WHERE stage = 'ready_to_send') AS not_sent,
    sum(err_count) FILTER (WHERE stage = 'post_send_delivered') AS not_delivered,
    sum(err_count) AS lost
FROM analytics.app_stage_loss
WHERE sdk_app_id = :app
    AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
GROUP BY day
ORDER BY day;

-- Which twenty tasks of an app lost the highest share of their pushes in the last 14 days?
\if :{?app}
\else
\set app 1400000001
\endif

WITH asked AS (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM analytics.recent_days(14)
    WHERE sdk_app_id = :app
), rated AS (
    SELECT
        task_id,
        sum(denominator) FILTER (WHERE stage = 'ready_to_send') AS pushes,
        sum(coded_loss) AS lost
    FROM analytics.loss_rates
    WHERE sdk_app_id = :app
        AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
        AND grain = 'task_stage'
        AND denominator > 0
        AND coded_loss IS NOT NULL
    GROUP BY task_id
)
SELECT rated.task_id, label, pushes, lost, round(100 * lost / pushes, 2) AS percent
FROM rated
LEFT JOIN analytics.tasks ON sdk_app_id = :app AND tasks.task_id = rated.task_id
WHERE pushes > 0
ORDER BY lost / pushes DESC, rated.task_id
LIMIT 20;

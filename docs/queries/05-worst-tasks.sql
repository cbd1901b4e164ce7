-- Which twenty tasks of an app lost the highest share of their pushes by an error code, in the last 14 days?
-- A day counts only where the API reported how many pushes there were. gap_percent is the share that was
-- not delivered, for any reason: codes explain only a part of it.
\if :{?app}
\else
\set app 1400000001
\endif

WITH asked AS (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM analytics.recent_days(14)
    WHERE sdk_app_id = :app
), daily AS (
    SELECT
        task_id,
        max(denominator) FILTER (WHERE stage = 'ready_to_send') AS pushes,
        sum(coded_loss) AS lost,
        CASE WHEN count(gap) = 2 THEN sum(gap) END AS gap
    FROM analytics.loss_rates
    WHERE sdk_app_id = :app
        AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
        AND grain = 'task_stage'
    GROUP BY task_id, day
), worst AS (
    SELECT
        task_id,
        sum(pushes) AS pushes,
        sum(lost) AS lost,
        round(100 * sum(lost) / sum(pushes), 2) AS percent,
        round(100 * sum(gap) / nullif(sum(pushes) FILTER (WHERE gap IS NOT NULL), 0), 2) AS gap_percent
    FROM daily
    WHERE pushes > 0 AND lost IS NOT NULL
    GROUP BY task_id
    ORDER BY sum(lost) / sum(pushes) DESC, task_id
    LIMIT 20
)
SELECT
    task_id,
    (SELECT label FROM analytics.tasks WHERE sdk_app_id = :app AND tasks.task_id = worst.task_id) AS label,
    pushes, lost, percent, gap_percent
FROM worst
ORDER BY lost / pushes DESC, task_id;

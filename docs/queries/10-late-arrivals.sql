-- By how much did each of an app's last 30 days grow after it was first loaded?
\if :{?app}
\else
\set app 1400000001
\endif

WITH asked AS (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM analytics.recent_days(30)
    WHERE sdk_app_id = :app
), grown AS (
    SELECT
        day,
        sum(coalesce(new_count, 0) - coalesce(old_count, 0)) AS growth,
        max(changed_at) AS changed_at
    FROM analytics.loss_changes
    WHERE sdk_app_id = :app
        AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
        AND grain = 'app_stage'
    GROUP BY day
), known AS (
    SELECT day, sum(err_count) AS lost
    FROM analytics.app_stage_loss
    WHERE sdk_app_id = :app
        AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
    GROUP BY day
)
SELECT
    day,
    coalesce(lost, 0) - coalesce(growth, 0) AS at_first,
    coalesce(lost, 0) AS now,
    coalesce(growth, 0) AS growth,
    round(100 * growth / nullif(coalesce(lost, 0) - growth, 0), 2) AS percent,
    changed_at AS last_change
FROM known
FULL JOIN grown USING (day)
ORDER BY day;

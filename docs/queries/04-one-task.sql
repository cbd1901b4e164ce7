-- On which platforms, and by which codes, were the pushes of one task lost, over all its days?
-- The task is psql's variable "task"; without it, the newest task that is at least a week old.
\if :{?app}
\else
\set app 1400000001
\endif

\if :{?task}
\else
\set task ''
\endif

WITH asked AS (
    SELECT task_id
    FROM analytics.tasks
    WHERE sdk_app_id = :app AND (task_id = :'task' OR :'task' = '' AND coalesce(sent_at, registered_at) < now() - interval '168 hours')
    ORDER BY coalesce(sent_at, registered_at) DESC, task_id
    LIMIT 1
)
SELECT
    task_id,
    platform,
    stage,
    err_code,
    coalesce(max(err_meaning), max(err_info)) AS meaning,
    sum(err_count) AS lost,
    min(day) AS first_day,
    max(day) AS last_day
FROM analytics.task_platform_loss
WHERE sdk_app_id = :app AND task_id = (SELECT task_id FROM asked)
GROUP BY task_id, platform, stage, err_code
ORDER BY lost DESC, platform, stage, err_code;

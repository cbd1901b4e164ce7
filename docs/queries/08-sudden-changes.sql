-- Which codes of an app rose or fell by more than a threshold from one day to the next, in the last 14 days?
-- The threshold is psql's variable "threshold", in pushes. Only known days whose day before is known too are compared.
\if :{?app}
\else
\set app 1400000001
\endif

\if :{?threshold}
\else
\set threshold 1000
\endif

WITH asked AS (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM analytics.recent_days(14)
    WHERE sdk_app_id = :app
), known AS (
    SELECT day
    FROM analytics.calendar
    WHERE sdk_app_id = :app
        AND day BETWEEN (SELECT first_day - 1 FROM asked) AND (SELECT last_day FROM asked)
        AND lost IS NOT NULL
), daily AS (
    SELECT day, stage, err_code, err_count
    FROM analytics.app_stage_loss
    WHERE sdk_app_id = :app
        AND day BETWEEN (SELECT first_day - 1 FROM asked) AND (SELECT last_day FROM asked)
), beside AS (
    SELECT day, stage, err_code, 0 AS before, err_count AS after FROM daily
    UNION ALL
    SELECT day + 1, stage, err_code, err_count, 0 FROM daily
)
SELECT day, stage, err_code, sum(before) AS day_before, sum(after) AS lost, sum(after - before) AS change
FROM beside
WHERE day IN (SELECT day FROM known) AND day - 1 IN (SELECT day FROM known)
GROUP BY day, stage, err_code
HAVING abs(sum(after - before)) > :threshold
ORDER BY day DESC, abs(sum(after - before)) DESC, stage, err_code;

-- What share of an app's lost pushes went to dead tokens, by platform and week, in the last 6 months?
-- The share counts only losses with known codes: NULL if no code is known.
\if :{?app}
\else
\set app 1400000001
\endif

WITH asked AS (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM analytics.recent_days(182)
    WHERE sdk_app_id = :app
)
SELECT
    date_trunc('week', day::timestamp)::date AS week,
    platform,
    sum(err_count) AS lost,
    coalesce(sum(err_count) FILTER (WHERE token_dead), 0) AS to_dead_tokens,
    coalesce(sum(err_count) FILTER (WHERE token_dead IS NULL), 0) AS of_unknown_codes,
    round(100 * coalesce(sum(err_count) FILTER (WHERE token_dead), 0)
        / nullif(sum(err_count) FILTER (WHERE token_dead IS NOT NULL), 0), 1) AS percent_of_known
FROM analytics.app_platform_loss
WHERE sdk_app_id = :app
    AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
GROUP BY week, platform
ORDER BY week, platform;

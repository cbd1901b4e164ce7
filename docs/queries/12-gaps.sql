-- Which of an app's last 30 days are not final yet, or lack figures, and for how many windows?
\if :{?app}
\else
\set app 1400000001
\endif

WITH asked AS (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM analytics.recent_days(30)
    WHERE sdk_app_id = :app
), counted AS (
    SELECT day, stream, state, settled, scope, count(*) AS windows, max(last_error) AS last_error
    FROM analytics.stream_coverage
    WHERE sdk_app_id = :app
        AND active
        AND day BETWEEN (SELECT first_day FROM asked) AND (SELECT last_day FROM asked)
        AND NOT (settled AND state IN ('loaded', 'empty'))
        AND settled_reason IS DISTINCT FROM 'retired'
    GROUP BY day, stream, state, settled, scope
)
SELECT
    day,
    coalesce(sum(windows) FILTER (WHERE state = 'open'), 0)::bigint AS never_pulled,
    coalesce(sum(windows) FILTER (WHERE state = 'failed'), 0)::bigint AS failed,
    coalesce(sum(windows) FILTER (WHERE state IN ('absent', 'unproven', 'unavailable')), 0)::bigint AS not_told,
    coalesce(sum(windows) FILTER (WHERE state IN ('loaded', 'empty') AND NOT settled), 0)::bigint AS not_final,
    bool_or(scope = 'app') AS whole_app,
    string_agg(DISTINCT stream, ', ') AS streams,
    max(last_error) AS last_error
FROM counted
GROUP BY day
ORDER BY day;

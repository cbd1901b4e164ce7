-- Which apps lost the most pushes in the last 30 days, each by its own calendar?

SELECT sdk_app_id, lost.not_sent, lost.not_delivered, lost.not_sent + lost.not_delivered AS lost
FROM analytics.apps
CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE timezone)::date AS today) AS clock
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(err_count) FILTER (WHERE stage = 'ready_to_send'), 0) AS not_sent,
        coalesce(sum(err_count) FILTER (WHERE stage = 'post_send_delivered'), 0) AS not_delivered
    FROM analytics.app_stage_loss
    WHERE app_stage_loss.sdk_app_id = apps.sdk_app_id AND day BETWEEN today - 30 AND today - 1
) AS lost
ORDER BY lost DESC, sdk_app_id;

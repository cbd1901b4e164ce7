-- Which apps lost the most pushes in the last 30 days, each by its own calendar?
-- NULL means that the app's losses are not known, for example if runs do not pull them.

SELECT sdk_app_id, not_sent, not_delivered, lost, known_days
FROM analytics.apps
CROSS JOIN LATERAL (
    SELECT min(day) AS first_day, max(day) AS last_day
    FROM analytics.recent_days(30) AS recent
    WHERE recent.sdk_app_id = apps.sdk_app_id
) AS asked
CROSS JOIN LATERAL (
    SELECT sum(not_sent) AS not_sent, sum(not_delivered) AS not_delivered, sum(lost) AS lost,
        count(*) FILTER (WHERE known) AS known_days
    FROM analytics.calendar
    WHERE calendar.sdk_app_id = apps.sdk_app_id AND day BETWEEN asked.first_day AND asked.last_day
) AS total
ORDER BY lost DESC NULLS LAST, sdk_app_id;

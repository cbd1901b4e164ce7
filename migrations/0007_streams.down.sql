-- What was pulled of other streams than the loss is lost.
CREATE OR REPLACE VIEW analytics.coverage AS
WITH expected AS (
    SELECT a.sdk_app_id, 0 AS task_key, a.first_day + n.n AS day
    FROM pushloss.app AS a
    CROSS JOIN LATERAL generate_series(
        0, (now() AT TIME ZONE a.timezone)::date - 1 - a.first_day) AS n (n)
    UNION ALL
    SELECT a.sdk_app_id, t.task_key, followed.first + n.n
    FROM pushloss.app AS a
    JOIN pushloss.task AS t USING (sdk_app_id)
    CROSS JOIN LATERAL (
        SELECT (coalesce(t.sent_at, t.registered_at) AT TIME ZONE a.timezone)::date AS day
    ) AS sent
    CROSS JOIN LATERAL (
        SELECT greatest(sent.day, a.first_day) AS first,
            least((now() AT TIME ZONE a.timezone)::date, sent.day + a.task_days) - 1 AS last
    ) AS followed
    CROSS JOIN LATERAL generate_series(0, followed.last - followed.first) AS n (n)
    WHERE a.first_day IS NOT NULL AND t.retired_at IS NULL
)
SELECT
    sdk_app_id,
    day,
    CASE WHEN task_key = 0 THEN '' ELSE t.task_id END AS task_id,
    coalesce(l.state, 'open') AS state,
    coalesce(l.settled, false) AS settled,
    l.settled_reason,
    coalesce(l.pulls, 0) AS pulls,
    coalesce(l.row_count, 0) AS row_count,
    l.first_loaded_at,
    l.last_loaded_at,
    l.last_error
FROM expected
FULL JOIN pushloss.ledger AS l USING (sdk_app_id, day, task_key)
LEFT JOIN (SELECT task_key, task_id FROM pushloss.task) AS t USING (task_key);
COMMENT ON VIEW analytics.coverage IS 'What is known of each window: one row per app, day and task (or the whole app), also of those never pulled.';
CREATE OR REPLACE VIEW analytics.loss_changes AS
SELECT
    h.sdk_app_id,
    h.day,
    coalesce(t.task_id, '') AS task_id,
    s.stage,
    CASE WHEN h.by_platform THEN h.event_type END AS event_type,
    CASE WHEN h.by_platform THEN coalesce(e.event, 'unknown (' || h.event_type || ')') END AS event,
    CASE WHEN h.by_platform THEN h.platform_id END AS platform_id,
    CASE WHEN h.by_platform THEN coalesce(p.platform, 'unknown (' || h.platform_id || ')') END AS platform,
    c.err_code,
    h.changed_at,
    h.run_id,
    h.old_count,
    h.new_count,
    old_info.err_info AS old_err_info,
    new_info.err_info AS new_err_info
FROM pushloss.loss_change AS h
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
LEFT JOIN pushloss.task AS t USING (task_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.err_info AS old_info ON old_info.err_info_key = h.old_err_info_key
LEFT JOIN pushloss.err_info AS new_info ON new_info.err_info_key = h.new_err_info_key;
CREATE OR REPLACE VIEW analytics.loss_versions AS
SELECT
    CASE WHEN v.task_key = 0 THEN 'app_' ELSE 'task_' END
        || CASE WHEN v.by_platform THEN 'platform_loss' ELSE 'stage_loss' END AS grain,
    v.sdk_app_id,
    v.day,
    coalesce(t.task_id, '') AS task_id,
    s.stage,
    CASE WHEN v.by_platform THEN v.event_type END AS event_type,
    CASE WHEN v.by_platform THEN coalesce(e.event, 'unknown (' || v.event_type || ')') END AS event,
    CASE WHEN v.by_platform THEN v.platform_id END AS platform_id,
    CASE WHEN v.by_platform THEN coalesce(p.platform, 'unknown (' || v.platform_id || ')') END AS platform,
    c.err_code,
    i.err_info,
    v.err_count,
    v.valid_from,
    v.valid_to
FROM (
    SELECT sdk_app_id, day, task_key, false AS by_platform, stage_id, 0::smallint AS event_type, 0::smallint AS platform_id,
        err_code_key, err_info_key, err_count, updated_at AS valid_from, NULL::timestamptz AS valid_to
    FROM pushloss.stage_loss
    UNION ALL
    SELECT sdk_app_id, day, task_key, true, stage_id, event_type, platform_id,
        err_code_key, err_info_key, err_count, updated_at, NULL
    FROM pushloss.platform_loss
    UNION ALL
    SELECT h.sdk_app_id, h.day, h.task_key, h.by_platform, h.stage_id, h.event_type, h.platform_id,
        h.err_code_key, h.old_err_info_key, h.old_count, coalesce(h.previous, l.first_loaded_at), h.changed_at
    FROM (
        SELECT sdk_app_id, day, task_key, by_platform, stage_id, event_type, platform_id,
            err_code_key, old_err_info_key, old_count, changed_at, lag(changed_at) OVER (
            PARTITION BY sdk_app_id, day, task_key, by_platform, stage_id, event_type, platform_id, err_code_key
            ORDER BY changed_at, change_id) AS previous
        FROM pushloss.loss_change
    ) AS h
    JOIN pushloss.ledger AS l USING (sdk_app_id, day, task_key)
    WHERE h.old_count IS NOT NULL
) AS v
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.task AS t USING (task_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id);
DROP VIEW analytics.stream_coverage, analytics.loss_rates, analytics.push_changes,
    analytics.app_push_daily, analytics.app_push_platform_daily,
    analytics.task_push_daily, analytics.task_push_platform_daily;
DROP TABLE pushloss.push_count, pushloss.platform_push_count, pushloss.counter;
DELETE FROM pushloss.ledger WHERE stream_id <> 0;
DELETE FROM pushloss.loss_change WHERE stream_id <> 0;
DELETE FROM pushloss.reject WHERE stream_id <> 0;
DELETE FROM pushloss.pull WHERE stream_id <> 0;
DELETE FROM pushloss.raw_body AS b WHERE NOT EXISTS (SELECT FROM pushloss.pull AS p WHERE p.body_sha256 = b.sha256);
ALTER TABLE pushloss.ledger DROP CONSTRAINT ledger_pkey;
ALTER TABLE pushloss.ledger DROP COLUMN stream_id;
ALTER TABLE pushloss.ledger ADD PRIMARY KEY (sdk_app_id, day, task_key);
ALTER TABLE pushloss.pull DROP COLUMN stream_id;
ALTER TABLE pushloss.reject DROP COLUMN stream_id;
ALTER TABLE pushloss.loss_change DROP COLUMN stream_id;
DROP TABLE pushloss.app_stream, pushloss.stream;
COMMENT ON TABLE pushloss.ledger IS 'What is known of each window: a day of a task, or (task_key 0) of the whole app.';
COMMENT ON TABLE pushloss.loss_change IS 'Every change of a fact after the first load of its window.';
COMMENT ON COLUMN pushloss.loss_change.stage_id IS 'Stage of the fact.';
COMMENT ON COLUMN pushloss.loss_change.err_code_key IS 'Error code of the fact.';
COMMENT ON COLUMN pushloss.loss_change.by_platform IS 'Whether the fact is one of platform_loss or of stage_loss.';

-- Facts and changes together tell every version that a fact ever had. The old
-- count of a change was valid since the change before it or, for the first one,
-- since the window's first load, which is no change.
CREATE VIEW analytics.loss_versions AS
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
        SELECT *, lag(changed_at) OVER (
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
COMMENT ON VIEW analytics.loss_versions IS 'Every version that a fact ever had, of all four grains: one row per fact and span of time in which it was believed. Choose one grain before summing.';
COMMENT ON COLUMN analytics.loss_versions.grain IS 'The fact view that the row belongs to: app_stage_loss, app_platform_loss, task_stage_loss or task_platform_loss.';
COMMENT ON COLUMN analytics.loss_versions.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.loss_versions.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.loss_versions.task_id IS 'TaskID of the push task; empty text for the whole app.';
COMMENT ON COLUMN analytics.loss_versions.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.loss_versions.event_type IS '1 offline push, 2 online push; NULL where the fact is one by stage only.';
COMMENT ON COLUMN analytics.loss_versions.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL where the fact is one by stage only.';
COMMENT ON COLUMN analytics.loss_versions.platform_id IS 'Number of the push channel; NULL where the fact is one by stage only.';
COMMENT ON COLUMN analytics.loss_versions.platform IS 'Name of the push channel; NULL where the fact is one by stage only.';
COMMENT ON COLUMN analytics.loss_versions.err_code IS 'Error code, Tencent''s or the vendor''s. It means something only with its platform and stage.';
COMMENT ON COLUMN analytics.loss_versions.err_info IS 'The description that came with the code then.';
COMMENT ON COLUMN analytics.loss_versions.err_count IS 'Number of pushes lost, as it was believed then.';
COMMENT ON COLUMN analytics.loss_versions.valid_from IS 'When this version was loaded.';
COMMENT ON COLUMN analytics.loss_versions.valid_to IS 'When the next version was loaded, or the fact went away; NULL for what is believed now.';

-- Plain SQL, so that the planner puts it into the query and a day asked for reads
-- that day only.
CREATE FUNCTION analytics.loss_as_of(at timestamptz)
RETURNS TABLE (
    grain text, sdk_app_id bigint, day date, task_id text, stage text, event_type smallint, event text,
    platform_id smallint, platform text, err_code text, err_info text, err_count bigint, updated_at timestamptz
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT v.grain, v.sdk_app_id, v.day, v.task_id, v.stage, v.event_type, v.event,
        v.platform_id, v.platform, v.err_code, v.err_info, v.err_count, v.valid_from
    FROM analytics.loss_versions AS v
    WHERE v.valid_from <= at AND (v.valid_to > at OR v.valid_to IS NULL)
$$;
COMMENT ON FUNCTION analytics.loss_as_of(timestamptz) IS 'The facts of all four grains as they stood at a moment: what a report made then was made from. grain names the fact view that a row belongs to; choose one before summing.';

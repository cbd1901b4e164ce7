-- What people read. This is a contract with dashboards: nobody removes a view or column, and new columns come last.
--
-- "migrate up" applies each part (CREATE OR REPLACE, with its comments) whose text differs from what the
-- database has, after the migrations, so that people's own views on ours survive. A view without dependent
-- views is dropped and created again if CREATE OR REPLACE cannot change it. To remove or rename a view, write
-- a migration that drops it. Each part comes after those that it reads. An unnamed constant of a UNION has an
-- explicit type, so that a view prints the same after a dump.

-- Codes where the channel is not known --------------------------------------------

-- What holds for every channel that has the code, in the catalogue or in an answer. The view has a key, so
-- that the planner leaves it out if a query does not need it.
CREATE OR REPLACE VIEW analytics.stage_error_codes AS
SELECT
    k.err_code,
    k.stage,
    CASE WHEN count(*) FILTER (WHERE k.of_channel) = count(k.short_name) AND min(k.short_name) = max(k.short_name) THEN min(k.short_name) END AS short_name,
    coalesce(max(k.meaning), max(k.err_info)) AS meaning,
    CASE WHEN count(*) FILTER (WHERE k.of_channel) = count(k.what_to_do) AND min(k.what_to_do) = max(k.what_to_do) THEN min(k.what_to_do) END AS what_to_do,
    CASE WHEN count(*) FILTER (WHERE k.of_channel) = count(k.token_dead) AND bool_and(k.token_dead) = bool_or(k.token_dead) THEN bool_and(k.token_dead) END AS token_dead,
    min(k.first_day) AS first_day,
    coalesce(max(k.meaning_zh), max(k.err_info)) AS meaning_zh,
    CASE WHEN count(*) FILTER (WHERE k.of_channel) = count(k.what_to_do_zh) AND min(k.what_to_do_zh) = max(k.what_to_do_zh) THEN min(k.what_to_do_zh) END AS what_to_do_zh
FROM (
    SELECT err_code, CASE stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END AS stage, true AS of_channel,
        c.short_name, c.what_to_do, c.token_dead, NULL::text AS meaning, NULL::text AS err_info, seen.first_day,
        NULL::text AS meaning_zh, c.what_to_do_zh
    FROM pushloss.error_catalogue AS c
    FULL JOIN (
        SELECT e.err_code, u.stage_id, u.platform_id, min(u.first_day) AS first_day
        FROM pushloss.usual_platform_text AS u JOIN pushloss.err_code AS e USING (err_code_key)
        GROUP BY e.err_code, u.stage_id, u.platform_id
    ) AS seen USING (err_code, stage_id, platform_id)
    UNION ALL
    SELECT err_code, CASE stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END, false,
        NULL::text, NULL::text, NULL::boolean, meaning, NULL::text, NULL::date, meaning_zh, NULL::text
    FROM pushloss.error_stage_meaning
    UNION ALL
    SELECT e.err_code, CASE u.stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END, false,
        NULL::text, NULL::text, NULL::boolean, NULL::text, nullif(u.err_info, ''), u.first_day, NULL::text, NULL::text
    FROM pushloss.usual_stage_text AS u JOIN pushloss.err_code AS e USING (err_code_key)
) AS k
GROUP BY k.err_code, k.stage;
COMMENT ON VIEW analytics.stage_error_codes IS 'What error codes mean where the channel is not known: one row per code and stage in the catalogue or in an answer. Join app_stage_loss and task_stage_loss by err_code and stage.';
COMMENT ON COLUMN analytics.stage_error_codes.err_code IS 'Error code, Tencent''s or the vendor''s.';
COMMENT ON COLUMN analytics.stage_error_codes.stage IS 'Where the pushes are lost: ready_to_send or post_send_delivered.';
COMMENT ON COLUMN analytics.stage_error_codes.short_name IS 'Short name for the legend of a chart; NULL if the catalogue has none, or if the channels differ.';
COMMENT ON COLUMN analytics.stage_error_codes.meaning IS 'What the code means, with the channels to which it applies; for a code that is not in the catalogue, the API''s most frequent text there; NULL if there is neither.';
COMMENT ON COLUMN analytics.stage_error_codes.what_to_do IS 'What to do; NULL if it is not known, or if the channels differ.';
COMMENT ON COLUMN analytics.stage_error_codes.token_dead IS 'Whether the device token is dead; NULL if that is not known, or if the channels differ.';
COMMENT ON COLUMN analytics.stage_error_codes.first_day IS 'First day on which any app has the code there, whenever that was loaded; NULL if no day has it.';
COMMENT ON COLUMN analytics.stage_error_codes.meaning_zh IS 'The meaning in Chinese; for a code that is not in the catalogue, the API''s most frequent text there; NULL if there is neither.';
COMMENT ON COLUMN analytics.stage_error_codes.what_to_do_zh IS 'What to do, in Chinese; NULL if it is not known, or if the channels differ.';

-- Losses ----------------------------------------------------------------------

-- Each of these has one grain, so a SUM over one never counts twice.
--
-- The planner reorders at most eight tables (join_collapse_limit). A reader's own join, such as with
-- recent_days, finds the days by the index only if it is among these eight. So each view joins few
-- tables. Subqueries and constants replace further joins.
CREATE OR REPLACE VIEW analytics.app_stage_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    CASE f.stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END AS stage,
    c.err_code,
    (SELECT i.err_info FROM pushloss.err_info AS i WHERE i.err_info_key = f.err_info_key) AS err_info,
    f.err_count,
    f.updated_at,
    coalesce(m.meaning, nullif(u.err_info, '')) AS err_meaning,
    coalesce(l.settled, false) AS final,
    d.short_name,
    d.what_to_do,
    d.token_dead
FROM pushloss.stage_loss AS f
JOIN pushloss.err_code AS c USING (err_code_key)
LEFT JOIN pushloss.error_stage_meaning AS m ON m.err_code = c.err_code AND m.stage_id = f.stage_id
LEFT JOIN analytics.stage_error_codes AS d ON d.err_code = c.err_code AND d.stage = CASE f.stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END
LEFT JOIN pushloss.usual_stage_text AS u ON u.err_code_key = f.err_code_key AND u.stage_id = f.stage_id AND u.stream_id = 0
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.task_key = 0 AND l.stream_id = 0
WHERE f.task_key = 0;
COMMENT ON VIEW analytics.app_stage_loss IS 'Lost pushes of a whole app: one row per app, day, stage and error code, all channels together.';
COMMENT ON COLUMN analytics.app_stage_loss.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.app_stage_loss.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.app_stage_loss.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.app_stage_loss.err_code IS 'Error code, Tencent''s or the vendor''s. Its meaning depends on the platform and the stage.';
COMMENT ON COLUMN analytics.app_stage_loss.err_info IS 'The API''s most frequent description of the code; free text, may be empty.';
COMMENT ON COLUMN analytics.app_stage_loss.err_count IS 'Number of pushes lost on that day, at that place and for that reason. The column final says whether it can still change.';
COMMENT ON COLUMN analytics.app_stage_loss.updated_at IS 'When this figure or its description last changed; pulls that confirm it do not count.';
COMMENT ON COLUMN analytics.app_stage_loss.err_meaning IS 'What the code means at this stage, from the catalogue (error_codes), with the channels to which it applies; for a code that is not in it, the API''s most frequent text there. NULL if there is neither.';
COMMENT ON COLUMN analytics.app_stage_loss.final IS 'Whether the figure is final: runs no longer pull its day. The column state of calendar (for a task, of task_coverage) says whether the day is complete.';
COMMENT ON COLUMN analytics.app_stage_loss.short_name IS 'Short name for the legend of a chart, from the catalogue (error_codes); NULL for a code that is not in it, or if the channels differ.';
COMMENT ON COLUMN analytics.app_stage_loss.what_to_do IS 'What to do, from the catalogue; NULL if it is not known, or if the channels differ.';
COMMENT ON COLUMN analytics.app_stage_loss.token_dead IS 'Whether the device token is dead, so that no push will ever reach it; NULL if that is not known, or if the channels differ.';

CREATE OR REPLACE VIEW analytics.app_platform_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    CASE f.stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END AS stage,
    f.event_type,
    CASE f.event_type WHEN 1 THEN 'offline' WHEN 2 THEN 'online' ELSE 'unknown (' || f.event_type || ')' END AS event,
    f.platform_id,
    CASE WHEN f.platform_id = 0 AND f.event_type = 2 THEN 'online' ELSE coalesce(p.platform, 'unknown (' || f.platform_id || ')') END AS platform,
    c.err_code,
    (SELECT i.err_info FROM pushloss.err_info AS i WHERE i.err_info_key = f.err_info_key) AS err_info,
    f.err_count,
    f.updated_at,
    coalesce(m.meaning, nullif(u.err_info, '')) AS err_meaning,
    coalesce(l.settled, false) AS final,
    m.short_name,
    m.what_to_do,
    m.token_dead
FROM pushloss.platform_loss AS f
JOIN pushloss.err_code AS c USING (err_code_key)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.error_catalogue AS m
    ON m.err_code = c.err_code AND m.stage_id = f.stage_id AND m.platform_id = f.platform_id
LEFT JOIN pushloss.usual_platform_text AS u
    ON u.err_code_key = f.err_code_key AND u.stage_id = f.stage_id AND u.platform_id = f.platform_id AND u.stream_id = 0
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.task_key = 0 AND l.stream_id = 0
WHERE f.task_key = 0;
COMMENT ON VIEW analytics.app_platform_loss IS 'Lost pushes of a whole app by channel: one row per app, day, stage, event, platform and error code. Not a breakdown of app_stage_loss: the two sums need not be equal.';
COMMENT ON COLUMN analytics.app_platform_loss.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.app_platform_loss.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.app_platform_loss.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.app_platform_loss.event_type IS '1 offline push, 2 online push.';
COMMENT ON COLUMN analytics.app_platform_loss.event IS 'offline: through a vendor''s channel; online: over the app''s own connection.';
COMMENT ON COLUMN analytics.app_platform_loss.platform_id IS 'Number of the push channel, see platforms.';
COMMENT ON COLUMN analytics.app_platform_loss.platform IS 'Name of the push channel, see platforms; online for online pushes, which have none; unknown (N) if the API documents no channel N.';
COMMENT ON COLUMN analytics.app_platform_loss.err_code IS 'Error code, Tencent''s or the vendor''s. Its meaning depends on the platform and the stage.';
COMMENT ON COLUMN analytics.app_platform_loss.err_info IS 'The API''s most frequent description of the code; free text, may be empty.';
COMMENT ON COLUMN analytics.app_platform_loss.err_count IS 'Number of pushes lost on that day, at that place and for that reason. The column final says whether it can still change.';
COMMENT ON COLUMN analytics.app_platform_loss.updated_at IS 'When this figure or its description last changed; pulls that confirm it do not count.';
COMMENT ON COLUMN analytics.app_platform_loss.err_meaning IS 'What the code means there, from the catalogue (error_codes); for a code that is not in it, the API''s most frequent text there. NULL if there is neither.';
COMMENT ON COLUMN analytics.app_platform_loss.final IS 'Whether the figure is final: runs no longer pull its day. The column state of calendar (for a task, of task_coverage) says whether the day is complete.';
COMMENT ON COLUMN analytics.app_platform_loss.short_name IS 'Short name for the legend of a chart, from the catalogue (error_codes); NULL for a code that is not in it.';
COMMENT ON COLUMN analytics.app_platform_loss.what_to_do IS 'What to do, from the catalogue; NULL if it is not known.';
COMMENT ON COLUMN analytics.app_platform_loss.token_dead IS 'Whether the device token is dead, so that no push will ever reach it; NULL if that is not known.';

CREATE OR REPLACE VIEW analytics.task_stage_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    t.task_id,
    CASE f.stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END AS stage,
    c.err_code,
    (SELECT i.err_info FROM pushloss.err_info AS i WHERE i.err_info_key = f.err_info_key) AS err_info,
    f.err_count,
    f.updated_at,
    coalesce(m.meaning, nullif(u.err_info, '')) AS err_meaning,
    coalesce(l.settled, false) AS final,
    d.short_name,
    d.what_to_do,
    d.token_dead,
    f.day - (t.sent_at AT TIME ZONE (SELECT a.timezone FROM pushloss.app AS a WHERE a.sdk_app_id = f.sdk_app_id))::date AS days_after_send
FROM pushloss.stage_loss AS f
JOIN pushloss.task AS t USING (task_key)
JOIN pushloss.err_code AS c USING (err_code_key)
LEFT JOIN pushloss.error_stage_meaning AS m ON m.err_code = c.err_code AND m.stage_id = f.stage_id
LEFT JOIN analytics.stage_error_codes AS d ON d.err_code = c.err_code AND d.stage = CASE f.stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END
LEFT JOIN pushloss.usual_stage_text AS u ON u.err_code_key = f.err_code_key AND u.stage_id = f.stage_id AND u.stream_id = 0
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.task_key = f.task_key AND l.stream_id = 0;
COMMENT ON VIEW analytics.task_stage_loss IS 'Lost pushes of a task: one row per app, day, task, stage and error code, all channels together.';
COMMENT ON COLUMN analytics.task_stage_loss.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.task_stage_loss.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.task_stage_loss.task_id IS 'TaskID of the push task.';
COMMENT ON COLUMN analytics.task_stage_loss.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.task_stage_loss.err_code IS 'Error code, Tencent''s or the vendor''s. Its meaning depends on the platform and the stage.';
COMMENT ON COLUMN analytics.task_stage_loss.err_info IS 'The API''s most frequent description of the code; free text, may be empty.';
COMMENT ON COLUMN analytics.task_stage_loss.err_count IS 'Number of pushes lost on that day, at that place and for that reason. The column final says whether it can still change.';
COMMENT ON COLUMN analytics.task_stage_loss.updated_at IS 'When this figure or its description last changed; pulls that confirm it do not count.';
COMMENT ON COLUMN analytics.task_stage_loss.err_meaning IS 'What the code means at this stage, from the catalogue (error_codes), with the channels to which it applies; for a code that is not in it, the API''s most frequent text there. NULL if there is neither.';
COMMENT ON COLUMN analytics.task_stage_loss.final IS 'Whether the figure is final: runs no longer pull its day. The column state of calendar (for a task, of task_coverage) says whether the day is complete.';
COMMENT ON COLUMN analytics.task_stage_loss.short_name IS 'Short name for the legend of a chart, from the catalogue (error_codes); NULL for a code that is not in it, or if the channels differ.';
COMMENT ON COLUMN analytics.task_stage_loss.what_to_do IS 'What to do, from the catalogue; NULL if it is not known, or if the channels differ.';
COMMENT ON COLUMN analytics.task_stage_loss.token_dead IS 'Whether the device token is dead, so that no push will ever reach it; NULL if that is not known, or if the channels differ.';
COMMENT ON COLUMN analytics.task_stage_loss.days_after_send IS 'Number of days after the push was sent, counted in days of the app: 0 on the day itself. NULL where the task has no sent_at.';

CREATE OR REPLACE VIEW analytics.task_platform_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    t.task_id,
    CASE f.stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END AS stage,
    f.event_type,
    CASE f.event_type WHEN 1 THEN 'offline' WHEN 2 THEN 'online' ELSE 'unknown (' || f.event_type || ')' END AS event,
    f.platform_id,
    CASE WHEN f.platform_id = 0 AND f.event_type = 2 THEN 'online' ELSE coalesce(p.platform, 'unknown (' || f.platform_id || ')') END AS platform,
    c.err_code,
    (SELECT i.err_info FROM pushloss.err_info AS i WHERE i.err_info_key = f.err_info_key) AS err_info,
    f.err_count,
    f.updated_at,
    coalesce(m.meaning, nullif(u.err_info, '')) AS err_meaning,
    coalesce(l.settled, false) AS final,
    m.short_name,
    m.what_to_do,
    m.token_dead,
    f.day - (t.sent_at AT TIME ZONE (SELECT a.timezone FROM pushloss.app AS a WHERE a.sdk_app_id = f.sdk_app_id))::date AS days_after_send
FROM pushloss.platform_loss AS f
JOIN pushloss.task AS t USING (task_key)
JOIN pushloss.err_code AS c USING (err_code_key)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.error_catalogue AS m
    ON m.err_code = c.err_code AND m.stage_id = f.stage_id AND m.platform_id = f.platform_id
LEFT JOIN pushloss.usual_platform_text AS u
    ON u.err_code_key = f.err_code_key AND u.stage_id = f.stage_id AND u.platform_id = f.platform_id AND u.stream_id = 0
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.task_key = f.task_key AND l.stream_id = 0;
COMMENT ON VIEW analytics.task_platform_loss IS 'Lost pushes of a task by channel: one row per app, day, task, stage, event, platform and error code. Not a breakdown of task_stage_loss: the two sums need not be equal.';
COMMENT ON COLUMN analytics.task_platform_loss.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.task_platform_loss.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.task_platform_loss.task_id IS 'TaskID of the push task.';
COMMENT ON COLUMN analytics.task_platform_loss.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.task_platform_loss.event_type IS '1 offline push, 2 online push.';
COMMENT ON COLUMN analytics.task_platform_loss.event IS 'offline: through a vendor''s channel; online: over the app''s own connection.';
COMMENT ON COLUMN analytics.task_platform_loss.platform_id IS 'Number of the push channel, see platforms.';
COMMENT ON COLUMN analytics.task_platform_loss.platform IS 'Name of the push channel, see platforms; online for online pushes, which have none; unknown (N) if the API documents no channel N.';
COMMENT ON COLUMN analytics.task_platform_loss.err_code IS 'Error code, Tencent''s or the vendor''s. Its meaning depends on the platform and the stage.';
COMMENT ON COLUMN analytics.task_platform_loss.err_info IS 'The API''s most frequent description of the code; free text, may be empty.';
COMMENT ON COLUMN analytics.task_platform_loss.err_count IS 'Number of pushes lost on that day, at that place and for that reason. The column final says whether it can still change.';
COMMENT ON COLUMN analytics.task_platform_loss.updated_at IS 'When this figure or its description last changed; pulls that confirm it do not count.';
COMMENT ON COLUMN analytics.task_platform_loss.err_meaning IS 'What the code means there, from the catalogue (error_codes); for a code that is not in it, the API''s most frequent text there. NULL if there is neither.';
COMMENT ON COLUMN analytics.task_platform_loss.final IS 'Whether the figure is final: runs no longer pull its day. The column state of calendar (for a task, of task_coverage) says whether the day is complete.';
COMMENT ON COLUMN analytics.task_platform_loss.short_name IS 'Short name for the legend of a chart, from the catalogue (error_codes); NULL for a code that is not in it.';
COMMENT ON COLUMN analytics.task_platform_loss.what_to_do IS 'What to do, from the catalogue; NULL if it is not known.';
COMMENT ON COLUMN analytics.task_platform_loss.token_dead IS 'Whether the device token is dead, so that no push will ever reach it; NULL if that is not known.';
COMMENT ON COLUMN analytics.task_platform_loss.days_after_send IS 'Number of days after the push was sent, counted in days of the app: 0 on the day itself. NULL where the task has no sent_at.';

CREATE OR REPLACE VIEW analytics.chat_stage_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    CASE f.stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END AS stage,
    c.err_code,
    (SELECT i.err_info FROM pushloss.err_info AS i WHERE i.err_info_key = f.err_info_key) AS err_info,
    f.err_count,
    f.updated_at,
    coalesce(m.meaning, nullif(u.err_info, '')) AS err_meaning,
    coalesce(l.settled, false) AS final,
    d.short_name,
    d.what_to_do,
    d.token_dead
FROM pushloss.chat_stage_loss AS f
JOIN pushloss.err_code AS c USING (err_code_key)
LEFT JOIN pushloss.error_stage_meaning AS m ON m.err_code = c.err_code AND m.stage_id = f.stage_id
LEFT JOIN analytics.stage_error_codes AS d ON d.err_code = c.err_code AND d.stage = CASE f.stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END
LEFT JOIN pushloss.usual_stage_text AS u ON u.err_code_key = f.err_code_key AND u.stage_id = f.stage_id AND u.stream_id = 2
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.task_key = 0 AND l.stream_id = 2;
COMMENT ON VIEW analytics.chat_stage_loss IS 'Lost pushes of an app''s chat messages: one row per app, day, stage and error code, all channels together.';
COMMENT ON COLUMN analytics.chat_stage_loss.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.chat_stage_loss.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.chat_stage_loss.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.chat_stage_loss.err_code IS 'Error code, Tencent''s or the vendor''s. Its meaning depends on the platform and the stage.';
COMMENT ON COLUMN analytics.chat_stage_loss.err_info IS 'The API''s most frequent description of the code; free text, may be empty.';
COMMENT ON COLUMN analytics.chat_stage_loss.err_count IS 'Number of pushes lost.';
COMMENT ON COLUMN analytics.chat_stage_loss.updated_at IS 'When this row was last written.';
COMMENT ON COLUMN analytics.chat_stage_loss.err_meaning IS 'What the code means at this stage, from the catalogue (error_codes), with the channels to which it applies; for a code that is not in it, the API''s most frequent text there. NULL if there is neither.';
COMMENT ON COLUMN analytics.chat_stage_loss.final IS 'Whether the figure is final: runs no longer pull its day. The column state of stream_coverage says whether the day is complete.';
COMMENT ON COLUMN analytics.chat_stage_loss.short_name IS 'Short name for the legend of a chart, from the catalogue (error_codes); NULL for a code that is not in it, or if the channels differ.';
COMMENT ON COLUMN analytics.chat_stage_loss.what_to_do IS 'What to do, from the catalogue; NULL if it is not known, or if the channels differ.';
COMMENT ON COLUMN analytics.chat_stage_loss.token_dead IS 'Whether the device token is dead, so that no push will ever reach it; NULL if that is not known, or if the channels differ.';

CREATE OR REPLACE VIEW analytics.chat_platform_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    CASE f.stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END AS stage,
    nullif(f.event_type, 0::smallint) AS event_type,
    CASE f.event_type WHEN 1 THEN 'offline' WHEN 2 THEN 'online' WHEN 0 THEN NULL ELSE 'unknown (' || f.event_type || ')' END AS event,
    f.platform_id,
    CASE WHEN f.platform_id = 0 AND f.event_type = 2 THEN 'online' ELSE coalesce(p.platform, 'unknown (' || f.platform_id || ')') END AS platform,
    c.err_code,
    (SELECT i.err_info FROM pushloss.err_info AS i WHERE i.err_info_key = f.err_info_key) AS err_info,
    f.err_count,
    f.updated_at,
    coalesce(m.meaning, nullif(u.err_info, '')) AS err_meaning,
    coalesce(l.settled, false) AS final,
    m.short_name,
    m.what_to_do,
    m.token_dead
FROM pushloss.chat_platform_loss AS f
JOIN pushloss.err_code AS c USING (err_code_key)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.error_catalogue AS m
    ON m.err_code = c.err_code AND m.stage_id = f.stage_id AND m.platform_id = f.platform_id
LEFT JOIN pushloss.usual_platform_text AS u
    ON u.err_code_key = f.err_code_key AND u.stage_id = f.stage_id AND u.platform_id = f.platform_id AND u.stream_id = 2
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.task_key = 0 AND l.stream_id = 2;
COMMENT ON VIEW analytics.chat_platform_loss IS 'Lost pushes of an app''s chat messages by channel: one row per app, day, stage, event, platform and error code. Not a breakdown of chat_stage_loss: the two sums need not be equal.';
COMMENT ON COLUMN analytics.chat_platform_loss.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.chat_platform_loss.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.chat_platform_loss.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.chat_platform_loss.event_type IS '1 offline push, 2 online push; NULL where the API does not say.';
COMMENT ON COLUMN analytics.chat_platform_loss.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL where the API does not say.';
COMMENT ON COLUMN analytics.chat_platform_loss.platform_id IS 'Number of the push channel.';
COMMENT ON COLUMN analytics.chat_platform_loss.platform IS 'Name of the push channel, see platforms; online for online pushes, which have none; unknown (N) if the API documents no channel N.';
COMMENT ON COLUMN analytics.chat_platform_loss.err_code IS 'Error code, Tencent''s or the vendor''s. Its meaning depends on the platform and the stage.';
COMMENT ON COLUMN analytics.chat_platform_loss.err_info IS 'The API''s most frequent description of the code; free text, may be empty.';
COMMENT ON COLUMN analytics.chat_platform_loss.err_count IS 'Number of pushes lost.';
COMMENT ON COLUMN analytics.chat_platform_loss.updated_at IS 'When this row was last written.';
COMMENT ON COLUMN analytics.chat_platform_loss.err_meaning IS 'What the code means there, from the catalogue (error_codes); for a code that is not in it, the API''s most frequent text there. NULL if there is neither.';
COMMENT ON COLUMN analytics.chat_platform_loss.final IS 'Whether the figure is final: runs no longer pull its day. The column state of stream_coverage says whether the day is complete.';
COMMENT ON COLUMN analytics.chat_platform_loss.short_name IS 'Short name for the legend of a chart, from the catalogue (error_codes); NULL for a code that is not in it.';
COMMENT ON COLUMN analytics.chat_platform_loss.what_to_do IS 'What to do, from the catalogue; NULL if it is not known.';
COMMENT ON COLUMN analytics.chat_platform_loss.token_dead IS 'Whether the device token is dead, so that no push will ever reach it; NULL if that is not known.';

-- Numbers of pushes -----------------------------------------------------------

CREATE OR REPLACE VIEW analytics.app_push_daily AS
SELECT
    f.sdk_app_id,
    f.day,
    max(f.push_count) FILTER (WHERE f.counter_id = 3) AS total_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 4) AS sent_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 5) AS delivered_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 6) AS click_count,
    max(f.updated_at) AS updated_at,
    coalesce(bool_and(l.settled), false) AS final
FROM pushloss.push_count AS f
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.task_key = 0 AND l.stream_id = 1
WHERE f.task_key = 0
GROUP BY f.sdk_app_id, f.day;
COMMENT ON VIEW analytics.app_push_daily IS 'Pushes of a whole app, all channels together: one row per app and day on which there were any.';
COMMENT ON COLUMN analytics.app_push_daily.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.app_push_daily.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.app_push_daily.total_count IS 'Pushes that could be sent. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.app_push_daily.sent_count IS 'Pushes that were sent. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.app_push_daily.delivered_count IS 'Pushes that reached the device. NULL where the API did not report it; 0 despite clicks if the channel confirms no delivery.';
COMMENT ON COLUMN analytics.app_push_daily.click_count IS 'Pushes that were clicked. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.app_push_daily.updated_at IS 'When one of these figures was last written.';
COMMENT ON COLUMN analytics.app_push_daily.final IS 'Whether the figures are final: runs no longer pull their day. The column state of stream_coverage says whether the day is complete.';

CREATE OR REPLACE VIEW analytics.app_push_platform_daily AS
SELECT
    f.sdk_app_id,
    f.day,
    f.event_type,
    coalesce(e.event, 'unknown (' || f.event_type || ')') AS event,
    f.platform_id,
    CASE WHEN f.platform_id = 0 AND f.event_type = 2 THEN 'online' ELSE coalesce(p.platform, 'unknown (' || f.platform_id || ')') END AS platform,
    max(f.push_count) FILTER (WHERE f.counter_id = 3) AS total_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 4) AS sent_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 5) AS delivered_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 6) AS click_count,
    max(f.updated_at) AS updated_at,
    coalesce(bool_and(l.settled), false) AS final
FROM pushloss.platform_push_count AS f
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.task_key = 0 AND l.stream_id = 1
WHERE f.task_key = 0
GROUP BY f.sdk_app_id, f.day, f.event_type, e.event, f.platform_id, p.platform;
COMMENT ON VIEW analytics.app_push_platform_daily IS 'Pushes of a whole app by channel: one row per app, day, event and platform. Not a breakdown of app_push_daily: the two sums need not be equal.';
COMMENT ON COLUMN analytics.app_push_platform_daily.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.app_push_platform_daily.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.app_push_platform_daily.event_type IS '1 offline push, 2 online push.';
COMMENT ON COLUMN analytics.app_push_platform_daily.event IS 'offline: through a vendor''s channel; online: over the app''s own connection.';
COMMENT ON COLUMN analytics.app_push_platform_daily.platform_id IS 'Number of the push channel.';
COMMENT ON COLUMN analytics.app_push_platform_daily.platform IS 'Name of the push channel; online for online pushes, which have none.';
COMMENT ON COLUMN analytics.app_push_platform_daily.total_count IS 'Pushes that could be sent. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.app_push_platform_daily.sent_count IS 'Pushes that were sent. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.app_push_platform_daily.delivered_count IS 'Pushes that reached the device. NULL where the API did not report it; 0 despite clicks if the channel confirms no delivery.';
COMMENT ON COLUMN analytics.app_push_platform_daily.click_count IS 'Pushes that were clicked. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.app_push_platform_daily.updated_at IS 'When one of these figures was last written.';
COMMENT ON COLUMN analytics.app_push_platform_daily.final IS 'Whether the figures are final: runs no longer pull their day. The column state of stream_coverage says whether the day is complete.';

CREATE OR REPLACE VIEW analytics.task_push_daily AS
SELECT
    f.sdk_app_id,
    f.day,
    t.task_id,
    max(f.push_count) FILTER (WHERE f.counter_id = 3) AS total_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 4) AS sent_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 5) AS delivered_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 6) AS click_count,
    max(f.updated_at) AS updated_at,
    coalesce(bool_and(l.settled), false) AS final,
    f.day - (t.sent_at AT TIME ZONE (SELECT a.timezone FROM pushloss.app AS a WHERE a.sdk_app_id = f.sdk_app_id))::date AS days_after_send
FROM pushloss.push_count AS f
JOIN pushloss.task AS t USING (task_key)
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.task_key = f.task_key AND l.stream_id = 1
GROUP BY f.sdk_app_id, f.day, t.task_id, t.sent_at;
COMMENT ON VIEW analytics.task_push_daily IS 'Pushes of a task, all channels together: one row per app, day and task with any pushes.';
COMMENT ON COLUMN analytics.task_push_daily.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.task_push_daily.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.task_push_daily.task_id IS 'TaskID of the push task.';
COMMENT ON COLUMN analytics.task_push_daily.total_count IS 'Pushes that could be sent. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.task_push_daily.sent_count IS 'Pushes that were sent. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.task_push_daily.delivered_count IS 'Pushes that reached the device. NULL where the API did not report it; 0 despite clicks if the channel confirms no delivery.';
COMMENT ON COLUMN analytics.task_push_daily.click_count IS 'Pushes that were clicked. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.task_push_daily.updated_at IS 'When one of these figures was last written.';
COMMENT ON COLUMN analytics.task_push_daily.final IS 'Whether the figures are final: runs no longer pull their day. The column state of stream_coverage says whether the day is complete.';
COMMENT ON COLUMN analytics.task_push_daily.days_after_send IS 'Number of days after the push was sent, counted in days of the app: 0 on the day itself. NULL where the task has no sent_at.';

CREATE OR REPLACE VIEW analytics.task_push_platform_daily AS
SELECT
    f.sdk_app_id,
    f.day,
    t.task_id,
    f.event_type,
    coalesce(e.event, 'unknown (' || f.event_type || ')') AS event,
    f.platform_id,
    CASE WHEN f.platform_id = 0 AND f.event_type = 2 THEN 'online' ELSE coalesce(p.platform, 'unknown (' || f.platform_id || ')') END AS platform,
    max(f.push_count) FILTER (WHERE f.counter_id = 3) AS total_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 4) AS sent_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 5) AS delivered_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 6) AS click_count,
    max(f.updated_at) AS updated_at,
    coalesce(bool_and(l.settled), false) AS final,
    f.day - (t.sent_at AT TIME ZONE (SELECT a.timezone FROM pushloss.app AS a WHERE a.sdk_app_id = f.sdk_app_id))::date AS days_after_send
FROM pushloss.platform_push_count AS f
JOIN pushloss.task AS t USING (task_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.task_key = f.task_key AND l.stream_id = 1
GROUP BY f.sdk_app_id, f.day, t.task_id, t.sent_at, f.event_type, e.event, f.platform_id, p.platform;
COMMENT ON VIEW analytics.task_push_platform_daily IS 'Pushes of a task by channel: one row per app, day, task, event and platform. Not a breakdown of task_push_daily: the two sums need not be equal.';
COMMENT ON COLUMN analytics.task_push_platform_daily.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.task_push_platform_daily.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.task_push_platform_daily.task_id IS 'TaskID of the push task.';
COMMENT ON COLUMN analytics.task_push_platform_daily.event_type IS '1 offline push, 2 online push.';
COMMENT ON COLUMN analytics.task_push_platform_daily.event IS 'offline: through a vendor''s channel; online: over the app''s own connection.';
COMMENT ON COLUMN analytics.task_push_platform_daily.platform_id IS 'Number of the push channel.';
COMMENT ON COLUMN analytics.task_push_platform_daily.platform IS 'Name of the push channel; online for online pushes, which have none.';
COMMENT ON COLUMN analytics.task_push_platform_daily.total_count IS 'Pushes that could be sent. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.task_push_platform_daily.sent_count IS 'Pushes that were sent. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.task_push_platform_daily.delivered_count IS 'Pushes that reached the device. NULL where the API did not report it; 0 despite clicks if the channel confirms no delivery.';
COMMENT ON COLUMN analytics.task_push_platform_daily.click_count IS 'Pushes that were clicked. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.task_push_platform_daily.updated_at IS 'When one of these figures was last written.';
COMMENT ON COLUMN analytics.task_push_platform_daily.final IS 'Whether the figures are final: runs no longer pull their day. The column state of stream_coverage says whether the day is complete.';
COMMENT ON COLUMN analytics.task_push_platform_daily.days_after_send IS 'Number of days after the push was sent, counted in days of the app: 0 on the day itself. NULL where the task has no sent_at.';

CREATE OR REPLACE VIEW analytics.chat_push_daily AS
SELECT
    f.sdk_app_id,
    f.day,
    max(f.push_count) FILTER (WHERE f.counter_id = 3) AS total_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 4) AS sent_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 5) AS delivered_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 6) AS click_count,
    max(f.updated_at) AS updated_at,
    coalesce(bool_and(l.settled), false) AS final
FROM pushloss.chat_push_count AS f
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.task_key = 0 AND l.stream_id = 3
GROUP BY f.sdk_app_id, f.day;
COMMENT ON VIEW analytics.chat_push_daily IS 'Pushes of an app''s chat messages, all channels together: one row per app and day on which there were any.';
COMMENT ON COLUMN analytics.chat_push_daily.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.chat_push_daily.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.chat_push_daily.total_count IS 'Pushes that could be sent. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.chat_push_daily.sent_count IS 'Pushes that were sent. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.chat_push_daily.delivered_count IS 'Pushes that reached the device. NULL where the API did not report it; 0 despite clicks if the channel confirms no delivery.';
COMMENT ON COLUMN analytics.chat_push_daily.click_count IS 'Pushes that were clicked. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.chat_push_daily.updated_at IS 'When this row was last written.';
COMMENT ON COLUMN analytics.chat_push_daily.final IS 'Whether the figures are final: runs no longer pull their day. The column state of stream_coverage says whether the day is complete.';

CREATE OR REPLACE VIEW analytics.chat_push_platform_daily AS
SELECT
    f.sdk_app_id,
    f.day,
    nullif(f.event_type, 0::smallint) AS event_type,
    CASE WHEN f.event_type <> 0 THEN coalesce(e.event, 'unknown (' || f.event_type || ')') END AS event,
    f.platform_id,
    CASE WHEN f.platform_id = 0 AND f.event_type = 2 THEN 'online' ELSE coalesce(p.platform, 'unknown (' || f.platform_id || ')') END AS platform,
    max(f.push_count) FILTER (WHERE f.counter_id = 3) AS total_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 4) AS sent_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 5) AS delivered_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 6) AS click_count,
    max(f.updated_at) AS updated_at,
    coalesce(bool_and(l.settled), false) AS final
FROM pushloss.chat_platform_push_count AS f
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.task_key = 0 AND l.stream_id = 3
GROUP BY f.sdk_app_id, f.day, f.event_type, e.event, f.platform_id, p.platform;
COMMENT ON VIEW analytics.chat_push_platform_daily IS 'Pushes of an app''s chat messages by channel: one row per app, day, event and platform. Not a breakdown of chat_push_daily: the two sums need not be equal.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.event_type IS '1 offline push, 2 online push; NULL where the API does not say.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL where the API does not say.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.platform_id IS 'Number of the push channel.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.platform IS 'Name of the push channel; online for online pushes, which have none.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.total_count IS 'Pushes that could be sent. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.sent_count IS 'Pushes that were sent. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.delivered_count IS 'Pushes that reached the device. NULL where the API did not report it; 0 despite clicks if the channel confirms no delivery.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.click_count IS 'Pushes that were clicked. NULL where the API did not report it.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.updated_at IS 'When this row was last written.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.final IS 'Whether the figures are final: runs no longer pull their day. The column state of stream_coverage says whether the day is complete.';

-- Rates -----------------------------------------------------------------------

-- A UNION of losses and counters, grouped by key, lets a condition on a key reach both. A
-- full join would not. The grain is a constant of each branch, so that a query for one
-- grain reads only its branch.
--
-- The sum comes after the UNION, and rows have the task's ID, so that a condition on a
-- grain or a task reaches the tables.
--
-- Losses of tasks, which are most rows, are first added up window by window. The ledger
-- has the windows, and the primary key of the losses has their order. So no row is hashed
-- with its task or with the key of the sum.
CREATE OR REPLACE VIEW analytics.loss_rates AS
WITH task AS NOT MATERIALIZED (SELECT task_key, task_id FROM pushloss.task),
part (stage_id, counter_id, is_denominator) AS (
    VALUES (1::smallint, 3::smallint, true), (1::smallint, 4::smallint, false),
        (2::smallint, 4::smallint, true), (2::smallint, 5::smallint, false)
), figure AS (
    SELECT 1::smallint AS grain, sdk_app_id, day, 0 AS task_key, ''::text AS task_id, stage_id,
        NULL::smallint AS event_type, NULL::smallint AS platform_id,
        err_count AS coded, NULL::bigint AS denominator, NULL::bigint AS arrived, updated_at
    FROM pushloss.stage_loss WHERE task_key = 0
    UNION ALL
    SELECT 1::smallint, sdk_app_id, day, 0, ''::text, stage_id, NULL::smallint, NULL::smallint,
        NULL::bigint, CASE WHEN is_denominator THEN push_count END, CASE WHEN NOT is_denominator THEN push_count END, updated_at
    FROM pushloss.push_count JOIN part USING (counter_id) WHERE task_key = 0
    UNION ALL
    SELECT 2::smallint, sdk_app_id, day, 0, ''::text, stage_id, event_type, platform_id,
        err_count, NULL::bigint, NULL::bigint, updated_at
    FROM pushloss.platform_loss WHERE task_key = 0
    UNION ALL
    SELECT 2::smallint, sdk_app_id, day, 0, ''::text, stage_id, event_type, platform_id,
        NULL::bigint, CASE WHEN is_denominator THEN push_count END, CASE WHEN NOT is_denominator THEN push_count END, updated_at
    FROM pushloss.platform_push_count JOIN part USING (counter_id) WHERE task_key = 0
    UNION ALL
    SELECT 3::smallint, l.sdk_app_id, l.day, l.task_key, t.task_id, f.stage_id, NULL::smallint, NULL::smallint,
        f.coded, NULL::bigint, NULL::bigint, f.updated_at
    FROM pushloss.ledger AS l JOIN task AS t USING (task_key)
    CROSS JOIN LATERAL (
        SELECT f.sdk_app_id, f.stage_id, (CASE WHEN sum(f.err_count) > 9223372036854775807 THEN 9223372036854775807 ELSE sum(f.err_count) END)::bigint AS coded, max(f.updated_at) AS updated_at
        FROM pushloss.stage_loss AS f
        WHERE f.sdk_app_id = l.sdk_app_id AND f.day = l.day AND f.task_key = l.task_key
        GROUP BY f.sdk_app_id, f.stage_id
    ) AS f
    WHERE l.stream_id = 0
    UNION ALL
    SELECT 3::smallint, sdk_app_id, day, task_key, task_id, stage_id, NULL::smallint, NULL::smallint,
        NULL::bigint, CASE WHEN is_denominator THEN push_count END, CASE WHEN NOT is_denominator THEN push_count END, updated_at
    FROM pushloss.push_count JOIN part USING (counter_id) JOIN task USING (task_key)
    UNION ALL
    SELECT 4::smallint, l.sdk_app_id, l.day, l.task_key, t.task_id, f.stage_id, f.event_type, f.platform_id,
        f.coded, NULL::bigint, NULL::bigint, f.updated_at
    FROM pushloss.ledger AS l JOIN task AS t USING (task_key)
    CROSS JOIN LATERAL (
        SELECT f.sdk_app_id, f.stage_id, f.event_type, f.platform_id, (CASE WHEN sum(f.err_count) > 9223372036854775807 THEN 9223372036854775807 ELSE sum(f.err_count) END)::bigint AS coded, max(f.updated_at) AS updated_at
        FROM pushloss.platform_loss AS f
        WHERE f.sdk_app_id = l.sdk_app_id AND f.day = l.day AND f.task_key = l.task_key
        GROUP BY f.sdk_app_id, f.stage_id, f.event_type, f.platform_id
    ) AS f
    WHERE l.stream_id = 0
    UNION ALL
    SELECT 4::smallint, sdk_app_id, day, task_key, task_id, stage_id, event_type, platform_id,
        NULL::bigint, CASE WHEN is_denominator THEN push_count END, CASE WHEN NOT is_denominator THEN push_count END, updated_at
    FROM pushloss.platform_push_count JOIN part USING (counter_id) JOIN task USING (task_key)
), summed AS (
    SELECT grain, sdk_app_id, day, task_key, task_id, stage_id, event_type, platform_id,
        (CASE WHEN sum(coded) > 9223372036854775807 THEN 9223372036854775807 ELSE sum(coded) END)::bigint AS coded, max(denominator) AS denominator, max(arrived) AS arrived, max(updated_at) AS updated_at
    FROM figure
    GROUP BY grain, sdk_app_id, day, task_key, task_id, stage_id, event_type, platform_id
)
SELECT
    f.sdk_app_id,
    f.day,
    CASE f.grain WHEN 1 THEN 'app_stage' WHEN 2 THEN 'app_platform' WHEN 3 THEN 'task_stage' ELSE 'task_platform' END AS grain,
    f.task_id,
    s.stage,
    f.event_type,
    coalesce(e.event, 'unknown (' || f.event_type || ')') AS event,
    f.platform_id,
    CASE WHEN f.platform_id = 0 AND f.event_type = 2 THEN 'online' ELSE coalesce(p.platform, 'unknown (' || f.platform_id || ')') END AS platform,
    f.coded AS coded_loss,
    f.denominator,
    f.coded::double precision / nullif(f.denominator, 0) AS loss_rate,
    f.denominator - f.arrived AS gap,
    f.denominator - f.arrived - f.coded AS unexplained,
    f.updated_at,
    CASE WHEN f.grain <= 2 THEN 'app' ELSE 'task' END AS scope,
    coalesce(f.losses_settled, false) AND coalesce(f.pushes_settled, NOT EXISTS (
        SELECT 1 FROM pushloss.app_stream AS c
        WHERE c.sdk_app_id = f.sdk_app_id AND c.stream_id = 1 AND c.active AND f.day >= coalesce(c.first_day, f.day))) AS final,
    (f.denominator - f.arrived)::double precision / nullif(f.denominator, 0) AS gap_rate,
    f.day - (t.sent_at AT TIME ZONE (SELECT a.timezone FROM pushloss.app AS a WHERE a.sdk_app_id = f.sdk_app_id))::date AS days_after_send
FROM (
    SELECT
        f.grain, f.sdk_app_id, f.day, f.task_key, f.task_id, f.stage_id, f.event_type, f.platform_id, f.denominator, f.arrived, f.updated_at,
        -- No row of a code is zero only where the losses of the window were loaded.
        coalesce(f.coded, CASE WHEN l.first_loaded_at IS NOT NULL THEN 0 END) AS coded,
        l.settled AS losses_settled, n.settled AS pushes_settled
    FROM summed AS f
    LEFT JOIN pushloss.ledger AS l
        ON l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.task_key = f.task_key AND l.stream_id = 0
    LEFT JOIN pushloss.ledger AS n
        ON n.sdk_app_id = f.sdk_app_id AND n.day = f.day AND n.task_key = f.task_key AND n.stream_id = 1
) AS f
JOIN pushloss.stage AS s USING (stage_id)
LEFT JOIN (SELECT task_key, sent_at FROM pushloss.task) AS t USING (task_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id);
COMMENT ON VIEW analytics.loss_rates IS 'Losses as a share of the pushes that reached the stage: one row per app, day and stage and, depending on the grain, task, event and platform. Choose one grain before adding up.';
COMMENT ON COLUMN analytics.loss_rates.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.loss_rates.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.loss_rates.grain IS 'What one row counts: app_stage and task_stage count all channels together, app_platform and task_platform one channel. Never add rows of different grains.';
COMMENT ON COLUMN analytics.loss_rates.task_id IS 'TaskID of the push task; empty text for the whole app.';
COMMENT ON COLUMN analytics.loss_rates.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.loss_rates.event_type IS '1 offline push, 2 online push; NULL for all channels together.';
COMMENT ON COLUMN analytics.loss_rates.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL for all channels together.';
COMMENT ON COLUMN analytics.loss_rates.platform_id IS 'Number of the push channel; NULL for all channels together.';
COMMENT ON COLUMN analytics.loss_rates.platform IS 'Name of the push channel; online for online pushes, which have none; NULL for all channels together.';
COMMENT ON COLUMN analytics.loss_rates.coded_loss IS 'Lost pushes that an error code explains. NULL where the losses were never loaded.';
COMMENT ON COLUMN analytics.loss_rates.denominator IS 'Pushes that reached the stage: those that could be sent (ready_to_send), or those sent (post_send_delivered). NULL where the API did not report it.';
COMMENT ON COLUMN analytics.loss_rates.loss_rate IS 'coded_loss / denominator: the share of pushes that were lost with an error code. Usually lower than gap_rate. Rarely above 1: then the API''s codes count more pushes than reached the stage. NULL if the denominator is NULL or 0.';
COMMENT ON COLUMN analytics.loss_rates.gap IS 'Pushes that reached the stage and did not complete it: those that could be sent minus those sent, or those sent minus those delivered. For a channel that confirms no delivery (Apple APNs), it includes all sent pushes.';
COMMENT ON COLUMN analytics.loss_rates.unexplained IS 'gap minus coded_loss: what no code explains. Rarely 0, because the API''s codes do not explain every loss; below 0 if they count more than the gap.';
COMMENT ON COLUMN analytics.loss_rates.updated_at IS 'When one of these figures was last written.';
COMMENT ON COLUMN analytics.loss_rates.scope IS 'app: the row counts the whole app; task: one task. It follows from the grain.';
COMMENT ON COLUMN analytics.loss_rates.final IS 'Whether the figures are final: runs no longer pull the day''s losses, nor its numbers of pushes. The column state of calendar (for a task, of task_coverage) says whether the day is complete.';
COMMENT ON COLUMN analytics.loss_rates.gap_rate IS 'gap / denominator: the share of pushes that did not complete the stage, for any reason. NULL if gap is NULL or the denominator is 0.';
COMMENT ON COLUMN analytics.loss_rates.days_after_send IS 'Number of days after the push was sent, counted in days of the app: 0 on the day itself. NULL for the whole app, and where the task has no sent_at.';

-- What the API restated -------------------------------------------------------

CREATE OR REPLACE VIEW analytics.loss_changes AS
SELECT
    h.sdk_app_id,
    h.day,
    coalesce(t.task_id, '') AS task_id,
    s.stage,
    CASE WHEN h.by_platform THEN h.event_type END AS event_type,
    CASE WHEN h.by_platform THEN coalesce(e.event, 'unknown (' || h.event_type || ')') END AS event,
    CASE WHEN h.by_platform THEN h.platform_id END AS platform_id,
    CASE WHEN h.by_platform THEN CASE WHEN h.platform_id = 0 AND h.event_type = 2 THEN 'online' ELSE coalesce(p.platform, 'unknown (' || h.platform_id || ')') END END AS platform,
    c.err_code,
    h.changed_at,
    h.run_id,
    h.old_count,
    h.new_count,
    old_info.err_info AS old_err_info,
    new_info.err_info AS new_err_info,
    CASE WHEN h.task_key = 0 THEN 'app' ELSE 'task' END AS scope,
    CASE WHEN h.task_key = 0 THEN 'app_' ELSE 'task_' END || CASE WHEN h.by_platform THEN 'platform' ELSE 'stage' END AS grain
FROM pushloss.loss_change AS h
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
LEFT JOIN pushloss.task AS t USING (task_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.err_info AS old_info ON old_info.err_info_key = h.old_err_info_key
LEFT JOIN pushloss.err_info AS new_info ON new_info.err_info_key = h.new_err_info_key
WHERE h.stream_id = 0;
COMMENT ON VIEW analytics.loss_changes IS 'Losses that the API restated: one row per change of one fact after the first load of its day.';
COMMENT ON COLUMN analytics.loss_changes.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.loss_changes.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.loss_changes.task_id IS 'TaskID of the push task; empty text for the whole app.';
COMMENT ON COLUMN analytics.loss_changes.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.loss_changes.event_type IS '1 offline push, 2 online push; NULL for a fact by stage.';
COMMENT ON COLUMN analytics.loss_changes.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL for a fact by stage.';
COMMENT ON COLUMN analytics.loss_changes.platform_id IS 'Number of the push channel; NULL for a fact by stage.';
COMMENT ON COLUMN analytics.loss_changes.platform IS 'Name of the push channel; online for online pushes, which have none; NULL for a fact by stage.';
COMMENT ON COLUMN analytics.loss_changes.err_code IS 'Error code, Tencent''s or the vendor''s. Its meaning depends on the platform and the stage.';
COMMENT ON COLUMN analytics.loss_changes.changed_at IS 'When the change was loaded.';
COMMENT ON COLUMN analytics.loss_changes.run_id IS 'Run that loaded the change, see runs.';
COMMENT ON COLUMN analytics.loss_changes.old_count IS 'Number of pushes lost before the change; NULL if the fact is new.';
COMMENT ON COLUMN analytics.loss_changes.new_count IS 'Number of pushes lost after the change; NULL if the fact was removed.';
COMMENT ON COLUMN analytics.loss_changes.old_err_info IS 'Description before the change; NULL if the fact is new.';
COMMENT ON COLUMN analytics.loss_changes.new_err_info IS 'Description after the change; NULL if the fact was removed.';
COMMENT ON COLUMN analytics.loss_changes.scope IS 'app: the row is about the whole app, and task_id is empty; task: it is about one task. Filter by this column, because many readers of CSV turn an empty text into NULL.';
COMMENT ON COLUMN analytics.loss_changes.grain IS 'What one row counts: app_stage and task_stage count all channels together, app_platform and task_platform one channel. Choose one before adding up.';

CREATE OR REPLACE VIEW analytics.push_changes AS
SELECT
    h.sdk_app_id,
    h.day,
    coalesce(t.task_id, '') AS task_id,
    n.counter,
    CASE WHEN h.by_platform THEN h.event_type END AS event_type,
    CASE WHEN h.by_platform THEN coalesce(e.event, 'unknown (' || h.event_type || ')') END AS event,
    CASE WHEN h.by_platform THEN h.platform_id END AS platform_id,
    CASE WHEN h.by_platform THEN CASE WHEN h.platform_id = 0 AND h.event_type = 2 THEN 'online' ELSE coalesce(p.platform, 'unknown (' || h.platform_id || ')') END END AS platform,
    h.changed_at,
    h.run_id,
    h.old_count,
    h.new_count,
    CASE WHEN h.task_key = 0 THEN 'app' ELSE 'task' END AS scope,
    CASE WHEN h.task_key = 0 THEN 'app_' ELSE 'task_' END || CASE WHEN h.by_platform THEN 'platform' ELSE 'stage' END AS grain
FROM pushloss.loss_change AS h
JOIN pushloss.counter AS n ON n.counter_id = h.stage_id
LEFT JOIN pushloss.task AS t USING (task_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
WHERE h.stream_id = 1;
COMMENT ON VIEW analytics.push_changes IS 'Numbers of pushes that the API restated: one row per change of one counter after the first load of its day.';
COMMENT ON COLUMN analytics.push_changes.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.push_changes.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.push_changes.task_id IS 'TaskID of the push task; empty text for the whole app.';
COMMENT ON COLUMN analytics.push_changes.counter IS 'total, sent, delivered or clicked.';
COMMENT ON COLUMN analytics.push_changes.event_type IS '1 offline push, 2 online push; NULL for all channels together.';
COMMENT ON COLUMN analytics.push_changes.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL for all channels together.';
COMMENT ON COLUMN analytics.push_changes.platform_id IS 'Number of the push channel; NULL for all channels together.';
COMMENT ON COLUMN analytics.push_changes.platform IS 'Name of the push channel; online for online pushes, which have none; NULL for all channels together.';
COMMENT ON COLUMN analytics.push_changes.changed_at IS 'When the change was loaded.';
COMMENT ON COLUMN analytics.push_changes.run_id IS 'Run that loaded the change, see runs.';
COMMENT ON COLUMN analytics.push_changes.old_count IS 'Count before the change; NULL if the figure is new.';
COMMENT ON COLUMN analytics.push_changes.new_count IS 'Count after the change; NULL if the figure was removed.';
COMMENT ON COLUMN analytics.push_changes.scope IS 'app: the row is about the whole app, and task_id is empty; task: it is about one task. Filter by this column, because many readers of CSV turn an empty text into NULL.';
COMMENT ON COLUMN analytics.push_changes.grain IS 'What one row counts: app_stage and task_stage count all channels together, app_platform and task_platform one channel. Choose one before adding up.';

-- Facts and changes together give every version of a fact. The old count of a change
-- was valid since the previous change or, for the first one, since the window's
-- first load, which is not a change.
CREATE OR REPLACE VIEW analytics.loss_versions AS
SELECT
    CASE WHEN v.task_key = 0 THEN 'app_' ELSE 'task_' END
        || CASE WHEN v.by_platform THEN 'platform' ELSE 'stage' END AS grain,
    v.sdk_app_id,
    v.day,
    coalesce(t.task_id, '') AS task_id,
    s.stage,
    CASE WHEN v.by_platform THEN v.event_type END AS event_type,
    CASE WHEN v.by_platform THEN coalesce(e.event, 'unknown (' || v.event_type || ')') END AS event,
    CASE WHEN v.by_platform THEN v.platform_id END AS platform_id,
    CASE WHEN v.by_platform THEN CASE WHEN v.platform_id = 0 AND v.event_type = 2 THEN 'online' ELSE coalesce(p.platform, 'unknown (' || v.platform_id || ')') END END AS platform,
    c.err_code,
    i.err_info,
    v.err_count,
    v.valid_from,
    v.valid_to,
    CASE WHEN v.task_key = 0 THEN 'app' ELSE 'task' END AS scope
FROM (
    SELECT sdk_app_id, day, task_key, false AS by_platform, stage_id, 0::smallint AS event_type, 0::smallint AS platform_id,
        err_code_key, err_info_key, err_count, updated_at AS valid_from, NULL::timestamptz AS valid_to
    FROM pushloss.stage_loss
    UNION ALL
    SELECT sdk_app_id, day, task_key, true, stage_id, event_type, platform_id,
        err_code_key, err_info_key, err_count, updated_at, NULL::timestamptz
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
        WHERE stream_id = 0
    ) AS h
    JOIN pushloss.ledger AS l USING (sdk_app_id, day, task_key)
    WHERE h.old_count IS NOT NULL AND l.stream_id = 0
) AS v
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.task AS t USING (task_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id);
COMMENT ON VIEW analytics.loss_versions IS 'Every version of every fact, of all four grains: one row per fact and version. Choose one grain before adding up.';
COMMENT ON COLUMN analytics.loss_versions.grain IS 'What one row counts: app_stage and task_stage count all channels together, app_platform and task_platform one channel. Choose one before adding up.';
COMMENT ON COLUMN analytics.loss_versions.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.loss_versions.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.loss_versions.task_id IS 'TaskID of the push task; empty text for the whole app.';
COMMENT ON COLUMN analytics.loss_versions.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.loss_versions.event_type IS '1 offline push, 2 online push; NULL for a fact by stage.';
COMMENT ON COLUMN analytics.loss_versions.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL for a fact by stage.';
COMMENT ON COLUMN analytics.loss_versions.platform_id IS 'Number of the push channel; NULL for a fact by stage.';
COMMENT ON COLUMN analytics.loss_versions.platform IS 'Name of the push channel; online for online pushes, which have none; NULL for a fact by stage.';
COMMENT ON COLUMN analytics.loss_versions.err_code IS 'Error code, Tencent''s or the vendor''s. Its meaning depends on the platform and the stage.';
COMMENT ON COLUMN analytics.loss_versions.err_info IS 'The description of the code in this version.';
COMMENT ON COLUMN analytics.loss_versions.err_count IS 'Number of pushes lost in this version.';
COMMENT ON COLUMN analytics.loss_versions.valid_from IS 'When this version was loaded.';
COMMENT ON COLUMN analytics.loss_versions.valid_to IS 'When the next version was loaded, or the fact was removed. NULL for the current version.';
COMMENT ON COLUMN analytics.loss_versions.scope IS 'app: the row is about the whole app, and task_id is empty; task: it is about one task. Filter by this column, because many readers of CSV turn an empty text into NULL.';

-- Plain SQL, so that the planner inlines it, and a query for a day reads only that day.
CREATE OR REPLACE FUNCTION analytics.loss_as_of(at timestamptz)
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
COMMENT ON FUNCTION analytics.loss_as_of(timestamp with time zone) IS 'The facts of all four grains as they were stored at that moment: one row per fact. Choose one grain before adding up. updated_at is the last change of the figure before that moment; the other columns are those of loss_versions.';

-- What is known of each window ------------------------------------------------

-- Windows that are due and were never pulled appear as open, although no table has them.
-- Known and due windows are two branches, so that a query reads only its days and app in
-- each. A full join would read everything. Whole apps and tasks are separate branches too, so
-- that a query for one reads only its windows. Windows without a row are searched only after
-- the day up to which the task is covered.
--
-- The days of a task come from an array instead of a series: the planner expects few elements
-- of an array, and a thousand rows of a series. They are dates: a series of timestamps would
-- follow the clock changes of the reader's time zone.
CREATE OR REPLACE VIEW analytics.stream_coverage AS
SELECT
    st.stream,
    l.sdk_app_id,
    l.day,
    ''::text AS task_id,
    l.state,
    l.settled,
    l.settled_reason,
    l.pulls,
    l.row_count,
    l.first_loaded_at,
    l.last_loaded_at,
    l.last_error,
    coalesce(c.active, l.stream_id = 0) AS active,
    'app'::text AS scope,
    l.updated_at AS last_pulled_at,
    l.reject_count,
    l.opened_at,
    l.proven_at
FROM pushloss.ledger AS l
JOIN pushloss.stream AS st USING (stream_id)
LEFT JOIN (SELECT sdk_app_id, stream_id, active FROM pushloss.app_stream) AS c USING (sdk_app_id, stream_id)
WHERE l.task_key = 0
UNION ALL
SELECT
    st.stream,
    l.sdk_app_id,
    l.day,
    t.task_id AS task_id,
    l.state,
    l.settled,
    l.settled_reason,
    l.pulls,
    l.row_count,
    l.first_loaded_at,
    l.last_loaded_at,
    l.last_error,
    coalesce(c.active, l.stream_id = 0) AS active,
    'task'::text AS scope,
    l.updated_at AS last_pulled_at,
    l.reject_count,
    l.opened_at,
    l.proven_at
FROM pushloss.ledger AS l
JOIN pushloss.stream AS st USING (stream_id)
LEFT JOIN (SELECT sdk_app_id, stream_id, active FROM pushloss.app_stream) AS c USING (sdk_app_id, stream_id)
LEFT JOIN (SELECT task_key, task_id FROM pushloss.task) AS t USING (task_key)
WHERE l.task_key <> 0
UNION ALL
SELECT expected.stream, expected.sdk_app_id, expected.day, expected.task_id, 'open', false, NULL, 0, 0, NULL, NULL, NULL, true,
    CASE WHEN expected.task_key = 0 THEN 'app' ELSE 'task' END, NULL, 0, NULL, NULL
FROM (
    SELECT a.stream, a.stream_id, a.sdk_app_id, a.begin + n.n AS day, 0 AS task_key, '' AS task_id
    FROM (
        SELECT st.stream, st.stream_id, a.sdk_app_id, a.timezone, greatest(a.first_day, c.first_day) AS begin
        FROM pushloss.app AS a
        CROSS JOIN pushloss.stream AS st
        LEFT JOIN pushloss.app_stream AS c USING (sdk_app_id, stream_id)
        WHERE a.first_day IS NOT NULL AND coalesce(c.active, st.stream_id = 0)
    ) AS a
    CROSS JOIN LATERAL generate_series(0, (now() AT TIME ZONE a.timezone)::date - 1 - a.begin) AS n (n)
    UNION ALL
    SELECT a.stream, a.stream_id, a.sdk_app_id, followed.first + n.nth::integer - 1, t.task_key, t.task_id
    FROM (
        SELECT st.stream, st.stream_id, a.sdk_app_id, a.timezone, a.task_days, greatest(a.first_day, c.first_day) AS begin
        FROM pushloss.app AS a
        CROSS JOIN pushloss.stream AS st
        LEFT JOIN pushloss.app_stream AS c USING (sdk_app_id, stream_id)
        WHERE a.first_day IS NOT NULL AND st.by_task AND coalesce(c.active, st.stream_id = 0)
    ) AS a
    JOIN pushloss.task AS t USING (sdk_app_id)
    CROSS JOIN LATERAL (
        SELECT (coalesce(t.sent_at, t.registered_at) AT TIME ZONE a.timezone)::date AS day
    ) AS sent
    CROSS JOIN LATERAL (
        SELECT greatest(sent.day, a.begin) AS first,
            least((now() AT TIME ZONE a.timezone)::date, sent.day + a.task_days) - 1 AS last
    ) AS all_days
    CROSS JOIN LATERAL (
        SELECT greatest(all_days.first, least(t.covered_to, all_days.last) + 1) AS first, all_days.last
    ) AS followed
    CROSS JOIN LATERAL unnest(array_fill(0, ARRAY[greatest(followed.last - followed.first + 1, 0)]))
        WITH ORDINALITY AS n (zero, nth)
    WHERE t.retired_at IS NULL AND t.covered_to < 'infinity'
) AS expected
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = expected.sdk_app_id AND l.day = expected.day AND l.task_key = expected.task_key
        AND l.stream_id = expected.stream_id
WHERE l.sdk_app_id IS NULL;
COMMENT ON VIEW analytics.stream_coverage IS 'The state of every window, for all streams that runs pull or have pulled: one row per stream, app, day and task (or the whole app). Windows that were never pulled have a row too.';
COMMENT ON COLUMN analytics.stream_coverage.stream IS 'The statistic of the API: loss, statistics (numbers of pushes), chat_loss or chat_statistics (the same for pushes of chat messages).';
COMMENT ON COLUMN analytics.stream_coverage.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.stream_coverage.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.stream_coverage.task_id IS 'TaskID of the push task; empty text for the whole app.';
COMMENT ON COLUMN analytics.stream_coverage.state IS 'loaded: figures are stored; empty: the API reported no figures; absent: the API''s answer lacked the task; unproven: the API answered only when it was believed to have forgotten a part of the day, so the figures may be incomplete, or missing; unavailable: the API answered with an error for such a day; failed: the last pull failed, and earlier figures stay; open: not pulled yet.';
COMMENT ON COLUMN analytics.stream_coverage.settled IS 'Whether the figures are final: scheduled runs no longer pull the window.';
COMMENT ON COLUMN analytics.stream_coverage.settled_reason IS 'Why no run pulls the window again. lookback: it was pulled after its lookback; api_memory: the API has nothing more; retired: the task is no longer followed; NULL while not settled.';
COMMENT ON COLUMN analytics.stream_coverage.pulls IS 'How often the window was pulled, including failures.';
COMMENT ON COLUMN analytics.stream_coverage.row_count IS 'Stored figures of the window.';
COMMENT ON COLUMN analytics.stream_coverage.first_loaded_at IS 'When an answer was first loaded, even without figures; NULL if never.';
COMMENT ON COLUMN analytics.stream_coverage.last_loaded_at IS 'When an answer was last loaded or confirmed the figures; NULL if never.';
COMMENT ON COLUMN analytics.stream_coverage.last_error IS 'Why the last pull failed; NULL after a success.';
COMMENT ON COLUMN analytics.stream_coverage.active IS 'Whether runs pull the stream for the app. If not, the state does not change any more.';
COMMENT ON COLUMN analytics.stream_coverage.scope IS 'app: the row is about the whole app, and task_id is empty; task: it is about one task. Filter by this column, because many readers of CSV turn an empty text into NULL.';
COMMENT ON COLUMN analytics.stream_coverage.last_pulled_at IS 'When the window was last pulled, including failures; NULL if never.';
COMMENT ON COLUMN analytics.stream_coverage.reject_count IS 'Rows of the last answer that could not be understood.';
COMMENT ON COLUMN analytics.stream_coverage.opened_at IS 'Since when the window waits to be pulled again, because a comparison differed; NULL if it does not wait.';
COMMENT ON COLUMN analytics.stream_coverage.proven_at IS 'When an answer for several days that include this one last equalled the sum of the stored days; NULL if none did.';

-- Has only whole apps, so that a join by app and day finds one row. A day that is due and was never
-- pulled is open, as in stream_coverage.
CREATE OR REPLACE VIEW analytics.coverage AS
SELECT sdk_app_id, day, ''::text AS task_id, state, settled, settled_reason, pulls, row_count, first_loaded_at, last_loaded_at, last_error
FROM pushloss.ledger
WHERE stream_id = 0 AND task_key = 0
UNION ALL
SELECT due.sdk_app_id, due.day, ''::text, 'open', false, NULL, 0, 0, NULL, NULL, NULL
FROM (
    SELECT a.sdk_app_id, a.begin + n.n AS day
    FROM (
        SELECT a.sdk_app_id, a.timezone, greatest(a.first_day, c.first_day) AS begin
        FROM pushloss.app AS a
        LEFT JOIN pushloss.app_stream AS c ON c.sdk_app_id = a.sdk_app_id AND c.stream_id = 0
        WHERE a.first_day IS NOT NULL AND coalesce(c.active, true)
    ) AS a
    CROSS JOIN LATERAL generate_series(0, (now() AT TIME ZONE a.timezone)::date - 1 - a.begin) AS n (n)
) AS due
LEFT JOIN pushloss.ledger AS l
    ON l.sdk_app_id = due.sdk_app_id AND l.day = due.day AND l.task_key = 0 AND l.stream_id = 0
WHERE l.sdk_app_id IS NULL;
COMMENT ON VIEW analytics.coverage IS 'The state of the losses of each day of a whole app: one row per app and day. Days that were never pulled have a row too.';
COMMENT ON COLUMN analytics.coverage.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.coverage.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.coverage.task_id IS 'Always an empty text. The windows of tasks are in task_coverage.';
COMMENT ON COLUMN analytics.coverage.state IS 'loaded: figures are stored; empty: the API reported no figures; unproven: the API answered only when it was believed to have forgotten a part of the day, so the figures may be incomplete, or missing; unavailable: the API answered with an error for such a day; failed: the last pull failed, and earlier figures stay; open: not pulled yet.';
COMMENT ON COLUMN analytics.coverage.settled IS 'Whether the figures are final: scheduled runs no longer pull the window.';
COMMENT ON COLUMN analytics.coverage.settled_reason IS 'Why no run pulls the window again. lookback: it was pulled after its lookback; api_memory: the API has nothing more; NULL while not settled.';
COMMENT ON COLUMN analytics.coverage.pulls IS 'How often the window was pulled, including failures.';
COMMENT ON COLUMN analytics.coverage.row_count IS 'Rows stored for the window in the fact views, by stage and by platform together.';
COMMENT ON COLUMN analytics.coverage.first_loaded_at IS 'When an answer was first loaded, even without figures; NULL if never.';
COMMENT ON COLUMN analytics.coverage.last_loaded_at IS 'When an answer was last loaded or confirmed the figures; NULL if never.';
COMMENT ON COLUMN analytics.coverage.last_error IS 'Why the last pull failed; NULL after a success.';

CREATE OR REPLACE VIEW analytics.task_coverage AS
SELECT sdk_app_id, day, task_id, state, settled, settled_reason, pulls, row_count, first_loaded_at, last_loaded_at, last_error
FROM analytics.stream_coverage
WHERE stream = 'loss' AND scope = 'task';
COMMENT ON VIEW analytics.task_coverage IS 'The state of the losses of each day of a task: one row per app, day and task. Days that were never pulled have a row too.';
COMMENT ON COLUMN analytics.task_coverage.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.task_coverage.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.task_coverage.task_id IS 'TaskID of the push task.';
COMMENT ON COLUMN analytics.task_coverage.state IS 'loaded: figures are stored; empty: the API reported no figures; absent: the API''s answer lacked the task; unproven: the API answered only when it was believed to have forgotten a part of the day, so the figures may be incomplete, or missing; unavailable: the API answered with an error for such a day; failed: the last pull failed, and earlier figures stay; open: not pulled yet.';
COMMENT ON COLUMN analytics.task_coverage.settled IS 'Whether the figures are final: scheduled runs no longer pull the window.';
COMMENT ON COLUMN analytics.task_coverage.settled_reason IS 'Why no run pulls the window again. lookback: it was pulled after its lookback; api_memory: the API has nothing more; retired: the task is no longer followed; NULL while not settled.';
COMMENT ON COLUMN analytics.task_coverage.pulls IS 'How often the window was pulled, including failures.';
COMMENT ON COLUMN analytics.task_coverage.row_count IS 'Rows stored for the window in the fact views, by stage and by platform together.';
COMMENT ON COLUMN analytics.task_coverage.first_loaded_at IS 'When an answer was first loaded, even without figures; NULL if never.';
COMMENT ON COLUMN analytics.task_coverage.last_loaded_at IS 'When an answer was last loaded or confirmed the figures; NULL if never.';
COMMENT ON COLUMN analytics.task_coverage.last_error IS 'Why the last pull failed; NULL after a success.';

-- A column costs time only in queries that select it. Each figure is a subquery of the ledger's row, which
-- Citus runs on the shards. A day without a row was never pulled and has no figures.
CREATE OR REPLACE VIEW analytics.calendar AS
SELECT
    c.sdk_app_id,
    c.day,
    c.state,
    c.settled AS final,
    c.known,
    coalesce(c.lost, c.zero) AS lost,
    coalesce(c.not_sent, c.zero) AS not_sent,
    coalesce(c.not_delivered, c.zero) AS not_delivered,
    coalesce(c.lost_by_channel, c.zero) AS lost_by_channel
FROM (
    SELECT l.sdk_app_id, l.day, l.state, l.settled,
        l.state IN ('loaded', 'empty') OR l.state = 'failed' AND l.first_loaded_at IS NOT NULL AS known,
        CASE WHEN l.state IN ('loaded', 'empty') OR l.state = 'failed' AND l.first_loaded_at IS NOT NULL THEN 0::bigint END AS zero,
        (SELECT (CASE WHEN sum(f.err_count) > 9223372036854775807 THEN 9223372036854775807 ELSE sum(f.err_count) END)::bigint FROM pushloss.stage_loss AS f
            WHERE f.sdk_app_id = l.sdk_app_id AND f.day = l.day AND f.task_key = 0) AS lost,
        (SELECT (CASE WHEN sum(f.err_count) > 9223372036854775807 THEN 9223372036854775807 ELSE sum(f.err_count) END)::bigint FROM pushloss.stage_loss AS f
            WHERE f.sdk_app_id = l.sdk_app_id AND f.day = l.day AND f.task_key = 0 AND f.stage_id = 1) AS not_sent,
        (SELECT (CASE WHEN sum(f.err_count) > 9223372036854775807 THEN 9223372036854775807 ELSE sum(f.err_count) END)::bigint FROM pushloss.stage_loss AS f
            WHERE f.sdk_app_id = l.sdk_app_id AND f.day = l.day AND f.task_key = 0 AND f.stage_id = 2) AS not_delivered,
        (SELECT (CASE WHEN sum(f.err_count) > 9223372036854775807 THEN 9223372036854775807 ELSE sum(f.err_count) END)::bigint FROM pushloss.platform_loss AS f
            WHERE f.sdk_app_id = l.sdk_app_id AND f.day = l.day AND f.task_key = 0) AS lost_by_channel
    FROM pushloss.ledger AS l
    WHERE l.stream_id = 0 AND l.task_key = 0
    UNION ALL
    SELECT due.sdk_app_id, due.day, 'open'::text, false, false, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint
    FROM (
        SELECT a.sdk_app_id, a.begin + n.n AS day
        FROM (
            SELECT a.sdk_app_id, a.timezone, greatest(a.first_day, c.first_day) AS begin
            FROM pushloss.app AS a
            LEFT JOIN pushloss.app_stream AS c ON c.sdk_app_id = a.sdk_app_id AND c.stream_id = 0
            WHERE a.first_day IS NOT NULL AND coalesce(c.active, true)
        ) AS a
        CROSS JOIN LATERAL generate_series(0, (now() AT TIME ZONE a.timezone)::date - 1 - a.begin) AS n (n)
    ) AS due
    LEFT JOIN pushloss.ledger AS l
        ON l.sdk_app_id = due.sdk_app_id AND l.day = due.day AND l.task_key = 0 AND l.stream_id = 0
    WHERE l.sdk_app_id IS NULL
) AS c;
COMMENT ON VIEW analytics.calendar IS 'Each day of each app with its total of lost pushes, also days without losses: one row per app and day, from the first day kept to yesterday. Join it with other views by sdk_app_id and day.';
COMMENT ON COLUMN analytics.calendar.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.calendar.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.calendar.state IS 'The state of the day''s losses, as in coverage.';
COMMENT ON COLUMN analytics.calendar.final IS 'Whether the figures are final: runs no longer pull the day.';
COMMENT ON COLUMN analytics.calendar.known IS 'Whether the day''s losses are known. If so, a missing row means 0; if not, it means not known.';
COMMENT ON COLUMN analytics.calendar.lost IS 'Lost pushes of the day: the total of app_stage_loss, all channels together. 0 if nothing was lost; NULL if the losses are not known.';
COMMENT ON COLUMN analytics.calendar.not_sent IS 'The part of the total that was lost at ready_to_send: pushes that could be sent and were not.';
COMMENT ON COLUMN analytics.calendar.not_delivered IS 'The part of the total that was lost at post_send_delivered: pushes that were sent and not delivered.';
COMMENT ON COLUMN analytics.calendar.lost_by_channel IS 'Lost pushes by channel: the sum of app_platform_loss. The API counts them separately, so the sum need not equal the total.';

CREATE OR REPLACE VIEW analytics.reconciliations AS
SELECT
    r.sdk_app_id,
    r.first_day,
    r.last_day,
    coalesce(t.task_id, '') AS task_id,
    r.checked_at,
    r.run_id,
    CASE WHEN r.task_key = 0 THEN 'app_' ELSE 'task_' END || CASE WHEN k.by_platform THEN 'platform' WHEN NOT k.by_platform THEN 'stage' END AS grain,
    s.stage,
    CASE WHEN k.by_platform THEN k.event_type END AS event_type,
    CASE WHEN k.by_platform THEN coalesce(e.event, 'unknown (' || k.event_type || ')') END AS event,
    CASE WHEN k.by_platform THEN k.platform_id END AS platform_id,
    CASE WHEN k.by_platform THEN CASE WHEN k.platform_id = 0 AND k.event_type = 2 THEN 'online' ELSE coalesce(p.platform, 'unknown (' || k.platform_id || ')') END END AS platform,
    c.err_code,
    k.stored,
    k.reported,
    k.reported - k.stored AS difference,
    r.state,
    CASE WHEN r.task_key = 0 THEN 'app' ELSE 'task' END AS scope
FROM pushloss.reconciliation AS r
LEFT JOIN pushloss.reconciliation_key AS k USING (sdk_app_id, reconciliation_id)
LEFT JOIN pushloss.stage AS s USING (stage_id)
LEFT JOIN pushloss.err_code AS c USING (err_code_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN (SELECT task_key, task_id FROM pushloss.task) AS t USING (task_key);
COMMENT ON VIEW analytics.reconciliations IS 'Whether the days add up. Each check compares the sum of a span''s stored days with the API''s answer for the whole span: one row per compared figure, or one row without figures if neither side has any.';
COMMENT ON COLUMN analytics.reconciliations.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.reconciliations.first_day IS 'First day of the span, in the app''s time zone.';
COMMENT ON COLUMN analytics.reconciliations.last_day IS 'Last day of the span, included.';
COMMENT ON COLUMN analytics.reconciliations.task_id IS 'TaskID of the push task; empty text for the whole app.';
COMMENT ON COLUMN analytics.reconciliations.checked_at IS 'When the figures were compared.';
COMMENT ON COLUMN analytics.reconciliations.run_id IS 'Run that compared them, see runs.';
COMMENT ON COLUMN analytics.reconciliations.grain IS 'What one row counts: app_stage and task_stage count all channels together, app_platform and task_platform one channel. NULL where there was nothing to compare.';
COMMENT ON COLUMN analytics.reconciliations.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.reconciliations.event_type IS '1 offline push, 2 online push; NULL for a figure by stage.';
COMMENT ON COLUMN analytics.reconciliations.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL for a figure by stage.';
COMMENT ON COLUMN analytics.reconciliations.platform_id IS 'Number of the push channel; NULL for a figure by stage.';
COMMENT ON COLUMN analytics.reconciliations.platform IS 'Name of the push channel; online for online pushes, which have none; NULL for a figure by stage.';
COMMENT ON COLUMN analytics.reconciliations.err_code IS 'Error code, Tencent''s or the vendor''s. Its meaning depends on the platform and the stage.';
COMMENT ON COLUMN analytics.reconciliations.stored IS 'Number of pushes lost on the stored days of the span, added up; 0 if no day has the figure.';
COMMENT ON COLUMN analytics.reconciliations.reported IS 'Number of pushes lost in the API''s answer for the whole span; 0 if the answer lacks the figure.';
COMMENT ON COLUMN analytics.reconciliations.difference IS 'reported minus stored; 0 if they agree.';
COMMENT ON COLUMN analytics.reconciliations.state IS 'State of the whole check. agreed: all figures are equal; differs: some differ, and runs pull the days again; stays: some still differ after that, and status warns of it; unproven: the span is older than the API is believed to remember, so its answer proves nothing; superseded: a later check replaces this one.';
COMMENT ON COLUMN analytics.reconciliations.scope IS 'app: the row is about the whole app, and task_id is empty; task: it is about one task. Filter by this column, because many readers of CSV turn an empty text into NULL.';

-- Losses that stand out -------------------------------------------------------

CREATE OR REPLACE VIEW analytics.jumps AS
SELECT
    j.jump_id,
    j.sdk_app_id,
    j.first_day,
    j.last_day,
    j.state,
    CASE j.stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END AS stage,
    j.event_type,
    CASE j.event_type WHEN 1 THEN 'offline' WHEN 2 THEN 'online' ELSE 'unknown (' || j.event_type || ')' END AS event,
    j.platform_id,
    CASE WHEN j.platform_id = 0 AND j.event_type = 2 THEN 'online' ELSE coalesce(p.platform, 'unknown (' || j.platform_id || ')') END AS platform,
    c.err_code,
    j.worst_day,
    j.losses,
    j.pushes,
    j.losses::double precision / j.pushes AS share,
    CASE WHEN j.pushes IS NOT NULL THEN j.usual END AS usual_share,
    j.usual * coalesce(j.pushes, 1) AS usual_losses,
    j.losses / nullif(j.usual * coalesce(j.pushes, 1), 0) AS times_usual,
    m.short_name,
    coalesce(m.meaning, nullif(u.err_info, '')) AS err_meaning,
    m.likely_cause,
    m.what_to_do,
    m.token_dead,
    j.opened_at,
    j.closed_at,
    concat_ws('/', CASE j.stage_id WHEN 1 THEN 'ready_to_send' WHEN 2 THEN 'post_send_delivered' END, j.event_type, j.platform_id, c.err_code) AS cause
FROM pushloss.jump AS j
JOIN pushloss.err_code AS c USING (err_code_key)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.error_catalogue AS m
    ON m.err_code = c.err_code AND m.stage_id = j.stage_id AND m.platform_id = j.platform_id
LEFT JOIN pushloss.usual_platform_text AS u
    ON u.err_code_key = j.err_code_key AND u.stage_id = j.stage_id AND u.platform_id = j.platform_id AND u.stream_id = 0;
COMMENT ON VIEW analytics.jumps IS 'Losses of a whole app that stand out against their own past: one row per event, which is a code of a channel at a stage, from its first day to its last.';
COMMENT ON COLUMN analytics.jumps.jump_id IS 'Number of the event.';
COMMENT ON COLUMN analytics.jumps.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.jumps.first_day IS 'First day that stands out, in the app''s time zone.';
COMMENT ON COLUMN analytics.jumps.last_day IS 'Last day that stands out, so far.';
COMMENT ON COLUMN analytics.jumps.state IS 'open; over: a later day is as usual, or the event has lasted for four weeks, so its level counts as usual; withdrawn: figures changed later, and no day stands out any more.';
COMMENT ON COLUMN analytics.jumps.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.jumps.event_type IS '1 offline push, 2 online push.';
COMMENT ON COLUMN analytics.jumps.event IS 'offline: through a vendor''s channel; online: over the app''s own connection.';
COMMENT ON COLUMN analytics.jumps.platform_id IS 'Number of the push channel, see platforms.';
COMMENT ON COLUMN analytics.jumps.platform IS 'Name of the push channel, see platforms; online for online pushes, which have none; unknown (N) if the API documents no channel N.';
COMMENT ON COLUMN analytics.jumps.err_code IS 'Error code, Tencent''s or the vendor''s.';
COMMENT ON COLUMN analytics.jumps.worst_day IS 'Day of the event with the highest share or, where the number of pushes is not known, the most losses. The figures are of this day.';
COMMENT ON COLUMN analytics.jumps.losses IS 'Pushes lost with the code on the worst day.';
COMMENT ON COLUMN analytics.jumps.pushes IS 'Pushes of the channel that reached the stage on the worst day: those that could be sent, or were sent. NULL where they are not known: then counts of losses are compared.';
COMMENT ON COLUMN analytics.jumps.share IS 'losses divided by pushes, from 0 to 1; NULL where the pushes are not known.';
COMMENT ON COLUMN analytics.jumps.usual_share IS 'Usual share: the median of the days before, with the figures that they had at the same age. NULL where the pushes are not known.';
COMMENT ON COLUMN analytics.jumps.usual_losses IS 'Losses that would be usual for the worst day.';
COMMENT ON COLUMN analytics.jumps.times_usual IS 'losses divided by usual_losses; NULL where none are usual.';
COMMENT ON COLUMN analytics.jumps.short_name IS 'Short name for the legend of a chart, from the catalogue (error_codes); NULL for a code that is not in it.';
COMMENT ON COLUMN analytics.jumps.err_meaning IS 'What the code means there, from the catalogue; for a code that is not in it, the API''s most frequent text there. NULL if there is neither.';
COMMENT ON COLUMN analytics.jumps.likely_cause IS 'Why it occurs, from the catalogue; NULL if nothing is known.';
COMMENT ON COLUMN analytics.jumps.what_to_do IS 'What to do, from the catalogue; NULL if nothing is known.';
COMMENT ON COLUMN analytics.jumps.token_dead IS 'Whether the device token is dead, so that no push will ever reach it; NULL if that is not known.';
COMMENT ON COLUMN analytics.jumps.opened_at IS 'When the event was found.';
COMMENT ON COLUMN analytics.jumps.closed_at IS 'When it was found to be over, or was withdrawn; NULL while it is open.';
COMMENT ON COLUMN analytics.jumps.cause IS 'Stage, event type, platform and code, separated by slashes: the cause of its alert, see alerts.';

-- Runs and alerts -------------------------------------------------------------

CREATE OR REPLACE VIEW analytics.runs AS
SELECT
    run_id, kind, started_at, finished_at, state, requests, retries, windows,
    rows_inserted, rows_updated, rows_deleted, rows_unchanged, rejects, error
FROM pushloss.run;
COMMENT ON VIEW analytics.runs IS 'Runs, backfills and reconciliations: one row per run, over all apps.';
COMMENT ON COLUMN analytics.runs.run_id IS 'Number of the run.';
COMMENT ON COLUMN analytics.runs.kind IS 'run, backfill or reconcile.';
COMMENT ON COLUMN analytics.runs.started_at IS 'When it started.';
COMMENT ON COLUMN analytics.runs.finished_at IS 'When it ended; NULL while it runs.';
COMMENT ON COLUMN analytics.runs.state IS 'running; done; partial: some windows failed or rows were rejected, the rest is loaded; failed: an app or the database stopped it; interrupted: by a signal; abandoned: the process died, or could not record its end; what was loaded stays; skipped: other processes worked on all apps.';
COMMENT ON COLUMN analytics.runs.requests IS 'API calls made, retries included.';
COMMENT ON COLUMN analytics.runs.retries IS 'API calls that repeated a failed one.';
COMMENT ON COLUMN analytics.runs.windows IS 'Windows (a day of a task, or of the whole app) that were loaded, or found empty, absent or unavailable; failed ones are not counted.';
COMMENT ON COLUMN analytics.runs.rows_inserted IS 'Rows of the fact views that were new.';
COMMENT ON COLUMN analytics.runs.rows_updated IS 'Rows of the fact views whose count or description changed.';
COMMENT ON COLUMN analytics.runs.rows_deleted IS 'Rows of the fact views that were no longer in the answer.';
COMMENT ON COLUMN analytics.runs.rows_unchanged IS 'Rows of the fact views that the answer confirmed.';
COMMENT ON COLUMN analytics.runs.rejects IS 'Rows of the answers that could not be understood and are not counted in any figure.';
COMMENT ON COLUMN analytics.runs.error IS 'What failed or stopped the run; NULL if nothing did.';

CREATE OR REPLACE VIEW analytics.alerts AS
SELECT alert_id, kind, nullif(sdk_app_id, 0) AS sdk_app_id, nullif(job, '') AS job, detail, opened_at, closed_at,
    nullif(cause, '') AS cause
FROM pushloss.alert;
COMMENT ON VIEW analytics.alerts IS 'What went wrong with runs or pushes, and how long it lasted: one row per event.';
COMMENT ON COLUMN analytics.alerts.alert_id IS 'Number of the event.';
COMMENT ON COLUMN analytics.alerts.kind IS 'run_failed: a run failed; app_stopped: the API refused an app until an operator acts; gap: windows are missing, late or failed; stale: no run has been completed for two periods of the schedule; reconciliation: stored days still differ from the API''s answer for them; unproven: days were pulled too late for the API to prove that its answer was complete; emptied: an answer removed figures, or lowered those of a window by more than a tenth; spans: an answer for several days was not the sum of its days; jump: losses stand out against their own past, see jumps.';
COMMENT ON COLUMN analytics.alerts.sdk_app_id IS 'SDKAppID of the app; NULL for an event that does not concern a single app.';
COMMENT ON COLUMN analytics.alerts.job IS 'Job that failed, for run_failed; NULL otherwise.';
COMMENT ON COLUMN analytics.alerts.detail IS 'What was known when the event was first seen.';
COMMENT ON COLUMN analytics.alerts.opened_at IS 'When the event was first seen.';
COMMENT ON COLUMN analytics.alerts.closed_at IS 'When the event was first seen to be over; NULL while it lasts.';
COMMENT ON COLUMN analytics.alerts.cause IS 'For a jump: stage, event type, platform and code, separated by slashes; NULL for other kinds.';

-- Apps, tasks and names -------------------------------------------------------

CREATE OR REPLACE VIEW analytics.apps AS
SELECT sdk_app_id, timezone, first_day, lookback_days, task_days, registered_at, retired_at
FROM pushloss.app;
COMMENT ON VIEW analytics.apps IS 'Apps whose losses are stored: one row per app.';
COMMENT ON COLUMN analytics.apps.sdk_app_id IS 'SDKAppID of the Tencent Cloud console.';
COMMENT ON COLUMN analytics.apps.timezone IS 'Time zone of the app''s days (a name such as Asia/Shanghai); fixed once a day is loaded.';
COMMENT ON COLUMN analytics.apps.first_day IS 'First day kept by scheduled runs; NULL until the first run.';
COMMENT ON COLUMN analytics.apps.lookback_days IS 'For how many days after its end a day is pulled again, as of the last run.';
COMMENT ON COLUMN analytics.apps.task_days IS 'For how many days a task is followed, as of the last run.';
COMMENT ON COLUMN analytics.apps.registered_at IS 'When the app was first seen.';
COMMENT ON COLUMN analytics.apps.retired_at IS 'Since when runs leave the app out and its gaps raise no alert; NULL while it is pulled.';

-- PL/pgSQL, since Citus plans no SQL function that has a parameter and reads its tables.
CREATE OR REPLACE FUNCTION analytics.recent_days(n integer)
RETURNS TABLE (sdk_app_id bigint, day date)
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN QUERY SELECT a.sdk_app_id, (now() AT TIME ZONE a.timezone)::date - generate_series(1, n)
    FROM analytics.apps AS a;
END
$$;
COMMENT ON FUNCTION analytics.recent_days(integer) IS 'The last n days of each app that have ended in the app''s time zone, whether they have figures or not: one row per app and day. Join it with other views by sdk_app_id and day.';

CREATE OR REPLACE VIEW analytics.tasks AS
SELECT t.sdk_app_id, t.task_id, t.label, t.sent_at, t.registered_at, t.retired_at,
    t.source, coalesce(l.answered, false) AS answered, l.last_figures_at
FROM pushloss.task AS t
LEFT JOIN (SELECT task_key, sdk_app_id, answered, last_figures_at FROM pushloss.task_summary) AS l USING (sdk_app_id, task_key);
COMMENT ON VIEW analytics.tasks IS 'Registered push tasks: one row per app and task. Several apps may have the same TaskID: join it with other views by sdk_app_id and task_id, or each app counts the figures of the others too.';
COMMENT ON COLUMN analytics.tasks.sdk_app_id IS 'SDKAppID of the app that the task belongs to.';
COMMENT ON COLUMN analytics.tasks.task_id IS 'TaskID as the push API returned it: opaque text, unique within the app.';
COMMENT ON COLUMN analytics.tasks.label IS 'Name for people; NULL if none was given.';
COMMENT ON COLUMN analytics.tasks.sent_at IS 'When the push was sent. Its day is the first one pulled. NULL if it is not known: then the first one is a lookback before registered_at.';
COMMENT ON COLUMN analytics.tasks.registered_at IS 'When the task was registered.';
COMMENT ON COLUMN analytics.tasks.retired_at IS 'Since when the task is no longer pulled; NULL while it is.';
COMMENT ON COLUMN analytics.tasks.source IS 'Where the task first came from: command (typed), file, push_answer (an answer of the push API), request (sent to serve), callback (of the vendor) or schedule (the list of scheduled pushes); NULL if that was not recorded.';
COMMENT ON COLUMN analytics.tasks.answered IS 'Whether any answer of the API had the task. If not, its ID is wrong, or runs do not pull its days.';
COMMENT ON COLUMN analytics.tasks.last_figures_at IS 'When an answer last had figures of the task; NULL if none did.';

CREATE OR REPLACE VIEW analytics.stages AS
SELECT stage_id, stage, meaning
FROM pushloss.stage;
COMMENT ON VIEW analytics.stages IS 'Where on its way a push can be lost: one row per stage, in order.';
COMMENT ON COLUMN analytics.stages.stage_id IS 'Number of the stage, in the order in which a push passes them.';
COMMENT ON COLUMN analytics.stages.stage IS 'Name of the stage.';
COMMENT ON COLUMN analytics.stages.meaning IS 'Which pushes are lost there.';

CREATE OR REPLACE VIEW analytics.platforms AS
SELECT platform_id, platform
FROM pushloss.platform
UNION ALL
SELECT platform_id, 'unknown (' || platform_id || ')'
FROM pushloss.seen_platform
WHERE platform_id NOT IN (SELECT platform_id FROM pushloss.platform);
COMMENT ON VIEW analytics.platforms IS 'Push channels that the API documents, and others that came in its answers: one row per channel.';
COMMENT ON COLUMN analytics.platforms.platform_id IS 'Number of the channel, as the API has it.';
COMMENT ON COLUMN analytics.platforms.platform IS 'Name of the channel; unknown (N) if the API documents no channel N. Online pushes have no channel: their number is 0 too, and the views of figures call them online.';

CREATE OR REPLACE VIEW analytics.error_codes AS
WITH seen AS (
    SELECT c.err_code, u.stage_id, u.platform_id, min(u.first_day) AS first_day,
        coalesce(max(nullif(u.err_info, '')) FILTER (WHERE u.stream_id = 0), max(nullif(u.err_info, ''))) AS err_info
    FROM pushloss.usual_platform_text AS u JOIN pushloss.err_code AS c USING (err_code_key)
    GROUP BY c.err_code, u.stage_id, u.platform_id
), explained AS (
    SELECT err_code, stage_id, platform_id, c.short_name, coalesce(c.meaning, seen.err_info) AS meaning,
        c.likely_cause, c.what_to_do, c.token_dead, c.source, seen.first_day,
        coalesce(c.meaning_zh, seen.err_info) AS meaning_zh, c.what_to_do_zh
    FROM pushloss.error_catalogue AS c
    FULL JOIN seen USING (err_code, stage_id, platform_id)
    UNION ALL
    SELECT c.err_code, u.stage_id, NULL::smallint, NULL::text,
        coalesce(max(nullif(u.err_info, '')) FILTER (WHERE u.stream_id = 0), max(nullif(u.err_info, ''))), NULL::text, NULL::text, NULL::boolean, NULL::text, min(u.first_day),
        coalesce(max(nullif(u.err_info, '')) FILTER (WHERE u.stream_id = 0), max(nullif(u.err_info, ''))), NULL::text
    FROM pushloss.usual_stage_text AS u JOIN pushloss.err_code AS c USING (err_code_key)
    WHERE (c.err_code, u.stage_id) NOT IN (SELECT err_code, stage_id FROM pushloss.error_catalogue)
        AND (c.err_code, u.stage_id) NOT IN (SELECT err_code, stage_id FROM seen)
    GROUP BY c.err_code, u.stage_id
)
SELECT
    coalesce(e.err_code, seen.err_code) AS err_code,
    seen.first_seen_at,
    e.platform_id,
    coalesce(p.platform, 'unknown (' || e.platform_id || ')') AS platform,
    s.stage,
    e.short_name,
    e.meaning,
    e.likely_cause,
    e.what_to_do,
    e.token_dead,
    e.source,
    e.first_day,
    e.meaning_zh,
    e.what_to_do_zh
FROM explained AS e
FULL JOIN pushloss.err_code AS seen ON seen.err_code = e.err_code
LEFT JOIN pushloss.stage AS s USING (stage_id)
LEFT JOIN pushloss.platform AS p ON p.platform_id = e.platform_id;
COMMENT ON VIEW analytics.error_codes IS 'What error codes mean: one row per code, stage and platform in the catalogue or in an answer. If the platform or the stage is not known, there is one row per code and stage, or per code. The views of losses have the short name, the meaning, what to do and token_dead as columns already. To join, use err_code, stage and platform_id: the code alone matches several rows.';
COMMENT ON COLUMN analytics.error_codes.err_code IS 'Error code, Tencent''s or the vendor''s.';
COMMENT ON COLUMN analytics.error_codes.first_seen_at IS 'When the code was first loaded, with any platform; NULL if it never was. first_day is the first day that has it.';
COMMENT ON COLUMN analytics.error_codes.platform_id IS 'Number of the push channel; NULL if the code''s channel is not known.';
COMMENT ON COLUMN analytics.error_codes.platform IS 'Name of the push channel; NULL if the code''s channel is not known.';
COMMENT ON COLUMN analytics.error_codes.stage IS 'Where the pushes are lost: ready_to_send or post_send_delivered; NULL where the code was never seen in a figure.';
COMMENT ON COLUMN analytics.error_codes.short_name IS 'Short name for the legend of a chart; NULL for a code that is not in the catalogue.';
COMMENT ON COLUMN analytics.error_codes.meaning IS 'What the code means; for a code that is not in the catalogue, the API''s most frequent text there; NULL if there is neither.';
COMMENT ON COLUMN analytics.error_codes.likely_cause IS 'Why it occurs; NULL if it is not known.';
COMMENT ON COLUMN analytics.error_codes.what_to_do IS 'What to do; NULL if it is not known.';
COMMENT ON COLUMN analytics.error_codes.token_dead IS 'Whether the device token is dead, so that no push will ever reach it; NULL if that is not known.';
COMMENT ON COLUMN analytics.error_codes.source IS 'Public page that documents the code; NULL if there is none.';
COMMENT ON COLUMN analytics.error_codes.first_day IS 'First day on which any app has the code there, whenever that was loaded; NULL if no day has it.';
COMMENT ON COLUMN analytics.error_codes.meaning_zh IS 'The meaning in Chinese; for a code that is not in the catalogue, the API''s most frequent text there; NULL if there is neither.';
COMMENT ON COLUMN analytics.error_codes.what_to_do_zh IS 'What to do, in Chinese; NULL if it is not known.';

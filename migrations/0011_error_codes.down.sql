DROP VIEW analytics.error_codes, analytics.app_stage_loss, analytics.app_platform_loss, analytics.task_stage_loss, analytics.task_platform_loss, analytics.chat_stage_loss, analytics.chat_platform_loss;
DROP TABLE pushloss.error_catalogue, pushloss.error_stage_meaning, pushloss.usual_stage_text, pushloss.usual_platform_text;
CREATE VIEW analytics.error_codes AS
SELECT err_code, first_seen_at
FROM pushloss.err_code;
COMMENT ON VIEW analytics.error_codes IS 'Error codes that were seen: one row per code.';
COMMENT ON COLUMN analytics.error_codes.err_code IS 'ErrCode of the API: Tencent''s or the vendor''s.';
COMMENT ON COLUMN analytics.error_codes.first_seen_at IS 'When the code was first loaded.';
CREATE VIEW analytics.app_stage_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    s.stage,
    c.err_code,
    i.err_info,
    f.err_count,
    f.updated_at
FROM pushloss.stage_loss AS f
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
WHERE f.task_key = 0;
COMMENT ON VIEW analytics.app_stage_loss IS 'Lost pushes of a whole app: one row per app, day, stage and error code, all channels together.';
COMMENT ON COLUMN analytics.app_stage_loss.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.app_stage_loss.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.app_stage_loss.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.app_stage_loss.err_code IS 'Error code, Tencent''s or the vendor''s. It means something only with its platform and stage.';
COMMENT ON COLUMN analytics.app_stage_loss.err_info IS 'The most frequent description seen with the code; free text, may be empty.';
COMMENT ON COLUMN analytics.app_stage_loss.err_count IS 'Number of pushes lost on that day, there and for that reason. Final once the window is settled, see coverage.';
COMMENT ON COLUMN analytics.app_stage_loss.updated_at IS 'When this figure or its description last changed; pulls that confirm it do not count.';
CREATE VIEW analytics.app_platform_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    s.stage,
    f.event_type,
    coalesce(e.event, 'unknown (' || f.event_type || ')') AS event,
    f.platform_id,
    coalesce(p.platform, 'unknown (' || f.platform_id || ')') AS platform,
    c.err_code,
    i.err_info,
    f.err_count,
    f.updated_at
FROM pushloss.platform_loss AS f
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
WHERE f.task_key = 0;
COMMENT ON VIEW analytics.app_platform_loss IS 'Lost pushes of a whole app by channel: one row per app, day, stage, event, platform and error code. Not a breakdown of app_stage_loss: the two need not add up.';
COMMENT ON COLUMN analytics.app_platform_loss.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.app_platform_loss.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.app_platform_loss.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.app_platform_loss.event_type IS '1 offline push, 2 online push.';
COMMENT ON COLUMN analytics.app_platform_loss.event IS 'offline: through a vendor''s channel; online: over the app''s own connection.';
COMMENT ON COLUMN analytics.app_platform_loss.platform_id IS 'Number of the push channel, see platforms.';
COMMENT ON COLUMN analytics.app_platform_loss.platform IS 'Name of the push channel, see platforms; unknown (N) where the API documents none of that number.';
COMMENT ON COLUMN analytics.app_platform_loss.err_code IS 'Error code, Tencent''s or the vendor''s. It means something only with its platform and stage.';
COMMENT ON COLUMN analytics.app_platform_loss.err_info IS 'The most frequent description seen with the code; free text, may be empty.';
COMMENT ON COLUMN analytics.app_platform_loss.err_count IS 'Number of pushes lost on that day, there and for that reason. Final once the window is settled, see coverage.';
COMMENT ON COLUMN analytics.app_platform_loss.updated_at IS 'When this figure or its description last changed; pulls that confirm it do not count.';
CREATE VIEW analytics.task_stage_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    t.task_id,
    s.stage,
    c.err_code,
    i.err_info,
    f.err_count,
    f.updated_at
FROM pushloss.stage_loss AS f
JOIN pushloss.task AS t USING (task_key)
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key);
COMMENT ON VIEW analytics.task_stage_loss IS 'Lost pushes of a task: one row per app, day, task, stage and error code, all channels together.';
COMMENT ON COLUMN analytics.task_stage_loss.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.task_stage_loss.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.task_stage_loss.task_id IS 'TaskID of the push task.';
COMMENT ON COLUMN analytics.task_stage_loss.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.task_stage_loss.err_code IS 'Error code, Tencent''s or the vendor''s. It means something only with its platform and stage.';
COMMENT ON COLUMN analytics.task_stage_loss.err_info IS 'The most frequent description seen with the code; free text, may be empty.';
COMMENT ON COLUMN analytics.task_stage_loss.err_count IS 'Number of pushes lost on that day, there and for that reason. Final once the window is settled, see coverage.';
COMMENT ON COLUMN analytics.task_stage_loss.updated_at IS 'When this figure or its description last changed; pulls that confirm it do not count.';
CREATE VIEW analytics.task_platform_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    t.task_id,
    s.stage,
    f.event_type,
    coalesce(e.event, 'unknown (' || f.event_type || ')') AS event,
    f.platform_id,
    coalesce(p.platform, 'unknown (' || f.platform_id || ')') AS platform,
    c.err_code,
    i.err_info,
    f.err_count,
    f.updated_at
FROM pushloss.platform_loss AS f
JOIN pushloss.task AS t USING (task_key)
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id);
COMMENT ON VIEW analytics.task_platform_loss IS 'Lost pushes of a task by channel: one row per app, day, task, stage, event, platform and error code. Not a breakdown of task_stage_loss: the two need not add up.';
COMMENT ON COLUMN analytics.task_platform_loss.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.task_platform_loss.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.task_platform_loss.task_id IS 'TaskID of the push task.';
COMMENT ON COLUMN analytics.task_platform_loss.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.task_platform_loss.event_type IS '1 offline push, 2 online push.';
COMMENT ON COLUMN analytics.task_platform_loss.event IS 'offline: through a vendor''s channel; online: over the app''s own connection.';
COMMENT ON COLUMN analytics.task_platform_loss.platform_id IS 'Number of the push channel, see platforms.';
COMMENT ON COLUMN analytics.task_platform_loss.platform IS 'Name of the push channel, see platforms; unknown (N) where the API documents none of that number.';
COMMENT ON COLUMN analytics.task_platform_loss.err_code IS 'Error code, Tencent''s or the vendor''s. It means something only with its platform and stage.';
COMMENT ON COLUMN analytics.task_platform_loss.err_info IS 'The most frequent description seen with the code; free text, may be empty.';
COMMENT ON COLUMN analytics.task_platform_loss.err_count IS 'Number of pushes lost on that day, there and for that reason. Final once the window is settled, see coverage.';
COMMENT ON COLUMN analytics.task_platform_loss.updated_at IS 'When this figure or its description last changed; pulls that confirm it do not count.';
CREATE VIEW analytics.chat_stage_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    s.stage,
    c.err_code,
    i.err_info,
    f.err_count,
    f.updated_at
FROM pushloss.chat_stage_loss AS f
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key);
COMMENT ON VIEW analytics.chat_stage_loss IS 'Lost pushes of an app''s chat messages: one row per app, day, stage and error code, all channels together.';
COMMENT ON COLUMN analytics.chat_stage_loss.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.chat_stage_loss.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.chat_stage_loss.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.chat_stage_loss.err_code IS 'Error code, Tencent''s or the vendor''s. It means something only with its platform and stage.';
COMMENT ON COLUMN analytics.chat_stage_loss.err_info IS 'The most frequent description seen with the code; free text, may be empty.';
COMMENT ON COLUMN analytics.chat_stage_loss.err_count IS 'Number of pushes lost.';
COMMENT ON COLUMN analytics.chat_stage_loss.updated_at IS 'When this row was last written.';
CREATE VIEW analytics.chat_platform_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    s.stage,
    nullif(f.event_type, 0::smallint) AS event_type,
    CASE WHEN f.event_type <> 0 THEN coalesce(e.event, 'unknown (' || f.event_type || ')') END AS event,
    f.platform_id,
    coalesce(p.platform, 'unknown (' || f.platform_id || ')') AS platform,
    c.err_code,
    i.err_info,
    f.err_count,
    f.updated_at
FROM pushloss.chat_platform_loss AS f
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id);
COMMENT ON VIEW analytics.chat_platform_loss IS 'Lost pushes of an app''s chat messages by channel: one row per app, day, stage, event, platform and error code. Not a breakdown of chat_stage_loss: the two need not add up.';
COMMENT ON COLUMN analytics.chat_platform_loss.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.chat_platform_loss.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.chat_platform_loss.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.chat_platform_loss.event_type IS '1 offline push, 2 online push; NULL where the API does not tell.';
COMMENT ON COLUMN analytics.chat_platform_loss.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL where the API does not tell.';
COMMENT ON COLUMN analytics.chat_platform_loss.platform_id IS 'Number of the push channel.';
COMMENT ON COLUMN analytics.chat_platform_loss.platform IS 'Name of the push channel.';
COMMENT ON COLUMN analytics.chat_platform_loss.err_code IS 'Error code, Tencent''s or the vendor''s. It means something only with its platform and stage.';
COMMENT ON COLUMN analytics.chat_platform_loss.err_info IS 'The most frequent description seen with the code; free text, may be empty.';
COMMENT ON COLUMN analytics.chat_platform_loss.err_count IS 'Number of pushes lost.';
COMMENT ON COLUMN analytics.chat_platform_loss.updated_at IS 'When this row was last written.';

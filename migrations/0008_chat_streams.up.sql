-- Pushes that accompany one-to-one and group chat messages: losses and numbers of
-- a whole app. There are no tasks, and the API tells no event of most rows.

INSERT INTO pushloss.stream (stream_id, stream, by_task, meaning) VALUES
    (2, 'chat_loss', false, 'Lost pushes of chat messages, by error code.'),
    (3, 'chat_statistics', false, 'Numbers of pushes of chat messages.');

CREATE TABLE pushloss.chat_stage_loss (LIKE pushloss.stage_loss INCLUDING ALL);
CREATE TABLE pushloss.chat_platform_loss (LIKE pushloss.platform_loss INCLUDING ALL);
CREATE TABLE pushloss.chat_push_count (LIKE pushloss.push_count INCLUDING ALL);
CREATE TABLE pushloss.chat_platform_push_count (LIKE pushloss.platform_push_count INCLUDING ALL);
COMMENT ON TABLE pushloss.chat_stage_loss IS 'Lost pushes of chat messages by stage and code, all channels together.';
COMMENT ON TABLE pushloss.chat_platform_loss IS 'Lost pushes of chat messages by stage, push channel and code.';
COMMENT ON TABLE pushloss.chat_push_count IS 'Numbers of pushes of chat messages, all channels together.';
COMMENT ON TABLE pushloss.chat_platform_push_count IS 'Numbers of pushes of chat messages by push channel.';

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

CREATE VIEW analytics.chat_push_daily AS
SELECT
    sdk_app_id,
    day,
    max(push_count) FILTER (WHERE counter_id = 3) AS total_count,
    max(push_count) FILTER (WHERE counter_id = 4) AS sent_count,
    max(push_count) FILTER (WHERE counter_id = 5) AS delivered_count,
    max(push_count) FILTER (WHERE counter_id = 6) AS click_count,
    max(updated_at) AS updated_at
FROM pushloss.chat_push_count
GROUP BY sdk_app_id, day;
COMMENT ON VIEW analytics.chat_push_daily IS 'Pushes of an app''s chat messages, all channels together: one row per app and day on which there were any.';
COMMENT ON COLUMN analytics.chat_push_daily.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.chat_push_daily.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.chat_push_daily.total_count IS 'Pushes that could be sent. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.chat_push_daily.sent_count IS 'Pushes that were sent. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.chat_push_daily.delivered_count IS 'Pushes that reached the device. NULL where the API did not tell; 0 beside clicks where the channel confirms no delivery.';
COMMENT ON COLUMN analytics.chat_push_daily.click_count IS 'Pushes that were clicked. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.chat_push_daily.updated_at IS 'When this row was last written.';

CREATE VIEW analytics.chat_push_platform_daily AS
SELECT
    f.sdk_app_id,
    f.day,
    nullif(f.event_type, 0::smallint) AS event_type,
    CASE WHEN f.event_type <> 0 THEN coalesce(e.event, 'unknown (' || f.event_type || ')') END AS event,
    f.platform_id,
    coalesce(p.platform, 'unknown (' || f.platform_id || ')') AS platform,
    max(f.push_count) FILTER (WHERE f.counter_id = 3) AS total_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 4) AS sent_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 5) AS delivered_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 6) AS click_count,
    max(f.updated_at) AS updated_at
FROM pushloss.chat_platform_push_count AS f
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
GROUP BY f.sdk_app_id, f.day, f.event_type, e.event, f.platform_id, p.platform;
COMMENT ON VIEW analytics.chat_push_platform_daily IS 'Pushes of an app''s chat messages by channel: one row per app, day, event and platform. Not a breakdown of chat_push_daily: the two need not add up.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.event_type IS '1 offline push, 2 online push; NULL where the API does not tell.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL where the API does not tell.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.platform_id IS 'Number of the push channel.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.platform IS 'Name of the push channel.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.total_count IS 'Pushes that could be sent. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.sent_count IS 'Pushes that were sent. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.delivered_count IS 'Pushes that reached the device. NULL where the API did not tell; 0 beside clicks where the channel confirms no delivery.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.click_count IS 'Pushes that were clicked. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.chat_push_platform_daily.updated_at IS 'When this row was last written.';

-- The API gives several statistics, each a stream of windows of its own: ledger,
-- archive and history bear the stream, its figures have tables of their own.

CREATE TABLE pushloss.stream (
    stream_id smallint PRIMARY KEY,
    stream    text NOT NULL UNIQUE,
    by_task   boolean NOT NULL,
    meaning   text NOT NULL
);
INSERT INTO pushloss.stream (stream_id, stream, by_task, meaning) VALUES
    (0, 'loss', true, 'Lost pushes to all or tagged users, by error code.'),
    (1, 'statistics', true, 'Numbers of pushes to all or tagged users.');
COMMENT ON TABLE pushloss.stream IS 'Statistics of the API that can be pulled.';
COMMENT ON COLUMN pushloss.stream.stream_id IS 'Key used in ledger, archive and history.';
COMMENT ON COLUMN pushloss.stream.stream IS 'Name, as in PUSHLOSS_STREAMS.';
COMMENT ON COLUMN pushloss.stream.by_task IS 'Whether there are figures of tasks besides those of the whole app.';
COMMENT ON COLUMN pushloss.stream.meaning IS 'What it tells.';

CREATE TABLE pushloss.app_stream (
    sdk_app_id bigint NOT NULL,
    stream_id  smallint NOT NULL,
    active     boolean NOT NULL,
    first_day  date,
    PRIMARY KEY (sdk_app_id, stream_id)
);
COMMENT ON TABLE pushloss.app_stream IS 'Which streams scheduled runs pull of an app. Without a row it is the loss alone.';
COMMENT ON COLUMN pushloss.app_stream.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.app_stream.stream_id IS 'Stream.';
COMMENT ON COLUMN pushloss.app_stream.active IS 'Whether runs pull it.';
COMMENT ON COLUMN pushloss.app_stream.first_day IS 'First day that is due of it, where it was chosen after the app had figures already; empty where it is the app''s first day.';

ALTER TABLE pushloss.ledger ADD COLUMN stream_id smallint NOT NULL DEFAULT 0;
ALTER TABLE pushloss.ledger DROP CONSTRAINT ledger_pkey;
ALTER TABLE pushloss.ledger ADD PRIMARY KEY (sdk_app_id, day, task_key, stream_id);
ALTER TABLE pushloss.pull ADD COLUMN stream_id smallint NOT NULL DEFAULT 0;
ALTER TABLE pushloss.reject ADD COLUMN stream_id smallint NOT NULL DEFAULT 0;
ALTER TABLE pushloss.loss_change ADD COLUMN stream_id smallint NOT NULL DEFAULT 0;
COMMENT ON TABLE pushloss.ledger IS 'What is known of each window: a day of a stream, of a task or (task_key 0) of the whole app.';
COMMENT ON COLUMN pushloss.ledger.stream_id IS 'Stream.';
COMMENT ON COLUMN pushloss.pull.stream_id IS 'Stream that was asked for.';
COMMENT ON COLUMN pushloss.reject.stream_id IS 'Stream that was asked for.';
COMMENT ON TABLE pushloss.loss_change IS 'Every change of a fact, of any stream, after the first load of its window.';
COMMENT ON COLUMN pushloss.loss_change.stream_id IS 'Stream of the fact.';
COMMENT ON COLUMN pushloss.loss_change.stage_id IS 'Stage of the fact, or its counter.';
COMMENT ON COLUMN pushloss.loss_change.err_code_key IS 'Error code of the fact; 0 for a counter.';
COMMENT ON COLUMN pushloss.loss_change.by_platform IS 'Whether the fact is one by push channel, or of all channels together.';

-- Counters ------------------------------------------------------------------

CREATE TABLE pushloss.counter (
    counter_id smallint PRIMARY KEY,
    counter    text NOT NULL UNIQUE,
    meaning    text NOT NULL
);
INSERT INTO pushloss.counter (counter_id, counter, meaning) VALUES
    (3, 'total', 'Pushes that could be sent.'),
    (4, 'sent', 'Pushes that were sent.'),
    (5, 'delivered', 'Pushes that reached the device.'),
    (6, 'clicked', 'Pushes that were clicked.');
COMMENT ON TABLE pushloss.counter IS 'How far pushes come.';
COMMENT ON COLUMN pushloss.counter.counter_id IS 'Key used in the facts; no stage has the same.';
COMMENT ON COLUMN pushloss.counter.counter IS 'Name of the counter.';
COMMENT ON COLUMN pushloss.counter.meaning IS 'What is counted.';

CREATE TABLE pushloss.push_count (
    sdk_app_id bigint NOT NULL,
    day        date NOT NULL,
    task_key   integer NOT NULL,
    counter_id smallint NOT NULL,
    push_count bigint NOT NULL CHECK (push_count >= 0),
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (sdk_app_id, day, task_key, counter_id)
);
CREATE INDEX push_count_app ON pushloss.push_count (sdk_app_id, day) WHERE task_key = 0;
COMMENT ON TABLE pushloss.push_count IS 'Numbers of pushes, all channels together: of a task, or (task_key 0) of the whole app. The two never add up.';
COMMENT ON COLUMN pushloss.push_count.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.push_count.day IS 'Day in the app''s time zone.';
COMMENT ON COLUMN pushloss.push_count.task_key IS 'Task; 0 for the whole app.';
COMMENT ON COLUMN pushloss.push_count.counter_id IS 'Counter.';
COMMENT ON COLUMN pushloss.push_count.push_count IS 'How many pushes.';
COMMENT ON COLUMN pushloss.push_count.updated_at IS 'When this row was last written.';

CREATE TABLE pushloss.platform_push_count (
    sdk_app_id  bigint NOT NULL,
    day         date NOT NULL,
    task_key    integer NOT NULL,
    counter_id  smallint NOT NULL,
    event_type  smallint NOT NULL,
    platform_id smallint NOT NULL,
    push_count  bigint NOT NULL CHECK (push_count >= 0),
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (sdk_app_id, day, task_key, event_type, platform_id, counter_id)
);
CREATE INDEX platform_push_count_app ON pushloss.platform_push_count (sdk_app_id, day) WHERE task_key = 0;
COMMENT ON TABLE pushloss.platform_push_count IS 'Numbers of pushes by event and push channel: of a task, or (task_key 0) of the whole app. The two never add up.';
COMMENT ON COLUMN pushloss.platform_push_count.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.platform_push_count.day IS 'Day in the app''s time zone.';
COMMENT ON COLUMN pushloss.platform_push_count.task_key IS 'Task; 0 for the whole app.';
COMMENT ON COLUMN pushloss.platform_push_count.counter_id IS 'Counter.';
COMMENT ON COLUMN pushloss.platform_push_count.event_type IS 'Offline or online push; 0 where the API does not tell.';
COMMENT ON COLUMN pushloss.platform_push_count.platform_id IS 'Push channel.';
COMMENT ON COLUMN pushloss.platform_push_count.push_count IS 'How many pushes.';
COMMENT ON COLUMN pushloss.platform_push_count.updated_at IS 'When this row was last written.';

-- Views of the counters -----------------------------------------------------

CREATE VIEW analytics.app_push_daily AS
SELECT
    sdk_app_id,
    day,
    max(push_count) FILTER (WHERE counter_id = 3) AS total_count,
    max(push_count) FILTER (WHERE counter_id = 4) AS sent_count,
    max(push_count) FILTER (WHERE counter_id = 5) AS delivered_count,
    max(push_count) FILTER (WHERE counter_id = 6) AS click_count,
    max(updated_at) AS updated_at
FROM pushloss.push_count
WHERE task_key = 0
GROUP BY sdk_app_id, day;
COMMENT ON VIEW analytics.app_push_daily IS 'Pushes of a whole app, all channels together: one row per app and day on which there were any.';
COMMENT ON COLUMN analytics.app_push_daily.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.app_push_daily.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.app_push_daily.total_count IS 'Pushes that could be sent. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.app_push_daily.sent_count IS 'Pushes that were sent. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.app_push_daily.delivered_count IS 'Pushes that reached the device. NULL where the API did not tell; 0 beside clicks where the channel confirms no delivery.';
COMMENT ON COLUMN analytics.app_push_daily.click_count IS 'Pushes that were clicked. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.app_push_daily.updated_at IS 'When one of these figures was last written.';

CREATE VIEW analytics.app_push_platform_daily AS
SELECT
    f.sdk_app_id,
    f.day,
    f.event_type,
    coalesce(e.event, 'unknown (' || f.event_type || ')') AS event,
    f.platform_id,
    coalesce(p.platform, 'unknown (' || f.platform_id || ')') AS platform,
    max(f.push_count) FILTER (WHERE f.counter_id = 3) AS total_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 4) AS sent_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 5) AS delivered_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 6) AS click_count,
    max(f.updated_at) AS updated_at
FROM pushloss.platform_push_count AS f
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
WHERE f.task_key = 0
GROUP BY f.sdk_app_id, f.day, f.event_type, e.event, f.platform_id, p.platform;
COMMENT ON VIEW analytics.app_push_platform_daily IS 'Pushes of a whole app by channel: one row per app, day, event and platform. Not a breakdown of app_push_daily: the two need not add up.';
COMMENT ON COLUMN analytics.app_push_platform_daily.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.app_push_platform_daily.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.app_push_platform_daily.event_type IS '1 offline push, 2 online push.';
COMMENT ON COLUMN analytics.app_push_platform_daily.event IS 'offline: through a vendor''s channel; online: over the app''s own connection.';
COMMENT ON COLUMN analytics.app_push_platform_daily.platform_id IS 'Number of the push channel.';
COMMENT ON COLUMN analytics.app_push_platform_daily.platform IS 'Name of the push channel.';
COMMENT ON COLUMN analytics.app_push_platform_daily.total_count IS 'Pushes that could be sent. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.app_push_platform_daily.sent_count IS 'Pushes that were sent. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.app_push_platform_daily.delivered_count IS 'Pushes that reached the device. NULL where the API did not tell; 0 beside clicks where the channel confirms no delivery.';
COMMENT ON COLUMN analytics.app_push_platform_daily.click_count IS 'Pushes that were clicked. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.app_push_platform_daily.updated_at IS 'When one of these figures was last written.';

CREATE VIEW analytics.task_push_daily AS
SELECT
    f.sdk_app_id,
    f.day,
    t.task_id,
    max(f.push_count) FILTER (WHERE f.counter_id = 3) AS total_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 4) AS sent_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 5) AS delivered_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 6) AS click_count,
    max(f.updated_at) AS updated_at
FROM pushloss.push_count AS f
JOIN pushloss.task AS t USING (task_key)
GROUP BY f.sdk_app_id, f.day, t.task_id;
COMMENT ON VIEW analytics.task_push_daily IS 'Pushes of a task, all channels together: one row per app, day and task with any.';
COMMENT ON COLUMN analytics.task_push_daily.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.task_push_daily.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.task_push_daily.task_id IS 'TaskID of the push task.';
COMMENT ON COLUMN analytics.task_push_daily.total_count IS 'Pushes that could be sent. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.task_push_daily.sent_count IS 'Pushes that were sent. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.task_push_daily.delivered_count IS 'Pushes that reached the device. NULL where the API did not tell; 0 beside clicks where the channel confirms no delivery.';
COMMENT ON COLUMN analytics.task_push_daily.click_count IS 'Pushes that were clicked. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.task_push_daily.updated_at IS 'When one of these figures was last written.';

CREATE VIEW analytics.task_push_platform_daily AS
SELECT
    f.sdk_app_id,
    f.day,
    t.task_id,
    f.event_type,
    coalesce(e.event, 'unknown (' || f.event_type || ')') AS event,
    f.platform_id,
    coalesce(p.platform, 'unknown (' || f.platform_id || ')') AS platform,
    max(f.push_count) FILTER (WHERE f.counter_id = 3) AS total_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 4) AS sent_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 5) AS delivered_count,
    max(f.push_count) FILTER (WHERE f.counter_id = 6) AS click_count,
    max(f.updated_at) AS updated_at
FROM pushloss.platform_push_count AS f
JOIN pushloss.task AS t USING (task_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
GROUP BY f.sdk_app_id, f.day, t.task_id, f.event_type, e.event, f.platform_id, p.platform;
COMMENT ON VIEW analytics.task_push_platform_daily IS 'Pushes of a task by channel: one row per app, day, task, event and platform. Not a breakdown of task_push_daily: the two need not add up.';
COMMENT ON COLUMN analytics.task_push_platform_daily.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.task_push_platform_daily.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.task_push_platform_daily.task_id IS 'TaskID of the push task.';
COMMENT ON COLUMN analytics.task_push_platform_daily.event_type IS '1 offline push, 2 online push.';
COMMENT ON COLUMN analytics.task_push_platform_daily.event IS 'offline: through a vendor''s channel; online: over the app''s own connection.';
COMMENT ON COLUMN analytics.task_push_platform_daily.platform_id IS 'Number of the push channel.';
COMMENT ON COLUMN analytics.task_push_platform_daily.platform IS 'Name of the push channel.';
COMMENT ON COLUMN analytics.task_push_platform_daily.total_count IS 'Pushes that could be sent. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.task_push_platform_daily.sent_count IS 'Pushes that were sent. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.task_push_platform_daily.delivered_count IS 'Pushes that reached the device. NULL where the API did not tell; 0 beside clicks where the channel confirms no delivery.';
COMMENT ON COLUMN analytics.task_push_platform_daily.click_count IS 'Pushes that were clicked. NULL where the API did not tell.';
COMMENT ON COLUMN analytics.task_push_platform_daily.updated_at IS 'When one of these figures was last written.';

CREATE VIEW analytics.push_changes AS
SELECT
    h.sdk_app_id,
    h.day,
    coalesce(t.task_id, '') AS task_id,
    n.counter,
    CASE WHEN h.by_platform THEN h.event_type END AS event_type,
    CASE WHEN h.by_platform THEN coalesce(e.event, 'unknown (' || h.event_type || ')') END AS event,
    CASE WHEN h.by_platform THEN h.platform_id END AS platform_id,
    CASE WHEN h.by_platform THEN coalesce(p.platform, 'unknown (' || h.platform_id || ')') END AS platform,
    h.changed_at,
    h.run_id,
    h.old_count,
    h.new_count
FROM pushloss.loss_change AS h
JOIN pushloss.counter AS n ON n.counter_id = h.stage_id
LEFT JOIN pushloss.task AS t USING (task_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
WHERE h.stream_id = 1;
COMMENT ON VIEW analytics.push_changes IS 'What the API restated of the numbers of pushes: one row per change of one counter, since the first load of its day.';
COMMENT ON COLUMN analytics.push_changes.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.push_changes.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.push_changes.task_id IS 'TaskID of the push task; empty text for the whole app.';
COMMENT ON COLUMN analytics.push_changes.counter IS 'total, sent, delivered or clicked.';
COMMENT ON COLUMN analytics.push_changes.event_type IS '1 offline push, 2 online push; NULL where the figure is of all channels together.';
COMMENT ON COLUMN analytics.push_changes.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL where the figure is of all channels together.';
COMMENT ON COLUMN analytics.push_changes.platform_id IS 'Number of the push channel; NULL where the figure is of all channels together.';
COMMENT ON COLUMN analytics.push_changes.platform IS 'Name of the push channel; NULL where the figure is of all channels together.';
COMMENT ON COLUMN analytics.push_changes.changed_at IS 'When the change was loaded.';
COMMENT ON COLUMN analytics.push_changes.run_id IS 'Run that loaded it.';
COMMENT ON COLUMN analytics.push_changes.old_count IS 'Count before; NULL where the figure appeared.';
COMMENT ON COLUMN analytics.push_changes.new_count IS 'Count after; NULL where the figure went away.';

-- Rates ---------------------------------------------------------------------
-- Losses and counters are put under each other and brought together by key: a
-- condition on a key then reaches both, which it would not through a full join. The
-- grain is a constant of each branch, so that only the one asked for is read.

-- Rows are summed after they are united, and know their task by name: so a grain or a
-- task that is asked for is looked for in the tables.
CREATE VIEW analytics.loss_rates AS
WITH task AS NOT MATERIALIZED (SELECT task_key, task_id FROM pushloss.task),
part (stage_id, counter_id, is_denominator) AS (
    VALUES (1::smallint, 3::smallint, true), (1::smallint, 4::smallint, false),
        (2::smallint, 4::smallint, true), (2::smallint, 5::smallint, false)
), figure AS (
    SELECT 1::smallint AS grain, sdk_app_id, day, '' AS task_id, stage_id,
        NULL::smallint AS event_type, NULL::smallint AS platform_id,
        err_count AS coded, NULL::bigint AS denominator, NULL::bigint AS arrived, updated_at
    FROM pushloss.stage_loss WHERE task_key = 0
    UNION ALL
    SELECT 1::smallint, sdk_app_id, day, '', stage_id, NULL, NULL,
        NULL, CASE WHEN is_denominator THEN push_count END, CASE WHEN NOT is_denominator THEN push_count END, updated_at
    FROM pushloss.push_count JOIN part USING (counter_id) WHERE task_key = 0
    UNION ALL
    SELECT 2::smallint, sdk_app_id, day, '', stage_id, event_type, platform_id,
        err_count, NULL, NULL, updated_at
    FROM pushloss.platform_loss WHERE task_key = 0
    UNION ALL
    SELECT 2::smallint, sdk_app_id, day, '', stage_id, event_type, platform_id,
        NULL, CASE WHEN is_denominator THEN push_count END, CASE WHEN NOT is_denominator THEN push_count END, updated_at
    FROM pushloss.platform_push_count JOIN part USING (counter_id) WHERE task_key = 0
    UNION ALL
    SELECT 3::smallint, sdk_app_id, day, task_id, stage_id, NULL, NULL,
        err_count, NULL, NULL, updated_at
    FROM pushloss.stage_loss JOIN task USING (task_key)
    UNION ALL
    SELECT 3::smallint, sdk_app_id, day, task_id, stage_id, NULL, NULL,
        NULL, CASE WHEN is_denominator THEN push_count END, CASE WHEN NOT is_denominator THEN push_count END, updated_at
    FROM pushloss.push_count JOIN part USING (counter_id) JOIN task USING (task_key)
    UNION ALL
    SELECT 4::smallint, sdk_app_id, day, task_id, stage_id, event_type, platform_id,
        err_count, NULL, NULL, updated_at
    FROM pushloss.platform_loss JOIN task USING (task_key)
    UNION ALL
    SELECT 4::smallint, sdk_app_id, day, task_id, stage_id, event_type, platform_id,
        NULL, CASE WHEN is_denominator THEN push_count END, CASE WHEN NOT is_denominator THEN push_count END, updated_at
    FROM pushloss.platform_push_count JOIN part USING (counter_id) JOIN task USING (task_key)
), summed AS (
    SELECT grain, sdk_app_id, day, task_id, stage_id, event_type, platform_id,
        sum(coded)::bigint AS coded, max(denominator) AS denominator, max(arrived) AS arrived, max(updated_at) AS updated_at
    FROM figure
    GROUP BY grain, sdk_app_id, day, task_id, stage_id, event_type, platform_id
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
    coalesce(p.platform, 'unknown (' || f.platform_id || ')') AS platform,
    l.coded AS coded_loss,
    f.denominator,
    l.coded::double precision / nullif(f.denominator, 0) AS loss_rate,
    f.denominator - f.arrived AS gap,
    f.denominator - f.arrived - l.coded AS unexplained,
    f.updated_at
FROM summed AS f
-- No row of a code is zero only where the losses of the window were loaded.
CROSS JOIN LATERAL (
    SELECT coalesce(f.coded, (
        SELECT 0 FROM pushloss.ledger AS l
        WHERE l.sdk_app_id = f.sdk_app_id AND l.day = f.day AND l.stream_id = 0
            AND l.task_key = CASE f.task_id WHEN '' THEN 0 ELSE (
                SELECT t.task_key FROM pushloss.task AS t WHERE t.sdk_app_id = f.sdk_app_id AND t.task_id = f.task_id) END
            AND l.first_loaded_at IS NOT NULL
    )) AS coded
) AS l
JOIN pushloss.stage AS s USING (stage_id)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id);
COMMENT ON VIEW analytics.loss_rates IS 'Losses against the pushes that they are a part of: one row per app, day, stage and, by grain, task, event and platform. Choose one grain before adding up.';
COMMENT ON COLUMN analytics.loss_rates.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.loss_rates.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.loss_rates.grain IS 'What one row stands for: app_stage or task_stage, all channels together, and app_platform or task_platform, one channel. The four never add up.';
COMMENT ON COLUMN analytics.loss_rates.task_id IS 'TaskID of the push task; empty text for the whole app.';
COMMENT ON COLUMN analytics.loss_rates.stage IS 'ready_to_send: of the pushes that could be sent, those that were not; post_send_delivered: of those sent, those not delivered.';
COMMENT ON COLUMN analytics.loss_rates.event_type IS '1 offline push, 2 online push; NULL where the figure is of all channels together.';
COMMENT ON COLUMN analytics.loss_rates.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL where the figure is of all channels together.';
COMMENT ON COLUMN analytics.loss_rates.platform_id IS 'Number of the push channel; NULL where the figure is of all channels together.';
COMMENT ON COLUMN analytics.loss_rates.platform IS 'Name of the push channel; NULL where the figure is of all channels together.';
COMMENT ON COLUMN analytics.loss_rates.coded_loss IS 'Pushes lost that an error code explains. NULL where the losses were never loaded.';
COMMENT ON COLUMN analytics.loss_rates.denominator IS 'Pushes that reached the stage: those that could be sent (ready_to_send), or those sent (post_send_delivered). NULL where the API did not tell.';
COMMENT ON COLUMN analytics.loss_rates.loss_rate IS 'coded_loss / denominator: from 0, seldom above 1, where codes count more. NULL without a denominator or where it is 0.';
COMMENT ON COLUMN analytics.loss_rates.gap IS 'Pushes that reached the stage and not its end: could be sent less sent, or sent less delivered. A channel that confirms no delivery (Apple APNs) leaves all that it was sent here.';
COMMENT ON COLUMN analytics.loss_rates.unexplained IS 'gap less coded_loss: what no code explains. Seldom 0: the API''s codes do not explain every loss; below 0 where they count more than the gap.';
COMMENT ON COLUMN analytics.loss_rates.updated_at IS 'When one of these figures was last written.';

-- The loss alone, as before --------------------------------------------------

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
LEFT JOIN pushloss.err_info AS new_info ON new_info.err_info_key = h.new_err_info_key
WHERE h.stream_id = 0;

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

-- Windows that are due and were never pulled are shown as open, without anybody
-- having to write them. What is known and what is due are two branches, so that the
-- days and the app that are asked for are all that is read of either; a full join
-- would read everything. The days of a task come from an array, of which the planner
-- expects few, not from a series, of which it expects a thousand.
CREATE VIEW analytics.stream_coverage AS
SELECT
    st.stream,
    l.sdk_app_id,
    l.day,
    CASE WHEN l.task_key = 0 THEN '' ELSE t.task_id END AS task_id,
    l.state,
    l.settled,
    l.settled_reason,
    l.pulls,
    l.row_count,
    l.first_loaded_at,
    l.last_loaded_at,
    l.last_error,
    coalesce(c.active, l.stream_id = 0) AS active
FROM pushloss.ledger AS l
JOIN pushloss.stream AS st USING (stream_id)
LEFT JOIN (SELECT sdk_app_id, stream_id, active FROM pushloss.app_stream) AS c USING (sdk_app_id, stream_id)
LEFT JOIN (SELECT task_key, task_id FROM pushloss.task) AS t USING (task_key)
UNION ALL
SELECT expected.stream, expected.sdk_app_id, expected.day, expected.task_id, 'open', false, NULL, 0, 0, NULL, NULL, NULL, true
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
    ) AS followed
    CROSS JOIN LATERAL unnest(array_fill(0, ARRAY[greatest(followed.last - followed.first + 1, 0)]))
        WITH ORDINALITY AS n (zero, nth)
    WHERE t.retired_at IS NULL
) AS expected
WHERE NOT EXISTS (
    SELECT FROM pushloss.ledger AS l
    WHERE l.sdk_app_id = expected.sdk_app_id AND l.day = expected.day AND l.task_key = expected.task_key
        AND l.stream_id = expected.stream_id
);
COMMENT ON VIEW analytics.stream_coverage IS 'What is known of each window of every stream that is pulled: one row per stream, app, day and task (or the whole app), also of those never pulled.';
COMMENT ON COLUMN analytics.stream_coverage.stream IS 'The statistic of the API: loss, statistics (numbers of pushes), chat_loss or chat_statistics (the same of chat messages).';
COMMENT ON COLUMN analytics.stream_coverage.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.stream_coverage.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.stream_coverage.task_id IS 'TaskID of the push task; empty text for the whole app.';
COMMENT ON COLUMN analytics.stream_coverage.state IS 'loaded; empty: there was nothing; absent: the answer lacked the task; unproven: an empty answer for a day older than the API is believed to remember, which is not zero; unavailable: an error for such a day; failed; open: not pulled yet.';
COMMENT ON COLUMN analytics.stream_coverage.settled IS 'Whether the figures are final: scheduled runs no longer pull the window.';
COMMENT ON COLUMN analytics.stream_coverage.settled_reason IS 'lookback: pulled long enough after the day''s end; api_memory: asking again can tell no more; NULL while not settled.';
COMMENT ON COLUMN analytics.stream_coverage.pulls IS 'How often the window was pulled, failures included.';
COMMENT ON COLUMN analytics.stream_coverage.row_count IS 'Stored figures of the window.';
COMMENT ON COLUMN analytics.stream_coverage.first_loaded_at IS 'When figures were first loaded, zero included; NULL if never.';
COMMENT ON COLUMN analytics.stream_coverage.last_loaded_at IS 'When figures were last loaded or confirmed; NULL if never.';
COMMENT ON COLUMN analytics.stream_coverage.last_error IS 'Why the last pull failed; NULL after a success.';
COMMENT ON COLUMN analytics.stream_coverage.active IS 'Whether the stream is pulled of the app: of one that no longer is, what is known stays as it was.';

CREATE OR REPLACE VIEW analytics.coverage AS
SELECT sdk_app_id, day, task_id, state, settled, settled_reason, pulls, row_count, first_loaded_at, last_loaded_at, last_error
FROM analytics.stream_coverage
WHERE stream = 'loss';
COMMENT ON VIEW analytics.coverage IS 'What is known of each window of losses: one row per app, day and task (or the whole app), also of those never pulled.';

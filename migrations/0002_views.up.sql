-- The views are the contract with dashboards: names and columns only grow.
-- Each of the four fact views has one grain, so a SUM over one never counts twice.

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
COMMENT ON COLUMN analytics.app_stage_loss.err_count IS 'Number of pushes lost.';
COMMENT ON COLUMN analytics.app_stage_loss.updated_at IS 'When this row was last written.';

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
COMMENT ON COLUMN analytics.app_platform_loss.platform_id IS 'Number of the push channel.';
COMMENT ON COLUMN analytics.app_platform_loss.platform IS 'Name of the push channel.';
COMMENT ON COLUMN analytics.app_platform_loss.err_code IS 'Error code, Tencent''s or the vendor''s. It means something only with its platform and stage.';
COMMENT ON COLUMN analytics.app_platform_loss.err_info IS 'The most frequent description seen with the code; free text, may be empty.';
COMMENT ON COLUMN analytics.app_platform_loss.err_count IS 'Number of pushes lost.';
COMMENT ON COLUMN analytics.app_platform_loss.updated_at IS 'When this row was last written.';

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
COMMENT ON COLUMN analytics.task_stage_loss.err_count IS 'Number of pushes lost.';
COMMENT ON COLUMN analytics.task_stage_loss.updated_at IS 'When this row was last written.';

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
COMMENT ON COLUMN analytics.task_platform_loss.platform_id IS 'Number of the push channel.';
COMMENT ON COLUMN analytics.task_platform_loss.platform IS 'Name of the push channel.';
COMMENT ON COLUMN analytics.task_platform_loss.err_code IS 'Error code, Tencent''s or the vendor''s. It means something only with its platform and stage.';
COMMENT ON COLUMN analytics.task_platform_loss.err_info IS 'The most frequent description seen with the code; free text, may be empty.';
COMMENT ON COLUMN analytics.task_platform_loss.err_count IS 'Number of pushes lost.';
COMMENT ON COLUMN analytics.task_platform_loss.updated_at IS 'When this row was last written.';

CREATE VIEW analytics.loss_changes AS
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
COMMENT ON VIEW analytics.loss_changes IS 'What the API restated: one row per change of one fact, since the first load of its day.';
COMMENT ON COLUMN analytics.loss_changes.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.loss_changes.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.loss_changes.task_id IS 'TaskID of the push task; empty text for the whole app.';
COMMENT ON COLUMN analytics.loss_changes.stage IS 'Where the pushes were lost: ready_to_send (could be sent, were not) or post_send_delivered (sent, not delivered).';
COMMENT ON COLUMN analytics.loss_changes.event_type IS '1 offline push, 2 online push; NULL where the fact is one by stage only.';
COMMENT ON COLUMN analytics.loss_changes.event IS 'offline: through a vendor''s channel; online: over the app''s own connection; NULL where the fact is one by stage only.';
COMMENT ON COLUMN analytics.loss_changes.platform_id IS 'Number of the push channel; NULL where the fact is one by stage only.';
COMMENT ON COLUMN analytics.loss_changes.platform IS 'Name of the push channel; NULL where the fact is one by stage only.';
COMMENT ON COLUMN analytics.loss_changes.err_code IS 'Error code, Tencent''s or the vendor''s. It means something only with its platform and stage.';
COMMENT ON COLUMN analytics.loss_changes.changed_at IS 'When the change was loaded.';
COMMENT ON COLUMN analytics.loss_changes.run_id IS 'Run that loaded it.';
COMMENT ON COLUMN analytics.loss_changes.old_count IS 'Count before; NULL where the fact appeared.';
COMMENT ON COLUMN analytics.loss_changes.new_count IS 'Count after; NULL where the fact went away.';
COMMENT ON COLUMN analytics.loss_changes.old_err_info IS 'Description before; NULL where the fact appeared.';
COMMENT ON COLUMN analytics.loss_changes.new_err_info IS 'Description after; NULL where the fact went away.';

-- Windows that are due by what the registry says and were never pulled are shown
-- as open, without anybody having to write them. Days are counted as dates: a
-- series of timestamps would follow the clock changes of the reader's time zone.
CREATE VIEW analytics.coverage AS
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
COMMENT ON COLUMN analytics.coverage.sdk_app_id IS 'SDKAppID of the app.';
COMMENT ON COLUMN analytics.coverage.day IS 'Calendar day in the app''s time zone.';
COMMENT ON COLUMN analytics.coverage.task_id IS 'TaskID of the push task; empty text for the whole app.';
COMMENT ON COLUMN analytics.coverage.state IS 'loaded; empty: nothing was lost; absent: the answer lacked the task; unproven: an empty answer for a day older than the API is believed to remember, which is not zero; unavailable: an error for such a day; failed; open: not pulled yet.';
COMMENT ON COLUMN analytics.coverage.settled IS 'Whether the figures are final: scheduled runs no longer pull the window.';
COMMENT ON COLUMN analytics.coverage.settled_reason IS 'lookback: pulled long enough after the day''s end; api_memory: asking again can tell no more; NULL while not settled.';
COMMENT ON COLUMN analytics.coverage.pulls IS 'How often the window was pulled, failures included.';
COMMENT ON COLUMN analytics.coverage.row_count IS 'Fact rows stored for the window.';
COMMENT ON COLUMN analytics.coverage.first_loaded_at IS 'When figures were first loaded, zero included; NULL if never.';
COMMENT ON COLUMN analytics.coverage.last_loaded_at IS 'When figures were last loaded or confirmed; NULL if never.';
COMMENT ON COLUMN analytics.coverage.last_error IS 'Why the last pull failed; NULL after a success.';

CREATE VIEW analytics.runs AS
SELECT
    run_id, kind, started_at, finished_at, state, requests, retries, windows,
    rows_inserted, rows_updated, rows_deleted, rows_unchanged, rejects, error
FROM pushloss.run;
COMMENT ON VIEW analytics.runs IS 'One row per run of the ETL, over all apps.';
COMMENT ON COLUMN analytics.runs.run_id IS 'Number of the run.';
COMMENT ON COLUMN analytics.runs.kind IS 'run or backfill.';
COMMENT ON COLUMN analytics.runs.started_at IS 'When it began.';
COMMENT ON COLUMN analytics.runs.finished_at IS 'When it ended; empty while it runs.';
COMMENT ON COLUMN analytics.runs.state IS 'running; done; partial: some windows failed or rows were rejected, the rest is loaded; failed: an app or the database stopped it; interrupted: by a signal; abandoned: the process died, what was loaded stays; skipped: other processes worked on all apps.';
COMMENT ON COLUMN analytics.runs.requests IS 'API calls made, retries included.';
COMMENT ON COLUMN analytics.runs.retries IS 'API calls that repeated a failed one.';
COMMENT ON COLUMN analytics.runs.windows IS 'Windows (a day of a task, or of the whole app) that were settled by an answer.';
COMMENT ON COLUMN analytics.runs.rows_inserted IS 'Fact rows that were new.';
COMMENT ON COLUMN analytics.runs.rows_updated IS 'Fact rows whose count or text changed.';
COMMENT ON COLUMN analytics.runs.rows_deleted IS 'Fact rows that were no longer in the answer.';
COMMENT ON COLUMN analytics.runs.rows_unchanged IS 'Fact rows that were equal to the answer and not written.';
COMMENT ON COLUMN analytics.runs.rejects IS 'Rows that could not be understood.';
COMMENT ON COLUMN analytics.runs.error IS 'What stopped it or failed in it, without credentials.';

CREATE VIEW analytics.platforms AS
SELECT platform_id, platform
FROM pushloss.platform;
COMMENT ON VIEW analytics.platforms IS 'Push channels that the API documents.';
COMMENT ON COLUMN analytics.platforms.platform_id IS 'PushPlatform of the API.';
COMMENT ON COLUMN analytics.platforms.platform IS 'Name of the channel; online pushes have no vendor and bear 0.';

CREATE VIEW analytics.stages AS
SELECT stage_id, stage, meaning
FROM pushloss.stage;
COMMENT ON VIEW analytics.stages IS 'Where on its way a push can be lost, in order.';
COMMENT ON COLUMN analytics.stages.stage_id IS 'Number of the stage.';
COMMENT ON COLUMN analytics.stages.stage IS 'Name of the stage.';
COMMENT ON COLUMN analytics.stages.meaning IS 'What was lost there.';

CREATE VIEW analytics.error_codes AS
SELECT err_code, first_seen_at
FROM pushloss.err_code;
COMMENT ON VIEW analytics.error_codes IS 'Error codes that were seen.';
COMMENT ON COLUMN analytics.error_codes.err_code IS 'ErrCode of the API: Tencent''s or the vendor''s.';
COMMENT ON COLUMN analytics.error_codes.first_seen_at IS 'When the code was first loaded.';

CREATE VIEW analytics.tasks AS
SELECT sdk_app_id, task_id, label, sent_at, registered_at, retired_at
FROM pushloss.task;
COMMENT ON VIEW analytics.tasks IS 'Push tasks whose losses are pulled one by one.';
COMMENT ON COLUMN analytics.tasks.sdk_app_id IS 'App the task belongs to.';
COMMENT ON COLUMN analytics.tasks.task_id IS 'TaskID as the push API returned it: opaque text.';
COMMENT ON COLUMN analytics.tasks.label IS 'Name given by the team.';
COMMENT ON COLUMN analytics.tasks.sent_at IS 'When the push was sent; its day is the first one pulled.';
COMMENT ON COLUMN analytics.tasks.registered_at IS 'When the task was added to the registry.';
COMMENT ON COLUMN analytics.tasks.retired_at IS 'Since when the task is no longer pulled; empty while it is.';

CREATE VIEW analytics.apps AS
SELECT sdk_app_id, timezone, first_day, lookback_days, task_days, registered_at
FROM pushloss.app;
COMMENT ON VIEW analytics.apps IS 'Apps whose losses are kept.';
COMMENT ON COLUMN analytics.apps.sdk_app_id IS 'SDKAppID of the Tencent Cloud console.';
COMMENT ON COLUMN analytics.apps.timezone IS 'Time zone whose midnights cut the days; fixed once a day is loaded.';
COMMENT ON COLUMN analytics.apps.first_day IS 'First day kept by scheduled runs; empty until the first run.';
COMMENT ON COLUMN analytics.apps.lookback_days IS 'How many days after its end a day is still pulled again, as of the last run.';
COMMENT ON COLUMN analytics.apps.task_days IS 'How many days a task is followed, as of the last run.';
COMMENT ON COLUMN analytics.apps.registered_at IS 'When the app was first seen.';

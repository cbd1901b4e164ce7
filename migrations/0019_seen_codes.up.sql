-- The tables of usual texts get a row for each place that a code was seen at, with or without a text,
-- and keep pushes of chat messages apart: a text of theirs is not one of a task.
ALTER TABLE pushloss.usual_stage_text DROP CONSTRAINT usual_stage_text_pkey;
ALTER TABLE pushloss.usual_stage_text ADD COLUMN stream_id smallint NOT NULL DEFAULT 0;
ALTER TABLE pushloss.usual_stage_text ADD COLUMN first_day date;
ALTER TABLE pushloss.usual_stage_text ADD PRIMARY KEY (err_code_key, stage_id, stream_id);
ALTER TABLE pushloss.usual_platform_text DROP CONSTRAINT usual_platform_text_pkey;
ALTER TABLE pushloss.usual_platform_text ADD COLUMN stream_id smallint NOT NULL DEFAULT 0;
ALTER TABLE pushloss.usual_platform_text ADD COLUMN first_day date;
ALTER TABLE pushloss.usual_platform_text ADD PRIMARY KEY (err_code_key, stage_id, platform_id, stream_id);
COMMENT ON TABLE pushloss.usual_stage_text IS 'Where each code was seen, by stage, with the text that most pushes were lost with, as of the last run that changed figures.';
COMMENT ON TABLE pushloss.usual_platform_text IS 'Where each code was seen, by stage and push channel, with the text that most pushes were lost with, as of the last run that changed figures.';
COMMENT ON COLUMN pushloss.usual_stage_text.err_info IS 'ErrInfo of the API; an empty text if none came.';
COMMENT ON COLUMN pushloss.usual_platform_text.err_info IS 'ErrInfo of the API; an empty text if none came.';
COMMENT ON COLUMN pushloss.usual_stage_text.stream_id IS 'Stream of the facts.';
COMMENT ON COLUMN pushloss.usual_platform_text.stream_id IS 'Stream of the facts.';
COMMENT ON COLUMN pushloss.usual_stage_text.first_day IS 'First day with the code there, whenever it was loaded; empty if that is not known.';
COMMENT ON COLUMN pushloss.usual_platform_text.first_day IS 'First day with the code there, whenever it was loaded; empty if that is not known.';

-- From all facts, of tasks too, once. Later each load adds what it sees first.
DELETE FROM pushloss.usual_stage_text;
INSERT INTO pushloss.usual_stage_text (err_code_key, stage_id, stream_id, err_info, first_day)
SELECT DISTINCT ON (err_code_key, stage_id, stream_id) err_code_key, stage_id, stream_id, coalesce(err_info, ''),
    min(first_day) OVER (PARTITION BY err_code_key, stage_id, stream_id)
FROM (
    SELECT 0::smallint AS stream_id, err_code_key, stage_id, err_info_key, task_key = 0 AS of_app, sum(err_count) AS lost, min(day) AS first_day
    FROM pushloss.stage_loss GROUP BY 2, 3, 4, 5
    UNION ALL
    SELECT 2::smallint, err_code_key, stage_id, err_info_key, true, sum(err_count), min(day)
    FROM pushloss.chat_stage_loss GROUP BY 2, 3, 4
) AS f
JOIN pushloss.err_code USING (err_code_key)
LEFT JOIN pushloss.err_info USING (err_info_key)
ORDER BY err_code_key, stage_id, stream_id, coalesce(err_info, '') = '', of_app DESC, lost DESC, err_info;

DELETE FROM pushloss.usual_platform_text;
INSERT INTO pushloss.usual_platform_text (err_code_key, stage_id, platform_id, stream_id, err_info, first_day)
SELECT DISTINCT ON (err_code_key, stage_id, platform_id, stream_id) err_code_key, stage_id, platform_id, stream_id, coalesce(err_info, ''),
    min(first_day) OVER (PARTITION BY err_code_key, stage_id, platform_id, stream_id)
FROM (
    SELECT 0::smallint AS stream_id, err_code_key, stage_id, platform_id, err_info_key, task_key = 0 AS of_app, sum(err_count) AS lost, min(day) AS first_day
    FROM pushloss.platform_loss GROUP BY 2, 3, 4, 5, 6
    UNION ALL
    SELECT 2::smallint, err_code_key, stage_id, platform_id, err_info_key, true, sum(err_count), min(day)
    FROM pushloss.chat_platform_loss GROUP BY 2, 3, 4, 5
) AS f
JOIN pushloss.err_code USING (err_code_key)
LEFT JOIN pushloss.err_info USING (err_info_key)
ORDER BY err_code_key, stage_id, platform_id, stream_id, coalesce(err_info, '') = '', of_app DESC, lost DESC, err_info;

CREATE TABLE pushloss.seen_platform (
    platform_id smallint PRIMARY KEY
);
COMMENT ON TABLE pushloss.seen_platform IS 'Push channels that came in answers and that the API does not document.';
COMMENT ON COLUMN pushloss.seen_platform.platform_id IS 'PushPlatform of the API.';
INSERT INTO pushloss.seen_platform (platform_id)
SELECT platform_id FROM (
    SELECT platform_id FROM pushloss.usual_platform_text
    UNION SELECT DISTINCT platform_id FROM pushloss.platform_push_count
    UNION SELECT DISTINCT platform_id FROM pushloss.chat_platform_push_count
) AS seen
WHERE platform_id NOT IN (SELECT platform_id FROM pushloss.platform);

-- The whole app's windows are few among those of its tasks, and a calendar reads all of them.
CREATE INDEX ledger_app ON pushloss.ledger (sdk_app_id, day) WHERE task_key = 0;

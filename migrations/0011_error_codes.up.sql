-- The catalogue of error codes comes from error_codes.csv, which migrate up writes
-- into these tables after the migrations.

CREATE TABLE pushloss.error_catalogue (
    err_code     text NOT NULL,
    stage_id     smallint NOT NULL,
    platform_id  smallint NOT NULL,
    short_name   text NOT NULL,
    meaning      text NOT NULL,
    likely_cause text,
    what_to_do   text,
    token_dead   boolean,
    source       text,
    PRIMARY KEY (err_code, stage_id, platform_id)
);
COMMENT ON TABLE pushloss.error_catalogue IS 'What error codes mean, by stage and push channel: error_codes.csv, applied to each that a line speaks of.';
COMMENT ON COLUMN pushloss.error_catalogue.err_code IS 'ErrCode of the API.';
COMMENT ON COLUMN pushloss.error_catalogue.stage_id IS 'Stage.';
COMMENT ON COLUMN pushloss.error_catalogue.platform_id IS 'Push channel.';
COMMENT ON COLUMN pushloss.error_catalogue.short_name IS 'Two words for it.';
COMMENT ON COLUMN pushloss.error_catalogue.meaning IS 'What it says.';
COMMENT ON COLUMN pushloss.error_catalogue.likely_cause IS 'Why it comes.';
COMMENT ON COLUMN pushloss.error_catalogue.what_to_do IS 'What helps.';
COMMENT ON COLUMN pushloss.error_catalogue.token_dead IS 'Whether the device token is dead; empty if not known.';
COMMENT ON COLUMN pushloss.error_catalogue.source IS 'Page that says so.';

-- Facts by stage know no push channel.
CREATE TABLE pushloss.error_stage_meaning (
    err_code text NOT NULL,
    stage_id smallint NOT NULL,
    meaning  text NOT NULL,
    PRIMARY KEY (err_code, stage_id)
);
COMMENT ON TABLE pushloss.error_stage_meaning IS 'What an error code means where the push channel is not known: the one meaning that it has, or those of each channel.';
COMMENT ON COLUMN pushloss.error_stage_meaning.err_code IS 'ErrCode of the API.';
COMMENT ON COLUMN pushloss.error_stage_meaning.stage_id IS 'Stage.';
COMMENT ON COLUMN pushloss.error_stage_meaning.meaning IS 'What it says.';

ALTER TABLE pushloss.err_code ADD COLUMN usual_info text;
COMMENT ON COLUMN pushloss.err_code.usual_info IS 'The text that most pushes were lost with, as of the last run that changed figures; empty if there is none.';

DROP VIEW analytics.error_codes;
CREATE VIEW analytics.error_codes AS
SELECT
    coalesce(c.err_code, seen.err_code) AS err_code,
    seen.first_seen_at,
    c.platform_id,
    p.platform,
    s.stage,
    c.short_name,
    coalesce(c.meaning, seen.usual_info) AS meaning,
    c.likely_cause,
    c.what_to_do,
    c.token_dead,
    c.source
FROM pushloss.error_catalogue AS c
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.platform AS p USING (platform_id)
FULL JOIN pushloss.err_code AS seen ON seen.err_code = c.err_code;
COMMENT ON VIEW analytics.error_codes IS 'What error codes mean: one row per code, stage and platform that the catalogue knows, and one row per code that was seen and is not in it. Join by err_code, stage and platform_id.';
COMMENT ON COLUMN analytics.error_codes.err_code IS 'Error code, Tencent''s or the vendor''s.';
COMMENT ON COLUMN analytics.error_codes.first_seen_at IS 'When the code was first loaded, with any platform; NULL if it never was.';
COMMENT ON COLUMN analytics.error_codes.platform_id IS 'Number of the push channel; NULL for a code that is not in the catalogue.';
COMMENT ON COLUMN analytics.error_codes.platform IS 'Name of the push channel; NULL for a code that is not in the catalogue.';
COMMENT ON COLUMN analytics.error_codes.stage IS 'Where the pushes are lost: ready_to_send or post_send_delivered; NULL for a code that is not in the catalogue.';
COMMENT ON COLUMN analytics.error_codes.short_name IS 'Two words for a chart''s legend.';
COMMENT ON COLUMN analytics.error_codes.meaning IS 'What the code says; for one that is not in the catalogue, the text of the API that most pushes were lost with.';
COMMENT ON COLUMN analytics.error_codes.likely_cause IS 'Why it comes; NULL if nothing is known.';
COMMENT ON COLUMN analytics.error_codes.what_to_do IS 'What helps; NULL if nothing is known.';
COMMENT ON COLUMN analytics.error_codes.token_dead IS 'Whether the device token is dead, so that no push will ever reach it; NULL if that is not known.';
COMMENT ON COLUMN analytics.error_codes.source IS 'Page that says so; NULL if none is public.';

CREATE OR REPLACE VIEW analytics.app_stage_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    s.stage,
    c.err_code,
    i.err_info,
    f.err_count,
    f.updated_at,
    coalesce(m.meaning, c.usual_info) AS err_meaning
FROM pushloss.stage_loss AS f
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.error_stage_meaning AS m ON m.err_code = c.err_code AND m.stage_id = f.stage_id
WHERE f.task_key = 0;
COMMENT ON COLUMN analytics.app_stage_loss.err_meaning IS 'What the code means at this stage: where channels differ, each one''s, from the catalogue (error_codes); for one that is not in it, the text of the API that most pushes were lost with. NULL if there is neither.';

CREATE OR REPLACE VIEW analytics.app_platform_loss AS
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
    f.updated_at,
    coalesce(m.meaning, c.usual_info) AS err_meaning
FROM pushloss.platform_loss AS f
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.error_catalogue AS m
    ON m.err_code = c.err_code AND m.stage_id = f.stage_id AND m.platform_id = f.platform_id
WHERE f.task_key = 0;
COMMENT ON COLUMN analytics.app_platform_loss.err_meaning IS 'What the code means there, from the catalogue (error_codes); for one that is not in it, the text of the API that most pushes were lost with. NULL if there is neither.';

CREATE OR REPLACE VIEW analytics.task_stage_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    t.task_id,
    s.stage,
    c.err_code,
    i.err_info,
    f.err_count,
    f.updated_at,
    coalesce(m.meaning, c.usual_info) AS err_meaning
FROM pushloss.stage_loss AS f
JOIN pushloss.task AS t USING (task_key)
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.error_stage_meaning AS m ON m.err_code = c.err_code AND m.stage_id = f.stage_id;
COMMENT ON COLUMN analytics.task_stage_loss.err_meaning IS 'What the code means at this stage: where channels differ, each one''s, from the catalogue (error_codes); for one that is not in it, the text of the API that most pushes were lost with. NULL if there is neither.';

CREATE OR REPLACE VIEW analytics.task_platform_loss AS
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
    f.updated_at,
    coalesce(m.meaning, c.usual_info) AS err_meaning
FROM pushloss.platform_loss AS f
JOIN pushloss.task AS t USING (task_key)
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.error_catalogue AS m
    ON m.err_code = c.err_code AND m.stage_id = f.stage_id AND m.platform_id = f.platform_id;
COMMENT ON COLUMN analytics.task_platform_loss.err_meaning IS 'What the code means there, from the catalogue (error_codes); for one that is not in it, the text of the API that most pushes were lost with. NULL if there is neither.';

CREATE OR REPLACE VIEW analytics.chat_stage_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    s.stage,
    c.err_code,
    i.err_info,
    f.err_count,
    f.updated_at,
    coalesce(m.meaning, c.usual_info) AS err_meaning
FROM pushloss.chat_stage_loss AS f
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.error_stage_meaning AS m ON m.err_code = c.err_code AND m.stage_id = f.stage_id;
COMMENT ON COLUMN analytics.chat_stage_loss.err_meaning IS 'What the code means at this stage: where channels differ, each one''s, from the catalogue (error_codes); for one that is not in it, the text of the API that most pushes were lost with. NULL if there is neither.';

CREATE OR REPLACE VIEW analytics.chat_platform_loss AS
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
    f.updated_at,
    coalesce(m.meaning, c.usual_info) AS err_meaning
FROM pushloss.chat_platform_loss AS f
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.error_catalogue AS m
    ON m.err_code = c.err_code AND m.stage_id = f.stage_id AND m.platform_id = f.platform_id;
COMMENT ON COLUMN analytics.chat_platform_loss.err_meaning IS 'What the code means there, from the catalogue (error_codes); for one that is not in it, the text of the API that most pushes were lost with. NULL if there is neither.';

-- What the end of a run that changed figures does, for what is stored already.
UPDATE pushloss.err_code AS c SET usual_info = u.err_info
FROM (
    SELECT DISTINCT ON (err_code_key) err_code_key, err_info
    FROM (
        SELECT err_code_key, err_info_key, sum(err_count) AS lost
        FROM (
            SELECT err_code_key, err_info_key, err_count FROM pushloss.stage_loss
            UNION ALL
            SELECT err_code_key, err_info_key, err_count FROM pushloss.platform_loss
        ) AS f
        GROUP BY err_code_key, err_info_key
    ) AS s
    JOIN pushloss.err_info USING (err_info_key)
    WHERE err_info <> ''
    ORDER BY err_code_key, lost DESC, err_info
) AS u
WHERE c.err_code_key = u.err_code_key;

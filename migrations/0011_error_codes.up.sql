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

-- What the API says of codes that the catalogue lacks.
CREATE TABLE pushloss.usual_stage_text (
    err_code_key integer NOT NULL REFERENCES pushloss.err_code,
    stage_id     smallint NOT NULL,
    err_info     text NOT NULL,
    PRIMARY KEY (err_code_key, stage_id)
);
COMMENT ON TABLE pushloss.usual_stage_text IS 'The text that most pushes were lost with, by stage, as of the last run that changed figures.';
COMMENT ON COLUMN pushloss.usual_stage_text.err_code_key IS 'Error code.';
COMMENT ON COLUMN pushloss.usual_stage_text.stage_id IS 'Stage.';
COMMENT ON COLUMN pushloss.usual_stage_text.err_info IS 'ErrInfo of the API.';

CREATE TABLE pushloss.usual_platform_text (
    err_code_key integer NOT NULL REFERENCES pushloss.err_code,
    stage_id     smallint NOT NULL,
    platform_id  smallint NOT NULL,
    err_info     text NOT NULL,
    PRIMARY KEY (err_code_key, stage_id, platform_id)
);
COMMENT ON TABLE pushloss.usual_platform_text IS 'The text that most pushes were lost with, by stage and push channel, as of the last run that changed figures.';
COMMENT ON COLUMN pushloss.usual_platform_text.err_code_key IS 'Error code.';
COMMENT ON COLUMN pushloss.usual_platform_text.stage_id IS 'Stage.';
COMMENT ON COLUMN pushloss.usual_platform_text.platform_id IS 'Push channel.';
COMMENT ON COLUMN pushloss.usual_platform_text.err_info IS 'ErrInfo of the API.';

DROP VIEW analytics.error_codes;
CREATE VIEW analytics.error_codes AS
WITH told AS (
    SELECT err_code, stage_id, platform_id, err_info
    FROM pushloss.usual_platform_text JOIN pushloss.err_code USING (err_code_key)
), explained AS (
    SELECT err_code, stage_id, platform_id, c.short_name, coalesce(c.meaning, told.err_info) AS meaning,
        c.likely_cause, c.what_to_do, c.token_dead, c.source
    FROM pushloss.error_catalogue AS c
    FULL JOIN told USING (err_code, stage_id, platform_id)
    UNION ALL
    SELECT err_code, stage_id, NULL, NULL, err_info, NULL, NULL, NULL, NULL
    FROM pushloss.usual_stage_text JOIN pushloss.err_code USING (err_code_key)
    WHERE (err_code, stage_id) NOT IN (SELECT err_code, stage_id FROM pushloss.error_catalogue)
        AND (err_code, stage_id) NOT IN (SELECT err_code, stage_id FROM told)
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
    e.source
FROM explained AS e
FULL JOIN pushloss.err_code AS seen ON seen.err_code = e.err_code
LEFT JOIN pushloss.stage AS s USING (stage_id)
LEFT JOIN pushloss.platform AS p ON p.platform_id = e.platform_id;
COMMENT ON VIEW analytics.error_codes IS 'What error codes mean: one row per code, stage and platform that the catalogue knows or the API told a text of, and one row per code (and stage) of which only less is known. Join by err_code, stage and platform_id.';
COMMENT ON COLUMN analytics.error_codes.err_code IS 'Error code, Tencent''s or the vendor''s.';
COMMENT ON COLUMN analytics.error_codes.first_seen_at IS 'When the code was first loaded, with any platform; NULL if it never was.';
COMMENT ON COLUMN analytics.error_codes.platform_id IS 'Number of the push channel; NULL where nothing is known of the code''s channel.';
COMMENT ON COLUMN analytics.error_codes.platform IS 'Name of the push channel; NULL where nothing is known of the code''s channel.';
COMMENT ON COLUMN analytics.error_codes.stage IS 'Where the pushes are lost: ready_to_send or post_send_delivered; NULL where the code came without any text.';
COMMENT ON COLUMN analytics.error_codes.short_name IS 'Two words for a chart''s legend; NULL for a code that is not in the catalogue.';
COMMENT ON COLUMN analytics.error_codes.meaning IS 'What the code says; for one that is not in the catalogue, the text of the API that most pushes were lost with there; NULL if there is neither.';
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
    coalesce(m.meaning, u.err_info) AS err_meaning
FROM pushloss.stage_loss AS f
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.error_stage_meaning AS m ON m.err_code = c.err_code AND m.stage_id = f.stage_id
LEFT JOIN pushloss.usual_stage_text AS u ON u.err_code_key = f.err_code_key AND u.stage_id = f.stage_id
WHERE f.task_key = 0;
COMMENT ON COLUMN analytics.app_stage_loss.err_meaning IS 'What the code means at this stage, by the catalogue (error_codes), with the channels that it holds for; for one that is not in it, the text of the API that most pushes were lost with there. NULL if there is neither.';

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
    coalesce(m.meaning, u.err_info) AS err_meaning
FROM pushloss.platform_loss AS f
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.error_catalogue AS m
    ON m.err_code = c.err_code AND m.stage_id = f.stage_id AND m.platform_id = f.platform_id
LEFT JOIN pushloss.usual_platform_text AS u
    ON u.err_code_key = f.err_code_key AND u.stage_id = f.stage_id AND u.platform_id = f.platform_id
WHERE f.task_key = 0;
COMMENT ON COLUMN analytics.app_platform_loss.err_meaning IS 'What the code means there, from the catalogue (error_codes); for one that is not in it, the text of the API that most pushes were lost with there. NULL if there is neither.';

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
    coalesce(m.meaning, u.err_info) AS err_meaning
FROM pushloss.stage_loss AS f
JOIN pushloss.task AS t USING (task_key)
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.error_stage_meaning AS m ON m.err_code = c.err_code AND m.stage_id = f.stage_id
LEFT JOIN pushloss.usual_stage_text AS u ON u.err_code_key = f.err_code_key AND u.stage_id = f.stage_id;
COMMENT ON COLUMN analytics.task_stage_loss.err_meaning IS 'What the code means at this stage, by the catalogue (error_codes), with the channels that it holds for; for one that is not in it, the text of the API that most pushes were lost with there. NULL if there is neither.';

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
    coalesce(m.meaning, u.err_info) AS err_meaning
FROM pushloss.platform_loss AS f
JOIN pushloss.task AS t USING (task_key)
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.error_catalogue AS m
    ON m.err_code = c.err_code AND m.stage_id = f.stage_id AND m.platform_id = f.platform_id
LEFT JOIN pushloss.usual_platform_text AS u
    ON u.err_code_key = f.err_code_key AND u.stage_id = f.stage_id AND u.platform_id = f.platform_id;
COMMENT ON COLUMN analytics.task_platform_loss.err_meaning IS 'What the code means there, from the catalogue (error_codes); for one that is not in it, the text of the API that most pushes were lost with there. NULL if there is neither.';

CREATE OR REPLACE VIEW analytics.chat_stage_loss AS
SELECT
    f.sdk_app_id,
    f.day,
    s.stage,
    c.err_code,
    i.err_info,
    f.err_count,
    f.updated_at,
    coalesce(m.meaning, u.err_info) AS err_meaning
FROM pushloss.chat_stage_loss AS f
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.error_stage_meaning AS m ON m.err_code = c.err_code AND m.stage_id = f.stage_id
LEFT JOIN pushloss.usual_stage_text AS u ON u.err_code_key = f.err_code_key AND u.stage_id = f.stage_id;
COMMENT ON COLUMN analytics.chat_stage_loss.err_meaning IS 'What the code means at this stage, by the catalogue (error_codes), with the channels that it holds for; for one that is not in it, the text of the API that most pushes were lost with there. NULL if there is neither.';

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
    coalesce(m.meaning, u.err_info) AS err_meaning
FROM pushloss.chat_platform_loss AS f
JOIN pushloss.stage AS s USING (stage_id)
JOIN pushloss.err_code AS c USING (err_code_key)
JOIN pushloss.err_info AS i USING (err_info_key)
LEFT JOIN pushloss.event AS e USING (event_type)
LEFT JOIN pushloss.platform AS p USING (platform_id)
LEFT JOIN pushloss.error_catalogue AS m
    ON m.err_code = c.err_code AND m.stage_id = f.stage_id AND m.platform_id = f.platform_id
LEFT JOIN pushloss.usual_platform_text AS u
    ON u.err_code_key = f.err_code_key AND u.stage_id = f.stage_id AND u.platform_id = f.platform_id;
COMMENT ON COLUMN analytics.chat_platform_loss.err_meaning IS 'What the code means there, from the catalogue (error_codes); for one that is not in it, the text of the API that most pushes were lost with there. NULL if there is neither.';

-- What the end of a run that changed figures does, for what is stored already.
INSERT INTO pushloss.usual_stage_text (err_code_key, stage_id, err_info)
SELECT DISTINCT ON (err_code_key, stage_id) err_code_key, stage_id, err_info
FROM (
    SELECT err_code_key, stage_id, err_info_key, sum(err_count) AS lost
    FROM pushloss.stage_loss
    GROUP BY err_code_key, stage_id, err_info_key
) AS f
JOIN pushloss.err_info USING (err_info_key)
WHERE err_info <> ''
ORDER BY err_code_key, stage_id, lost DESC, err_info;
INSERT INTO pushloss.usual_platform_text (err_code_key, stage_id, platform_id, err_info)
SELECT DISTINCT ON (err_code_key, stage_id, platform_id) err_code_key, stage_id, platform_id, err_info
FROM (
    SELECT err_code_key, stage_id, platform_id, err_info_key, sum(err_count) AS lost
    FROM pushloss.platform_loss
    GROUP BY err_code_key, stage_id, platform_id, err_info_key
) AS f
JOIN pushloss.err_info USING (err_info_key)
WHERE err_info <> ''
ORDER BY err_code_key, stage_id, platform_id, lost DESC, err_info;

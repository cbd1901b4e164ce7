-- The views read the columns. An older binary's migrate up makes them without.
DROP VIEW IF EXISTS analytics.app_stage_loss, analytics.app_platform_loss, analytics.task_stage_loss, analytics.task_platform_loss,
    analytics.chat_stage_loss, analytics.chat_platform_loss, analytics.error_codes, analytics.stage_error_codes, analytics.platforms;
DROP INDEX pushloss.ledger_app;
DROP TABLE pushloss.seen_platform;
DELETE FROM pushloss.usual_stage_text AS u
WHERE err_info = '' OR stream_id <> 0 AND EXISTS (
    SELECT FROM pushloss.usual_stage_text AS o WHERE (o.err_code_key, o.stage_id) = (u.err_code_key, u.stage_id) AND o.stream_id = 0 AND o.err_info <> '');
DELETE FROM pushloss.usual_platform_text AS u
WHERE err_info = '' OR stream_id <> 0 AND EXISTS (
    SELECT FROM pushloss.usual_platform_text AS o
    WHERE (o.err_code_key, o.stage_id, o.platform_id) = (u.err_code_key, u.stage_id, u.platform_id) AND o.stream_id = 0 AND o.err_info <> '');
ALTER TABLE pushloss.usual_stage_text DROP COLUMN stream_id; -- and with it the key
ALTER TABLE pushloss.usual_stage_text DROP COLUMN first_day;
ALTER TABLE pushloss.usual_stage_text ADD PRIMARY KEY (err_code_key, stage_id);
ALTER TABLE pushloss.usual_platform_text DROP COLUMN stream_id;
ALTER TABLE pushloss.usual_platform_text DROP COLUMN first_day;
ALTER TABLE pushloss.usual_platform_text ADD PRIMARY KEY (err_code_key, stage_id, platform_id);
COMMENT ON TABLE pushloss.usual_stage_text IS 'The text that most pushes were lost with, by stage, as of the last run that changed figures.';
COMMENT ON TABLE pushloss.usual_platform_text IS 'The text that most pushes were lost with, by stage and push channel, as of the last run that changed figures.';
COMMENT ON COLUMN pushloss.usual_stage_text.err_info IS 'ErrInfo of the API.';
COMMENT ON COLUMN pushloss.usual_platform_text.err_info IS 'ErrInfo of the API.';

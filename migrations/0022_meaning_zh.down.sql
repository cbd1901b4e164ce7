-- The views read the columns. An older binary's migrate up makes them without.
DROP VIEW IF EXISTS analytics.app_stage_loss, analytics.task_stage_loss, analytics.chat_stage_loss, analytics.error_codes, analytics.stage_error_codes;
ALTER TABLE pushloss.error_catalogue DROP COLUMN meaning_zh;
ALTER TABLE pushloss.error_catalogue DROP COLUMN what_to_do_zh;
ALTER TABLE pushloss.error_stage_meaning DROP COLUMN meaning_zh;

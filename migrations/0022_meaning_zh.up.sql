-- The catalogue's texts in Chinese. migrate up fills them from error_codes.csv.
ALTER TABLE pushloss.error_catalogue ADD COLUMN meaning_zh text;
ALTER TABLE pushloss.error_catalogue ADD COLUMN what_to_do_zh text;
ALTER TABLE pushloss.error_stage_meaning ADD COLUMN meaning_zh text;
COMMENT ON COLUMN pushloss.error_catalogue.meaning_zh IS 'What it says, in Chinese.';
COMMENT ON COLUMN pushloss.error_catalogue.what_to_do_zh IS 'What helps, in Chinese.';
COMMENT ON COLUMN pushloss.error_stage_meaning.meaning_zh IS 'What it says, in Chinese.';

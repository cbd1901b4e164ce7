-- What was pulled of the chat streams is lost.
DROP VIEW analytics.chat_stage_loss, analytics.chat_platform_loss, analytics.chat_push_daily, analytics.chat_push_platform_daily;
DROP TABLE pushloss.chat_stage_loss, pushloss.chat_platform_loss, pushloss.chat_push_count, pushloss.chat_platform_push_count;
DELETE FROM pushloss.ledger WHERE stream_id IN (2, 3);
DELETE FROM pushloss.loss_change WHERE stream_id IN (2, 3);
DELETE FROM pushloss.reject WHERE stream_id IN (2, 3);
DELETE FROM pushloss.pull WHERE stream_id IN (2, 3);
DELETE FROM pushloss.raw_body AS b WHERE NOT EXISTS (SELECT FROM pushloss.pull AS p WHERE p.body_sha256 = b.sha256);
DELETE FROM pushloss.app_stream WHERE stream_id IN (2, 3);
DELETE FROM pushloss.stream WHERE stream_id IN (2, 3);

-- At least a row for each table of version 11. Of the ledger, one for each way in which the
-- migrations since then read what is stored.
INSERT INTO pushloss.app (sdk_app_id, timezone, first_day, lookback_days, task_days, registered_at) VALUES
    (1, 'Asia/Shanghai', '2025-03-01', 7, 30, '2025-03-01Z'), (2, 'UTC', NULL, 3, 10, '2025-03-01Z');
INSERT INTO pushloss.app_lease (sdk_app_id, epoch, holder, last_call_at) VALUES (1, 3, 'me', '2025-03-03Z');
INSERT INTO pushloss.app_stream (sdk_app_id, stream_id, active, first_day) VALUES (1, 1, true, '2025-03-02');
INSERT INTO pushloss.task (sdk_app_id, task_id, sent_at, label, registered_at, retired_at) VALUES
    (1, 'a', '2025-03-01Z', '推送', '2025-03-01Z', NULL), (1, 'b', NULL, NULL, '2025-03-01Z', '2025-03-09Z');
INSERT INTO pushloss.run (kind, started_at, finished_at, state, error) VALUES
    ('run', '2025-03-03Z', '2025-03-03Z', 'done', NULL), ('backfill', '2025-06-03Z', '2025-06-03Z', 'partial', 'app 1: it''s slow');
INSERT INTO pushloss.raw_body (sha256, size, body) VALUES (sha256('{}'), 2, '{}'), (sha256('[]'), 2, '\x00ff');
INSERT INTO pushloss.pull (sdk_app_id, stream_id, run_id, day, window_start, window_end, task_ids, sent_at, loaded_at, body_sha256, trusted,
        rows_in, rows_inserted, rows_updated, rows_deleted, rows_unchanged, rows_merged, rows_rejected, rows_ignored, raw_pruned_at) VALUES
    (1, 0, 1, '2025-03-02', '2025-03-02Z', '2025-03-03Z', '{}', '2025-03-03Z', '2025-03-03Z', sha256('{}'), true, 2, 2, 0, 0, 0, 0, 1, 0, NULL),
    (1, 0, 2, '2025-03-02', '2025-03-02Z', '2025-03-03Z', '{}', '2025-06-03Z', '2025-06-03Z', sha256('[]'), false, 0, 0, 0, 1, 0, 0, 0, 0, NULL),
    (1, 0, 2, '2025-03-03', '2025-03-03Z', '2025-03-04Z', '{}', '2025-06-03Z', '2025-06-03Z', sha256('[]'), false, 0, 0, 0, 1, 0, 0, 0, 0, '2025-07-01Z');
INSERT INTO pushloss.err_code (err_code, first_seen_at) VALUES ('410', '2025-03-03Z'), ('-1', '2025-06-03Z');
INSERT INTO pushloss.err_info (digest, err_info) VALUES (sha256('Unregistered'), 'Unregistered'), (sha256(''), '');
INSERT INTO pushloss.stage_loss (sdk_app_id, day, task_key, stage_id, err_code_key, err_info_key, err_count, updated_at) VALUES
    (1, '2025-03-02', 0, 1, 1, 1, 9, '2025-03-03Z'), (1, '2025-03-02', 1, 1, 1, 1, 5, '2025-03-03Z'), (1, '2025-03-03', 0, 2, 2, 2, 9007199254740993, '2025-06-03Z');
INSERT INTO pushloss.platform_loss (sdk_app_id, day, task_key, stage_id, event_type, platform_id, err_code_key, err_info_key, err_count, updated_at)
    VALUES (1, '2025-03-02', 0, 2, 1, 3, 1, 1, 6, '2025-03-03Z');
INSERT INTO pushloss.push_count (sdk_app_id, day, task_key, counter_id, push_count, updated_at) VALUES (1, '2025-03-02', 0, 3, 100, '2025-03-03Z');
INSERT INTO pushloss.platform_push_count (sdk_app_id, day, task_key, counter_id, event_type, platform_id, push_count, updated_at)
    VALUES (1, '2025-03-02', 0, 3, 1, 3, 50, '2025-03-03Z');
INSERT INTO pushloss.chat_stage_loss (sdk_app_id, day, task_key, stage_id, err_code_key, err_info_key, err_count, updated_at)
    VALUES (1, '2025-03-02', 0, 1, 1, 1, 7, '2025-03-03Z');
INSERT INTO pushloss.chat_platform_loss (sdk_app_id, day, task_key, stage_id, event_type, platform_id, err_code_key, err_info_key, err_count, updated_at)
    VALUES (1, '2025-03-02', 0, 2, 0, 3, 1, 1, 8, '2025-03-03Z');
INSERT INTO pushloss.chat_push_count (sdk_app_id, day, task_key, counter_id, push_count, updated_at) VALUES (1, '2025-03-02', 0, 4, 70, '2025-03-03Z');
INSERT INTO pushloss.chat_platform_push_count (sdk_app_id, day, task_key, counter_id, event_type, platform_id, push_count, updated_at)
    VALUES (1, '2025-03-02', 0, 4, 0, 3, 80, '2025-03-03Z');
INSERT INTO pushloss.loss_change (sdk_app_id, stream_id, day, task_key, by_platform, stage_id, event_type, platform_id, err_code_key, changed_at, run_id,
        old_count, new_count, old_err_info_key, new_err_info_key) VALUES
    (1, 0, '2025-03-02', 1, false, 1, 0, 0, 1, '2025-03-03Z', 1, 4, 5, 1, 1), (1, 1, '2025-03-02', 0, false, 3, 0, 0, 0, '2025-03-03Z', 1, 90, 100, NULL, NULL);
INSERT INTO pushloss.ledger (sdk_app_id, stream_id, day, task_key, state, settled, settled_reason, pulls, row_count, reject_count, first_loaded_at, last_loaded_at, last_error, updated_at, opened_at) VALUES
    (1, 0, '2025-03-01', 0, 'unproven', true, 'api_memory', 1, 0, 0, '2025-06-03Z', '2025-06-03Z', NULL, '2025-06-03Z', NULL),
    (1, 0, '2025-03-02', 0, 'unproven', true, 'lookback', 2, 1, 1, '2025-03-03Z', '2025-06-03Z', NULL, '2025-06-03Z', NULL),
    (1, 0, '2025-03-03', 0, 'loaded', true, 'api_memory', 1, 1, 0, '2025-06-03Z', '2025-06-03Z', NULL, '2025-06-03Z', NULL),
    (1, 0, '2025-03-04', 0, 'failed', false, NULL, 3, 0, 0, NULL, NULL, 'no answer', '2025-06-03Z', '2025-06-02Z'),
    (1, 0, '2025-03-02', 1, 'loaded', false, NULL, 1, 1, 0, '2025-03-03Z', '2025-03-03Z', NULL, '2025-03-03Z', NULL),
    (1, 0, '2025-03-02', 2, 'open', false, NULL, 0, 0, 0, NULL, NULL, NULL, '2025-03-03Z', NULL),
    (1, 1, '2025-03-02', 0, 'loaded', true, 'lookback', 1, 2, 0, '2025-03-03Z', '2025-03-03Z', NULL, '2025-03-03Z', NULL);
INSERT INTO pushloss.reject (sdk_app_id, stream_id, day, task_key, task_id, list, row_json, reason, row_count, run_id, rejected_at)
    VALUES (1, 0, '2025-03-02', 1, 'a', 'ReadyToSendLoss', '{}', 'why', 1, 1, '2025-03-03Z');
INSERT INTO pushloss.reconciliation (sdk_app_id, run_id, task_key, first_day, last_day, checked_at, trusted, keys, differences, attempt, state)
    VALUES (1, 1, 0, '2025-03-01', '2025-03-02', '2025-03-03Z', true, 1, 1, 1, 'differs');
INSERT INTO pushloss.reconciliation_key (sdk_app_id, reconciliation_id, by_platform, stage_id, event_type, platform_id, err_code_key, stored, reported)
    VALUES (1, 1, false, 1, 0, 0, 1, 9, 10);
INSERT INTO pushloss.alert (kind, sdk_app_id, job, detail, opened_at, closed_at) VALUES ('gap', 1, '', 'a day is missing', '2025-03-03Z', NULL), ('run_failed', 0, 'run', 'x', '2025-03-03Z', '2025-03-04Z');
INSERT INTO pushloss.message (alert_id, target, title, body, state, created_at, attempts, next_try_at, sent_at, last_error)
    VALUES (1, 'slack 1', 'gap', 'a day is missing', 'waiting', '2025-03-03Z', 1, '2025-03-03Z', NULL, 'no answer');
INSERT INTO pushloss.usual_stage_text (err_code_key, stage_id, err_info) VALUES (1, 1, 'Unregistered');
INSERT INTO pushloss.usual_platform_text (err_code_key, stage_id, platform_id, err_info) VALUES (1, 2, 3, 'Unregistered');
INSERT INTO pushloss.error_catalogue (err_code, stage_id, platform_id, short_name, meaning) VALUES ('old', 1, 1, 'old', 'what an older catalogue knew');
INSERT INTO pushloss.error_stage_meaning (err_code, stage_id, meaning) VALUES ('old', 1, 'what an older catalogue knew');

-- An answer for a day that the API need not remember in full only ever adds, and the
-- ledger knows which windows an answer loaded in time. Where such an answer lowered
-- figures before, verify names them now, and replay brings the higher ones back.
ALTER TABLE pushloss.ledger ADD COLUMN last_trusted_at timestamptz;
COMMENT ON COLUMN pushloss.ledger.last_trusted_at IS 'When an answer last loaded the window while the API still remembered its whole day; NULL if none ever did.';
COMMENT ON COLUMN pushloss.ledger.state IS 'loaded; empty: there was nothing; absent: the answer lacked the task; unproven: no answer loaded it while the API is believed to have remembered its whole day, so its figures, or their absence, may be a part; unavailable: an error for such a day; failed; open: not pulled yet.';

ALTER TABLE pushloss.ledger DROP CONSTRAINT ledger_settled_reason_check;
ALTER TABLE pushloss.ledger ADD CONSTRAINT ledger_settled_reason_check CHECK (settled_reason IN ('lookback', 'api_memory', 'retired'));
COMMENT ON COLUMN pushloss.ledger.settled_reason IS 'lookback: pulled long enough after the day''s end; api_memory: asking again can tell no more; retired: the task is no longer followed.';

ALTER TABLE pushloss.pull ADD COLUMN rows_kept integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN pushloss.pull.rows_kept IS 'Stored rows that an answer which is not trusted lacked, or had a lower count of, and which stayed.';

-- Which windows an answer loaded in time is told by the archive; where its records
-- are gone, a window that has figures, or was empty, counts as loaded in time.
UPDATE pushloss.ledger AS l SET last_trusted_at = CASE
        WHEN p.pulls > 0 THEN p.trusted_at
        WHEN l.state <> 'unproven' THEN l.last_loaded_at
    END
FROM (
    SELECT g.sdk_app_id, g.stream_id, g.day, g.task_key,
        count(p.loaded_at) AS pulls, max(p.loaded_at) FILTER (WHERE p.trusted) AS trusted_at
    FROM pushloss.ledger AS g
    LEFT JOIN pushloss.task AS t USING (task_key)
    LEFT JOIN pushloss.pull AS p ON p.sdk_app_id = g.sdk_app_id AND p.stream_id = g.stream_id AND p.day = g.day
        AND p.loaded_at <= g.last_loaded_at
        AND CASE WHEN g.task_key = 0 THEN p.task_ids = '{}' ELSE t.task_id = ANY(p.task_ids) END
    GROUP BY g.sdk_app_id, g.stream_id, g.day, g.task_key
) AS p
WHERE l.last_loaded_at IS NOT NULL AND p.sdk_app_id = l.sdk_app_id AND p.stream_id = l.stream_id
    AND p.day = l.day AND p.task_key = l.task_key;

UPDATE pushloss.ledger SET
    state = CASE WHEN last_trusted_at IS NULL THEN 'unproven' WHEN row_count > 0 THEN 'loaded' ELSE 'empty' END
WHERE last_loaded_at IS NOT NULL
    AND (last_trusted_at IS NULL AND state IN ('loaded', 'empty') OR last_trusted_at IS NOT NULL AND state IN ('unproven', 'unavailable'));

-- Windows of tasks that are no longer followed are left alone.
UPDATE pushloss.ledger AS l SET settled = true, settled_reason = 'retired'
FROM pushloss.task AS t
WHERE t.task_key = l.task_key AND t.retired_at IS NOT NULL AND NOT l.settled;

COMMENT ON COLUMN pushloss.pull.trusted IS 'Whether the whole day lay within the API''s memory at the call: only then may the answer remove rows and lower counts.';

-- The cost of status, metrics and the page must not grow with windows that are final.
CREATE TABLE pushloss.task_summary (
    sdk_app_id      bigint NOT NULL,
    task_key        integer NOT NULL,
    answered        boolean NOT NULL,
    lacked          boolean NOT NULL,
    last_figures_at timestamptz,
    PRIMARY KEY (sdk_app_id, task_key)
);
COMMENT ON TABLE pushloss.task_summary IS 'What the answers for all windows of a task say together: one row per task with a window. The ledger''s transactions keep it.';
COMMENT ON COLUMN pushloss.task_summary.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.task_summary.task_key IS 'Task.';
COMMENT ON COLUMN pushloss.task_summary.answered IS 'Whether any answer had the task.';
COMMENT ON COLUMN pushloss.task_summary.lacked IS 'Whether any answer lacked the task.';
COMMENT ON COLUMN pushloss.task_summary.last_figures_at IS 'When an answer last had figures of the task; NULL if none did.';
INSERT INTO pushloss.task_summary (sdk_app_id, task_key, answered, lacked, last_figures_at)
SELECT sdk_app_id, task_key, bool_or(first_loaded_at IS NOT NULL OR state = 'unproven' AND last_error IS NULL),
    bool_or(state = 'absent' OR state = 'unproven' AND last_error IS NOT NULL), max(last_loaded_at) FILTER (WHERE row_count > 0)
FROM pushloss.ledger
WHERE task_key <> 0
GROUP BY sdk_app_id, task_key;

-- Windows that were never pulled have no row. A run notes how far a task's days have one, so that
-- only later days are looked for.
ALTER TABLE pushloss.task
    ADD COLUMN covered_to date NOT NULL DEFAULT '-infinity',
    ADD COLUMN answered boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN pushloss.task.covered_to IS 'Up to this day each window of the task is in the ledger; infinity: all that it ever has; -infinity: not known.';
COMMENT ON COLUMN pushloss.task.answered IS 'Whether a run noted that an answer had the task; task_summary knows it earlier.';
UPDATE pushloss.task AS t SET answered = true
FROM (SELECT task_key FROM pushloss.task_summary WHERE answered) AS s
WHERE s.task_key = t.task_key;
CREATE INDEX task_uncovered ON pushloss.task (sdk_app_id) WHERE retired_at IS NULL AND covered_to < 'infinity';
CREATE INDEX task_unanswered ON pushloss.task (sdk_app_id) WHERE retired_at IS NULL AND NOT answered;
CREATE INDEX task_newest ON pushloss.task (sdk_app_id, (coalesce(sent_at, registered_at)) DESC, task_id);

CREATE INDEX ledger_unsettled ON pushloss.ledger (sdk_app_id, day) WHERE NOT settled OR state IN ('failed', 'open');
CREATE INDEX ledger_doubtful ON pushloss.ledger (updated_at) WHERE state IN ('unproven', 'unavailable', 'absent') OR reject_count > 0;
CREATE INDEX ledger_final ON pushloss.ledger (sdk_app_id, stream_id, day) WHERE task_key = 0 AND settled;

-- One request for several days proves that none of them changed. The ledger knows which
-- windows such an answer confirmed, the archive keeps the answer.
ALTER TABLE pushloss.ledger ADD COLUMN proven_at timestamptz;
COMMENT ON COLUMN pushloss.ledger.proven_at IS 'When the API''s answer for several days, this one among them, last equalled the sum of the stored days; NULL if none did.';
COMMENT ON COLUMN pushloss.ledger.state IS 'loaded; empty: there was nothing; absent: the answer lacked the task; unproven: no answer loaded or proved it while the API is believed to have remembered its whole day, so its figures, or their absence, may be a part; unavailable: an error for such a day; failed; open: not pulled yet.';
COMMENT ON COLUMN pushloss.ledger.pulls IS 'How often it was pulled, failures and answers for several days included.';

ALTER TABLE pushloss.pull
    ADD COLUMN first_day date CHECK (first_day < day),
    ADD COLUMN proven_task_ids text[],
    ADD COLUMN proven_first_days date[],
    ADD COLUMN proven_last_days date[],
    ADD COLUMN revoked_at timestamptz;
CREATE INDEX pull_span ON pushloss.pull (sdk_app_id, first_day) WHERE first_day IS NOT NULL;
COMMENT ON COLUMN pushloss.pull.day IS 'Day that was requested; the last one of a request for several days.';
COMMENT ON COLUMN pushloss.pull.first_day IS 'First day of a request for several days; NULL for a request for one day.';
COMMENT ON COLUMN pushloss.pull.proven_task_ids IS 'Tasks that the answer for several days proved; NULL for a request for one day.';
COMMENT ON COLUMN pushloss.pull.proven_first_days IS 'First proven day of each of these tasks.';
COMMENT ON COLUMN pushloss.pull.revoked_at IS 'Since when what it proved no longer counts, because another span was wrong; NULL while it does.';
COMMENT ON COLUMN pushloss.pull.proven_last_days IS 'Last proven day of each of these tasks, included.';

-- Windows that wait to become final.
CREATE INDEX ledger_proven ON pushloss.ledger (sdk_app_id, day) WHERE proven_at IS NOT NULL AND NOT settled;

ALTER TABLE pushloss.alert DROP CONSTRAINT alert_kind_check;
ALTER TABLE pushloss.alert ADD CONSTRAINT alert_kind_check
    CHECK (kind IN ('run_failed', 'app_stopped', 'gap', 'stale', 'reconciliation', 'unproven', 'emptied', 'spans'));
COMMENT ON COLUMN pushloss.alert.kind IS 'run_failed: a run ended by a failure; app_stopped: the API refused an app until an operator acts; gap: windows are missing, late or failed; stale: no run has been completed for two periods of the schedule; reconciliation: stored days still differ from what the API reports of them; unproven: days were pulled too late for the API to prove that its answer was complete; emptied: an answer removed figures, or lowered those of a window by more than a tenth; spans: an answer for several days was not the sum of its days.';

CREATE TABLE pushloss.span_disagreement (
    sdk_app_id      bigint NOT NULL,
    disagreement_id bigint GENERATED ALWAYS AS IDENTITY,
    stream_id       smallint NOT NULL,
    found_at        timestamptz NOT NULL,
    run_id          bigint NOT NULL,
    task_key        integer NOT NULL,
    first_day       date NOT NULL,
    last_day        date NOT NULL,
    detail          text NOT NULL,
    windows_opened  bigint NOT NULL,
    PRIMARY KEY (sdk_app_id, disagreement_id)
);
COMMENT ON TABLE pushloss.span_disagreement IS 'Answers for several days that were not the sum of the days'' answers. For 30 days after one, runs request every day by itself.';
COMMENT ON COLUMN pushloss.span_disagreement.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.span_disagreement.disagreement_id IS 'Number of the disagreement.';
COMMENT ON COLUMN pushloss.span_disagreement.stream_id IS 'Stream.';
COMMENT ON COLUMN pushloss.span_disagreement.found_at IS 'When it was found.';
COMMENT ON COLUMN pushloss.span_disagreement.run_id IS 'Run that found it.';
COMMENT ON COLUMN pushloss.span_disagreement.task_key IS 'Task.';
COMMENT ON COLUMN pushloss.span_disagreement.first_day IS 'First day of the span.';
COMMENT ON COLUMN pushloss.span_disagreement.last_day IS 'Last day of the span, included.';
COMMENT ON COLUMN pushloss.span_disagreement.detail IS 'What did not add up.';
COMMENT ON COLUMN pushloss.span_disagreement.windows_opened IS 'Windows that were opened to be pulled again.';

-- Runs that make many requests for tasks compare a span with its days by themselves, so that
-- spans can be used before anybody reconciles, and for every stream.
CREATE TABLE pushloss.span_evidence (
    sdk_app_id bigint NOT NULL,
    stream_id  smallint NOT NULL,
    checked_at timestamptz NOT NULL,
    run_id     bigint NOT NULL,
    first_day  date NOT NULL,
    last_day   date NOT NULL,
    keys       integer NOT NULL CHECK (keys > 0),
    PRIMARY KEY (sdk_app_id, stream_id)
);
COMMENT ON TABLE pushloss.span_evidence IS 'The newest comparison that showed that the API''s answer for several days of tasks is the sum of its days'' answers: runs may use such answers for 14 days.';
COMMENT ON COLUMN pushloss.span_evidence.sdk_app_id IS 'App.';
COMMENT ON COLUMN pushloss.span_evidence.stream_id IS 'Stream.';
COMMENT ON COLUMN pushloss.span_evidence.checked_at IS 'When the figures were compared.';
COMMENT ON COLUMN pushloss.span_evidence.run_id IS 'Run that compared them.';
COMMENT ON COLUMN pushloss.span_evidence.first_day IS 'First day that was compared.';
COMMENT ON COLUMN pushloss.span_evidence.last_day IS 'Last day that was compared, included.';
COMMENT ON COLUMN pushloss.span_evidence.keys IS 'Figures that were compared; all were equal.';
